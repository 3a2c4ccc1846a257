#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: a short demonstration of tsem-bpf in a virtual machine: a workload is learned, passes under its own model, and is
# denied what it never did.

set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} != --inside ]]; then
	kernel=$(scripts/kernel-image.sh 6.12)
	# shellcheck source=scripts/patience.sh
	. scripts/patience.sh
	patiently "the build" make VMLINUX_BTF="$kernel/vmlinux.btf" build/tsem-bpf build/test/prog/tcp
	echo "Starting a virtual machine with Debian's kernel $(basename "$kernel") ..."
	exec scripts/vm.sh -- scripts/demo.sh --inside
fi

PATH=$PWD/build:$PATH
tcp=$PWD/build/test/prog/tcp
cd /mnt/tsem

say() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}

shown() {
	printf '  $ %s\n' "$*"
	"$@" 2>&1 | sed -u 's/^/    /'
	return "${PIPESTATUS[0]}"
}

cat >inventory.txt <<'EOF'
apples 12
pears 7
quinces 0
EOF
cat >workload.sh <<EOF
#!/bin/sh
# Reads a file and sends a line of it to a server on this machine.
grep pears inventory.txt
$tcp ask 7000 "seven pears"
EOF
chmod +x workload.sh
"$tcp" serve 7000 &
server=$!
trap 'kill $server' EXIT

say "1. The kernel is Debian's own, $(uname -r). tsem-bpf attaches its programs to every LSM hook:"
shown tsem-bpf load
tsem-bpf status | head -n 1 | sed 's/^/    /'

say "2. The workload: a shell script that greps a file and talks to a local TCP server."
sed 's/^/    /' workload.sh

say "3. Its tests run in a namespace of their own. What they do becomes the model:"
shown tsem-bpf run -n learning --keep -o app.model --trajectory app.trajectory -- ./workload.sh
echo "    state value: $(tsem-bpf show -n learning state)"
tsem-bpf delete -n learning
# The kind of its output, a pipe or /dev/null, is part of the model: it is a pipe here as above.
for run in 2 3; do
	tsem-bpf run -q -o app.model.$run -- ./workload.sh 2>&1 | sed d
	echo "    state value of run $run: $(tsem-bpf model state app.model.$run)"
	[[ $(tsem-bpf model state app.model.$run) = "$(tsem-bpf model state app.model)" ]]
done

say "4. The same under the model, enforced. It does what its tests did, and passes:"
shown tsem-bpf run -m app.model --enforce -- ./workload.sh

say "5. And now something that no test ever did: cat of the very same file."
shown tsem-bpf run -m app.model --enforce --forensics app.forensics -- cat inventory.txt || status=$?
echo "    exit status $status: denied by the model"

say "6. What happened, from the forensics, in words:"
shown tsem-bpf explain --trajectory app.trajectory app.forensics
[[ $status = 3 ]]
tsem-bpf unload
say "That is all. 'make test' tries the rest; sudo tsem-bpf load brings it to your own kernel."
