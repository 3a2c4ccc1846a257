# SPDX-License-Identifier: GPL-2.0
# Real programs: five runs give one state value, though they make files with random names.
# shellcheck disable=SC2016 # the scripts are for other shells
load helpers

# same_state SETUP SCRIPT [OPTION...]: SCRIPT in five fresh directories of one name, each filled by SETUP, gives one state.
same_state() {
	local i state first='' setup=$1 script=$2
	shift 2
	for i in 1 2 3 4 5; do
		rm -rf "$D/w"
		mkdir "$D/w"
		cd "$D/w" || return 1
		eval "$setup"
		# A digest is kept only if its file has not changed for a moment.
		sleep 0.1
		check 0 tsem-bpf run -q -o "$D/model.$i" --trajectory "$D/trajectory.$i" "$@" -- \
			sh -ec "$script"
		cd "$D" || return 1
		state=$(tsem-bpf model state "model.$i")
		first=${first:-$state}
		if [ "$state" != "$first" ]; then
			echo "run $i gives another state; these events differ:" >&2
			strange trajectory.1 "model.$i" || :
			strange "trajectory.$i" model.1 || :
			return 1
		fi
	done
}

@test "mktemp and mv: random names, then names of choice" {
	same_state true "for i in 1 2 3; do
		f=\$(mktemp $D/w/XXXXXX); echo \$i >\$f; cat \$f; mv \$f final\$i
	done; ls -l; rm final1; d=\$(mktemp -d $D/w/XXXXXX); rmdir \$d"
}

@test "what a random name stands for is not hashed, what a chosen one is is" {
	mkdir w
	learn sh -c "f=\$(mktemp $D/w/XXXXXX); echo text >\$f; mv \$f $D/w/final"
	rm w/final
	allowed sh -c "f=\$(mktemp $D/w/XXXXXX); echo text >\$f; mv \$f $D/w/final"
	rm w/final
	# Only the last component is created; the directories above it existed.
	[ "$(jq -c --arg w "${D##*/}/w/" 'select(.inode_create) | .inode_create.dentry.path | select(.pathname | contains($w)) |
		(.pathname[1:] | split("/") | length - 1 | tostring) as $last |
		[.created[] | [.component == $last, (.owner | length), .instance]]' <trajectory)" = '[[true,64,"1"]]' ]
	denied sh -c "f=\$(mktemp $D/w/XXXXXX); echo text >\$f; mv \$f $D/w/other"
}

@test "a second file where the tests made one is outside of the model" {
	mkdir w
	learn sh -c "for i; do : >$D/w/\$i; done" sh 1
	rm w/1
	# With another name it is still the same file.
	allowed sh -c "for i; do : >$D/w/\$i; done" sh 2
	rm w/2
	denied sh -c "for i; do : >$D/w/\$i; done" sh 1 2
	forensic inode_create
}

@test "a sysfs of one's own network namespace is the same in each run" {
	mkdir sys
	reader=(unshare --mount --net sh -c "mount -t sysfs sys $D/sys && while read -r f; do cat $D/sys/devices/system/cpu/\$f || exit; done")
	echo online >files
	learn "${reader[@]}" <files
	allowed "${reader[@]}" <files
	allowed "${reader[@]}" <files
	echo possible >>files
	denied "${reader[@]}" <files
	[ "$(jq -r .file_open.file.path.pathname <forensics | head -n 1)" = "$D/sys/devices/system/cpu/possible" ]
}

@test "make of a small C project" {
	same_state 'printf "p: a.o b.o\n\tgcc -o p a.o b.o\n" >Makefile
		echo "int f(void); int main(void) { return f(); }" >a.c
		echo "int f(void) { return 0; }" >b.c' \
		'make -s; ./p; rm p a.o b.o'
}

@test "dpkg-deb -b" {
	same_state 'mkdir -p p/DEBIAN p/usr/share/x
		printf "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n" >p/DEBIAN/control
		echo hi >p/usr/share/x/f; touch -d @0 p/usr/share/x/f' 'dpkg-deb -b p x.deb'
}

# Two things carry the time: the names of objects, which are digests of what holds the date of the commit (cured by
# giving one), and the index, which holds the ctime of every file (cured by a pseudonym).
@test "git commit at a given time, with a pseudonym for the index" {
	same_state 'git init -q .; git config user.email a@b; git config user.name n; echo x >f; sleep 1.1; git add f' \
		'export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z; git commit -qm one' \
		--pseudonym "$D/w/.git/index"
}

@test "python3 -c" {
	same_state 'echo text >f' 'exec /usr/bin/python3 -c "import json, os, tempfile
print(json.dumps(os.listdir(\".\")))
with tempfile.NamedTemporaryFile(dir=\".\") as t: t.write(b\"x\")"'
}

@test "sqlite3" {
	same_state true 'sqlite3 db "create table t(a); insert into t values (1), (2); select * from t;"
		sqlite3 db "insert into t values (3);"'
}

@test "tar, both ways" {
	same_state 'mkdir a b; for i in 1 2 3; do echo $i >a/f$i; done; touch -d @0 a/* a' \
		'tar cf x.tar a; tar xf x.tar -C b; tar tvf x.tar'
}
