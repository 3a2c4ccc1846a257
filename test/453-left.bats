# SPDX-License-Identifier: GPL-2.0
# Processes and objects that a workload leaves behind stay in its namespace.
# shellcheck disable=SC2016 # the shell in the namespace expands
load helpers

cleanup() {
	[ ! -s pid ] || kill -9 "$(<pid)" 2>/dev/null || :
}

@test "a namespace whose run was killed is governed on" {
	cd "$D"
	before=$(</proc/sys/kernel/core_pattern)
	tsem-bpf run -q --name orphan -- sh -c 'echo $$ >pid; while [ ! -e go ]; do sleep 0.2; done
		echo attacked >/proc/sys/kernel/core_pattern; echo $? >tried; exec sleep 600' 3>&- 2>/dev/null &
	first=$!
	wait_for test -s pid
	kill -9 $first
	wait $first || :
	touch go
	wait_for test -s tried
	[ "$(<tried)" != 0 ]
	[ "$(</proc/sys/kernel/core_pattern)" = "$before" ]
	check 0 tsem-bpf list
	says orphan
	kill -9 "$(<pid)"
	# The guardian removes it.
	wait_for sh -c '! tsem-bpf list | grep orphan'
	# A process outside may.
	echo "$before" >/proc/sys/kernel/core_pattern
}

@test "children that a workload gives its run (CLONE_PARENT) do not keep it from ending, and none stays a zombie" {
	check 0 timeout 30 tsem-bpf run -q -- "$PROG/clone_parent" 20
	check 1 sh -c "cat /proc/[0-9]*/status 2>/dev/null | grep zombie"
}

@test "a daemon is waited for, and is denied what its model has not" {
	echo one >one
	echo two >two
	echo 'setsid sh -c '\''sleep 0.5; cat "$0"'\'' "$1" >/dev/null 2>&1 &' >start
	learn sh start "$D/one"
	allowed sh start "$D/one"
	# The run ends as its first process did.
	check 0 tsem-bpf run -m "$D/model" --enforce --forensics "$D/forensics" -- sh start "$D/two"
	says " 1 denied"
	forensic file_open
}
