# SPDX-License-Identifier: GPL-2.0
# tsem-bpf suggest, and the words of learn, on written files. Needs no machine: `bats test/unit`.

ROOT=$BATS_TEST_DIRNAME/../..

setup() {
	D=$(mktemp -d "${BATS_TMPDIR:-/tmp}/suggest.XXXXXX")
	cd "$D" || return 1
	PATH=$ROOT/build:$PATH
}

teardown() {
	cd /
	rm -rf "$D"
}

ID=aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
EMPTY=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

# opened NAME [DIGEST]: the event in which a file is opened.
opened() {
	local coe inode
	coe='"uid":"0","euid":"0","suid":"0","gid":"0","egid":"0","sgid":"0","fsuid":"0","fsgid":"0","capeff":"0x0"'
	inode='"uid":"0","gid":"0","mode":"0100644","s_magic":"0xef53","s_id":"vda1","s_uuid":"00000000000000000000000000000000"'
	printf '{"event":{"process":"app","type":"file_open","ttd":"1","p_ttd":"1","task_id":"%s","p_task_id":"%s","ts":"0"},' $ID $ID
	printf '"COE":{%s},"file_open":{"file":{"flags":"32768","inode":{%s},"path":{"pathname":"%s"},"digest":"%s"}}}\n' \
		"$coe" "$inode" "$1" "${2:-$EMPTY}"
}

load ../assert

refused() {
	check "$1" "${@:3}"
	[[ $output == *"$2"* ]]
	[ "${#lines[@]}" = 1 ]
}

@test "what differs is told with the declaration that cures it, and all options at the end" {
	{
		opened /etc/passwd
		opened /var/log/app-2026-11-26.log
		opened /srv/state $ID
	} >old
	{
		opened /etc/passwd
		opened /var/log/app-2026-11-27.log
		opened /srv/state
	} >new
	check 0 tsem-bpf suggest old new
	[ "${lines[0]}" = "/var/log/app-2026-11-26.log, -27.log: a date in the name (2 events): pattern /var/log/app-*.log" ]
	[ "${lines[1]}" = "/srv/state: the content of the file (2 events): pseudonym /srv/state" ]
	[ "${lines[2]}" = "options of run: --pattern '/var/log/app-*.log' --pseudonym '/srv/state'" ]
	[ "${#lines[@]}" = 3 ]
	check 0 tsem-bpf suggest --json old new
	[ "$(jq -r .text <<<"${lines[0]}")" = '/var/log/app-*.log' ]
	[ "$(jq -r .option <<<"${lines[1]}")" = --pseudonym ]
	[ "$(jq -r 'map_values(type) | unique? // ([.[]] | unique) | .[]' <<<"${lines[0]}")" = string ]
}

@test "two runs that are the same need nothing" {
	opened /etc/passwd >old
	check 0 tsem-bpf suggest old old
	[ "$output" = "the two runs have the same events" ]
	check 0 tsem-bpf suggest --json old old
	[ -z "$output" ]
}

@test "what no declaration cures is told with its reason" {
	opened /tmp/1 >old
	opened /tmp/2 >new
	check 0 tsem-bpf suggest old new
	[[ ${lines[0]} == *"no declaration cures it: a pattern would be as wide as a directory of the system"* ]]
	[ "${#lines[@]}" = 1 ]
	check 0 tsem-bpf suggest --json old new
	[ "$(jq -r .cure <<<"$output")" = none ]
	[ "$(jq -r 'has("option")' <<<"$output")" = false ]
}

@test "models with events are compared like trajectories" {
	for i in 1 2; do
		{
			echo "state $(opened /srv/a/run-$i | tsem-bpf coefficients)"
			echo "event $(opened /srv/a/run-$i)"
			echo end
		} >model$i
	done
	check 0 tsem-bpf suggest model1 model2
	[[ ${lines[0]} == *"pattern /srv/a/run-*" ]]
	grep -v ^event model1 >bare
	refused 1 "bare: the model has no events" tsem-bpf suggest bare model2
}

@test "names cannot write to the terminal, nor end the quotation of an option" {
	opened "/srv/a'b/\\u001b[31m-1" >old
	opened "/srv/a'b/\\u001b[31m-2" >new
	check 0 tsem-bpf suggest old new
	[[ $output != *$'\033'* ]]
	[[ ${lines[1]} == *"--pattern '/srv/a'\\''b/"* ]]
}

@test "files that are none of both are refused with the line and the word" {
	opened /etc/passwd >old
	echo '{"event":{"type":"file_open"}}' >bad
	refused 1 "suggest: bad: line 1: " tsem-bpf suggest old bad
	echo '{' >bad
	refused 1 "suggest: bad: line 1: is no event in JSON" tsem-bpf suggest old bad
	echo 'nonsense' >bad
	refused 1 "suggest: bad: is neither a file of events nor a model: line 1: 'nonsense'" tsem-bpf suggest bad old
	refused 1 "line 1: is too long for an event" timeout 60 tsem-bpf suggest /dev/zero old
	refused 1 "suggest: missing: " tsem-bpf suggest missing old
	refused 2 "give two files" tsem-bpf suggest old
	refused 2 "'old' is one word too many" tsem-bpf suggest old old old
	refused 2 "only be one" tsem-bpf suggest - -
	refused 2 "'hosts'" tsem-bpf suggest --encoding hosts old old
	refused 2 "--jsn" tsem-bpf suggest --jsn old old
}

@test "learn says which of its options do not fit together" {
	refused 2 "-o is missing" tsem-bpf learn -- true
	refused 2 "give a command after --, or a namespace with -n" tsem-bpf learn -o m
	refused 2 "-n: 'web' is no number from 1 to 10000" tsem-bpf learn -o m -n web -- true
	refused 2 "--for waits for a namespace" tsem-bpf learn -o m --for 5s -- true
	refused 2 "takes a duration only with -n" tsem-bpf learn -o m --until-quiet 5s -- true
	refused 2 "say how long with --for or --until-quiet" tsem-bpf learn -o m -n web
	refused 2 "say how long" tsem-bpf learn -o m -n web --until-quiet
	refused 2 "--until-quiet: '5' has a number without a unit" tsem-bpf learn -o m -n web --until-quiet 5
	refused 2 "--for: '1y' has an unknown unit" tsem-bpf learn -o m -n web --for 1y
	refused 2 "--accept needs a command" tsem-bpf learn -o m -n web --for 5s --accept
	refused 2 "has its settings already" tsem-bpf learn -o m -n web --for 5s --instances 3
	refused 2 "unknown option '--enforce'" tsem-bpf learn -o m --enforce -- true
	refused 2 "learn: --pattern: '/etc/x' has no *" tsem-bpf learn -o m --pattern /etc/x -- true
	[ ! -e m ]
}
