# SPDX-License-Identifier: GPL-2.0
# The root modeled from the boot on: by an initramfs of initramfs-tools that has tsem-bpf in it, then systemd with the units
# (scripts/vm.sh --boot, with a TPM). The kernel's own tracer counts what came before, from its first hook on.
# shellcheck disable=SC2153 # PINS is set in helpers.bash
load helpers
load root

BOOT=/usr/local/lib/tsem-bpf/boot
SCRIPT=/usr/share/initramfs-tools/scripts/init-top/tsem-bpf
HELD=$(printf '%064d' 0)

setup_file() {
	# The events of the boot, before a test adds more. The ring keeps the oldest.
	wait_for settled
	mkdir -p /run/tsem-boot
	tsem-bpf show trajectory >/run/tsem-boot/trajectory
}

teardown_file() {
	systemctl stop tsem-bpf-agent
	rm -r /run/tsem-boot
}

# The root stays.
teardown() {
	cd /
	if declare -F cleanup >/dev/null; then cleanup; fi
	rm -rf "$D"
	[ "$(tsem-bpf list --json | jq -r '.[].id')" = 0 ]
}

cleanup() {
	umount /proc/cmdline 2>/dev/null || :
	if [ -e "$D/boot.conf" ]; then cp "$D/boot.conf" /etc/tsem-bpf/; fi
	umount /run/tsem-boot/bpf 2>/dev/null || :
	rm -rf /scripts /run/systemd/system/tsem-*
}

# first EXPRESSION: its value for the first event of the boot.
first() {
	jq -s "sort_by(.event.ts | tonumber) | first | $1" /run/tsem-boot/trajectory
}

# The lines of the kernel's log that tsem-bpf wrote.
told() {
	dmesg | grep -o 'tsem-bpf: .*'
}

# on_cmdline WORDS: from now on the kernel's command line has these words.
on_cmdline() {
	echo "$*" >cmdline
	mount --bind cmdline /proc/cmdline
}

@test "the root is modeled before there is a real root, and its first coefficient is of the initramfs" {
	local real before
	check 0 tsem-bpf status
	says "root model: model"
	lacks DEGRADED <(echo "$output")
	# Seconds after the boot when the real root was about to be mounted.
	real=$(</run/tsem-mountroot)
	before=$(jq -s --argjson real "$real" 'map(select((.event.ts | tonumber) / 1e9 < $real)) | length' \
		/run/tsem-boot/trajectory)
	[ "$(first "(.event.ts | tonumber) / 1e9 < $real")" = true ]
	[ "$(first .event.process)" = '"tsem-bpf"' ]
	[ "$before" -gt 30 ]
	# A program of the initramfs, by its TASK_ID and by its file, which lies in the first filesystem of all.
	jq -es --argjson real "$real" 'map(select(.event.type == "bprm_committing_creds" and (.event.ts | tonumber) / 1e9 < $real)) |
		first | .bprm_committing_creds.file.inode.s_id == "rootfs"' /run/tsem-boot/trajectory
	echo "# first coefficient at $(first '(.event.ts | tonumber) / 1e9') s, real root mounted at $real s: $before coefficients in the initramfs" >&3
	told | grep 'the root is modeled; [0-9]* tasks were made in [0-9.]* s before loading began'
	echo "# $(told | head -n 1)" >&3
}

@test "what came before the first coefficient is counted by the kernel's tracer" {
	local hooks count
	# The hooks of events; only file_open has a name that is not its hook's.
	hooks=$(sed -n 's/.*TSEM_EVENT([0-9]*, \([a-z_]*\)).*/\1/p' "$ROOT/maps/tsem_events.h" | sed 's/^file_open$/file_post_open/')
	[ "$(cat /sys/kernel/tracing/tracing_on)" = 0 ]
	check 1 grep -h 'overrun: [1-9]' /sys/kernel/tracing/per_cpu/cpu*/stats
	# shellcheck disable=SC2086 # words
	count=$(perl "$ROOT/test/boot/before.pl" "$(first '.event.ts | tonumber')" $hooks </sys/kernel/tracing/trace)
	echo "# calls of the hooks of events by tasks of the root: $count" >&3
	[ "$(jq .before <<<"$count")" -gt 100 ]
	[ "$(jq .since <<<"$count")" -gt "$(jq .programs <<<"$count")" ]
}

