# SPDX-License-Identifier: GPL-2.0
# The processes of `run`: those that it waits for, the signals that it passes on, and what becomes of a namespace whose
# `run` is killed.
# shellcheck disable=SC2016 # the workload's shell expands, not ours
load helpers

# started FILE: waits until the file exists.
started() {
	wait_for test -e "$1"
}

mode_of() {
	tsem-bpf list --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .mode'
}

# gone: no namespace and no process of ours is left.
gone() {
	[ "$(tsem-bpf list --json)" = "[]" ] && ! pidof tsem-bpf
}

@test "a workload that makes its siblings our children leaves no zombie that run waits for" {
	check 0 timeout 60 tsem-bpf run -o "$D/m" -- "$PROG/clone_parent" 5
	check 0 timeout 60 tsem-bpf run -m "$D/m" --enforce -- "$PROG/clone_parent" 5
	says " 0 denied"
	# Its status is the command's, whatever the siblings end with.
	check 7 timeout 60 tsem-bpf run -q -- sh -c "$PROG/clone_parent 3; exit 7"
}

@test "run passes on the signals that people send to a command" {
	for signal in HUP INT QUIT TERM USR1 USR2 WINCH; do
		rm -f got there
		# A shell makes what it starts in the background ignore two of them.
		env --default-signal=INT,QUIT tsem-bpf run -q -- bash -c "trap 'echo $signal >got' $signal; : >there
			for i in {1..100}; do [ ! -e got ] || exit 0; sleep 0.1; done; exit 9" 3>&- &
		runner=$!
		started there
		kill -$signal $runner
		wait $runner
		[ "$(<got)" = $signal ]
	done
}

@test "a signal that was ignored stays so, for the command too" {
	check 0 sh -c "trap '' HUP; tsem-bpf run -q -- sh -c 'kill -HUP \$\$; : >$D/after'"
	[ -e after ]
}

# killed MODE OPTION...: kills run, and its workload goes on in a namespace of this mode until it is told to end.
killed() {
	rm -f there more go
	mkfifo go
	tsem-bpf run -q -n orphan "${@:2}" -- sh -c ': >there; read -r x <go; cat /etc/passwd >more; read -r x <go' 3>&- &
	runner=$!
	started there
	kill -KILL $runner
	wait $runner || :
	wait_for sh -c "[ \"\$(tsem-bpf list --json | jq -r '.[0].mode')\" = $1 ]"
	echo >go
	wait_for test -s more
}

@test "a workload whose run is killed while it learns is sealed, collected, and removed with its last task" {
	killed sealed -o "$D/m"
	# What was not learned is outside of the model from then on, and is described.
	wait_for sh -c 'tsem-bpf show -n orphan forensics | grep -q /etc/passwd'
	[ "$(mode_of orphan)" = sealed ]
	echo >go
	wait_for gone
	# No model and no half file is left.
	[ ! -e m ]
	[ -z "$(find . -name 'm.*')" ]
	[ -z "$(find /run/tsem-bpf -name '*.events' -o -name '*.dropped')" ]
}

@test "a workload whose run is killed while it enforces goes on enforced" {
	printf 'seal\nend\n' >empty
	killed enforcing -m "$D/empty" --enforce --on-violation log
	[ "$(mode_of orphan)" = enforcing ]
	check 0 tsem-bpf control -n orphan "action event=all action=deny"
	echo >go
	wait_for gone
}

@test "a namespace that is to be kept is kept by the guardian too" {
	killed sealed --keep
	echo >go
	wait_for sh -c '! pidof tsem-bpf'
	[ "$(mode_of orphan)" = sealed ]
	tsem-bpf delete -n orphan
}

@test "what a command leaves running is sealed when run is told not to wait for it" {
	mkfifo go
	tsem-bpf run -n left -o "$D/m" -- sh -c ': >there; (read -r x <go) & exit 0' 2>said 3>&- &
	runner=$!
	started there
	wait_for sh -c "kill -TERM $runner; ! kill -0 $runner"
	wait $runner
	grep -q "goes on, sealed" said
	[ "$(mode_of left)" = sealed ]
	# Its model is that of the command.
	grep -qx end m
	echo >go
	wait_for gone
}

@test "a run that ends leaves no process behind" {
	check 0 tsem-bpf run -q -- true
	check 1 pidof tsem-bpf
	check 127 tsem-bpf run -q -- ./no-such-program
	check 1 pidof tsem-bpf
	check 1 tsem-bpf run -q -o /none/m -- true
	gone
}

@test "a guardian that is killed is missed, and the run goes on" {
	mkfifo go
	tsem-bpf run -n alone -- sh -c ': >there; read -r x <go' 2>said 3>&- &
	runner=$!
	started there
	pkill -KILL -P $runner -x tsem-bpf
	wait_for grep -q guardian said
	echo >go
	wait $runner
	gone
}

@test "a run whose tsem-bpf is unloaded ends, and so does its guardian" {
	mkfifo go
	tsem-bpf run -q -n forced -- sh -c ': >there; read -r x <go' 2>said 3>&- &
	runner=$!
	started there
	tsem-bpf unload --force
	wait $runner || code=$?
	[ "$code" = 1 ]
	grep -q "removed under the workload" said
	check 1 pidof tsem-bpf
	echo >go
	tsem-bpf load
}
