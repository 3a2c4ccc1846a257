#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# test.sh [BATS FILE...]: runs all tests, and prints one line at the end: "N passed, N failed".
#
# First come lint, which counts as one test, and the unit tests: they need no kernel. Then the BATS suites, each in one
# boot of its own (start_suite). An emulated machine takes one processor, so two machines run at a time. All have a TPM.
#
# Every part prints TAP, which is counted. These are failures too: a planned test without a result, a skipped
# test, and a machine that ended badly after its tests. If files are named, only these run, on 6.12 (5NN: on the patched
# kernel; 6NN: in the machine of the boot). The outputs stay in build/test-*.tap.

set -uo pipefail
# A pattern that matches no file is empty.
shopt -s nullglob
cd "$(dirname "$0")/.." || exit 1

# shellcheck source=scripts/patience.sh
. scripts/patience.sh

passed=0 failed=0
failures=()

fail() {
	failed=$((failed + 1))
	failures+=("$1")
}

# tally NAME STATUS FILE: counts one part from its TAP output and the exit status of what made it.
tally() {
	local name=$1 status=$2 file=$3 line planned=0 seen=0 before=$failed
	while IFS= read -r line; do
		case "$line" in
		"not ok "*)
			fail "$name: ${line#not ok }"
			seen=$((seen + 1))
			;;
		"ok "*"# skip"* | "ok "*"# SKIP"*)
			fail "$name: skipped: ${line#ok }"
			seen=$((seen + 1))
			;;
		"ok "*)
			passed=$((passed + 1))
			seen=$((seen + 1))
			;;
		1..[0-9]*)
			planned=${line#1..}
			planned=$((planned + 0))
			;;
		esac
	done <"$file"
	if ((!planned)); then
		fail "$name: no tests ran (status $status)"
	elif ((seen < planned)); then
		failed=$((failed + planned - seen - 1))
		fail "$name: $((planned - seen)) of $planned tests never reported (status $status)"
	elif ((status && failed == before)); then
		fail "$name: ended with status $status although its tests passed"
	fi
}

summary() {
	local failure
	echo
	for failure in ${failures[@]+"${failures[@]}"}; do
		echo "failed: $failure"
	done
	echo "$passed passed, $failed failed"
	((!failed))
	exit
}

# in_vm NAME VM-OPTION... -- FILE...: these BATS files in one boot, for tally_vm NAME.
in_vm() {
	local name=$1 options=()
	shift
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	echo
	echo "== BATS on $name"
	scripts/vm.sh -n "$name" -t 4200 --tpm "${options[@]}" -- bats --timing --formatter tap "$@" | tee "build/test-$name.tap"
	echo "${PIPESTATUS[0]}" >"build/test-$name.status"
}

tally_vm() {
	tally "$1" "$(<"build/test-$1.status")" "build/test-$1.tap"
}

# The kernel's tracer counts all calls of hooks from the first one on, in the clock of events.
boot_vm() {
	in_vm boot --boot --append "ftrace=function ftrace_filter=bpf_lsm_* trace_event=task:task_newtask trace_clock=boot \
		trace_buf_size=16M" -- "$@"
}

# The suites, longest first. What hostile workloads try (39N, 45N) and external agents (7NN) run on all three kernels. The patched kernel may
# have to be built; 560 waits there for the output of 010.
suites=(patched events attacks newest models commands boot)

start_suite() {
	case $1 in
	patched)
		echo
		echo "== the patched kernel"
		scripts/kernel-build.sh && in_vm patched -k patched -- test/000-*.bats test/39*.bats test/45*.bats test/5*.bats test/7*.bats
		;;
	events) in_vm events -k 6.12 -- test/[01]*.bats ;;
	attacks) in_vm attacks -k 6.12 -- test/39*.bats test/45*.bats ;;
	newest) in_vm newest -k 7.3 -- test/000-*.bats test/39*.bats test/45*.bats test/7*.bats ;;
	models) in_vm models -k 6.12 -- test/2*.bats ;;
	commands) in_vm commands -k 6.12 -- test/3[0-8]*.bats test/7*.bats test/4[0-46-9]*.bats ;;
	boot) boot_vm test/6*.bats ;;
	esac
}

# Starts the remaining suites one after the other. Two of these run side by side.
start_suites() {
	local suite
	for suite in "${suites[@]}"; do
		if mkdir "build/test-started/$suite" 2>/dev/null; then
			start_suite "$suite"
		fi
	done
}

# A function: the shell reads all of it before it runs, so the file may be edited meanwhile.
main() {
	local kernel source name program others
	kernel=$(scripts/kernel-image.sh 6.12) || {
		fail "no kernel 6.12"
		summary
	}
	echo "== build"
	patiently "the build" make -j"$(nproc)" VMLINUX_BTF="$kernel/vmlinux.btf" tests || {
		fail "the build"
		summary
	}

	if (($#)); then
		local stock=() patched=() boot=()
		for source in "$@"; do
			case "${source##*/}" in
			5*) patched+=("$source") ;;
			6*) boot+=("$source") ;;
			*) stock+=("$source") ;;
			esac
		done
		((!${#stock[@]})) || in_vm stock -k 6.12 -- "${stock[@]}"
		((!${#patched[@]})) || in_vm patched -k patched -- "${patched[@]}"
		((!${#boot[@]})) || boot_vm "${boot[@]}"
		for name in ${stock:+stock} ${patched:+patched} ${boot:+boot}; do
			tally_vm "$name"
		done
		summary
	fi

	# Remove what an earlier run has left for another machine.
	rm -rf build/portable build/test-*.{tap,status} build/test-started
	mkdir build/test-started
	start_suites >build/test-beside.out 2>&1 &
	others=$!

	echo
	echo "== lint"
	if patiently "scripts/lint.sh" scripts/lint.sh; then
		passed=$((passed + 1))
	else
		fail lint
	fi

	for source in test/unit/test_*.c; do
		name=$(basename "$source" .c)
		program=build/test/unit/$name
		echo
		echo "== $name"
		waiting_for "$name"
		CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$program" 2>&1 | tee "build/test-$name.tap"
		tally "$name" "${PIPESTATUS[0]}" "build/test-$name.tap"
		waited
	done

	echo
	echo "== test/unit/*.bats"
	patiently "bats test/unit" bats --formatter tap test/unit | tee build/test-scripts.tap
	tally scripts "${PIPESTATUS[0]}" build/test-scripts.tap

	start_suites
	patiently "the suites in build/test-beside.out" wait "$others"
	cat build/test-beside.out
	for name in "${suites[@]}"; do
		if [[ -e build/test-$name.status ]]; then
			tally_vm "$name"
		else
			fail "$name: no machine"
		fi
	done
	summary
}

main "$@"
