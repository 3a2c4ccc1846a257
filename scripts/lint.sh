#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lint.sh [--fix]: the form of the sources: clang-format for C, shellcheck for the scripts and the BATS files, a line
# naming the licence at the top, the length of functions and files, and a build in which every warning is an error (in
# build/lint, so that it disturbs no other). Reports everything that it finds, and fails at the end. --fix lets
# clang-format rewrite the C files first, and takes the ABI as it is.

set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

found=0
complain() {
	echo "lint.sh: $*" >&2
	found=$((found + 1))
}

mapfile -t c < <(find bpf loader maps test tma -name '*.[ch]' | sort)
mapfile -t scripts < <(grep -rlE '^#!.*[ /](ba)?sh\b' .ci boot scripts test kernel-patches 2>/dev/null | sort)
mapfile -t bats < <(find test -name '*.bats' -o -name '*.bash' | sort)

if [[ ${1:-} == --fix ]]; then
	clang-format-19 -i "${c[@]}"
elif (($#)); then
	echo "lint.sh: '$1' is not known; usage: lint.sh [--fix]" >&2
	exit 2
fi

clang-format-19 --dry-run -Werror "${c[@]}" || complain "clang-format wants another form: run scripts/lint.sh --fix"
shellcheck "${scripts[@]}" || complain "shellcheck found faults in the scripts"
# SC2238: a test may name its files as it likes, even after a command.
shellcheck -s bats -e SC2238 "${bats[@]}" || complain "shellcheck found faults in the BATS files"

for file in "${c[@]}" "${scripts[@]}" "${bats[@]}" Makefile; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' ||
		complain "$file: no SPDX-License-Identifier: GPL-2.0 in its first lines"
done
for file in "${c[@]}" "${scripts[@]}" "${bats[@]}"; do
	! grep -nE '[[:space:]]$' "$file" >&2 || complain "$file: blanks at the end of lines"
done

# A function fits a screen: what is longer has two jobs. In bpf/ and maps/ a file is read by one compiler run, and may be
# as long as the longest there.
long=$(awk '
	FNR == 1 { inside = 0 }
	/^[A-Za-z_]/ && !inside { start = FNR }
	/^\{/ { inside = 1 }
	/^}/ && inside {
		if (FNR - start >= 60)
			print FILENAME ":" start ": a function of " FNR - start + 1 " lines; 60 are allowed"
		inside = 0
	}
' "${c[@]}")
[[ -z $long ]] || complain "$long"
for file in "${c[@]}"; do
	most=600
	[[ $file != bpf/* && $file != maps/* ]] || most=740
	size=$(wc -l <"$file")
	((size <= most)) || complain "$file: has $size lines; $most are allowed: split it by topic"
done

# Only commands print, and the libraries do not include their headers.
! grep -nE '\b(printf|puts|perror) *\(|fprintf\(std' loader/lib/*.c tma/core/*.c >&2 ||
	complain "loader/lib or tma/core prints"
! grep -nE '#include "(\.\./)?cmd' loader/lib/*.[ch] >&2 || complain "loader/lib includes a header of loader/cmd"

mkdir -p build
btf=${VMLINUX_BTF:-}
[[ -n $btf ]] || btf=$(scripts/kernel-image.sh 6.12)/vmlinux.btf
make -j"$(nproc)" BUILD=build/lint WERROR=1 VMLINUX_BTF="$btf" tests >build/lint.log 2>&1 || {
	cat build/lint.log >&2
	complain "the build has warnings"
}
make BUILD=build/lint tma-cross >build/lint.log 2>&1 || {
	cat build/lint.log >&2
	complain "the core of the agents does not build for every machine"
}
if scripts/abi.sh build/lint/tsem.bpf.o >build/lint/abi; then
	[[ ${1:-} != --fix ]] || cp build/lint/abi maps/abi.golden
	diff maps/abi.golden build/lint/abi >&2 ||
		complain "the ABI is not maps/abi.golden: docs/abi.md has to say so; then run scripts/lint.sh --fix"
fi
((!found))
