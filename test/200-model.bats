# SPDX-License-Identifier: GPL-2.0
# Namespaces and models: persistent state, readers, rings, killed loaders.
load helpers

# A workload with a pipe, files and a child; the same in every run.
work() {
	cat >work.sh <<'EOF'
grep -c root /etc/passwd
cat /etc/hostname | tr a-z A-Z
"$1"/socket_bind inet 7201
EOF
	echo sh work.sh "$PROG"
}

@test "three runs of a workload give the same state" {
	work
	for i in 1 2 3; do
		check 0 tsem-bpf run -q -n "state$i" --keep -o "m$i" -- sh work.sh "$PROG"
		tsem-bpf show -n state$i state >s$i
		tsem-bpf delete -n state$i
		[ "$(tsem-bpf model state m$i)" = "$(cat s$i)" ]
	done
	cmp s1 s2
	cmp s1 s3
}

@test "every digest and both model types match the recomputation, and a model learned so is enforced so" {
	echo text >a
	for how in "sha256 host" "sha3-256 host" "sm3 host" "sha256 portable" "sm3 portable"; do
		read -r digest type <<<"$how"
		check 0 tsem-bpf run -q --digest "$digest" --content sha256 --encoding "$type" -o m --trajectory t -- \
		sh -c "cat a; $PROG/socket_accept inet 7202"
		tsem-bpf coefficients --digest "$digest" --encoding "$type" t | diff - <(sed -n 's/^state //p' m)
		check 0 tsem-bpf run -q --digest "$digest" --content sha256 --encoding "$type" -m m --enforce -- \
		sh -c "cat a; $PROG/socket_accept inet 7202"
		check 3 tsem-bpf run -q --digest "$digest" --content sha256 --encoding "$type" -m m --enforce -- \
		cat /etc/passwd
	done
}

@test "a digest that the kernel cannot hash files with is refused with the reason" {
	check 4 tsem-bpf run --digest sm3 -- true
	says "--content sha256"
	check 0 tsem-bpf list
	[ "$(tsem-bpf list --json)" = "[]" ]
}

@test "two namespaces at once have models of their own" {
	echo a >a
	echo b >b
	mkfifo go
	tsem-bpf run -q -n left --keep -o ml -- sh -c "cat $D/a; read x <$D/go" >/dev/null &
	tsem-bpf run -q -n right --keep -o mr -- cat "$D/b" >/dev/null
	wait_for sh -c "tsem-bpf show -n left trajectory | grep -F $D/a"
	echo >go
	wait
	tsem-bpf show -n left trajectory >seen-left
	tsem-bpf show -n right trajectory >seen-right
	grep -qF "$D/a\"" seen-left
	lacks "$D/b\"" seen-left
	lacks "$D/a\"" seen-right
	tsem-bpf delete -n left
	tsem-bpf delete -n right
	# Use the same kind of standard output as in the learning run: a workload queries it.
	check 0 sh -c "tsem-bpf run -q -m mr --enforce -- cat $D/b >/dev/null"
	check 3 sh -c "tsem-bpf run -q -m mr --enforce -- cat $D/a >/dev/null"
}

@test "show works while the workload runs, for two readers, and loses nothing to either" {
	mkfifo go
	tsem-bpf run -q -n live --trajectory "$D/t" -- sh -c "cat /etc/hostname; read x <$D/go" >/dev/null &
	wait_for sh -c "tsem-bpf show -n live trajectory | grep /etc/hostname"
	tsem-bpf show -n live trajectory >r1
	tsem-bpf show -n live trajectory >r2
	cmp r1 r2
	[ "$(tsem-bpf show -n live trajectory_coefficients | wc -l)" = \
		"$(tsem-bpf show -n live trajectory-counts | wc -l)" ]
	tsem-bpf show -n live trajectory-coefficients >c
	tsem-bpf coefficients r1 | diff - c
	[ "$(tsem-bpf show -n live measurement | wc -c)" = 65 ]
	echo >go
	wait
	head -n "$(wc -l <r1)" t | cmp - r1
}

