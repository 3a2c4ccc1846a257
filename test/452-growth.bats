# SPDX-License-Identifier: GPL-2.0
# A namespace that makes as much of everything as it can leaves the others what they need, and fills no disk.
load helpers

cleanup() {
	[ ! -v greedy ] || kill "$greedy" 2>/dev/null || :
	[ ! -v input ] || exec {input}>&- || :
}

# beside WHAT COUNT COMMAND...: the command is learned; then a namespace makes so many, keeps them, and meanwhile the command is
# allowed under its model and nothing of it is lost, and what it never did is denied.
beside() {
	local what=$1 count=$2
	shift 2
	echo one >one
	echo two >two
	mkdir greed
	learn "$@"
	mkfifo pipe
	exec {input}<>pipe
	(cd greed && exec tsem-bpf run -q --name greedy -- "$PROG/grow" "$what" "$count" "$D/ready") <pipe >made 3>&- {input}>&- &
	greedy=$!
	for _ in {1..900}; do
		[ ! -e ready ] || break
		kill -0 $greedy
		sleep 0.2
	done
	[ "$(<made)" -gt $((count / 5)) ]
	allowed "$@"
	denied cat "$D/two"
	kill -0 $greedy
	# Its input ends.
	exec {input}>&-
	unset input
	wait $greedy || :
	unset greedy
	allowed "$@"
}

@test "objects of System V IPC: a namespace has its share, and the others theirs" {
	beside objects 135000 sh -ec "$PROG/sem_semop; $PROG/shm_shmat 0"
}

@test "sockets and their owners" {
	beside sockets 20000 sh -ec "$PROG/unix_may_send $D/socket; rm $D/socket"
}

@test "receivers of the signals of files: a namespace has its share, and the others theirs" {
	beside receivers 65000 "$PROG/grow" receivers 100
	# What is gone has left nothing.
	[ "$(bpftool -j map dump pinned "$PINS/maps/tsem_signals" | jq length)" = 0 ]
}

@test "listening sockets whose port the kernel chose" {
	beside listeners 6000 python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
c = socket.create_connection(s.getsockname())
s.accept()'
}

# pooled BYTE: the third byte of each of tsem_globals.pooled: entries of all namespaces beyond their own room.
pooled() {
	local at value
	at=$(sed -n '/^struct tsem_globals:/,/^struct tsem_inherited:/s/^\tpooled \([0-9]*\): u64.*$/\1/p' "$ROOT/maps/abi.golden")
	value=$(bpftool -j map lookup pinned "$PINS/maps/tsem_globals" key 0 0 0 0 | jq -r --argjson at "$at" --arg byte "$1" '
		.value | reduce range($at + 2; $at + 48; 8) as $i (.; .[$i] = $byte) | join(" ")')
	# shellcheck disable=SC2086 # words
	bpftool map update pinned "$PINS/maps/tsem_globals" key 0 0 0 0 value $value
}

@test "when the others have taken all the common room, a namespace has its own" {
	echo one >one
	echo two >two
	mine=(sh -ec "cat one; mkdir d; : >d/f; rm -r d; $PROG/sem_semop; $PROG/grow receivers 50")
	learn "${mine[@]}"
	# 8,388,608 and what there was: more than any map has.
	pooled 128
	allowed "${mine[@]}"
	denied cat "$D/two"
	# It is learned anew with what it has for certain.
	check 0 tsem-bpf run -q -o again -- "${mine[@]}"
	# What is more than that finds no room.
	[ "$(tsem-bpf run -q -- "$PROG/grow" receivers 1000)" -lt 1000 ]
	pooled 0
	[ "$(tsem-bpf run -q -- "$PROG/grow" receivers 1000)" = 1000 ]
}

@test "directories and files of its own, and what is counted in them" {
	beside directories 4000 sh -ec "mkdir d; : >d/f; rm -r d; cat one"
}

@test "coefficients: a model of many is one namespace's, and another is learned and held" {
	beside events 20000 cat one
}

@test "a task that is denied the same thing again and again is one record, and a count" {
	echo one >one
	echo two >nobody-has-this
	learn "$PROG/grow" events 10
	check 0 tsem-bpf run -m "$D/model" --enforce --forensics "$D/forensics" -- "$PROG/grow" repeats 20000
	says " denied"
	[ -s forensics ]
	[ "$(wc -l <forensics)" -lt 100 ]
	[ "$(stat -c %s forensics)" -lt 200000 ]
}
