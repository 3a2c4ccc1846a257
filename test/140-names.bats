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

# strictly DIR... -- COMMAND...: as learn, with strict names in these directories.
strictly() {
	local options=()
	while [ "$1" != -- ]; do
		options+=(--strict-names "$1")
		shift
	done
	check 0 tsem-bpf run -q "${options[@]}" -o "$D/model" --trajectory "$D/trajectory" "$@"
}

# The JSON of the events is enough to compute the coefficients.
computed() {
	tsem-bpf coefficients "$D/trajectory" | diff - <(sed -n 's/^state //p' "$D/model")
}

# The arguments of a program are no part of the model: the same command makes a file of another name.
# shellcheck disable=SC2016 # the workload's shell expands
UPLOAD='cd "$1" && : >"$2" && read -r x <"$2"; rm "$2"'

@test "strict names: a learned upload directory takes the names that were learned, and without them any" {
	mkdir up
	learn sh -c "$UPLOAD" sh "$D/up" upload-1.bin
	allowed sh -c "$UPLOAD" sh "$D/up" authorized_keys
	allowed sh -c "$UPLOAD" sh "$D/up" shell.php
	strictly "$D/up" -- sh -c "$UPLOAD" sh "$D/up" upload-1.bin
	computed
	[ "$(opened "$D/up/upload-1.bin" '.file_open.file.path | has("created")' <trajectory)" = false ]
	allowed sh -c "$UPLOAD" sh "$D/up" upload-1.bin
	denied sh -c "$UPLOAD" sh "$D/up" authorized_keys
	forensic inode_create
	denied sh -c "$UPLOAD" sh "$D/up" shell.php
	forensic inode_create
	[ -z "$(ls up)" ]
	# The directory has two names: with its mount, and in its own filesystem. A model has both.
	grep -qxF "strict $D/up" model
	grep -qxF "strict ${D#"$W"}/up" model
	# Elsewhere a name does not count.
	strictly "$D/other" -- sh -c "$UPLOAD" sh "$D/up" upload-1.bin
	allowed sh -c "$UPLOAD" sh "$D/up" shell.php
}

@test "strict names: directories, links, sockets, renames and everything below count by name" {
	# shellcheck disable=SC2016
	make='cd "$1"; mkdir "$2" && : >"$2/one" && read -r x <"$2/one"; rm "$2/one"; rmdir "$2"'
	anew() {
		rm -rf up own
		mkdir up
	}
	anew
	strictly "$D/up" -- sh -c "$make" sh "$D/up" sub
	computed
	allowed sh -c "$make" sh "$D/up" sub
	denied sh -c "$make" sh "$D/up" .ssh
	forensic inode_mkdir
	# shellcheck disable=SC2016
	for make in 'mkfifo "$1"' 'ln -s target "$1"' ': >../own; mv ../own "$1"' ': >../own; ln ../own "$1"; rm ../own' \
		'mkdir -p a/b/c; : >"a/b/c/$1"'; do
		anew
		strictly "$D/up" -- sh -c "cd $D/up; $make" sh upload-1.bin
		computed
		anew
		allowed sh -c "cd $D/up; $make" sh upload-1.bin
		anew
		run tsem-bpf run -q -m model --enforce --forensics forensics -- sh -c "cd $D/up; $make" sh authorized_keys
		[ -z "$(find up -name authorized_keys)" ]
		[ -s forensics ]
	done
}

@test "strict names: a created directory above counts by its mark, and so does a link that leads out" {
	strictly "$D/x/up" -- sh -c "cd $D; mkdir x x/up; : >x/up/one; read -r y <x/up/one; rm -r x"
	computed
	[ "$(opened "$D/x/up/one" '.file_open.file.path.created | map(.component) | length' <trajectory)" = 2 ]
	allowed sh -c "cd $D; mkdir x x/up; : >x/up/one; read -r y <x/up/one; rm -r x"
	denied sh -c "cd $D; mkdir x x/up; : >x/up/two"
	rm -r x
	mkdir up
	strictly "$D/up" -- sh -c "cd $D; : >up/one; ln up/one out; read -r y <out; rm up/one out"
	computed
	[ "$(opened "$D/out" '.file_open.file.path.created | length' <trajectory)" = 1 ]
}

