# SPDX-License-Identifier: GPL-2.0
# What a name is hashed as: created components, patterns, names in proc, inherited descriptors, ports that the kernel chose.
load helpers

# same COMMAND...: two runs give the same model, and the second passes under the first's.
same() {
	learn "$@"
	sed -n 's/^state //p' "$D/model" | sort >"$D/first"
	learn "$@"
	sed -n 's/^state //p' "$D/model" | sort | diff "$D/first" -
	allowed "$@"
}

@test "a created directory counts by its mark in every path below it" {
	same sh -c "cd $D && d=\$(mktemp -d) && mkdir -p \$d/x/y && echo text >\$d/x/y/z && cat \$d/x/y/z && rm -r \$d"
	[ "$(jq -rs 'map(.file_open.file.path | select(.created | length == 4)) | length' <"$D/trajectory")" -ge 1 ]
	tsem-bpf coefficients "$D/trajectory" | diff - <(sed -n 's/^state //p' "$D/model")
}

@test "a created file is the workload's own after the kernel has dropped it from memory" {
	learn sh -c "echo text >$D/own; sync $D/own; sleep 1; cat $D/own"
	rm own
	# A task outside drops the caches between the two.
	(
		sleep 3
		echo 3 >/proc/sys/vm/drop_caches
	) &
	allowed sh -c "echo text >$D/own; sync $D/own; sleep 8; cat $D/own"
	wait $!
	[ "$(jq -rs --arg f "$D/own" 'map(.file_open.file.path | select(.pathname == $f) | .created | length) | unique | .[]' <trajectory)" = 1 ]
}

@test "a file that is there is no creation, whether the kernel has it in its caches or not" {
	local run
	echo before >there
	for run in cold warm; do
		sync
		[ $run = warm ] || echo 3 >/proc/sys/vm/drop_caches
		learn sh -c ": >>$D/there; echo own >$D/own; cat $D/own; rm $D/own"
		sed -n 's/^state //p' model | sort >$run
		# Its name is told; what it was made as, an own file has been.
		[ "$(jq -rs --arg f "$D/there" 'map(select(.event.type == "file_open").file_open.file.path | select(.pathname == $f) | has("created")) | unique | .[]' <trajectory)" = false ]
	done
	diff cold warm
	sync
	echo 3 >/proc/sys/vm/drop_caches
	allowed sh -c ": >>$D/there; echo own >$D/own; cat $D/own; rm $D/own"
	# As a creation that is not in the model it counts for nothing either; one that is none leaves no untrusted task.
	learn sh -c ": >>$D/there"
	sync
	echo 3 >/proc/sys/vm/drop_caches
	allowed sh -c ": >>$D/there"
	echo 3 >/proc/sys/vm/drop_caches
	check 0 tsem-bpf run -m model --enforce --on-violation untrust --forensics forensics -- sh -c ": >>$D/there; :"
	says " 0 denied"
	# One that is a creation is denied, and the task gets its due at its next event.
	check 0 tsem-bpf run -q --name due --keep -m model --enforce --on-violation untrust -- sh -c "echo >>$D/new; echo >>$D/there; :"
	[ ! -e new ]
	[ "$(tsem-bpf status --json | jq '.namespaces[] | select(.name == "due").untrusted_tasks')" = 1 ]
	check 0 tsem-bpf delete -n due
	check 3 tsem-bpf run -q -m model --enforce --on-violation kill -- sh -c "echo >>$D/new; echo >>$D/there; echo survived"
	[[ $output != *survived* ]]
	[ ! -e new ]
}

@test "a creation that fails uses up no instance" {
	learn sh -c "cd $D; mkdir one; mkdir two; rmdir one two"
	[ "$(jq -rs 'map(.inode_mkdir.dentry.path.created[0].instance // empty) | unique | join(" ")' <trajectory)" = "1 2" ]
	mkdir three
	learn sh -c "cd $D; mkdir three; mkdir one; mkdir three; mkdir two; rmdir one two; :"
	[ "$(jq -rs 'map(.inode_mkdir.dentry.path.created[0].instance // empty) | unique | join(" ")' <trajectory)" = "1 2" ]
}

