# SPDX-License-Identifier: GPL-2.0
# External namespaces: the question goes out, the verdict comes back, the hook waits.
#
# The machine is emulated, and other machines may run beside it: unless a test is about time, verdicts have a second. On
# a stock kernel fcntl(2) cannot wait: no redirections in enforcing namespaces that deny what has no verdict.
# shellcheck disable=SC2016,SC2154 # the workload's shell expands, not ours; BATS sets lines
load helpers
export BATS_TEST_TIMEOUT=240

agent() {
	tsem-bpf status --json | jq -r --arg name "$1" ".namespaces[] | select(.name == \$name) | .external.$2"
}

# In the background: a workload of namespace $1 with the agent $2 that lives until the file `end` is there.
background() {
	local name=$1 tma=$2
	shift 2
	tsem-bpf run -n "$name" --tma "$tma" "$@" --ask every --wait 1000 -- \
		bash -c 'while [ ! -e end ]; do read -r -t 0.2 _ <>fifo; done; true' 2>"$name.err" 3>&- &
	background+=" $!"
	eval "pid_$name=$!"
	wait_for has_agent "$name"
}

has_agent() {
	[ "$(agent "$1" questions)" -gt 0 ] 2>/dev/null
}

cleanup() {
	touch "$D/end" 2>/dev/null || :
	local job
	for job in ${background:-}; do
		kill "$job" 2>/dev/null || :
		wait "$job" || :
	done
}

@test "an agent as a process learns and judges as the kernel does" {
	echo some >one
	check 0 tsem-bpf run -q -o internal -- sh -c 'cat one; echo new >two; rm two'
	check 0 tsem-bpf run -q --wait 1000 --tma process -o external -- sh -c 'cat one; echo new >two; rm two'
	diff <(grep ^state internal | sort) <(grep ^state external | sort)
	[ "$(tsem-bpf model state internal)" = "$(tsem-bpf model state external)" ]
	grep -q '^event {' external
	check 0 tsem-bpf run -q --wait 1000 --tma process -o reader -- cat one
	check 0 tsem-bpf run --wait 1000 --tma process -m reader --enforce --forensics f -- cat one
	says " 0 denied"
	[ ! -s f ]
	echo other >three
	check 3 tsem-bpf run -q --wait 1000 --tma process -m reader --enforce --forensics f -- cat three
	grep -q three f
	check 0 tsem-bpf explain -m reader f
	says three
}

@test "the agent decides: trusted, untrusted, in a free and in an enforcing namespace" {
	echo some >secret
	check 0 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake trust" -- cat secret
	[ "$output" = some ]
	check 3 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake untrust:secret" -- cat secret
	lacks some
	check 3 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake untrust:secret" --enforce -- cat secret
	# A sealed namespace records only.
	check 0 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake untrust:secret" --seal --forensics f -- cat secret
	[ "$output" = some ]
	grep -q secret f
	check 0 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake untrust:secret" --on-violation log --enforce -- cat secret
	[ "$output" = some ]
}

@test "contagion and kill follow an untrusted verdict" {
	echo some >secret
	check 3 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake untrust:secret" --on-violation untrust -- \
		sh -c 'read -r x <secret; cat /etc/hostname'
	check 3 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake untrust:secret" --on-violation deny -- \
		sh -c 'cat secret; cat /etc/hostname; exit 1'
	says "$(cat /etc/hostname)"
	check 3 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake untrust:secret" --on-violation kill -- \
		sh -c 'read -r x <secret; echo alive'
	lacks alive
}

@test "a verdict is kept, or asked for every event" {
	echo some >one
	check 0 tsem-bpf run -q -n new --keep --wait 1000 --tma "exec:$PROG/tma_fake log:new.log" -- \
		sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do read -r x <one; done'
	new=$(grep -c '^7 ' new.log)
	[ "$new" = "$(agent new questions)" ]
	tsem-bpf delete -n new
	check 0 tsem-bpf run -q -n every --keep --wait 1000 --ask every --tma "exec:$PROG/tma_fake log:every.log" -- \
		sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do read -r x <one; done'
	[ "$(grep -c '^7 ' every.log)" -ge $((new + 9)) ]
	[ "$(agent every verdicts)" = "$(agent every questions)" ]
	tsem-bpf delete -n every
}

