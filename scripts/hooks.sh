#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hooks.sh [BTF...]: compares docs/hooks.md with the LSM hooks that kernels have, by their types (default: the types of
# the cached kernels, 6.12 and 7.3).
#
# A hook needs a row in docs/hooks.md: with its program, in the first two tables, or with two columns that say why
# it has none. bpf/ must have no program for the latter. Each fault is one line; the exit status is then 1.

set -euo pipefail
PATH=$PATH:/usr/sbin
cd "$(dirname "$0")/.."

page=docs/hooks.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

btf=("$@")
if ((!$#)); then
	for series in 6.12 7.3; do
		btf+=("$(scripts/kernel-image.sh "$series")/vmlinux.btf")
	done
fi

# The hooks of a kernel are the members of this union. Programs attach to the function bpf_lsm_NAME of each.
# The kernel does not call init.
for file in "${btf[@]}"; do
	bpftool btf dump file "$file" format c | sed -n '/^union security_list_options {/,/^}/p' |
		sed -n 's/.*(\*\([a-z_0-9]*\))(.*/\1/p' | grep -vx init | sort -u >"$work/has"
	(($(wc -l <"$work/has") > 200)) || {
		echo "hooks.sh: $file: no LSM hooks are in it; give a kernel's vmlinux.btf" >&2
		exit 1
	}
	cat "$work/has" >>"$work/all"
done
sort -u "$work/all" >"$work/hooks"

# shellcheck disable=SC2016 # backquotes of the page
{
	sed -n 's/^| `\([a-z_0-9]*\)` | [a-z_]* | `.*bpf.c` |.*/\1/p' "$page" | sort -u >"$work/with"
	sed -n 's/^| `\([a-z_0-9]*\)` | [^|]* |$/\1/p' "$page" | sort -u >"$work/without"
}
{
	sed -n 's/.*SEC("\(lsm\|lsm\.s\)\/\([a-z_0-9]*\)").*/\2/p; s/^TSEM_[A-Z]*_PROGRAM("lsm\(\.s\)\{0,1\}\/\([a-z_0-9]*\)".*/\2/p' bpf/*.bpf.c
	sed -n 's/^TSEM_GENERIC(\([a-z_0-9]*\))/\1/p' bpf/*.bpf.c
} | sort -u >"$work/programs"
sort -u "$work/with" "$work/without" >"$work/rows"

comm -23 "$work/hooks" "$work/rows" | sed "s|\$|: no event, no guard, and no row in $page says why not|" >"$work/faults"
comm -12 "$work/without" "$work/programs" | sed "s|\$|: $page has it without a program, but bpf/ has one|" >>"$work/faults"
comm -12 "$work/without" "$work/with" | sed "s|\$|: $page has it with and without a program|" >>"$work/faults"
# A row without a program has to be for a hook that some kernel has.
if ((!$#)); then
	comm -13 "$work/hooks" "$work/without" | sed "s|\$|: $page says why it has no program, but no kernel has this hook|" >>"$work/faults"
fi
# The column `waits` follows the section of the program.
{
	sed -n 's/.*SEC("lsm\.s\/\([a-z_0-9]*\)").*/\1 yes/p; s/^TSEM_\(EVENT\|GUARDED\)_PROGRAM("lsm\.s\/\([a-z_0-9]*\)".*/\2 yes/p' bpf/*.bpf.c
	sed -n 's/^TSEM_PATCHED\(_GUARDED\)\{0,1\}_PROGRAM("lsm\/\([a-z_0-9]*\)".*/\2 patched/p' bpf/*.bpf.c
} | sort -u >"$work/waits"
# shellcheck disable=SC2016 # backquotes of the page
sed -n 's/^| `\([a-z_0-9]*\)` | [a-z_]* | `.*bpf.c` | [a-z]* | \(yes\|patched\) |.*/\1 \2/p' "$page" | sort -u >"$work/said"
# Programs without a row among the events: they only keep books, or have an event of another hook.
comm -3 "$work/waits" "$work/said" | tr -d '\t' | grep -vE '^(task_alloc|socket_post_create|file_open) ' |
	sed "s|\$|: the column 'waits' of $page and the section of the program differ|" >>"$work/faults" || :
cat "$work/faults"
[[ ! -s $work/faults ]]