@test "instances=N: numbers above N count as N" {
	check 0 tsem-bpf run -q --instances 3 -o "$D/model" --trajectory "$D/trajectory" -- \
		sh -c "cd $D; for i in 1 2 3 4 5 6; do : >f\$i; done; rm f?"
	[ "$(jq -rs 'map(.inode_create.dentry.path.created[0].instance // empty) | unique | join(" ")' <trajectory)" = "1 2 3" ]
	allowed sh -c "cd $D; for i in 1 2 3 4 5 6 7 8; do : >f\$i; done; rm f?"
	learn sh -c "cd $D; for i in 1 2 3; do : >f\$i; done; rm f?"
	denied sh -c "cd $D; for i in 1 2 3 4; do : >f\$i; done; rm f?"
	forensic inode_create
}

@test "pattern: every name that matches counts as its text, with its content unless that is any" {
	mkdir log
	echo a >log/app-1.log
	echo a >log/app-2.log
	echo b >log/app-3.log
	check 0 tsem-bpf run -q --pattern "$D/log/app-*.log" -o "$D/model" --trajectory "$D/trajectory" -- "$PROG/file_open" "$D/log/app-1.log"
	[ "$(opened "$D/log/app-1.log" .file_open.file.path.pattern <trajectory)" = "$D/log/app-*.log" ]
	allowed "$PROG/file_open" "$D/log/app-2.log"
	denied "$PROG/file_open" "$D/log/app-3.log"
	mkdir log/app-
	echo a >log/app-/x.log
	denied "$PROG/file_open" "$D/log/app-/x.log"
	check 0 tsem-bpf run -q --pattern-any "$D/log/**" -o "$D/model" --trajectory "$D/trajectory" -- "$PROG/file_open" "$D/log/app-1.log"
	allowed "$PROG/file_open" "$D/log/app-3.log"
	allowed "$PROG/file_open" "$D/log/app-/x.log"
	tsem-bpf coefficients "$D/trajectory" | diff - <(sed -n 's/^state //p' "$D/model")
}

@test "proc: a process is itself, one of the namespace, or another" {
	same sh -c 'cat /proc/self/status /proc/$$/status /proc/1/stat >/dev/null; ls -l /proc/$$/fd >/dev/null; cat /proc/thread-self/comm'
	jq -r '.. | .normal? // empty' <trajectory | sort -u >normal
	grep -qx /proc/self/status normal
	grep -qx "/proc/[0-9a-f]\{64\}/status" normal
	grep -qx /proc/other/stat normal
	tsem-bpf coefficients "$D/trajectory" | diff - <(sed -n 's/^state //p' "$D/model")
}

@test "an inherited descriptor counts by what it is to the workload" {
	echo text >in
	learn cat <in
	jq -rs 'map(.. | .inherited? // empty) | unique | .[]' <trajectory | grep -qx 0
	echo other >in2
	allowed cat <in2
	denied cat "$D/in2"
	forensic file_open
	tsem-bpf coefficients "$D/trajectory" | diff - <(sed -n 's/^state //p' "$D/model")
}

@test "a port that the kernel chose counts as none, for who listens and for who connects" {
	same python3 -c 'import socket, threading
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5)
t = threading.Thread(target=lambda: s.accept()); t.start()
socket.create_connection(s.getsockname()); t.join()'
	[ "$(jq -rs 'map(.socket_connect.addr.af_inet.port // empty) | unique | .[]' <trajectory)" = 0 ]
	[ "$(jq -rs 'map(.socket_accept.addr.af_inet.port // empty) | unique | .[]' <trajectory)" = 0 ]
}

@test "a segment of System V memory counts without its key, and huge pages without their content" {
	# shellcheck disable=SC2016 # perl expands
	attach='my $id = shmget($ARGV[0], 4096, 01600) // die; my $text; shmread($id, $text, 0, 10) or die; shmctl($id, 0, 0)'
	learn perl -e "$attach" 4711
	allowed perl -e "$attach" 815
	[ "$(jq -rs 'map(.mmap_file.file.path.pathname // empty | select(startswith("/SYSV"))) | unique | .[]' <trajectory)" = \
		/SYSV00001267 ]
	tsem-bpf coefficients trajectory | diff - <(sed -n 's/^state //p' model)
	# If there are no huge pages, the kernel says so after the hook.
	same python3 -c 'import mmap
try:
    mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)
except OSError:
    pass'
	[[ $output != *lost* ]]
}

@test "a file that is opened for writing only counts without its content, and one that is read with it" {
	echo one >log
	learn sh -c "echo more >>$D/log"
	allowed sh -c "echo more >>$D/log"
	learn sh -c "echo more >>$D/log; cat $D/log"
	denied sh -c "echo more >>$D/log; cat $D/log"
	forensic file_open
	[ "$(jq -r 'select(.file_open) | .file_open.file.path.pathname' <forensics)" = "$D/log" ]
}
