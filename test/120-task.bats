# SPDX-License-Identifier: GPL-2.0
# Signals, and what a child takes from its parent.
load helpers

@test "task_kill: another signal than the learned one is denied" {
	learn "$PROG/task_kill" 9
	allowed "$PROG/task_kill" 9
	denied "$PROG/task_kill" 15
	forensic task_kill
	[ "$(jq -r .task_kill.sig <forensics)" = 15 ]
}

@test "task_kill: a namespace cannot signal a task outside of it, learning or not" {
	sleep 60 &
	outside=$!
	check 1 tsem-bpf run -q --trajectory "$D/t" -- "$PROG/task_kill" 9 $outside
	kill -0 $outside
	[ "$(jq -r 'select(.event.type == "task_kill") | .task_kill.cross_ns' <t)" = 1 ]
	kill $outside
	[ "$(tsem-bpf status --json | jq .load.cross_namespace_signals)" -gt 0 ]
}

@test "task_kill: outside, the control capability may signal into a namespace, and nobody else" {
	tsem-bpf run -q -n victim -- sleep 60 &
	wait_for sh -c "tsem-bpf list | grep victim"
	wait_for pidof sleep
	victim=$(pidof sleep)
	run setpriv --bounding-set -mac_admin --inh-caps -mac_admin -- "$PROG/task_kill" 15 "$victim"
	[ "$status" = 1 ]
	kill -0 "$victim"
	kill "$victim"
	wait
}

@test "a child of every kind is in the namespace of its parent" {
	echo text >a
	for how in self fork exec thread setsid double; do
		learn "$PROG/task_alloc" $how "$D/a"
		grep -qF "$D/a" trajectory
		allowed "$PROG/task_alloc" $how "$D/a"
		echo other >b
		check 3 tsem-bpf run -m "$D/model" --enforce --forensics "$D/forensics" -- \
		"$PROG/task_alloc" $how "$D/b"
		grep -qF "$D/b" forensics
	done
}

@test "a thread has the identity of its process, a child one of its own" {
	echo text >a
	learn "$PROG/task_alloc" thread "$D/a"
	[ "$(opened "$D/a" .event.p_task_id <trajectory)" = "$(printf '0%.0s' $(seq 64))" ]
	learn "$PROG/task_alloc" fork "$D/a"
	[ "$(opened "$D/a" ".event.p_task_id == .event.task_id" <trajectory)" = true ]
}

@test "untrust: a task that broke the model is denied everything, its children too, and all that is new is described" {
	echo a >a
	echo b >b
	echo c >c
	learn sh -c "(read x <$D/a); cat $D/a; cat $D/a; true"
	# The shell itself violates the model: programs that it starts afterwards are denied too, even learned ones.
	check 3 tsem-bpf run -n dis --keep -m "$D/model" --enforce --on-violation untrust --forensics "$D/forensics" -- \
		sh -c "read x <$D/b; (read x <$D/a); read x <$D/c; cat $D/a || exit 9"
	[ "$(jq -r '.file_open.file.path.pathname // empty' <forensics | sort -u | tr '\n' ' ')" = "$D/b $D/c " ]
	[ "$(grep -c '^a$' <<<"$output")" = 0 ]
	# Every hook that can be described has its description in the log.
	[ -z "$(tsem-bpf show -n dis log)" ]
	tsem-bpf delete -n dis
}

@test "deny: a task that was denied goes on, and is modeled" {
	echo a >a
	echo b >b
	learn sh -c "cat $D/a; cat $D/a; true"
	check 3 tsem-bpf run -m "$D/model" --enforce --forensics "$D/forensics" -- sh -c "read x <$D/b; cat $D/a; exit 9"
	[ "$(grep -c '^a$' <<<"$output")" = 1 ]
	[ "$(jq -r '.file_open.file.path.pathname // empty' <forensics | sort -u)" = "$D/b" ]
}

@test "sealed but not enforcing: deviations are recorded and allowed" {
	echo a >a
	echo b >b
	learn cat "$D/a"
	check 0 tsem-bpf run -q -m "$D/model" --seal --forensics "$D/forensics" --keep -n sealed -- cat "$D/b"
	[ "$output" = b ]
	[ "$(opened "$D/b" .event.process <forensics)" = cat ]
	[ "$(jq -rs 'map(select(.event.type == "file_open")) | length' <forensics)" = 1 ]
	[ "$(tsem-bpf list --json | jq '.[] | select(.name == "sealed") | .denied')" = 0 ]
	tsem-bpf delete -n sealed
}

# coe FIELD FILE <TRAJECTORY: this id in the COE of what opened the file last.
coe() {
	opened "$2" ".COE.$1"
}

@test "nsref=current: ids as the task's own user namespace has them, nsref=initial: as the first one has" {
	local ref
	echo text >a
	for ref in current initial; do
		check 0 tsem-bpf run -q --nsref $ref -o m-$ref --trajectory t-$ref -- \
			unshare -U --map-user=1234 --map-group=4321 cat "$D/a"
		tsem-bpf coefficients t-$ref | diff - <(sed -n 's/^state //p' m-$ref)
		check 0 tsem-bpf run -q --nsref $ref -m m-$ref --enforce -- \
			unshare -U --map-user=1234 --map-group=4321 cat "$D/a"
	done
	[ "$(coe uid "$D/a" <t-current)" = 1234 ]
	[ "$(coe fsgid "$D/a" <t-current)" = 4321 ]
	# The file belongs to root, who has the id 1234 there.
	[ "$(opened "$D/a" .file_open.file.inode.uid <t-current)" = 1234 ]
	[ "$(coe uid "$D/a" <t-initial)" = 0 ]
	[ "$(opened "$D/a" .file_open.file.inode.uid <t-initial)" = 0 ]
	# A user without a mapping has no id there.
	chown 77 a
	check 0 tsem-bpf run -q --nsref current --trajectory t -- unshare -U --map-user=1234 cat "$D/a"
	[ "$(opened "$D/a" .file_open.file.inode.uid <t)" = 4294967295 ]
	# Another mapping of the same user changes the model of the one nsref, not of the other.
	chown 0 a
	check 3 tsem-bpf run -q --nsref current -m m-current --enforce -- unshare -U --map-user=99 --map-group=4321 cat "$D/a"
}

@test "task_prctl: what an option does not read is another value in every run, and no other event" {
	learn "$PROG/prctl_rest"
	[ "$(jq -r 'select(.task_prctl.option == "23") | .task_prctl.arg4' <trajectory)" = 0 ]
	allowed "$PROG/prctl_rest"
	allowed "$PROG/prctl_rest"
}

@test "events that differ in their last two bytes only are two" {
	learn "$PROG/msg_both"
	[ "$(jq -r 'select(.ipc_permission) | .ipc_permission.flag' <trajectory | sort | xargs)" = "146 292" ]
	[ "$(wc -l <trajectory)" = "$(grep -c ^state model)" ]
}
