#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# services.sh [NAME...]: programs of Debian (test/services/NAME.sh), each learned by `tsem-bpf learn --accept` until nothing new
# comes, audited once, enforced five times, then attacked. Prints a table: the lines of its model, the runs until nothing new came,
# the declarations that learn accepted, what was denied in the enforced runs, and how many attacks were held. Fails if something
# was denied or went through, or if learn accepted other declarations than those that the service's file expects.
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
[[ $PATH == "$repo/build:"* ]] || PATH=$repo/build:$PATH
base=/mnt/tsem/services
root=$base/root
# Runs at most: the last one must bring nothing.
most=10
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

# What a service's file may define. `service` is its command. `declared` has the declarations that learn has to find, as options of
# run; those that match `optional` may be there or not. `prepare` makes everything fresh. While the command runs, `drive` uses it
# from outside, and ends it if it does not end by itself. ATTACK has an attack's name, or is empty; `drive` tries it, and so does the
# command, which has ATTACK in its environment. `escaped` succeeds if the attack had its effect. A container's file sets `by_hook`,
# and defines `launch` itself.
defaults() {
	declared=()
	optional=''
	attacks=()
	service=()
	by_hook=''
	prepare() { :; }
	drive() { :; }
	escaped() { return 1; }
}

# service_of NAME: what its file defines, and where its results go.
service_of() {
	name=$1
	state=$base/state/$name
	defaults
	# shellcheck source=/dev/null
	. "$repo/test/services/$name.sh"
}

prepared() {
	prepare >"$state/prepare.out" 2>&1 || {
		echo "services.sh: $name: its preparation failed:" >&2
		cat "$state/prepare.out" >&2
		return 1
	}
}

# clean COMMAND...: in an environment that does not depend on the caller's.
clean() {
	env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 ATTACK="$ATTACK" "$@" </dev/null >"$state/out" 2>"$state/err"
}

# launch OPTION...: one run. Its status is that of the workload or of its user, whichever failed.
launch() {
	local pid status=0
	prepared || return
	clean tsem-bpf run -n "$name" "$@" -- chroot "$root" "${service[@]}" &
	pid=$!
	drive >"$state/drive.out" 2>&1 || status=$?
	wait "$pid" || status=$?
	return $status
}

# annotate OPTION...: puts options of run into `annotations`, as a container has them: key, value...
annotate() {
	local patterns=''
	annotations=(org.tsem-bpf.name "$name")
	while (($#)); do
		case "$1" in
		-q) ;;
		--enforce | --audit) annotations+=(org.tsem-bpf.mode "${1#--}") ;;
		-o) annotations+=(org.tsem-bpf.output "$2") && shift ;;
		-m) annotations+=(org.tsem-bpf.model "$2") && shift ;;
		--pattern) patterns+=" $2" && shift ;;
		*) annotations+=("org.tsem-bpf.${1#--}" "$2") && shift ;;
		esac
		shift
	done
	[[ ! $patterns ]] || annotations+=(org.tsem-bpf.pattern "${patterns# }")
}

lines() {
	grep -c '^state' "$1" || :
}