@test "enforcement goes on when every tsem-bpf process has been killed" {
	cat >loop.sh <<'EOF'
while :; do
	for f in "$@"; do [ ! -e "$f.go" ] || { cat "$f" >"$f.out" 2>&1; rm "$f.go"; }; done
	sleep 0.1
done
EOF
	echo known >a
	echo never >b
	# Learn with the two flags' files in place, so that only b is new.
	timeout 60 tsem-bpf run -q -n orphan -o "$D/model" -- \
		timeout -s KILL 8 sh -c "touch $D/a.go; exec sh loop.sh $D/a $D/b" || true
	[ "$(cat a.out)" = known ]
	rm -f a.out
	tsem-bpf run -q -n orphan -m "$D/model" --enforce -- \
		timeout -s KILL 20 sh -c "touch $D/a.go; exec sh loop.sh $D/a $D/b" &
	wait_for test -s a.out
	pkill -KILL -x tsem-bpf
	check 1 pidof tsem-bpf
	rm a.out
	touch b.go
	wait_for test ! -e b.go || true
	lacks never b.out
	[ "$(tsem-bpf list --json | jq -r '.[] | select(.name == "orphan") | .denied')" -gt 0 ]
	# Its readers need no collector.
	wait_for sh -c "tsem-bpf show -n orphan forensics | grep ."
	wait_for tsem-bpf delete -n orphan
}

@test "descriptions that were lost with the collector come again with the next occurrences" {
	mkfifo go
	tsem-bpf run -q -n lost -- sh -c "while read x; do cat /etc/hostname; done <$D/go" >/dev/null &
	exec 9>go
	echo >&9
	wait_for sh -c "tsem-bpf show -n lost trajectory | grep /etc/hostname"
	pkill -KILL -x tsem-bpf
	id=$(tsem-bpf show -n lost id)
	rm -f /run/tsem-bpf/"$id".events
	tsem-bpf show -n lost trajectory >shown 2>/dev/null
	lacks /etc/hostname shown
	echo >&9
	wait_for sh -c "tsem-bpf show -n lost trajectory | grep /etc/hostname"
	exec 9>&-
	wait_for tsem-bpf delete -n lost
}

@test "a journal that the workload wrote to tells no lies" {
	mkfifo go
	tsem-bpf run -q -n forged --trajectory "$D/t" -o "$D/m" -- \
		sh -c "cat /etc/hostname; read x <$D/go; cat /etc/passwd >/dev/null" >/dev/null &
	wait_for sh -c "tsem-bpf show -n forged trajectory | grep /etc/hostname"
	file=/run/tsem-bpf/$(tsem-bpf show -n forged id).events
	sed 's,/etc/hostname,/etc/hostn4me,' "$file" >forged
	{ head -c 1000 /dev/urandom; cat forged; } >"$file"
	echo >go
	wait
	lacks hostn4me t
	tsem-bpf coefficients t | while read -r c; do grep -q "^state $c$" m; done
}

@test "a ring that overflows loses no coefficient, and sends the descriptions again" {
	mkdir many
	for i in $(seq 150); do echo "$i" >"many/$i"; done
	mkfifo go
	tsem-bpf run -q -n small --cache 2 -o "$D/model" --trajectory "$D/t" -- \
		sh -c "kill -STOP \$PPID; $PROG/file_open many/*; while read x; do $PROG/file_open many/*; done <$D/go" &
	runner=$!
	exec 9>go
	wait_for sh -c "[ \$(tsem-bpf list --json | jq '.[0].coefficients') -gt 150 ]"
	kill -CONT $runner
	for i in $(seq 12); do
		echo "$i"
		sleep 0.5
	done >&9
	exec 9>&-
	wait $runner
	[ "$(grep -c '^state' model)" -gt 150 ]
	for i in $(seq 150); do grep -qF "$D/many/$i\"" t; done
}

@test "a base nonce changes the state of the same workload, and is in the model" {
	base=$(printf 'ab%.0s' $(seq 32))
	learn true
	cp model plain
	check 0 tsem-bpf run -q --base "$base" -o based -- true
	diff <(grep ^state plain) <(grep ^state based)
	grep -q "^base $base$" based
	[ "$(tsem-bpf model state plain)" != "$(tsem-bpf model state based)" ]
}

