# SPDX-License-Identifier: GPL-2.0
# tsem-bpf model on generated files. Needs no kernel: `bats test/unit`.

# shellcheck disable=SC2154 # BATS sets status and output

ROOT=$BATS_TEST_DIRNAME/../..
Z32=0000000000000000000000000000000000000000000000000000000000000000
EMPTY=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

setup() {
	D=$(mktemp -d "${BATS_TMPDIR:-/tmp}/model.XXXXXX")
	cd "$D" || return 1
	ENCODING=portable
	make_tree root
}

teardown() {
	cd /
	rm -rf "$D"
}

load ../assert

tsem() {
	"$ROOT/build/tsem-bpf" "$@"
}

silent_about() {
	if grep -qF -- "$1" <<<"$output"; then
		echo "'$1' is in: $output" >&2
		return 1
	fi
}

# make_tree DIR: the files of a small machine.
make_tree() {
	mkdir -p "$1/usr/bin" "$1/usr/lib" "$1/etc"
	echo shell >"$1/usr/bin/sh"
	echo cat >"$1/usr/bin/cat"
	echo tool >"$1/usr/bin/tool"
	echo library >"$1/usr/lib/libx.so"
	echo settings >"$1/etc/app.conf"
	chmod 755 "$1"/usr/bin/* "$1"/usr/lib/*
	chmod 644 "$1"/etc/*
}

# digest PATH: of the file in root/.
digest() {
	sha256sum "root$1" | cut -d' ' -f1
}

# file PATH FLAGS [DIGEST]: a FILE of the specification.
file() {
	local mode=0100644
	[[ $1 != /usr/* ]] || mode=0100755
	jq -nc --arg path "$1" --arg flags "$2" --arg digest "${3:-$(digest "$1")}" --arg mode $mode \
		'{flags: $flags, inode: {uid: "0", gid: "0", mode: $mode, s_magic: "0xef53", s_id: "vda", s_uuid: "469635615d9d469198bb99f4cffc443d"},
		path: {dev: {major: "254", minor: "0"}, pathname: $path}, digest: $digest}'
}

# event TYPE TASK_ID PTASK_ID CELL
event() {
	jq -nc --arg type "$1" --arg id "$2" --arg parent "$3" --argjson cell "$4" \
		'{event: {process: "app", type: $type, ttd: "7", p_ttd: "1", task_id: $id, p_task_id: $parent, ts: "1"},
		COE: {uid: "0", euid: "0", suid: "0", gid: "0", egid: "0", sgid: "0", fsuid: "0", fsgid: "0", capeff: "0x0"},
		($type): $cell}'
}

# executed CALLER PARENT PATH: the exec of a file.
executed() {
	event bprm_committing_creds "$1" "$2" "{\"file\": $(file "$3" 32800)}"
}

# opened TASK_ID PARENT PATH FLAGS [DIGEST]
opened() {
	event file_open "$1" "$2" "{\"file\": $(file "$3" "$4" "${5:-}")}"
}

coefficient() {
	tsem coefficients --encoding "$ENCODING" -
}

# task_id EXEC: the TASK_ID that it gives.
task_id() {
	jq -c ".event.task_id = \"$Z32\"" <<<"$1" | coefficient
}

# model EVENT...: a model of these events.
model() {
	printf 'name app\nversion 3\ndigest sha256\nencoding %s\ncontent sha256\nscope all\ninstances 0\n' "$ENCODING"
	[ -z "${PATTERNS:-}" ] || printf '%s\n' "$PATTERNS"
	local line
	for line; do
		printf 'state %s\nevent %s\n' "$(coefficient <<<"$line")" "$line"
	done
	echo seal
	echo end
}

# A shell that reads its settings, and starts cat, which reads them, too.
learn() {
	SH=$(executed $Z32 $Z32 /usr/bin/sh)
	sh=$(task_id "$SH")
	CAT=$(executed "$sh" "$sh" /usr/bin/cat)
	cat=$(task_id "$CAT")
	learned=("$SH" "$(opened "$sh" $Z32 /etc/app.conf 32768)"
		"$(event mmap_file "$sh" $Z32 "{\"file\": $(file /usr/lib/libx.so 557056), \"prot\": \"5\", \"flags\": \"2\"}")"
		"$CAT" "$(opened "$cat" "$sh" /etc/app.conf 32768)"
		"$(event capable "$cat" "$sh" '{"cap": "21", "opts": "0", "initial": "1"}')"
		"$(event socket_connect "$cat" "$sh" '{"sock": {"family": "2", "type": "1", "protocol": "6", "owner": "'"$cat"'"}, "addr": {"af_inet": {"port": "22555", "address": "16777343"}}}')")
	model "${learned[@]}" >app.model
}

# What an audit run finds in five steps that the model lacks: cat starts a tool, which does four things.
audit() {
	TOOL=$(executed "$cat" "$sh" /usr/bin/tool)
	tool=$(task_id "$TOOL")
	found=("$TOOL" "$(opened "$tool" "$sh" /etc/app.conf 32768)" "$(opened "$tool" "$sh" /etc/app.conf 32770)"
		"$(event capable "$tool" "$sh" '{"cap": "5", "opts": "0", "initial": "1"}')"
		"$(event task_kill "$tool" "$sh" "{\"target\": \"$cat\", \"sig\": \"9\", \"cross_ns\": \"0\"}")")
	printf '%s\n' "${learned[1]}" "${found[@]}" "${found[1]}" >audit.json
}

states() {
	grep '^state' "$1" | sort
}

@test "show says by program what a model permits, as a list, as a tree, and as JSON" {
	learn
	check 0 tsem model show app.model
	says "app.model: for app, version 3, 7 coefficients, sealed"
	says "/usr/bin/cat as uid 0: 3 coefficients"
	says "    CAP_SYS_ADMIN"
	says "    /usr/lib/libx.so"
	says "    connected a socket (IPv4 stream, TCP) to 127.0.0.1:7000"
	silent_about "no description"
	check 0 tsem model show --tree app.model
	says "    /usr/bin/cat as uid 0"
	check 0 tsem model show --json app.model
	[ "$(jq -r '.programs[] | select(.program == "/usr/bin/cat").does.reads[].what' <<<"$output")" = /etc/app.conf ]
	[ "$(jq '.coefficients' <<<"$output")" = 7 ]
	# A description that belongs to another coefficient is not shown.
	sed 's|/etc/app.conf|/etc/innocent|' app.model >forged
	check 0 tsem model show forged
	silent_about innocent
	says "2 descriptions do not belong to their coefficient"
	check 0 tsem model merge --bare -o bare app.model
	[ "$(states bare)" = "$(states app.model)" ]
	check 0 tsem model show bare
	says "7 coefficients have no description"
	check 2 tsem model show app.model bare
}

@test "diff says in words what the second model adds and lacks" {
	learn
	check 0 tsem model diff app.model app.model
	[ -z "$output" ]
	model "${learned[@]:0:6}" "$(opened "$cat" "$sh" /etc/app.conf 32769)" >other
	check 1 tsem model diff app.model other
	says "other lacks:"
	says "  /usr/bin/cat connected a socket (IPv4 stream, TCP) to 127.0.0.1:7000 as uid 0"
	says "other adds:"
	says "  /usr/bin/cat opened /etc/app.conf for writing as uid 0"
	check 1 tsem model diff --json app.model other
	[ "$(jq -rs 'map(.change) | join(" ")' <<<"$output")" = "lacks adds" ]
	# The same words, and what differs behind them.
	model "${learned[@]:0:4}" "$(opened "$cat" "$sh" /etc/app.conf 32768 $EMPTY)" "${learned[@]:5}" >other
	check 1 tsem model diff app.model other
	says "opened /etc/app.conf for reading as uid 0 (another content)"
	sed 's/^instances 0/instances 5/; /^seal/d' app.model >other
	check 1 tsem model diff app.model other
	[ "$output" = "$(printf 'other lacks:\n  instances 0\n  seal\nother adds:\n  instances 5')" ]
	sed 's|^instances.*|&\nstrict /srv/up|' app.model >strict
	check 1 tsem model diff app.model strict
	[ "$output" = "$(printf 'strict adds:\n  strict /srv/up')" ]
	check 1 tsem model diff --json app.model strict
	[ "$(jq -r .kind <<<"$output")" = strict ]
	check 0 tsem model show strict
	says "strict /srv/up"
	check 0 tsem model show --json strict
	[ "$(jq -c '[.patterns, .strict]' <<<"$output")" = '[[],["/srv/up"]]' ]
}

@test "one audit run and one add close a gap of five steps" {
	learn
	audit
	cp app.model before
	check 0 tsem model add app.model audit.json --all
	says "version 4, 5 coefficients added"
	model "${learned[@]}" "${found[@]}" >whole
	[ "$(states app.model)" = "$(states whole)" ]
	grep -q '^version 4$' app.model
	grep -q '^seal$' app.model
	check 0 tsem model show app.model
	says "/usr/bin/tool as uid 0: 4 coefficients"
	# Nothing is left to add.
	check 1 tsem model add app.model audit.json --all
	says "has nothing that app.model lacks"
	grep -q '^version 4$' app.model
}

@test "add --select takes what its choice follows from, and numbers are lines of the file" {
	learn
	audit
	cp app.model before
	check 2 tsem model add app.model audit.json </dev/null
	says "    2  /usr/bin/cat executed /usr/bin/tool as uid 0"
	says "    6  /usr/bin/tool sent SIGKILL to /usr/bin/cat as uid 0"
	silent_about "    1  "
	silent_about "    7  "
	check 1 tsem model add app.model audit.json --select 1,7
	says "app.model has what these lines say"
	check 2 tsem model add app.model audit.json --select 8
	says "'8' is no line of the file, which has 7"
	check 2 tsem model add app.model audit.json --select 3,x
	says "'x'"
	check 2 tsem model add app.model audit.json --select 3 --all
	cmp app.model before
	check 0 tsem model add app.model audit.json --select 5-6 -o new.model
	cmp app.model before
	says "2  /usr/bin/cat executed /usr/bin/tool as uid 0; is added too: 5 follows from it"
	model "${learned[@]}" "${found[0]}" "${found[@]:3}" >want
	[ "$(states new.model)" = "$(states want)" ]
	check 0 tsem model add app.model audit.json --select 2 -o - --bare
	[[ $output != *event* ]]
}

@test "add asks on a terminal" {
	learn
	audit
	check 0 script -qec "'$ROOT/build/tsem-bpf' model add app.model audit.json" /dev/null <<<'2-3'
	says "Add which to app.model?"
	says "2 coefficients added"
	check 1 script -qec "'$ROOT/build/tsem-bpf' model add app.model audit.json" /dev/null <<<''
	says "nothing is added"
	grep -q '^version 4$' app.model
}

@test "add refuses forensics of another namespace and what no model holds" {
	learn
	audit
	cp app.model before
	# Another encoding shows in the TASK_IDs.
	ENCODING=host
	opened "$(task_id "$(executed $Z32 $Z32 /usr/bin/sh)")" $Z32 /etc/app.conf 32769 >host.json
	check 1 tsem model add app.model host.json --all
	says "host.json: line 1: 'task_id' follows from digest sha256 and encoding host, but the model has"
	head -n 1 audit.json | sed "s/\"task_id\":\"/&00/" >wide.json
	check 1 tsem model add app.model wide.json --all
	says "has 64 digits: the forensics are of a namespace with another digest"
	jq -c '.file_open.file.path.pattern = "/etc/*"' <<<"${found[1]}" >pattern.json
	check 1 tsem model add app.model pattern.json --all
	says "other patterns"
	sed 's|^instances.*|&\npattern /etc/*.conf|' app.model >patterned
	check 1 tsem model add patterned audit.json --all
	says "matches a pattern of the model, but does not count so"
	sed 's/^instances 0/instances 2/' app.model >limited
	jq -c --arg id "$cat" '.file_open.file.path.created = [{component: "1", instance: "3", owner: $id}]' \
		<<<"${found[1]}" >created.json
	check 1 tsem model add limited created.json --all
	says "above those of the model"
	# /etc is a directory of strict names: a created file there counts by its name, unless it has none.
	sed 's|^instances.*|&\nstrict /etc|' app.model >strict
	jq -c --arg id "$cat" '.file_open.file.path.created = [{component: "1", instance: "1", owner: $id}]' \
		<<<"${learned[1]}" >loose.json
	check 1 tsem model add strict loose.json --all
	says "'/etc/app.conf' is below a directory with strict names of the model, but does not count by its name"
	check 0 tsem model add app.model loose.json --all -o loose
	jq -c '.file_open.file.path.pathname = "/etc/#17"' loose.json >unnamed.json
	check 0 tsem model add strict unnamed.json --all -o unnamed
	jq -c '.file_open.file.path.created[0].component = "0"' loose.json >above.json
	check 0 tsem model add strict above.json --all -o above
	jq -c '.file_open.file.path.pathname = "/etc/#17/x"' loose.json >deep.json
	check 1 tsem model add strict deep.json --all
	says "strict names"
	echo '{"export": {"type": "event"}}' >export.json
	check 1 tsem model add app.model export.json --all
	says "external namespace"
	{
		cat audit.json
		echo '{"event": '
	} >broken.json
	check 1 tsem model add app.model broken.json --all
	says "broken.json: line 8:"
	# The task of a program that could not be hashed, an event that could not be described, and one of another program.
	{
		opened "${Z32//0/f}" "$sh" /etc/app.conf 32769
		event inode_rename "$cat" "$sh" '{}'
		opened "${Z32//0/1}" "$sh" /etc/app.conf 32769
		echo '{"log": {"process": "x", "event": "file_open", "action": "LOG"}}'
	} >none.json
	check 1 tsem model add app.model none.json --all
	says "could not be hashed"
	says "could not be described in full"
	says "neither the model nor the forensics have"
	cmp app.model before
	cat none.json audit.json >mixed.json
	check 0 tsem model add app.model mixed.json --all
	says "5 coefficients added"
	says "1 log records are skipped"
}

@test "a changed model loses its signature" {
	learn
	audit
	openssl genpkey -algorithm ed25519 -out key.pem 2>/dev/null
	openssl pkey -in key.pem -pubout -out anchor.pem
	tsem model sign --key key.pem app.model
	check 0 tsem model verify --trust-anchor anchor.pem app.model
	check 0 tsem model add app.model audit.json --all -o new.model
	says "new.model: is not signed; sign it with"
	[ -e app.model.sig ]
	check 0 tsem model add app.model audit.json --all
	says "app.model.sig was the signature of the old text and is removed"
	says "app.model: is not signed; sign it with"
	[ ! -e app.model.sig ]
	tsem model sign --key key.pem app.model
	check 0 tsem model verify --trust-anchor anchor.pem app.model
	says "version 4"
}

@test "lint names what is machine-bound, wanders, is too broad, or cannot be read" {
	learn
	check 0 tsem model lint app.model
	[ -z "$output" ]
	ENCODING=host
	learn
	check 1 tsem model lint app.model
	says "encoding host"
	ENCODING=portable
	learn
	PATTERNS=$'pattern /** any\npattern /etc/**\npattern /var/log/app/*.log'
	model "${learned[@]}" "$(opened "$sh" $Z32 /etc/app.conf 32770)" "$(opened "$sh" $Z32 /usr/bin/tool 32768)" \
		"$(opened "$sh" $Z32 /usr/bin/tool 32768 $EMPTY)" >wide
	PATTERNS=
	for path in /var/log/app-2026-11-26.log /run/app.1234 /tmp/x.aB3dE9 /etc/steady; do
		mkdir -p "root${path%/*}"
		echo x >"root$path"
		more+=("$(opened "$sh" $Z32 "$path" 32768)")
	done
	more+=("$(jq -c --arg id "$sh" '.file_open.file.path = {pathname: "/tmp/a/f", created: [{component: "2", instance: "12", owner: $id}]}' <<<"${learned[1]}")")
	check 1 tsem model lint wide
	says "pattern /**: stands for all names in /, at any depth"
	says "pattern /etc/**: stands for everything below a top directory"
	says "pattern /var/log/app/*.log: no event of the model needs it"
	says "/etc/app.conf: is opened for writing, and its content before that counts"
	says "/usr/bin/tool: has 2 contents in the model"
	model "${more[@]}" >wander
	check 1 tsem model lint wander
	says "'app-2026-11-26.log' has a date"
	says "'app.1234' has a number"
	says "'x.aB3dE9' has letters"
	says "/tmp/a: a program made 10 files or more here"
	silent_about steady
	# made PATH COMPONENT: the shell opens a file that it has made.
	made() {
		jq -c --arg id "$sh" --arg path "$1" --arg component "$2" '.file_open.file.path = {pathname: $path,
			created: [{component: $component, instance: "1", owner: $id}]}' <<<"${learned[1]}"
	}
	model "${learned[@]}" "$(made /home/u/.ssh/x 3)" "$(made /etc/app.d/x/y 2)" "$(made /etc/d/y 2)" \
		"$(made /var/www 1)" "$(made /var/cache/x 2)" >free
	check 1 tsem model lint free
	says "/home/u/.ssh: a created file may have any name here"
	says "/etc/app.d: a created file may have any name here"
	silent_about /etc/d
	silent_about /var
	PATTERNS=$'strict /home/u/.ssh\nstrict /etc/app.d' model "${learned[@]}" "$(opened "$sh" $Z32 /home/u/.ssh/x 32768 $EMPTY)" \
		"$(made '/etc/app.d/#12' 2)" >strict
	check 0 tsem model lint strict
	sed 's/^instances 0/instances 12/' wander >limited
	check 1 tsem model lint limited
	says "a program may make any number of files here"
	sed 's/event .*conf.*/event {"event": {}}/' app.model >forged
	check 1 tsem model lint --json forged
	[ "$(jq -r .kind <<<"$output")" = opaque ]
}

