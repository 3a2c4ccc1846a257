# SPDX-License-Identifier: GPL-2.0
# tsem-bpf learn: a command until nothing new comes, and a service that runs on.
# shellcheck disable=SC2016 # the workload's shell expands, not ours
load helpers

# The services of these tests end when there is a file `stop`: what is only sealed may look for it.
cleanup() {
	local name
	: >"$D/stop"
	wait
	for name in live busy; do
		tsem-bpf delete -n $name 2>/dev/null || :
	done
}

mode() {
	tsem-bpf list --json | jq -r --arg name "$1" '.[] | select(.name == $name).mode'
}

# Writes a program that wanders as programs do: a dated result with its process id, another name that it draws, and a
# time in a file that it reads again.
wanderer() {
	mkdir app
	echo never >app/stamp
	cat >wander.py <<-'END'
		import os, time
		os.chdir("app")
		with open("stamp", "w") as f:
		    f.write(str(time.time_ns()))
		open("stamp").read()
		for name in "result-%s-%d.log" % (time.strftime("%Y-%m-%d"), os.getpid()), "sess_" + os.urandom(6).hex():
		    with open("new", "w") as f:
		        f.write("text")
		    os.rename("new", name)
		    open(name).read()
		    os.unlink(name)
	END
}

@test "a program that wanders is cured by what learn accepts, and is enforced twice without a denial" {
	wanderer
	check 0 tsem-bpf learn --accept -o model -- python3 -B wander.py
	says "a date in the name"
	says "a random part in the name"
	says "the content of the file"
	says "accepted "
	says "steady after "
	grep -q "^pattern .*/app/result-\*\.log$" model
	grep -q "^pattern .*/app/sess_\*$" model
	grep -q "^pseudonym " model
	grep '^pattern' model >patterns
	check 1 grep -v /app/ patterns
	allowed python3 -B wander.py
	allowed python3 -B wander.py
	# The declarations are for these names only.
	denied sh -c "echo >>$D/app/other"
}

@test "without --accept learn ends after -n runs with status 5, says what wanders and what would cure it" {
	wanderer
	check 5 tsem-bpf learn -n 2 -o model -- python3 -B wander.py
	says "not steady after 2 runs"
	says "still wanders: "
	says "what would cure it (or --accept): "
	says "/app/sess_*'"
	# What it proposes is ready to be pasted.
	options=$(sed -n 's/.*what would cure it (or --accept): //p' <<<"$output")
	eval "check 0 tsem-bpf learn -n 4 $options -o model -- python3 -B wander.py"
	says "steady after 1 run: run 2 added nothing"
	allowed python3 -B wander.py
}

@test "a program that does the same in each run is steady after one, and its model is that of run" {
	check 0 tsem-bpf learn -q -o steady -- "$PROG/file_open" /etc/hostname
	says "steady after 1 run: run 2 added nothing"
	[ "${#lines[@]}" = 1 ]
	learn "$PROG/file_open" /etc/hostname
	check 0 tsem-bpf model diff steady model
	check 0 tsem-bpf run -q -m steady --enforce -- "$PROG/file_open" /etc/hostname
	check 3 tsem-bpf run -q -m steady --enforce -- "$PROG/file_open" /etc/passwd
}

@test "what only some runs do is merged, and learn says what a run has added" {
	cat >now_and_then <<-'END'
		#!/bin/sh
		[ -e first ] && exec cat /etc/passwd
		echo >first
	END
	chmod +x now_and_then
	check 0 tsem-bpf learn -o model -- ./now_and_then
	says "run 2: "
	says "steady after 2 runs: run 3 added nothing"
	allowed ./now_and_then
	rm first
	allowed ./now_and_then
}

@test "a model that is run and written again describes also what did not occur this time" {
	learn "$PROG/file_open" /etc/hostname
	described=$(grep -c '^event ' model)
	[ "$described" = "$(grep -c '^state ' model)" ]
	check 0 tsem-bpf run -q -m model -o again -- "$PROG/file_open" /etc/passwd
	[ "$(grep -c '^state ' again)" -gt "$described" ]
	[ "$(grep -c '^event ' again)" = "$(grep -c '^state ' again)" ]
	# Each description is that of its state.
	grep '^event .*/etc/hostname' model >opened
	[ -s opened ]
	grep -qxFf opened again
	check 1 tsem-bpf model diff model again
	says "again adds:"
	[[ $output != *"again lacks:"* ]]
	check 0 tsem-bpf run -q -m model -o bare --bare -- "$PROG/file_open" /etc/passwd
	check 1 grep '^event ' bare
	# The same for learn.
	check 0 tsem-bpf learn -q -m model -o learned -- "$PROG/file_open" /etc/passwd
	grep -qxFf opened learned
}

