# SPDX-License-Identifier: GPL-2.0
# The shortest way through everything; also run on the newest kernel.
# shellcheck disable=SC2016 # sed has dollars and backquotes of its own
load helpers

@test "probe finds this kernel usable" {
	check 0 tsem-bpf probe
	says "bpf is active"
	check 0 tsem-bpf probe --json
	[ "$(jq '[.[] | select(.needed)] | length' <<<"$output")" = 0 ]
}

@test "load has attached a program to every hook that this kernel has" {
	check 0 tsem-bpf status --json
	[ "$(jq '.programs.missing | length' <<<"$output")" = 0 ]
	[ "$(jq '.programs.attached | length' <<<"$output")" -gt 100 ]
	[ "$(find "$PINS/links" -type f | wc -l)" = "$(jq '.programs.attached | length' <<<"$output")" ]
}

@test "status names the hooks that this kernel does not have, and no others" {
	sed -n 's/^.* bpf_lsm_\([a-z0-9_]*\)$/\1/p' /proc/kallsyms | sort >"$D/has"
	sed -n 's/^| `\([a-z_]*\)` | [a-z_]* | `.*bpf.c` .*/\1/p' "$ROOT/docs/hooks.md" | sort -u >"$D/wanted"
	[ "$(wc -l <"$D/wanted")" -gt 100 ]
	comm -13 "$D/has" "$D/wanted" >"$D/lacks"
	check 0 tsem-bpf status --json
	jq -r '.programs.no_hook[]' <<<"$output" | sort | diff "$D/lacks" -
	check 0 tsem-bpf status
	if [ -s "$D/lacks" ]; then
		grep -qx "this kernel has no hook:\( [a-z_]*\)*" <<<"$output"
		says " $(head -n 1 "$D/lacks")"
	else
		[ "$(grep -c 'has no hook' <<<"$output")" = 0 ]
	fi
}

@test "every LSM hook of this kernel is an event, a guard, or a row of docs/hooks.md that says why not" {
	check 0 "$ROOT/scripts/hooks.sh" /sys/kernel/btf/vmlinux
}

@test "loading twice is refused and changes nothing" {
	check 1 tsem-bpf load
	says "already loaded"
	check 0 tsem-bpf status
}

@test "a workload is learned, passes under its own model, and is denied what it never did" {
	echo one >"$D/one"
	echo two >"$D/two"
	learn cat "$D/one"
	allowed cat "$D/one"
	denied cat "$D/two"
	forensic file_open
	[ "$(jq -r .file_open.file.path.pathname <"$D/forensics")" = "$D/two" ]
}

@test "every coefficient of the kernel is the one recomputed from its JSON line" {
	learn sh -c "ls / >/dev/null; cat /etc/hostname"
	tsem-bpf coefficients "$D/trajectory" >"$D/recomputed"
	sed -n 's/^state //p' "$D/model" >"$D/kernel"
	[ "$(wc -l <"$D/kernel")" -gt 30 ]
	diff "$D/kernel" "$D/recomputed"
}
