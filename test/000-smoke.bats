# SPDX-License-Identifier: GPL-2.0
# The shortest way through everything; also run on the newest kernel.
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