@test "rebase gives the model that would have been learned after the upgrade" {
	learn
	cp app.model before
	check 0 tsem model rebase --root root app.model
	says "needs no change"
	cmp app.model before
	# The shell starts everything else: every TASK_ID follows from it.
	echo "shell 2" >root/usr/bin/sh
	echo "library 2" >root/usr/lib/libx.so
	check 0 tsem model rebase --root root app.model -o new.model
	says "/usr/bin/sh has another content"
	says "2 TASK_IDs and 7 coefficients changed"
	cmp app.model before
	cp new.model rebased
	learn
	[ "$(states rebased)" = "$(states app.model)" ]
	grep -q '^version 4$' rebased
	check 0 tsem model diff app.model rebased
	# Another mode is part of the model, too.
	cp app.model before
	chmod 700 root/usr/bin/cat
	check 0 tsem model rebase --root root app.model --json
	[ "$(jq -r '.files[].why' <<<"$output" | head -n 1)" = "has another mode" ]
	grep -q '"mode":"0100700"' app.model
}

@test "rebase says what it could not change" {
	learn
	mv root/usr/lib/libx.so root/usr/lib/libx.so.2
	ln -sf sh root/usr/bin/cat
	echo other >root/etc/app.conf
	check 0 tsem model rebase --root root app.model
	says "/usr/lib/libx.so is gone"
	says "/usr/bin/cat is reached by a symbolic link now"
	says "/etc/app.conf has another content"
	check 1 tsem model stale --root root app.model
	says "/usr/lib/libx.so is gone"
	# A pathname never leaves the directory.
	rm -r root
	make_tree root
	learn
	mkdir -p outside/etc
	echo secret >outside/etc/app.conf
	rm -r root/etc
	ln -s "$D/outside/etc" root/etc
	check 0 tsem model rebase --root root app.model
	says "/etc/app.conf is reached by a symbolic link now"
	opened "$sh" $Z32 /usr/bin/tool 32768 | sed 's|/usr/bin/tool|/../outside/etc/app.conf|' >dots.json
	model "$SH" "$(cat dots.json)" >dots
	check 0 tsem model rebase --root root dots
	says "is no regular file with a plain name"
	check 2 tsem model rebase --root root --package x app.model
	check 1 tsem model rebase --root nowhere app.model
	says "nowhere"
	tsem model merge --bare -o bare app.model
	check 0 tsem model rebase --root root bare
	says "7 coefficients have no description"
}

