# SPDX-License-Identifier: GPL-2.0
# What a hostile or unlucky workload tries, and what unload leaves behind. Loads and unloads by itself: last of all.
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

@test "bpftool reads the maps by name" {
	tsem-bpf run -q -n dump --keep -- true
	[ "$(bpftool map dump pinned "$PINS/maps/tsem_namespaces" | jq -r '.[].value.name')" = dump ]
	[ "$(bpftool map dump pinned "$PINS/maps/tsem_coefficients" | jq '[.[] | select(.value.valid == 1)] | length')" = \
		"$(tsem-bpf show -n dump trajectory-coefficients | wc -l)" ]
	tsem-bpf delete -n dump
}

@test "unload is refused while a namespace lives, and leaves nothing behind" {
	tsem-bpf run -q -n kept --keep -- true
	check 1 tsem-bpf unload
	says "kept"
	check 0 tsem-bpf unload --force
	[ ! -e "$PINS" ]
	[ ! -e /run/tsem-bpf ]
	wait_for sh -c "! bpftool prog show | grep -q tsem_"
	wait_for sh -c "! bpftool map show | grep -q tsem_"
	[ -z "$(bpftool link show | grep tsem_ || true)" ]
	check 1 tsem-bpf status
	says "tsem-bpf load"
	check 1 tsem-bpf unload
}

@test "a load that fails leaves nothing pinned" {
	mkdir -p "$PINS"
	check 1 tsem-bpf load
	rmdir "$PINS"
	umount /sys/fs/bpf
	check 1 tsem-bpf load
	says "mount -t bpf"
	mount -t bpf bpf /sys/fs/bpf
	[ ! -e "$PINS" ]
	[ ! -e "${PINS}_new" ]
}

@test "limits: a full map of coefficients and of namespaces is said and counted, and denies when sealed" {
	tsem-bpf load --max-coefficients 64 --max-namespaces 1
	for i in $(seq 100); do echo "$i" >"f$i"; done
	check 0 tsem-bpf run -n full --keep -o m -- "$PROG/file_open" f1
	check 1 tsem-bpf run -- true
	says "--max-namespaces"
	tsem-bpf delete -n full
	check 0 tsem-bpf run -- "$PROG/file_open" f*
	says "lost map_full"
	check 3 tsem-bpf run -m m --enforce -- "$PROG/file_open" f1 f2
	for i in $(seq 100); do printf 'state %064d\n' "$i"; done >big
	echo end >>big
	check 1 tsem-bpf run -m big -- true
	says "--max-coefficients"
	[ "$(tsem-bpf list --json)" = "[]" ]
	tsem-bpf unload
}
