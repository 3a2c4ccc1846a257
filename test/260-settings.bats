# SPDX-License-Identifier: GPL-2.0
# Settings of a namespace: from the command line, from a model, on a live namespace, and what follows a violation.
# shellcheck disable=SC2016 # the workload's shell expands, not ours
load helpers

# The lock holds until unload.
cleanup() {
	[ ! -e "$D/locked" ] || tsem-bpf unload --force
	[ -d "$PINS" ] || tsem-bpf load
}

refused() {
	check "$1" "${@:3}"
	says "$2"
	[ "${#lines[@]}" = 1 ]
}

setting() {
	tsem-bpf status --json | jq -r --arg name "$1" ".namespaces[] | select(.name == \$name) | .$2"
}

@test "a model says what it was made with, and is run with that" {
	check 0 tsem-bpf run -q -n app --encoding portable --scope files --instances 3 --pattern '/etc/host*' -o m -- \
		"$PROG/file_open" /etc/hostname
	for line in "name app" "digest sha256" "encoding portable" "content sha256" "scope files" "instances 3" \
		"pattern /etc/host*"; do
		grep -qxF "$line" m
	done
	grep -q '^event {' m
	check 0 tsem-bpf run -q -n again --keep -m m --enforce -- "$PROG/file_open" /etc/hostname
	[ "$(setting again encoding)" = portable ]
	[ "$(setting again scope)" = files ]
	[ "$(setting again instances)" = 3 ]
	[ "$(setting again patterns)" = 1 ]
	check 0 tsem-bpf list
	says "portable files"
	tsem-bpf delete -n again
	check 3 tsem-bpf run -q -m m --enforce -- "$PROG/file_open" /etc/passwd
	refused 1 "was made with encoding portable, not host" tsem-bpf run -m m --encoding host -- touch ran
	refused 1 "was made with scope files, not all" tsem-bpf run -m m --scope all -- touch ran
	refused 1 "was made with instances 3, not 4" tsem-bpf run -m m --instances 4 -- touch ran
	refused 1 "was made with digest sha256, not sm3" tsem-bpf run -m m --digest sm3 --content sha256 -- touch ran
	[ ! -e ran ]
	[ "$(tsem-bpf model state m)" = "$(tsem-bpf model state --digest sha256 m)" ]
}

@test "settings that are none are refused by name" {
	refused 2 "'hosts'" tsem-bpf run --encoding hosts -- true
	refused 2 "'some'" tsem-bpf run --scope some -- true
	refused 2 "'many'" tsem-bpf run --instances many -- true
	refused 2 "sequence" tsem-bpf run --model-type sequence -- true
	refused 2 "'allow'" tsem-bpf run --on-violation allow -- true
	refused 2 "'nothing'" tsem-bpf run --action nothing=log -- true
	refused 2 "EVENT=ACTION" tsem-bpf run --action file_open -- true
	refused 2 "has no *" tsem-bpf run --pattern /etc/hostname -- true
	refused 2 "begin with /" tsem-bpf run --pattern-any 'a*' -- true
	refused 2 "give one of them" tsem-bpf run --audit --enforce -- true
	refused 2 "--audit" tsem-bpf run --audit --on-violation deny -- true
	refused 2 "--journal" tsem-bpf run --journal 0 -- true
}

@test "a pattern makes files of one name, their content counts unless it is said not to" {
	mkdir run
	echo one >run/a.1
	echo one >run/a.2
	echo two >run/a.3
	learn_with() { check 0 tsem-bpf run -q "$@" -o m -- "$PROG/file_open" "$D/run/a.1"; }
	learn_with
	check 3 tsem-bpf run -q -m m --enforce -- "$PROG/file_open" "$D/run/a.2"
	learn_with --pattern "$D/run/a.*"
	check 0 tsem-bpf run -q -m m --enforce -- "$PROG/file_open" "$D/run/a.2"
	check 3 tsem-bpf run -q -m m --enforce -- "$PROG/file_open" "$D/run/a.3"
	learn_with --pattern-any "$D/run/a.*"
	grep -qxF "pattern $D/run/a.* any" m
	check 0 tsem-bpf run -q -m m --enforce -- "$PROG/file_open" "$D/run/a.3"
	check 3 tsem-bpf run -q -m m --enforce -- "$PROG/file_open" /etc/hostname
}

# violates OPTION...: a workload that twice opens a file outside of its model, and then a file inside.
violates() {
	check 0 tsem-bpf run -q -o m -- sh -c "cat /etc/hostname >/dev/null"
	run tsem-bpf run -m m "$@" --forensics f -- \
		sh -c "cat /etc/hostname >/dev/null; read -r x </etc/passwd && echo passwd; read -r y </etc/hostname && echo hostname"
}

@test "what follows a violation is what the action says" {
	violates --enforce
	says hostname
	[[ $output != *$'\npasswd'* ]]
	violates --enforce --on-violation log
	says passwd
	says " 0 denied"
	grep -q /etc/passwd f
	violates --enforce --on-violation untrust
	[[ $output != *$'\nhostname'* ]]
	violates --enforce --on-violation kill
	[ "$status" = 3 ]
	violates --enforce --action file_open=log --action all=log
	says passwd
	violates --audit
	says passwd
	says hostname
	grep -q /etc/passwd f
}