@test "rebase takes the files of a package, and says when it cannot" {
	learn
	mkdir -p package/DEBIAN package/usr/bin
	printf 'Package: app\nVersion: 2\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n' >package/DEBIAN/control
	echo "cat 2" >package/usr/bin/cat
	# A package from before /lib was a link.
	mkdir -p package/lib
	echo "library 2" >package/lib/libx.so
	chmod 755 package/usr/bin/cat package/lib/libx.so
	dpkg-deb --root-owner-group -b package app.deb >/dev/null
	mkdir private
	TMPDIR=$D/private check 0 tsem model rebase --package app.deb app.model
	says "/usr/bin/cat has another content"
	says "/usr/lib/libx.so has another content"
	silent_about "/usr/bin/sh"
	says "1 TASK_IDs"
	[ -z "$(ls private)" ]
	cp app.model rebased
	cp package/usr/bin/cat root/usr/bin/cat
	cp package/lib/libx.so root/usr/lib/libx.so
	learn
	[ "$(states rebased)" = "$(states app.model)" ]
	echo no >bad.deb
	check 1 tsem model rebase --package bad.deb app.model
	says "bad.deb: dpkg-deb cannot unpack it"
	mkdir path
	ln -s "$(type -P tar)" path/tar
	PATH=$D/path check 1 "$(realpath "$ROOT")/build/tsem-bpf" model rebase --package app.deb app.model
	says "dpkg-deb is missing on this machine"
	[ "$(states rebased)" = "$(states app.model)" ]
}