@test "without a verdict in time, the policy decides: at hooks that wait, and at hooks that cannot" {
	echo some >slow
	check 3 tsem-bpf run -q -n deny --keep --wait 200 --tma "exec:$PROG/tma_fake silent:slow" --enforce -- cat slow
	[ "$(agent deny misses)" -gt 0 ]
	tsem-bpf delete -n deny
	check 0 tsem-bpf run -q -n allow --keep --wait 200 --miss allow --tma "exec:$PROG/tma_fake silent:slow" --enforce -- \
		cat slow
	[ "$output" = some ]
	[ "$(agent allow misses)" -gt 0 ]
	tsem-bpf delete -n allow
	# getpgid's hook cannot sleep: its first event has no verdict, and its second one has.
	check 0 tsem-bpf run -q --wait 1000 --miss allow --tma "exec:$PROG/tma_fake" --enforce -- "$PROG/task_getpgid"
	check 3 tsem-bpf run -q --wait 1000 --miss deny --tma "exec:$PROG/tma_fake" --enforce -- "$PROG/task_getpgid"
	# A free namespace learns these.
	check 0 tsem-bpf run -q --wait 1000 --miss deny --tma "exec:$PROG/tma_fake" -- "$PROG/task_getpgid"
}

@test "a verdict that comes too late counts for the next try, and for the task" {
	echo some >slow
	# The agent takes longer for this file than the hook waits.
	check 0 tsem-bpf run -q -n late --keep --wait 300 --tma "exec:$PROG/tma_fake slow:slow:900" -- \
		sh -c 'while ! cat slow; do sleep 1; done'
	says "Permission denied"
	[ "${lines[-1]}" = some ]
	[ "$(agent late misses)" -gt 0 ]
	tsem-bpf delete -n late
	check 3 tsem-bpf run -q --wait 300 --tma "exec:$PROG/tma_fake untrust:slow slow:slow:900" --miss allow \
		--on-violation untrust -- sh -c 'read -r x <slow; echo "$x"; sleep 3; cat /etc/hostname'
	says some
	lacks "$(cat /etc/hostname)"
	check 137 tsem-bpf run -q --wait 300 --tma "exec:$PROG/tma_fake untrust:slow slow:slow:900" --miss allow \
		--on-violation kill -- sh -c 'read -r x <slow; sleep 5; echo alive'
	lacks alive
}

@test "an agent that lies is named, and the policy goes on" {
	echo some >one
	for lie in stranger twice mac replay; do
		check 3 tsem-bpf run -n "$lie" --keep --wait 50 --tma "exec:$PROG/tma_fake $lie" --enforce -- \
			sh -c 'cat one; cat one'
		says "the agent"
		[ "$(agent "$lie" answers)" = false ]
		agent "$lie" why | grep -Eq "not asked|twice|broken the protocol"
		tsem-bpf delete -n "$lie"
	done
}

@test "an agent that dies is replaced, and no task waits longer than it may" {
	echo some >one
	mkfifo fifo
	background dies "exec:$PROG/tma_fake end:60"
	wait_for dead dies
	grep -q "bring another" dies.err
	agent dies why | grep -q "gone"
	check 0 tsem-bpf attach -n dies --tma "exec:$PROG/tma_fake"
	[ "$(agent dies answers)" = true ]
	[ "$(agent dies identity)" = tma_fake ]
	check 1 tsem-bpf attach -n dies --tma "exec:/bin/false"
	says "--tma"
	# The one that was there goes on.
	[ "$(agent dies answers)" = true ]
	touch end
	wait "$pid_dies" || :
}

dead() {
	[ "$(agent "$1" answers)" = false ]
}

@test "an agent that dies while many ask ends nobody but itself" {
	echo some >one
	check 0 tsem-bpf run -n load --keep --ask every --wait 20 --miss allow --tma "exec:$PROG/tma_fake end:100" -- \
		bash -c 'for i in 1 2 3 4 5 6; do (for j in {1..60}; do read -r x <one; done) & done; wait'
	says "the agent has gone"
	[ "$(agent load misses)" -gt 0 ]
	tsem-bpf delete -n load
}