@test "a command that ends with 0 although something was denied is said so, and with --strict it returns 3" {
	check 0 tsem-bpf run -q -o m -- sh -c "cat /etc/hostname >/dev/null; exit 0"
	check 0 tsem-bpf run -m m --enforce -- sh -c "cat /etc/hostname >/dev/null; read -r x </etc/passwd; exit 0"
	says "denied although the command ended with 0"
	check 3 tsem-bpf run -m m --enforce --strict -- sh -c "cat /etc/hostname >/dev/null; read -r x </etc/passwd; exit 0"
	printf 'end\n' >free
	check 0 tsem-bpf run --strict -m free -- true
	says " 0 denied"
}

@test "a live namespace takes patterns while it is free, actions always, and audit once it is sealed" {
	mkfifo go
	tsem-bpf run -q -n live --keep -- sh -c ': >there; read -r x <go' 3>&- &
	wait_for test -e there
	check 0 tsem-bpf control -n live 'pattern value=/var/tmp/*'
	check 0 tsem-bpf control -n live 'pattern value=/srv/\x20/** content=any'
	[ "$(setting live patterns)" = 2 ]
	refused 2 "has no *" tsem-bpf control -n live 'pattern value=/var/tmp'
	refused 1 "it is free" tsem-bpf control -n live audit
	check 0 tsem-bpf control -n live 'action event=all action=untrust'
	check 0 tsem-bpf control -n live 'action event=file_open action=log'
	[ "$(setting live on_violation)" = untrust ]
	[ "$(setting live actions.file_open)" = log ]
	check 0 tsem-bpf control -n live seal
	refused 1 "it is sealed" tsem-bpf control -n live 'pattern value=/var/lib/*'
	check 0 tsem-bpf control -n live enforce
	# It is logged.
	perl -MSocket -e 'socket S, AF_UNIX, SOCK_DGRAM, 0; bind S, pack_sockaddr_un("/dev/log") or die;
		$SIG{ALRM} = sub { exit }; alarm 30; recv S, $said, 999, 0; print $said' >logged 3>&- &
	logger=$!
	wait_for test -S /dev/log
	check 0 tsem-bpf control -n live audit
	wait $logger
	rm /dev/log
	grep -q "control: audit: user 0 took namespace .* (live) back to sealed" logged
	[ "$(setting live mode)" = sealed ]
	[ "$(setting live on_violation)" = log ]
	[ "$(setting live actions)" = "{}" ]
	check 0 tsem-bpf status
	says "2 patterns"
	echo >go
	wait
	wait_for tsem-bpf delete -n live
}

@test "once it is locked, no model is added: what has one stays, and is made again by the same model and settings" {
	check 0 tsem-bpf run -q -o m -- "$PROG/file_open" /etc/hostname
	# The events in a model do not change what it allows.
	grep -v '^event' m >same
	grep -v '^state' same >other
	check 0 tsem-bpf run -q -n kept --keep -m m --enforce -- "$PROG/file_open" /etc/hostname
	check 0 tsem-bpf run -q -n free --keep -- true
	refused 2 "leave out -n" tsem-bpf control -n kept lock
	check 0 tsem-bpf control -n free 'pattern value=/var/tmp/*'
	touch locked
	check 0 tsem-bpf control lock
	refused 1 "it is locked already" tsem-bpf control lock
	[ "$(tsem-bpf status --json | jq .load.locked)" = true ]
	check 0 tsem-bpf run -q -m m --enforce -- "$PROG/file_open" /etc/hostname
	check 3 tsem-bpf run -q -m m --enforce -- "$PROG/file_open" /etc/passwd
	check 0 tsem-bpf run -q -m same --enforce -- "$PROG/file_open" /etc/hostname
	refused 1 "it is locked until" tsem-bpf run -m other --enforce -- touch ran
	refused 1 "it is locked until" tsem-bpf run -m m --pattern '/etc/*' --enforce -- touch ran
	refused 1 "it is locked until" tsem-bpf run --pattern '/etc/*' -- touch ran
	refused 1 "it is locked until" tsem-bpf run -m m --strict-names /srv/up --enforce -- touch ran
	[ ! -e ran ]
	value=$(grep -m 1 '^state' m | cut -d ' ' -f 2)
	for verb in 'pattern value=/var/lib/*' 'strict value=/var/lib' "state value=$value" "pseudonym value=$value"; do
		refused 1 "it is locked" tsem-bpf control -n free "$verb"
	done
	check 0 tsem-bpf run -q -- true
	[ "$(tsem-bpf list --json | jq length)" = 2 ]
	tsem-bpf delete -n kept
	refused 1 "it is locked until" tsem-bpf run -m m --enforce -- touch ran
	tsem-bpf delete -n free
	tsem-bpf unload
	rm locked
	tsem-bpf load
	check 0 tsem-bpf run -q -m other -- true
}