@test "what only the second run finds is learned: learn accepts nothing for it" {
	cat >state.sh <<-'END'
		[ -e cache ] || echo cached >cache
		cat cache
		: >other.$$
		rm other.$$
	END
	check 0 tsem-bpf learn --accept -o model -- sh state.sh
	says ": instances "
	says "steady after 2 runs: run 3 added nothing"
	lacks "accepted" <(echo "$output")
	grep -qx "instances 0" model
	allowed sh state.sh
	denied sh -c ". ./state.sh; : >one; : >more; : >than; : >ever"
}

# Writes a service that answers what its directory holds, until SIGTERM, and a user of it.
service() {
	cat >server.py <<-'END'
		import os, socket
		s = socket.socket(socket.AF_UNIX)
		s.bind("state/socket")
		s.listen()
		while True:
		    c = s.accept()[0]
		    name = c.recv(99).decode()
		    try:
		        c.sendall(open(name).read().encode())
		    except OSError as e:
		        c.sendall(str(e).encode())
		    c.close()
	END
	cat >ask.py <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect("state/socket")
		s.sendall(sys.argv[1].encode())
		print(s.recv(99).decode())
	END
	echo 'rm -rf state; mkdir state; echo fresh >>prepared' >prepare
	cat >drive <<-'END'
		until [ -e state/socket ]; do sleep 0.1; done
		sleep 1
		python3 -B ask.py /etc/hostname >>answers || exit
		[ -z "$1" ] || python3 -B ask.py "$1" >>answers || exit
		kill $TSEM_PID
	END
}

@test "learn uses a service from outside by --drive, after --prepare made it fresh, and models only the service" {
	service
	check 0 tsem-bpf learn -o model --prepare "sh prepare" --drive "sh drive" -- python3 -B server.py
	says "the command was ended by signal 15"
	says "added nothing"
	runs=$(grep -c . answers)
	[ "$runs" -ge 2 ]
	[ "$(grep -c . prepared)" = "$runs" ]
	lacks ask.py model
	sh prepare
	tsem-bpf run -q -m model --enforce --forensics f -- python3 -B server.py &
	TSEM_PID=$! sh drive /etc/passwd
	wait $! || :
	tail -n 1 answers | grep "Permission denied"
	[ "$(jq -r .file_open.file.path.pathname <f | head -n 1)" = /etc/passwd ]
}

@test "a driver or a preparation that fails ends learn and the service, and leaves no model and no namespace" {
	service
	check 1 timeout 200 tsem-bpf learn -o model --prepare "sh prepare" --drive "sleep 2; exit 7" -- python3 -B server.py
	says "run 1: --drive ended with status 7; model is not written"
	check 1 timeout 200 tsem-bpf learn -o model --prepare "exit 3" -- touch ran
	says "run 1: --prepare ended with status 3; model is not written"
	check 2 tsem-bpf learn -n live --for 5s --drive true -o model
	says "--drive needs a command"
	[ ! -e ran ]
	[ ! -e model ]
}

@test "a command that cannot be executed leaves no model and no namespace" {
	echo before >model
	check 1 tsem-bpf learn -o model -- ./missing
	says "cannot execute './missing'"
	[ "$(cat model)" = before ]
	check 1 tsem-bpf learn -o missing/model -- touch ran
	[ ! -e ran ]
}

@test "learn waits until a living namespace is quiet, seals it and writes its model" {
	echo 'while [ ! -e stop ]; do cat /etc/hostname; sleep 1; done' >loop.sh
	tsem-bpf run -q -n live --keep -- sh loop.sh >/dev/null &
	wait_for tsem-bpf show -n live id
	check 0 timeout 200 tsem-bpf learn -n live --until-quiet 5s -o model
	says "live: sealed, as it was quiet; steady: nothing new for "
	[ "$(mode live)" = sealed ]
	grep -qx seal model
	grep -qx "name live" model
	grep -q '^event .*/etc/hostname' model
	check 1 tsem-bpf learn -n live --until-quiet 5s -o other
	says "namespace 'live' is sealed: it learns nothing more"
	[ ! -e other ]
	check 1 tsem-bpf learn -n nobody --for 5s -o other
	says "no namespace 'nobody'"
}

@test "after --for a namespace that still learns is sealed, and the status is 5" {
	mkdir files
	touch files/{1..500}
	cat >busy.py <<-'END'
		import os, time
		for i in range(1, 500):
		    if os.path.exists("stop"):
		        break
		    open("files/%d" % i).read()
		    time.sleep(0.5)
	END
	tsem-bpf run -q -n busy --keep -- python3 -B busy.py &
	wait_for tsem-bpf show -n busy id
	wait_for sh -c 'tsem-bpf show -n busy trajectory | grep -q files/2'
	check 5 timeout 200 tsem-bpf learn -n busy --for 20s -o model
	says "busy: sealed, as the time is over; not steady: nothing new for "
	# It says every ten seconds how far it is.
	says "busy, 1"
	[ "$(mode busy)" = sealed ]
	grep -q '^event .*files/2"' model
}
