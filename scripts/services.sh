#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# services.sh [NAME...]: programs of Debian (test/services/NAME.sh), each learned until nothing new comes, audited once, enforced
# five times, then attacked. Prints a table: the lines of its model, the runs until nothing new came, the declarations that it
# needs, what was denied in the enforced runs, and how many attacks were held. Fails if something was denied or went through.
#
# They run in a Debian of their own (services-root.sh), in the virtual machine. This takes an hour or two when emulated.

# shellcheck disable=SC2317 # what a service's file calls

set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1-} != --inside ]]; then
	root=$(scripts/services-root.sh)
	kernel=$(scripts/kernel-image.sh 6.12)
	make VMLINUX_BTF="$kernel/vmlinux.btf"
	exec scripts/vm.sh -n services -m 6G -t 14000 -- scripts/services.sh --inside "$root" "$@"
fi

lower=$2
shift 2
repo=$PWD
PATH=$PWD/build:$PATH
base=/mnt/tsem/services
root=$base/root
# What a run may still learn after it was merged: the last of these must bring nothing.
most=6
failed=0

# in_root COMMAND...: outside of every namespace, in the Debian of the services.
in_root() {
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 chroot "$root" "$@"
}

make_root() {
	mkdir -p "$base/upper" "$base/work" "$root"
	mount -t overlay -o "lowerdir=$lower,upperdir=$base/upper,workdir=$base/work" services "$root"
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t sysfs -o ro sys "$root/sys"
	mount -t tmpfs -o mode=0755 run "$root/run"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
}

# wait_for COMMAND...: until it succeeds, for a minute.
wait_for() {
	local tries
	for ((tries = 0; tries < 240; tries++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.25
	done
	echo "services.sh: $name: waited a minute for: $*" >&2
	return 1
}

# port NUMBER: somebody listens there.
port() {
	in_root ss -Hltn "sport = :$1" | grep -q .
}

# What a service's file may define. `service` is its command. `prepare` makes everything fresh. While the command runs, `drive`
# uses it from outside, and ends it if it does not end by itself. ATTACK has an attack's name, or is empty; `drive` tries it, and
# so does the command, which has ATTACK in its environment. `escaped` succeeds if the attack had its effect.
defaults() {
	declared=()
	attacks=()
	service=()
	prepare() { :; }
	drive() { :; }
	escaped() { return 1; }
}

# launch OPTION...: one run. Its status is that of the workload or of its user, whichever failed.
launch() {
	local pid status=0
	prepare >"$state/prepare.out" 2>&1 || {
		echo "services.sh: $name: its preparation failed:" >&2
		cat "$state/prepare.out" >&2
		return 1
	}
	env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 ATTACK="$ATTACK" tsem-bpf run -n "$name" "${declared[@]}" "$@" -- \
		chroot "$root" "${service[@]}" </dev/null >"$state/out" 2>"$state/err" &
	pid=$!
	drive >"$state/drive.out" 2>&1 || status=$?
	wait "$pid" || status=$?
	return $status
}

lines() {
	grep -c '^state' "$1" || :
}

# learn: merges runs until one brings nothing. Sets `steady`.
learn() {
	local n before
	ATTACK=''
	for ((n = 1; n <= most; n++)); do
		launch -q -o "$state/model.$n" --trajectory "$state/trajectory.$n" || return
		if ((n == 1)); then
			cp "$state/model.1" "$state/model"
			continue
		fi
		before=$(lines "$state/model")
		tsem-bpf model merge -o "$state/merged" "$state/model" "$state/model.$n"
		mv "$state/merged" "$state/model"
		if (($(lines "$state/model") == before)); then
			steady=$((n - 1))
			return 0
		fi
	done
	steady=">$((most - 1))"
}

# enforced FILE: a run under the model; its deviations are added to FILE.
enforced() {
	local status=0
	launch -m "$state/model" --enforce --forensics "$state/forensics" || status=$?
	cat "$state/forensics" >>"$1"
	return $status
}

told() {
	echo "--- $name: $1" >&2
	tail -n 20 "$state"/{err,out,drive.out} >&2 || :
	[[ ! -s ${2-} ]] || tsem-bpf explain "$2" >&2 || :
}

evaluate() {
	local file=$1 attack held=0 denied=0 n
	name=$(basename "$file" .sh)
	state=$base/state/$name
	steady=''
	rm -rf "$state"
	mkdir -p "$state"
	defaults
	# shellcheck source=/dev/null
	. "$file"
	echo "services.sh: $name: learning" >&2
	if ! learn; then
		told "its learning failed"
		printf '| %s | failed | | | | |\n' "$name" >>"$base/table"
		return 1
	fi
	launch -q -m "$state/model" --audit --forensics "$state/audited" || told "the audited run failed"
	[[ ! -s $state/audited ]] || told "audited, outside of the model:" "$state/audited"
	: >"$state/denied"
	for n in 1 2 3 4 5; do
		enforced "$state/denied" || {
			told "enforced run $n failed"
			failed=1
		}
		[[ ! -s $state/forensics ]] || told "denied in enforced run $n:" "$state/forensics"
	done
	denied=$(wc -l <"$state/denied")
	((!denied)) || failed=1
	for attack in "${attacks[@]}"; do
		ATTACK=$attack
		enforced "$state/attacked" || :
		if escaped 2>/dev/null; then
			told "the attack '$attack' went through"
			failed=1
		elif [[ ! -s $state/forensics ]]; then
			told "the attack '$attack' was not even tried"
			failed=1
		else
			held=$((held + 1))
		fi
	done
	ATTACK=''
	printf '| %s | %s | %s | %s | %s | %s of %s |\n' "$name" "$(lines "$state/model")" "$steady" "$((${#declared[@]} / 2))" \
		"$denied" "$held" "${#attacks[@]}" >>"$base/table"
	tail -n 1 "$base/table" >&2
	[[ $(tsem-bpf list --json) == "[]" ]] || {
		echo "services.sh: $name: left a namespace" >&2
		tsem-bpf list >&2
		failed=1
	}
}

main() {
	local names=("$@") name
	ATTACK=''
	((${#names[@]})) || for name in "$repo"/test/services/*.sh; do
		names+=("$(basename "$name" .sh)")
	done
	mkdir -p "$base"
	make_root
	: >"$base/table"
	tsem-bpf load
	for name in "${names[@]}"; do
		# In a shell of its own: it defines functions.
		(evaluate "$repo/test/services/$name.sh" && exit "$failed") || failed=1
	done
	echo
	echo "| program | coefficients | runs until steady | declarations | denied in five enforced runs | attacks held |"
	echo "|---|---|---|---|---|---|"
	cat "$base/table"
	exit "$failed"
}

main "$@"
