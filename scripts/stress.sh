#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# stress.sh [-k KERNEL] [SECONDS [WORKLOAD...]]: large workloads, each in a namespace of its own, as a table; fails if anything is lost.
#
# A parallel build, then the stressors of stress-ng that use files, IPC, sockets and processes, one after the other for
# SECONDS each (default 2). Left out are those that need devices or filesystems of their own (binderfs, loop), that change
# the machine (cpu-online, clock), or that stop others from running on purpose (softlockup, cyclic, resched). vm.sh fails
# if the kernel complains; -k debug is a kernel with lockdep.

set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1-} != --inside ]]; then
	series=6.12
	if [[ ${1-} == -k ]]; then
		series=${2:?-k needs a kernel}
		shift 2
	fi
	kernel=$(scripts/kernel-image.sh 6.12)
	make VMLINUX_BTF="$kernel/vmlinux.btf" tests
	exec scripts/vm.sh -k "$series" -m 4G -t 3000 -- scripts/stress.sh --inside "${@:-2}"
fi

seconds=$2
wanted=("${@:3}")
PATH=$PWD/build:$PATH
work=/mnt/tsem/stress
mkdir -p "$work"
cd "$work"
faults=0

files=(access chdir chmod chown copy-file dentry dir dirdeep dirmany dnotify dup fallocate fcntl fiemap filename flock fpunch
	fsize fstat getdent handle hdd inode-flags inotify io iomix lease link locka lockf lockofd mknod open readahead rename
	seek symlink sync-file touch utime xattr)
ipc=(eventfd fifo futex memfd mq msg mutex pipe pipeherd poll ring-pipe sem sem-sysv sendfile shm shm-sysv sigfd sigq splice
	tee vm-splice)
net=(epoll ping-sock rawsock rawudp sock sockabuse sockdiag sockfd sockmany sockpair udp udp-flood)
processes=(affinity brk cap clone close daemon exec exit-group fork get kcmp key kill mmapfork nice prctl pthread ptrace rlimit
	schedpolicy seccomp session set spawn switch vfork wait yield zombie)

project() {
	local i
	mkdir build
	# shellcheck disable=SC2016 # make expands
	printf 'objects := $(patsubst %%.c,%%.o,$(wildcard *.c))\nprogram: $(objects)\n\tgcc -o $@ $^\n' >build/Makefile
	for i in $(seq 40); do
		printf '#include <stdio.h>\n#include <stdlib.h>\nint f%d(int x) { return printf("%%d", x) + atoi("%d"); }\n' \
			"$i" "$i" >"build/f$i.c"
	done
	echo 'int main(void) { return 0; }' >build/main.c
}

# stressed NAME COMMAND...: runs it in a namespace and prints its row.
stressed() {
	local name=$1 started=$SECONDS before status=0 kept missing lost
	shift
	if ((${#wanted[@]})) && [[ " ${wanted[*]} " != *" $name "* ]]; then
		return
	fi
	before=$(tsem-bpf status --json | jq .memory.tsem_coefficients)
	tsem-bpf run -n "$name" --keep --cache 4096 --trajectory "$work/trajectory" --forensics "$work/forensics" -- "$@" \
		>"$work/output" 2>&1 || status=$?
	kept=$(tsem-bpf status --json)
	lost=$(jq --arg name "$name" '.namespaces[] | select(.name == $name) | [.lost | to_entries[] |
		select(.key != "ring" and .key != "log") | .value] | add' <<<"$kept")
	missing=$(sed -n 's/.*: \([0-9]*\) coefficients have no description.*/\1/p' "$work/output")
	jq -r --arg name "$name" --arg events "$(sed -n 's/.*: \([0-9]*\) events.*/\1/p' "$work/output")" \
		--arg time $((SECONDS - started)) --arg before "$before" --arg lost "$lost" --arg missing "${missing:-0}" \
		'.memory.tsem_coefficients as $after | .namespaces[] | select(.name == $name) |
		"| \($name) | \($events) | \(.coefficients) | \((($after - ($before | tonumber)) / 1024) | floor) | \($lost) | \(.lost.ring) | \($missing) | \($time) |"' <<<"$kept"
	if [[ $lost != 0 || ${missing:-0} != 0 ]]; then
		faults=$((faults + 1))
		tail -n 5 "$work/output" >&2
		tsem-bpf explain "$work/forensics" >&2
	fi
	if ((status)); then
		echo "stress.sh: $name ended with status $status" >&2
		tail -n 5 "$work/output" >&2
		faults=$((faults + 1))
	fi
	tsem-bpf delete -n "$name"
}

# stress NAME STRESSOR...
stress() {
	local name=$1
	shift
	# shellcheck disable=SC2016 # the inner shell expands
	stressed "$name" sh -c 'for s; do stress-ng --"$s" 2 --temp-path . --timeout "$0" --quiet --oomable; done; true' \
		"$seconds" "$@"
}

tsem-bpf load --max-coefficients 1048576
echo
echo "| workload | events | coefficients | their memory, KiB | lost | sent again | not described | seconds |"
echo "|---|---|---|---|---|---|---|---|"
project
stressed build make -s -j4 -C build
stress files "${files[@]}"
stress ipc "${ipc[@]}"
stress net "${net[@]}"
stress processes "${processes[@]}"
tsem-bpf unload
((!faults))