# learn_by_hook: what `learn --accept` does, for a container that the hook puts into its namespace.
learn_by_hook() {
	local n before='' options=() more text
	for ((n = 1; n <= most; n++)); do
		launch "${options[@]}" -o "$state/model.$n" || return
		if [[ ! $before ]]; then
			cp "$state/model.$n" "$state/model"
			before=$(lines "$state/model")
			continue
		fi
		tsem-bpf model merge -o "$state/merged" "$state/model" "$state/model.$n" || return
		if (($(lines "$state/merged") == before)); then
			steady=$((n - 1))
			return 0
		fi
		tsem-bpf suggest "$state/model" "$state/model.$n" >>"$state/learned"
		mapfile -t more < <(tsem-bpf suggest --json "$state/model" "$state/model.$n" |
			jq -r 'select(.option == "--pattern" and .new_events != "0").text')
		for text in "${more[@]}"; do
			options+=(--pattern "$text")
			accepted+=("--pattern '$text'")
		done
		mv "$state/merged" "$state/model"
		before=$(lines "$state/model")
		((!${#more[@]})) || before=''
	done
	echo "not steady after $most runs" >>"$state/learned"
	return 1
}

# learn: sets `steady` to the number of runs until nothing new came, and `accepted` to the declarations.
learn() {
	local step="exec $repo/scripts/services.sh --inside $lower --step"
	ATTACK=''
	if [[ $by_hook ]]; then
		learn_by_hook
		return
	fi
	clean tsem-bpf learn -n "$most" --accept --name "$name" -o "$state/model" --prepare "$step prepared $name" \
		--drive "$step driven $name" -- chroot "$root" "${service[@]}" || return
	# Without the progress of its runs.
	grep -v ' coefficients, [0-9]* tasks' "$state/err" >"$state/learned"
	steady=$(sed -n 's/.*: steady after \([0-9]*\) runs*: .*/\1/p' "$state/learned")
	# The last line has them all.
	mapfile -t accepted < <(sed -n '/, and begins again with:$/{n;p}' "$state/learned" | tail -n 1 |
		grep -oE -- "--[a-z-]+ '([^']|'\\\\'')*'")
	if grep "the command ended with" "$state/learned"; then
		return 1
	fi
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

# compare_declared: did learn accept what the file expects?
compare_declared() {
	local expected found one
	# An empty line each, if there is none.
	expected=$(printf '%s\n' "${declared[@]}" | sort)
	# shellcheck disable=SC2053 # a pattern
	found=$(for one in "${accepted[@]}"; do [[ $one == $optional ]] || printf '%s\n' "$one"; done | sort)
	[[ $expected != "$found" ]] || return 0
	echo "services.sh: $name: learn accepted other declarations (>) than its file expects (<):" >&2
	diff <(echo "$expected") <(echo "$found") >&2
	cat "$state/learned" >&2
	failed=1
}

evaluate() {
	local attack held=0 denied=0 n
	service_of "$1"
	steady='' accepted=()
	rm -rf "$state"
	mkdir -p "$state"
	: >"$state/learned"
	: >"$state/drive.out"
	echo "services.sh: $name: learning" >&2
	if ! learn; then
		told "its learning failed"
		cat "$state/learned" >&2
		printf '| %s | failed | | | | |\n' "$name" >>"$base/table"
		return 1
	fi
	compare_declared
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
	printf '| %s | %s | %s | %s | %s | %s of %s |\n' "$name" "$(lines "$state/model")" "$steady" "${#accepted[@]}" \
		"$denied" "$held" "${#attacks[@]}" >>"$base/table"
	tail -n 1 "$base/table" >&2
	[[ $(tsem-bpf list --json) == "[]" ]] || {
		echo "services.sh: $name: left a namespace" >&2
		tsem-bpf list >&2
		failed=1
	}
}

# prepared NAME, driven NAME: for learn, as processes of their own.
step() {
	service_of "$2"
	case "$1" in
	prepared) prepared ;;
	# Not under errexit, like the other runs.
	driven) drive >"$state/drive.out" 2>&1 || return ;;
	esac
}

main() {
	local names=("$@") name
	ATTACK=''
	for name in "${names[@]}"; do
		[[ -e $repo/test/services/$name.sh ]] || {
			echo "services.sh: '$name' is unknown; there is no test/services/$name.sh" >&2
			exit 2
		}
	done
	((${#names[@]})) || for name in "$repo"/test/services/*.sh; do
		names+=("$(basename "$name" .sh)")
	done
	mkdir -p "$base"
	make_root
	: >"$base/table"
	tsem-bpf load
	for name in "${names[@]}"; do
		# In a shell of its own: it defines functions.
		(evaluate "$name" && exit "$failed") || failed=1
	done
	echo
	echo "| program | coefficients | runs until steady | declarations | denied in five enforced runs | attacks held |"
	echo "|---|---|---|---|---|---|"
	cat "$base/table"
	exit "$failed"
}

if [[ ${1-} == --step ]]; then
	step "$2" "$3"
else
	main "$@"
fi
