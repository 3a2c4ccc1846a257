# SPDX-License-Identifier: GPL-2.0
# Faults that a workload may meet, and what unload leaves behind. Loads and unloads by itself, so it comes last.
# shellcheck disable=SC2153 # PROG is set in helpers.bash
load helpers

@test "bpftool reads the maps by name" {
	tsem-bpf run -q -n dump --keep -- true
	[ "$(bpftool map dump pinned "$PINS/maps/tsem_namespaces" | jq -r '.[].value.name')" = dump ]
	[ "$(bpftool map dump pinned "$PINS/maps/tsem_coefficients" | jq '[.[] | select(.value.valid == 1)] | length')" = \
		"$(tsem-bpf show -n dump trajectory-coefficients | wc -l)" ]
	tsem-bpf delete -n dump
}

@test "unload is refused while a namespace lives, and leaves nothing behind" {
	# No hook keeps a workload from this.
	tsem-bpf run -q -n kept --keep -- "$PROG/mount_readonly" /sys/fs/bpf
	check 1 tsem-bpf unload
	says "kept"
	check 1 rmdir "$PINS/links"
	says "Read-only"
	check 0 tsem-bpf unload --force
	[ ! -e "$PINS" ]
	[ ! -e /run/tsem-bpf ]
	# Once it returns, no program is there any more.
	[ -z "$(bpftool prog show | grep tsem_ || true)" ]
	wait_for sh -c "! bpftool map show | grep -q tsem_"
	[ -z "$(bpftool link show | grep tsem_ || true)" ]
	check 1 tsem-bpf status
	says "tsem-bpf load"
	check 1 tsem-bpf unload
}

@test "a load that cannot find the variables of the kernel is refused, with the name of the sysctl" {
	restrict=$(</proc/sys/kernel/kptr_restrict)
	echo 2 >/proc/sys/kernel/kptr_restrict
	run tsem-bpf load
	[ "$status" = 1 ]
	says "kernel.kptr_restrict=1"
	[ "${#lines[@]}" = 1 ]
	check 4 tsem-bpf probe
	says "kernel.kptr_restrict=1"
	echo 1 >/proc/sys/kernel/kptr_restrict
	check 1 setpriv --bounding-set=-syslog --inh-caps=-syslog tsem-bpf load
	says "CAP_SYSLOG"
	check 0 tsem-bpf probe
	echo "$restrict" >/proc/sys/kernel/kptr_restrict
	[ ! -e "$PINS" ]
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

@test "a load that fails halfway through attaching takes away what it had attached" {
	local pid status=0
	tsem-bpf load >said 2>&1 3>&- &
	pid=$!
	until compgen -G "${PINS}_new/links/*" >/dev/null; do
		kill -0 $pid
		sleep 0.2
	done
	kill -STOP $pid
	# There is no descriptor for its next link, nor one to read the directory of the pins with, before others are closed.
	prlimit --pid $pid --nofile=16
	[ -e "${PINS}_new" ]
	kill -CONT $pid
	wait $pid || status=$?
	[ "$status" = 1 ]
	grep 'cannot attach program tsem_[a-z_0-9]*: Too many open files; nothing stays loaded' said
	[ "$(grep -vc "waiting for" said)" = 1 ]
	[ ! -e "$PINS" ]
	[ ! -e "${PINS}_new" ]
	wait_for sh -c "! bpftool prog show | grep -q tsem_"
	wait_for sh -c "! bpftool map show | grep -q tsem_"
	[ -z "$(bpftool link show | grep tsem_ || true)" ]
}

@test "limits: a full map of coefficients and of namespaces is said and counted, and denies when sealed" {
	# Meanwhile nobody else loads or unloads, and what is half made stays.
	tsem-bpf load --max-coefficients 128 --max-namespaces 1 3>&- &
	wait_for grep -q "FLOCK .* $! " /proc/locks
	check 1 tsem-bpf load
	says "under way"
	wait $!
	check 1 flock /sys/fs/bpf tsem-bpf unload
	says "under way"
	# A workload cannot hold them up.
	check 65 tsem-bpf run -q -- flock /sys/fs/bpf true
	says "Operation not permitted"
	for i in $(seq 100); do echo "$i" >"f$i"; done
	check 0 tsem-bpf run -n full --keep -o m -- "$PROG/file_open" f1
	check 1 tsem-bpf run -- true
	says "--max-namespaces"
	tsem-bpf delete -n full
	check 0 tsem-bpf run -- "$PROG/file_open" f*
	says "lost map_full"
	check 3 tsem-bpf run -m m --enforce -- "$PROG/file_open" f1 f2
	# The lines of a model leave its namespace its share of the room.
	for i in $(seq 80); do printf 'state %064d\n' "$i"; done >most
	echo end >>most
	check 0 tsem-bpf run -m most -- true
	[[ $output != *lost* ]]
	for i in $(seq 200); do printf 'state %064d\n' "$i"; done >big
	echo end >>big
	check 1 tsem-bpf run -m big -- true
	says "--max-coefficients"
	[ "$(tsem-bpf list --json)" = "[]" ]
	tsem-bpf unload
}