@test "stale names the models whose files an upgrade changed" {
	learn
	check 0 tsem model stale --root root app.model
	[ -z "$output" ]
	cp app.model other.model
	model "$SH" >shell.model
	echo 2 >root/usr/bin/cat
	check 1 tsem model stale --root root app.model shell.model other.model
	says "app.model: is stale"
	says "other.model: is stale"
	says "/usr/bin/cat has another content"
	silent_about shell.model
	check 1 tsem model stale --root root --json app.model
	[ "$(jq -r '.files[].path' <<<"$output")" = /usr/bin/cat ]
	# One that cannot be read does not hide the others.
	check 1 tsem model stale --root root nothing app.model
	says "nothing"
	says "app.model: is stale"
}

@test "bad words are refused with the word" {
	learn
	check 2 tsem model sum app.model
	says "'sum'"
	check 2 tsem model show
	says "a model file is missing"
	check 2 tsem model show --select 3 app.model
	says "takes no --select"
	check 2 tsem model lint app.model app.model
	check 2 tsem model add app.model
	check 2 tsem run --bare -- true
	says "give -o"
	check 0 tsem model show --help
	says "model rebase"
	check 1 tsem model show -- --json
	says "--json"
	sed 's/^digest.*//; s/^content.*//' app.model | sed '/^$/d; s/^encoding/digest sha512\n&/' >wrong
	check 1 tsem model show wrong
}
