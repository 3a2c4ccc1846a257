# SPDX-License-Identifier: GPL-2.0
# What a hostile workload tries on tsem-bpf itself; also run on the patched kernel, with its capability.
# shellcheck disable=SC2153 # PROG is set in helpers.bash
load helpers

@test "a task of a namespace reaches none of our maps, programs, links and pins, though it is root" {
	id=$(bpftool map show pinned "$PINS/maps/tsem_namespaces" -j | jq .id)
	prog=$(bpftool prog show pinned "$PINS/progs/tsem_control" -j | jq .id)
	link=$(bpftool link show -j | jq '[.[] | select(.prog_type == "lsm" or .type == "tracing")][0].id')
	check 0 bpftool map dump id "$id"
	for attack in "bpftool map dump id $id" "bpftool map dump pinned $PINS/maps/tsem_coefficients" \
		"bpftool prog show id $prog" "bpftool link detach id $link" "rm -f $PINS/links/tsem_file_open" \
		"mv $PINS/links/tsem_file_open $PINS/gone" "rm -rf $PINS" "tsem-bpf unload --force" "tsem-bpf list" \
		"umount /sys/fs/bpf" "umount -l /sys/fs/bpf"; do
		# shellcheck disable=SC2086
		run tsem-bpf run -q -- $attack
		[ "$status" != 0 ]
	done
	check 0 tsem-bpf status
	[ "$(tsem-bpf status --json | jq .load.guarded)" -gt 5 ]
}

@test "a debugger in a namespace cannot take over a task outside" {
	sleep 60 &
	outside=$!
	run tsem-bpf run -q -- cat "/proc/$outside/environ"
	[ "$status" != 0 ]
	check 0 cat "/proc/$outside/environ"
	kill $outside
}

@test "the control program answers nobody in a namespace and nobody without the capability" {
	check 1 tsem-bpf run -q -- tsem-bpf control -n x seal
	check 1 tsem-bpf run -q -- tsem-bpf run -- true
}
