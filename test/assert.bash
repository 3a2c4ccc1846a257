# SPDX-License-Identifier: GPL-2.0
# Assertions that all BATS files use, in the machine and without one.

# shellcheck disable=SC2154 # BATS sets status and output

# check STATUS COMMAND...: runs it and requires this exit status; its output is in $output.
check() {
	local want=$1
	shift
	run "$@"
	if [ "$status" != "$want" ]; then
		echo "status $status, not $want: $*" >&2
		echo "$output" >&2
		return 1
	fi
}

# says TEXT: the last output has it.
says() {
	if ! grep -qF -- "$1" <<<"$output"; then
		echo "'$1' is not in: $output" >&2
		return 1
	fi
}
