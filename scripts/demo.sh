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

say "3. Its test runs in a namespace of its own. Each different event has a hash, its coefficient. They are the model, a file:"
shown tsem-bpf run -o app.model -- ./workload.sh
say "   One hash stands for the whole model. Two more runs have the same model:"
shown tsem-bpf model state app.model
# The kind of its output, a pipe or /dev/null, is part of the model: it is a pipe here as above.
for run in 2 3; do
	tsem-bpf run -q -o app.model.$run -- ./workload.sh 2>&1 | sed d
	shown tsem-bpf model state app.model.$run
	[[ $(tsem-bpf model state app.model.$run) = "$(tsem-bpf model state app.model)" ]]
done

say "4. The same with the model enforced: it does what its test did, and is allowed all of it."
shown tsem-bpf run -m app.model --enforce -- ./workload.sh

say "5. Now something that no test did: another program, cat, is to read the very same file. The kernel denies that, even to root."
shown tsem-bpf run -m app.model --enforce --forensics app.forensics -- cat inventory.txt || status=$?
echo "    exit status $status: denied by the model"

say "6. Why, in words. The last line is the command that would allow it from now on:"
shown tsem-bpf explain -m app.model app.forensics
[[ $status = 3 ]]
tsem-bpf unload
say "That is all. README.md says how to use it on your own kernel; docs/guide/service.md takes a service from its first run on."