other_agent() {
	local agent
	agent=$(systemctl show -P MainPID tsem-bpf-agent.service)
	[ "$agent" != 0 ] && [ "$agent" != "$1" ]
}

@test "the programs and their pins came along into the real root, and systemd loads nothing twice" {
	local agent
	[ "$(readlink /proc/1/exe)" = /usr/lib/systemd/systemd ]
	[ "$(grep -c ' /sys/fs/bpf bpf ' /proc/mounts)" = 1 ]
	[ "$(systemctl show -P ConditionResult tsem-bpf.service)" = no ]
	[ "$(systemctl is-active tsem-bpf-agent.service)" = active ]
	check 1 tsem-bpf load --root-model model
	says "already loaded"
	systemd-analyze verify --man=no --recursive-errors=no tsem-bpf.service tsem-bpf-agent.service
	# Ended, it is started again.
	agent=$(systemctl show -P MainPID tsem-bpf-agent.service)
	systemctl kill -s KILL tsem-bpf-agent.service
	wait_for other_agent "$agent"
	echo a >file
	cat file >/dev/null
	check 0 tsem-bpf run -q -o model -- cat "$D/file"
	check 0 tsem-bpf run -q -m model --enforce -- cat "$D/file"
	check 3 tsem-bpf run -q -m model --enforce -- cat /etc/hostname
}

@test "the register is what the whole log makes of zeros, from the initramfs on" {
	[ "$(root pcr)" = 12 ]
	# Some 10,000 extensions, each by the TPM of an emulated machine.
	for _ in 1 2 3 4 5 6; do
		if wait_for holds "$HELD" 12; then break; fi
	done
	holds "$HELD" 12
	[ "$(root lost)" = 0 ]
}

@test "what is off on the kernel's command line, not configured, or loaded is left alone" {
	local before
	cp /etc/tsem-bpf/boot.conf "$D/"
	before=$(told | wc -l)
	check 0 $BOOT
	[ "$(told | wc -l)" = "$before" ]
	on_cmdline quiet tsem.boot=off
	check 0 $BOOT
	[ "$(told | tail -n 1)" = "tsem-bpf: the root is not modeled: tsem.boot=off" ]
	rm /etc/tsem-bpf/boot.conf
	check 0 $BOOT
	[ "$(told | wc -l)" = "$((before + 1))" ]
}

@test "a boot goes on after a failure, or stops if boot.conf says so, and the kernel's log has the reason" {
	cp /etc/tsem-bpf/boot.conf "$D/"
	mkdir /scripts
	echo 'panic() { echo "panic: $*"; }' >/scripts/functions
	# It looks for pins where there are none.
	mkdir -p /run/tsem-boot/bpf
	sed 's|^BPF=.*|BPF=/run/tsem-boot/bpf|' $BOOT >failing
	chmod +x failing
	sed "s|$BOOT|$D/failing|" $SCRIPT >script
	chmod +x script
	echo 'OPTIONS="--pcr 7" ON_FAILURE=continue' >/etc/tsem-bpf/boot.conf
	check 1 ./failing
	told | tail -n 1 | grep -F "the root is not modeled: tsem-bpf: load: --pcr: '7' is no number from 8 to 15"
	check 0 ./script
	[ -z "$output" ]
	echo 'OPTIONS="--pcr 7" ON_FAILURE=stop' >/etc/tsem-bpf/boot.conf
	check 3 ./failing
	check 0 ./script
	says "panic: tsem-bpf: the root is not modeled"
	# The unit does it with another target.
	sed -e "s|^ExecStart=.*|ExecStart=$D/failing|" -e '/^Condition/d' -e 's|emergency.target|tsem-stopped.target|' \
		/usr/lib/systemd/system/tsem-bpf.service >/run/systemd/system/tsem-failing.service
	printf '[Unit]\nDescription=stopped\n' >/run/systemd/system/tsem-stopped.target
	check 1 systemctl start tsem-failing.service
	wait_for systemctl is-active tsem-stopped.target
}
