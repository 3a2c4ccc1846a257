# SPDX-License-Identifier: GPL-2.0
# Attempts of a hostile workload on the kernel itself, by files that are in no model. They are denied in each mode.
load helpers

# refused FILE TEXT: a task of a namespace cannot open it for writing, which is counted; one outside can.
refused() {
	local before
	before=$(tsem-bpf status --json | jq .load.guarded)
	check 0 sh -c ": >>'$1'"
	# shellcheck disable=SC2016 # the shell in the namespace expands
	run tsem-bpf run -q -- sh -c 'printf %s "$2" >>"$1"' sh "$1" "$2"
	[ "$status" != 0 ]
	[ "$(tsem-bpf status --json | jq .load.guarded)" -gt "$before" ]
}

@test "a workload turns no knob of the kernel, in proc or in sysfs" {
	refused /proc/sys/kernel/ftrace_enabled 0
	[ "$(cat /proc/sys/kernel/ftrace_enabled)" = 1 ]
	refused /proc/sys/kernel/core_pattern "|/bin/true"
	refused /proc/sysrq-trigger h
	refused /sys/kernel/rcu_expedited 1
}

@test "a workload turns no tracer on, and has the kernel execute nothing for a control group" {
	[ ! -e /sys/kernel/tracing/tracing_on ] || refused /sys/kernel/tracing/tracing_on 1
	# Where the kernel knows these: it takes the option and mounts nothing.
	if grep -qw cgroup /proc/filesystems; then
		check 0 "$PROG/mount_option" cgroup release_agent /bin/true
		check 1 tsem-bpf run -q -- "$PROG/mount_option" cgroup release_agent /bin/true
		check 0 tsem-bpf run -q -- "$PROG/mount_option" cgroup name test
	fi
}

@test "a workload writes what belongs to its own process" {
	# shellcheck disable=SC2016 # the shell in the namespace expands
	check 0 tsem-bpf run -q -- sh -c 'echo 500 >/proc/self/oom_score_adj && cat /proc/self/oom_score_adj'
	[ "$output" = 500 ]
	check 0 tsem-bpf run -q -- cat /proc/sys/kernel/core_pattern
}

@test "a workload kills no cgroup" {
	mkdir /sys/fs/cgroup/tsem-victim
	sleep 60 &
	local victim=$!
	echo $victim >/sys/fs/cgroup/tsem-victim/cgroup.procs
	refused /sys/fs/cgroup/tsem-victim/cgroup.kill 1
	kill -0 $victim
	kill $victim
	wait $victim || :
	wait_for rmdir /sys/fs/cgroup/tsem-victim
}