@test "uids are those of the user namespace with nsref=current" {
	check 0 tsem-bpf run -q --nsref current --trajectory t -o m -- \
		setpriv --reuid 1000 --clear-groups unshare -Ur "$PROG/file_open" /etc/hostname
	[ "$(opened /etc/hostname '.COE.uid + " " + .file_open.file.inode.uid' <t)" = "0 4294967295" ]
	tsem-bpf coefficients t | diff - <(sed -n 's/^state //p' m)
	check 0 tsem-bpf run -q --nsref initial --trajectory t -- \
		setpriv --reuid 1000 --clear-groups unshare -Ur "$PROG/file_open" /etc/hostname
	[ "$(opened /etc/hostname '.COE.uid + " " + .file_open.file.inode.uid' <t)" = "1000 0" ]
}

@test "outputs named .zst are compressed, and a model is read from one" {
	check 0 tsem-bpf run -q -o m.zst --trajectory t.zst -- true
	zstd -t m.zst
	zstd -t t.zst
	check 0 tsem-bpf run -q -m m.zst --enforce -- true
	tsem-bpf coefficients t.zst | diff - <(zstd -dc m.zst | sed -n 's/^state //p')
}

creations() {
	bpftool -j map dump pinned "$PINS/maps/tsem_creations" | jq length
}

@test "what was counted in a directory goes with it, and the rest with the namespace" {
	before=$(creations)
	check 0 tsem-bpf run -q -n kept --keep -- sh -c "for i in $(seq -s ' ' 20); do
		mkdir d; : >d/f; rm -r d; mkdir -p stay/\$i; : >stay/\$i/f; done"
	# 20 directories that stay, and those above them.
	made=$(($(creations) - before))
	[ "$made" -ge 20 ]
	[ "$made" -lt 30 ]
	tsem-bpf delete -n kept
	[ "$(creations)" = "$before" ]
}

# set_used BYTE BYTE BYTE: the lowest bytes of used[TSEM_ROOM_CREATIONS] of the namespace with the key $key.
set_used() {
	local at value
	at=$(sed -n '/^struct tsem_namespace:/,/^struct tsem_owner:/s/^\tused \([0-9]*\): u64.*$/\1/p' "$ROOT/maps/abi.golden")
	# shellcheck disable=SC2086 # words
	value=$(bpftool -j map lookup pinned "$PINS/maps/tsem_namespaces" key $key | jq -r --argjson at "$((at + 16))" \
		--arg bytes "$*" '.value | .[$at:$at + 8] = ($bytes / " ") + ["0", "0", "0", "0", "0"] | join(" ")')
	# shellcheck disable=SC2086
	bpftool map update pinned "$PINS/maps/tsem_namespaces" key $key value $value
}

@test "a namespace that makes files in too many directories takes no room from others, and that is counted" {
	mkfifo go
	tsem-bpf run -q -n share --keep -- sh -c "mkdir one; read -r go <go; mkdir three one/two" 3>&- &
	wait_for test -d one
	key=$(tsem-bpf list --json | jq -r '.[0].id')
	key="$((key & 255)) $((key >> 8 & 255)) 0 0"
	# TSEM_SHARE(TSEM_CREATIONS_MAX) is 65536.
	set_used 0 0 1
	echo >go
	wait $!
	[ -d one/two ]
	[ "$(tsem-bpf status --json | jq '.namespaces[0].lost.storage')" = 1 ]
	[ "$(tsem-bpf list --json | jq '.[0].forensics')" = 1 ]
	# It gives back the room that it has taken.
	set_used 2 0 0
	tsem-bpf delete -n share
	check 0 tsem-bpf run -q -o m -- mkdir one/two/three
	check 0 tsem-bpf status
}

@test "coefficients that were given by hand take room like others, and none from what is outside of the model" {
	echo one >one
	mkfifo go
	tsem-bpf run -q -n given --keep -- sh -c "read -r go <go; cat one" 3>&- &
	wait_for sh -c "tsem-bpf list --json | jq -e '.[0].tasks > 0'"
	for i in $(seq 5); do tsem-bpf control -n given "state value=$(printf %064x "$i")"; done
	# One that it has already takes no more.
	tsem-bpf control -n given "state value=$(printf %064x 1)"
	[ "$(tsem-bpf status --json | jq '.namespaces[0] | .coefficients - .used.coefficients')" = 0 ]
	tsem-bpf control -n given seal
	echo >go
	wait $!
	[ "$(tsem-bpf status --json | jq '.namespaces[0].lost.map_full')" = 0 ]
	[ "$(tsem-bpf list --json | jq '.[0].forensics')" -ge 2 ]
	tsem-bpf show -n given forensics | grep -q "$D/one"
	tsem-bpf delete -n given
}