@test "a workload cannot bring an agent to any namespace" {
	mkfifo fifo
	background first "exec:$PROG/tma_fake"
	number=$(tsem-bpf list --json | jq '.[] | select(.name == "first") | .id')
	cat >bring.py <<-END
		import socket
		socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect("/run/tsem-bpf/$number.attach")
	END
	check 0 python3 bring.py
	check 1 tsem-bpf run -q -- python3 bring.py
	says PermissionError
	[ "$(agent first answers)" = true ]
	touch end
	wait "$pid_first"
}

@test "two namespaces have two agents" {
	echo some >one
	mkfifo fifo
	background first "exec:$PROG/tma_fake"
	check 3 tsem-bpf run -q --wait 1000 --tma "exec:$PROG/tma_fake untrust:one" -- cat one
	[ "$(agent first answers)" = true ]
	touch end
	wait "$pid_first"
}

@test "a task that waits can be killed, and many can wait at once" {
	echo some >slow
	check 0 tsem-bpf run -q --wait 1000 --ask every --tma "exec:$PROG/tma_fake silent:slow" -- \
		bash -c '(while :; do read -r x <slow; done) 2>/dev/null & sleep 3; kill -9 $!; wait $!; echo "ended with $?"'
	says "ended with 137"
	check 0 tsem-bpf run -q -n many --keep --wait 300 --miss allow --tma "exec:$PROG/tma_fake silent:slow" -- \
		sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do (read -r x <slow) & done; wait'
	# Each was asked about, and waited in vain.
	[ "$(agent many misses)" -ge 20 ]
	tsem-bpf delete -n many
}

@test "what cannot be is refused by name" {
	check 2 tsem-bpf run --tma nobody -- true
	says "'nobody'"
	check 2 tsem-bpf run --tma exec: -- true
	check 2 tsem-bpf run --tma vsock:3 -- true
	says "CID:PORT"
	check 2 tsem-bpf run --wait 5 -- true
	says "--tma"
	check 2 tsem-bpf run --tma process --wait 1001 -- true
	says "1000"
	check 2 tsem-bpf run --tma process --ask some -- true
	check 2 tsem-bpf run --tma process --miss maybe -- true
	check 1 tsem-bpf run --tma unix:/nowhere -- true
	says "--tma-key"
	head -c 32 /dev/urandom >key
	chmod 644 key
	check 1 tsem-bpf run --tma "unix:$D/none" --tma-key key -- true
	says "0600"
	chmod 600 key
	check 1 tsem-bpf run --tma "unix:$D/none" --tma-key key -- true
	says "cannot connect"
	check 1 tsem-bpf run --tma exec:/bin/false -- true
	says "ended before"
	check 1 tsem-bpf run --tma exec:/bin/cat -- true
	[ "$(tsem-bpf list --json | jq length)" = 0 ]
}

@test "an agent at a socket proves that it has the key, and is in no namespace" {
	head -c 32 /dev/urandom >key
	head -c 32 /dev/urandom >other
	chmod 600 key other
	echo some >one
	tsem-tma --unix "$D/socket" --key key 3>&- &
	agent=$!
	wait_for test -S socket
	check 1 tsem-bpf run --tma "unix:$D/socket" --tma-key other -- cat one
	says "key"
	check 0 tsem-bpf run -q --tma "unix:$D/socket" --tma-key key -- cat one
	check 1 tsem-bpf run -q --tma "unix:$D/socket" --tma-key key -n inside -- \
		tsem-bpf run --tma "unix:$D/socket" --tma-key key -- true
	kill "$agent"
	wait "$agent" || :
	rm -f socket
	mkfifo fifo
	tsem-bpf run -q -n judge -- tsem-tma --unix "$D/socket" --key key 3>&- &
	judge=$!
	wait_for test -S socket
	check 1 tsem-bpf run --tma "unix:$D/socket" --tma-key key -- cat one
	says "runs in a namespace itself"
	kill "$judge"
	wait "$judge" || :
}