@test "strict names: who moves the directory away gains nothing" {
	# shellcheck disable=SC2016 # perl expands
	move='my ($up, $away, $back, $name) = @ARGV;
$away and (rename $up, $away or die $!);
$back and ((mkdir $up and rmdir $up and rename $away, $up) or die $!);
$name and ((open F, ">", $name and close F and unlink $name) or die $!)'
	mkdir up
	strictly "$D/up" -- perl -e "$move" "$D/up" "" "" "$D/up/one"
	allowed perl -e "$move" "$D/up" "" "" "$D/up/one"
	denied perl -e "$move" "$D/up" "$D/away" "" "$D/away/two"
	forensic inode_rename
	[ -d up ]
	strictly "$D/up" -- perl -e "$move" "$D/up" "$D/away" yes "$D/up/one"
	computed
	allowed perl -e "$move" "$D/up" "$D/away" yes "$D/up/one"
	denied perl -e "$move" "$D/up" "$D/away" yes "$D/up/two"
	forensic inode_create
	denied perl -e "$move" "$D/up" "$D/away" "" "$D/away/one"
	forensic inode_create
	[ -z "$(ls away)" ]
	# Another directory in its place is one that the workload has made.
	rmdir away
	mkdir up
	# shellcheck disable=SC2016 # perl expands
	replace='rename $ARGV[0], $ARGV[1] or die; mkdir $ARGV[0] or die; open F, ">", $ARGV[2] or die'
	strictly "$D/up" -- perl -e "$replace" "$D/up" "$D/away" "$D/up/one"
	[ "$(opened "$D/up/one" '.file_open.file.path.created | length' <trajectory)" = 1 ]
	rm -r up away
	mkdir up
	denied perl -e "$replace" "$D/up" "$D/away" "$D/up/two"
	forensic inode_create
}

@test "strict names: a file without a name counts by its mark, and lends it to no other" {
	# shellcheck disable=SC2016
	make='import os, sys
f = os.open(sys.argv[1], os.O_TMPFILE | os.O_RDWR)
os.write(f, b"x"); os.fstat(f); os.ftruncate(f, 0)
os.link("/proc/self/fd/%d" % f, sys.argv[1] + "/" + sys.argv[2], src_dir_fd=0, follow_symlinks=True)
os.unlink(sys.argv[1] + "/" + sys.argv[2])'
	mkdir up
	strictly "$D/up" -- python3 -c "$make" "$D/up" one
	computed
	# Takes an inode number, so that the next one is another.
	: >between
	allowed python3 -c "$make" "$D/up" one
	denied python3 -c "$make" "$D/up" two
	forensic inode_link
	[ "$(jq -r '.inode_create.dentry.path | select(.created).pathname' <trajectory | sed 's/.*#[0-9]*$/unnamed/')" = unnamed ]
	# shellcheck disable=SC2016
	named='import os, sys
f = os.open(sys.argv[1] + "/#1", os.O_CREAT | os.O_RDWR)'
	run tsem-bpf run -q -m model --enforce --forensics forensics -- python3 -c "$named" "$D/up"
	[ ! -e "up/#1" ]
}

@test "strict names: a pattern wins, and a model takes them along, signed or not" {
	mkdir up
	check 0 tsem-bpf run -q --strict-names "$D/up" --pattern "$D/up/*.txt" --pattern "${D#"$W"}/up/*.txt" -o model \
		--trajectory trajectory -- sh -c "$UPLOAD" sh "$D/up" a.txt
	computed
	allowed sh -c "$UPLOAD" sh "$D/up" b.txt
	denied sh -c "$UPLOAD" sh "$D/up" shell.php
	openssl genpkey -quiet -algorithm ed25519 -out key.pem
	openssl pkey -in key.pem -pubout -out anchor.pem
	check 0 tsem-bpf model sign --key key.pem model
	check 0 tsem-bpf run -q -m model --trust-anchor "$D/anchor.pem" --enforce -- sh -c "$UPLOAD" sh "$D/up" c.txt
	check 3 tsem-bpf run -q -m model --trust-anchor "$D/anchor.pem" --enforce -- sh -c "$UPLOAD" sh "$D/up" shell.php
	# Written again by what was made with it.
	check 0 tsem-bpf run -q -m model -o again -- sh -c "$UPLOAD" sh "$D/up" d.txt
	diff <(grep -E '^(pattern|strict) ' model) <(grep -E '^(pattern|strict) ' again)
}

@test "strict names: a directory of a live namespace, and what is none" {
	mkfifo go
	mkdir up
	tsem-bpf run -q -n live --keep -- sh -c ": >$D/there; read -r x <$D/go; : >$D/up/one" 3>&- &
	wait_for test -e there
	check 0 tsem-bpf control -n live "strict value=$D/up"
	check 0 tsem-bpf control -n live "strict value=${D#"$W"}/up/"
	[ "$(tsem-bpf status --json | jq -c '.namespaces[] | select(.name == "live") | [.patterns, .strict]')" = "[0,2]" ]
	echo >go
	wait $!
	[ "$(tsem-bpf show -n live trajectory | opened "$D/up/one" '.file_open.file.path | has("created")')" = false ]
	check 0 tsem-bpf status
	says "0 patterns, 2 strict directories"
	check 0 tsem-bpf control -n live seal
	check 1 tsem-bpf control -n live 'strict value=/srv'
	says "it is sealed"
	tsem-bpf delete -n live
	ln -s up link
	for wrong in "$D/link give $D/up" "$D/link/x/y give $D/up/x/y" "$W mount of its own" "up begin with /" "/a* has a *" \
		"/a/../b .." "/a//b empty component"; do
		check 2 tsem-bpf run --strict-names "${wrong%% *}" -- touch "$D/ran"
		says "${wrong#* }"
		[ "${#lines[@]}" = 1 ]
	done
	[ ! -e ran ]
}
