#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh [-o FILE]: prints a table of what tsem-bpf costs, in instructions of the guest.
#
# It is one run in a virtual machine whose clock counts instructions (vm.sh --icount), so the figures are the same on
# every host. test/prog/bench.c measures an operation: (a) without tsem-bpf, (b) loaded, outside of every namespace, (c)
# inside of one, repeated, with models of 100, 10,000 and 1,000,000 coefficients, (d) first occurrences.

set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} != --inside ]]; then
	kernel=$(scripts/kernel-image.sh 6.12)
	make VMLINUX_BTF="$kernel/vmlinux.btf" tests
	if [[ ${1:-} == -o ]]; then
		scripts/vm.sh -m 4G -t 3000 --icount -- scripts/bench.sh --inside | tee "${2:?-o needs a file}.new"
		mv "$2.new" "$2"
		exit
	fi
	exec scripts/vm.sh -m 4G -t 3000 --icount -- scripts/bench.sh --inside
fi

PATH=$PWD/build:$PATH
bench=$PWD/build/test/prog/bench
work=/mnt/tsem
mkdir -p $work/a/b/c $work/first
echo "some content" >$work/a/b/c/file
cp /bin/busybox $work/true
for i in $(seq 200); do echo "$i" >"$work/first/file$i"; done
declare -A result
declare -a loaded

measure() {
	local column=$1 name value
	shift
	while read -r name value; do
		result[$name,$column]=$value
	done < <("$@" "$bench")
}

# once COLUMN COMMAND...: runs each operation once in a process; takes the least of three.
once() {
	local column=$1 name value i
	shift
	for i in 1 2 3; do
		while read -r name value; do
			[[ ${result[$name,$column]:-$value} -lt $value ]] || result[$name,$column]=$value
		done < <("$@" "$bench" once)
	done
}

model() {
	head -c $(($1 * 32)) /dev/urandom | od -An -v -tx1 -w32 | tr -d ' ' | sed 's/^/state /'
	echo end
}

# Until the kernel's random numbers are ready, each costs thousands of instructions, for instance in connect() and exec.
# They only get ready if somebody waits for them. The first round also pays for the rest of the boot's work.
head -c 32 /dev/random >/dev/null
measure warm env
measure a env
once without env
result[first,a]=$("$bench" first $work/first)
tsem-bpf load --max-coefficients 1048576
measure b env
before=$(tsem-bpf status --json | jq .memory.tsem_coefficients)
for size in 100 10000 1000000; do
	model $size >/dev/shm/model
	# The loader's processor time until its workload begins, in ticks.
	# shellcheck disable=SC2016 # the inner shell's own
	measure $size tsem-bpf run -q -n bench --keep -m /dev/shm/model -- \
		bash -c 'read -r -a loader </proc/$PPID/stat; echo $((loader[13] + loader[14])) >/dev/shm/ticks; exec "$0"'
	loaded[size]=$(</dev/shm/ticks)
	[[ $size != 1000000 ]] || after=$(tsem-bpf status --json | jq .memory.tsem_coefficients)
	tsem-bpf delete -n bench
done
once d tsem-bpf run -q --
result[first,100]=$(tsem-bpf run -q -- "$bench" first $work/first)
# Again with other files: their content is hashed, and every event is new.
for i in $(seq 200); do echo "other $i" >"$work/first/file$i"; done
result[first,1000000]=$(tsem-bpf run -q -- "$bench" first $work/first)

# The clock counts instructions as nanoseconds.
line=$(((loaded[1000000] - loaded[10000]) * (1000000000 / $(getconf CLK_TCK)) / 990000))

cat <<EOF
# Performance

Guest instructions an operation, kernel $(uname -r), by \`make bench\` (one run, qemu's clock counts instructions; the same
figures on every host). (a) without tsem-bpf; (b) loaded, the task outside of every namespace; (c) inside of one, repeated
events, by the size of its model; (d) the first time in a new one, less the first time without tsem-bpf.

| operation | (a) | (b) | b / a | (c) 100 | (c) 10,000 | (c) 1,000,000 | c - a | flat | (d) |
|---|---|---|---|---|---|---|---|---|---|
EOF
for name in getpid open stat rename getxattr pipe generic getpgid getsockname socket tcp exec; do
	awk -v n="$name" -v a="${result[$name,a]}" -v b="${result[$name,b]}" -v c="${result[$name,100]}" \
		-v d="${result[$name,10000]}" -v e="${result[$name,1000000]}" \
		-v f="$((result[$name,d] - result[$name,without]))" 'BEGIN {
		printf "| %s | %d | %d | %.3f | %d | %d | %d | %d | %.3f | %d |\n", n, a, b, b / a, c, d, e, e - a, e / c, f }'
done
cat <<EOF

*open* is open and close of a path of six components, one file event, as is *stat*; *rename* is two renames, each an event
with four inodes and two paths; *getxattr* one event of a path in its filesystem; *generic* one event without fields
(perf_event_open); *getpgid* one event of a task, *getsockname* of a socket; *socket* is one event, the mark of its owner,
which is storage made and freed, and close; *tcp* is socket, connect, accept, setsockopt, close; *exec* is spawn and wait of a
static program.

| | |
|---|---|
| open of a file for the first time: without | ${result[first,a]} |
| ... in a namespace: hashed by IMA, described, mapped, sent | ${result[first,100]} |
| ... the same with other content | ${result[first,1000000]} |
| loading a model, a line (1,000,000 lines less 10,000 lines) | $line |
| memory of tsem_coefficients empty, room for 1,048,576 (buckets) | $before |
| ... with 1,000,000 coefficients, as the kernel accounts for it | $after |
| ... bytes a coefficient, buckets included | $((after / 1000000)) |
EOF
