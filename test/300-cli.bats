# SPDX-License-Identifier: GPL-2.0
# The command line: exit codes, one line for each error with the word at fault, JSON.
load helpers

# refused STATUS WORD COMMAND...: fails with this status, and prints one line that has the word.
refused() {
	local status_wanted=$1 word=$2
	shift 2
	check "$status_wanted" "$@"
	says "$word"
	[ "$(wc -l <<<"$output")" = 1 ]
}

@test "help that was asked for goes to the output with 0, everything else names the word" {
	check 0 tsem-bpf help
	check 0 tsem-bpf run --help
	says "--enforce"
	for command in probe load unload status run list show control delete coefficients explain \
		model learn suggest; do
		check 0 tsem-bpf help $command
		refused 2 "--no-such" tsem-bpf $command --no-such
	done
	refused 2 "lod" tsem-bpf lod
	refused 2 "command is missing" tsem-bpf
	refused 2 "'more'" tsem-bpf status more
	refused 2 "'more'" tsem-bpf load more
}

@test "load refuses what it cannot take before it looks at anything" {
	refused 2 "'0'" tsem-bpf load --max-coefficients 0
	refused 2 "'x'" tsem-bpf load --max-namespaces x
	refused 2 "'on'" tsem-bpf load --root-model on
	refused 4 "export" tsem-bpf load --root-model export
	refused 1 "already loaded" tsem-bpf load --root-model model
	refused 2 "needs a value" tsem-bpf load --max-coefficients
}

@test "run refuses bad settings, and makes no namespace" {
	refused 2 "command is missing" tsem-bpf run -o m
	refused 2 "'md5'" tsem-bpf run --digest md5 -- true
	refused 2 "'other'" tsem-bpf run --nsref other -- true
	refused 2 "cache=0" tsem-bpf run --cache 0 -- true
	refused 2 "'m1'" tsem-bpf run --model-type m1 -- true
	refused 2 "encoding=portable" tsem-bpf run --model-type portable -- true
	refused 2 "'12'" tsem-bpf run --base 12 -- true
	refused 2 "'xyz'" tsem-bpf run --pseudonym xyz -- true
	refused 2 "'123'" tsem-bpf run -n 123 -- true
	refused 1 "no-such-file" tsem-bpf run -m no-such-file -- true
	echo "state 12" >bad
	refused 1 "line 1" tsem-bpf run -m bad --enforce -- touch ran
	[ ! -e ran ]
	[ "$(tsem-bpf list --json)" = "[]" ]
}

@test "names of namespaces are such that nobody takes another's, and end no line" {
	for name in "" 17 root ns5 "a b" $'a\nb' $'a\033[1m' "$(printf 'n%.0s' $(seq 32))"; do
		refused 2 "is no name" tsem-bpf run -n "$name" -- true
	done
	check 0 tsem-bpf run -q -n ns5.a_b+c-d -- true
	check 1 tsem-bpf coefficients <<<$'\033]0;x\007'
	[ "$(tsem-bpf coefficients <<<$'\033]0;x\007' 2>&1 | tr -dc '\033\007' | wc -c)" = 0 ]
	refused 2 "'--sea'" tsem-bpf run --sea -- true
	refused 2 "'--forc'" tsem-bpf unload --forc
	refused 1 "standard output" sh -c 'tsem-bpf list >/dev/full'
}

@test "run says before the workload that it cannot write, and keeps what it could not write after it" {
	for option in -o --trajectory --forensics; do
		refused 1 "cannot write $D/none/file" tsem-bpf run $option "$D/none/file" -- touch ran
	done
	[ ! -e ran ]
	mkdir there
	check 1 tsem-bpf run -q -n kept -o "$D/there/model" -- rm -r "$D/there"
	says "cannot write"
	says "is kept"
	[ "$(tsem-bpf show -n kept trajectory-coefficients | wc -l)" -gt 2 ]
	check 0 tsem-bpf delete -n kept
}

@test "run passes the exit status of the command on" {
	check 0 tsem-bpf run -q -- true
	check 7 tsem-bpf run -q -- sh -c "exit 7"
	# shellcheck disable=SC2016 # the inner shell's own
	check 143 tsem-bpf run -q -- sh -c 'kill -TERM $$'
	check 127 tsem-bpf run -q -- ./no-such-program
	says "no-such-program"
	touch plain
	check 126 tsem-bpf run -q -- ./plain
}

@test "run gives the command its input and environment, no descriptor of ours, and no control capability" {
	# shellcheck disable=SC2016 # the inner shell's own
	[ "$(echo in | X=y tsem-bpf run -q -- sh -c 'read a; echo "$a$X$PWD"')" = "iny$D" ]
	[ "$(tsem-bpf run -q -- ls /proc/self/fd)" = "$(ls /proc/self/fd)" ]
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		mask=$(tsem-bpf run -q -- sed -n "s/^$set:\t//p" /proc/self/status)
		[ $((0x$mask >> 33 & 1)) = 0 ]
	done
	[ $((0x$(tsem-bpf run -q -- sed -n 's/^CapEff:\t//p' /proc/self/status) >> 21 & 1)) = 1 ]
}

@test "control: each bad line is refused by name with 2, and changes nothing" {
	mkfifo go
	tsem-bpf run -q -n ctl --keep -- sh -c "read x <$D/go" &
	wait_for sh -c "tsem-bpf list | grep ctl"
	value=$(printf '00%.0s' $(seq 32))
	before=$(tsem-bpf list --json)
	for line in "" "sea" "seal now" "Seal" "state" "state value" "state value=" "state value=12" "state value=${value}0" \
		"state value=0x$value" "state val=$value" "state value=$value value=$value" "state value=$value x" \
		"base value=zz" "pseudonym value=1" "internal digest=md5" "internal cache=0" "internal colour=red" "external" \
		"external key=12" "trusted pid=1" "untrusted pid=x tnum=1 key=$value" "enforce " \
		"state value=${value:24}" "state value=$value$value" "base value=${value:24}" "pseudonym value=$value$value" \
		"internal content=md5" "internal nsref=none" "internal model=model1" "external key=$value cache=0" \
		$'seal\n'; do
		refused 2 "control:" tsem-bpf control -n ctl "$line"
	done
	refused 2 "'more'" tsem-bpf control -n ctl seal more
	refused 2 "verb is missing" tsem-bpf control -n ctl
	refused 4 "run" tsem-bpf control internal
	refused 4 "external" tsem-bpf control "external key=$value"
	refused 4 "trusted" tsem-bpf control "trusted pid=1 tnum=1 key=$value"
	refused 1 "'nobody'" tsem-bpf control -n nobody seal
	refused 1 "not modeled" tsem-bpf control seal
	[ "$before" = "$(tsem-bpf list --json)" ]

	# In the order of a namespace's life.
	refused 1 "coefficients already" tsem-bpf control -n ctl "base value=$value"
	check 0 tsem-bpf control -n ctl "state value=$value"
	check 0 tsem-bpf control -n ctl "pseudonym value=$value"
	check 0 tsem-bpf control -n ctl seal
	refused 1 "sealed already" tsem-bpf control -n ctl seal
	refused 1 "sealed" tsem-bpf control -n ctl "state value=$value"
	refused 1 "sealed" tsem-bpf control -n ctl "pseudonym value=$value"
	refused 1 "sealed" tsem-bpf control -n ctl "base value=$value"
	check 0 tsem-bpf control -n ctl enforce
	refused 1 "already" tsem-bpf control -n ctl enforce
	tsem-bpf show -n ctl trajectory-coefficients | grep -q "^$value$"
	refused 1 "live tasks" tsem-bpf delete -n ctl
	refused 1 "lives" tsem-bpf unload
	echo >go
	wait || true
	wait_for tsem-bpf delete -n ctl
}

@test "control needs the capability, and says which" {
	refused 1 CAP_MAC_ADMIN setpriv --bounding-set -mac_admin --inh-caps -mac_admin -- \
		"$ROOT/build/tsem-bpf" control -n x seal
	refused 1 CAP_MAC_ADMIN setpriv --bounding-set -mac_admin --inh-caps -mac_admin -- \
		"$ROOT/build/tsem-bpf" run -- true
}

@test "show knows every name of the reference, with - and with _" {
	tsem-bpf run -q -n names --keep -- true
	for name in id aggregate measurement state trajectory trajectory_coefficients trajectory-counts forensics \
		forensics_coefficients forensics-counts log; do
		check 0 tsem-bpf show -n names $name
		check 0 tsem-bpf show -n names --json $name
		jq -e . <<<"$output" >/dev/null
	done
	[ "$(tsem-bpf show -n names trajectory_counts | head -n 1)" -gt 0 ]
	[ "$(tsem-bpf show id)" = 0 ]
	# That of the TPM, by what it says itself, and zeros where there is none.
	tpm2_pcrread -T device:/dev/tpmrm0 -Q -o pcrs sha256:0,1,2,3,4,5,6,7
	[ "$(tsem-bpf show aggregate)" = "$(sha256sum <pcrs | cut -d ' ' -f 1)" ]
	check 0 unshare -m sh -c "mount -t tmpfs none /sys/class/tpm; tsem-bpf show aggregate"
	[ "$output" = "$(printf '0%.0s' $(seq 64))" ]
	[ "$(tsem-bpf show -n names internal_tma/model0/state)" = "$(tsem-bpf show -n names state)" ]
	refused 4 "no external" tsem-bpf show external_tma/1
	refused 2 "written only" tsem-bpf show control
	refused 2 "'nothing'" tsem-bpf show nothing
	refused 1 "not modeled" tsem-bpf show trajectory
	tsem-bpf delete -n names
}

@test "explain says who did what, what differs from the model, and which word of which line is wrong" {
	echo one >first
	echo two >second
	check 0 tsem-bpf run -q -o model --trajectory trajectory -- sh -c "cat first; true"
	check 3 tsem-bpf run -q -n why --keep -m model --enforce --forensics forensics -- sh -c "cat second; exit 1"
	check 0 tsem-bpf explain forensics
	says "opened $D/second for reading as uid 0"
	check 0 tsem-bpf explain --trajectory trajectory forensics
	says "outside the model"
	says "path ($D/second instead of $D/first)"
	check 0 tsem-bpf explain -n why
	says ") opened $D/second for reading as uid 0, outside the model; denied"
	check 0 tsem-bpf explain -n why --json
	jq -e '.cause and .sentence and .lines and .allow' <<<"$output" >/dev/null
	jq -e 'select(.nearest) | .differs | length > 0' <<<"$output" >/dev/null
	check 0 tsem-bpf explain -n why --each
	says ") opened $D/second for reading as uid 0, outside the model; denied"
	check 0 tsem-bpf explain --trajectory trajectory trajectory
	[[ "$output" != *"outside the model"* ]]
	[ "$(echo '{"log":{"process":"a","event":"file_open","action":"DENY"}}' | tsem-bpf explain)" = \
		"a opened a file, which could not be described; denied" ]
	printf '{"log":{"process":"a","event":"file_open","action":"LOG"}}\nx\ey\n' >bad
	check 1 tsem-bpf explain bad
	says "line 2: 'x\x1by'"
	refused 1 "line 1" tsem-bpf explain --trajectory bad forensics
	refused 1 "no-such-file" tsem-bpf explain no-such-file
	refused 1 "'nobody'" tsem-bpf explain -n nobody
	refused 2 "not both" tsem-bpf explain -n why forensics
	refused 2 "'more'" tsem-bpf explain forensics more
	tsem-bpf delete -n why
}

@test "explain names the cause, what follows from it, and the command that would allow it" {
	echo one >data
	check 0 tsem-bpf run -q -o model --trajectory trajectory -- sh -c "cat data; true"
	echo two >data
	check 3 tsem-bpf run -q -m model --enforce --forensics forensics -- sh -c "cat data; exit 1"
	check 0 tsem-bpf explain -m model forensics
	says "cause 1 of "
	says "$D/data has another content than in the model"
	says "content in the model: $(printf 'one\n' | sha256sum | cut -d ' ' -f 1)"
	says "content now:          $(printf 'two\n' | sha256sum | cut -d ' ' -f 1)"
	line=$(grep -n '"pathname":"[^"]*/data"' forensics | head -n 1 | cut -d : -f 1)
	says "tsem-bpf model add model forensics --select $line"
	check 0 tsem-bpf explain --trajectory trajectory --json forensics
	jq -e 'select(.content_now) | .content_before != .content_now' <<<"$output" >/dev/null
	# A program that the model does not have: all that it does follows.
	check 0 tsem-bpf run -q -m model --audit --forensics forensics -- sh -c "tail -n 1 data; true"
	check 0 tsem-bpf explain -m model forensics
	says "tail was started, which is no program of the model"
	says "more that follow from it"
	check 0 tsem-bpf explain -m model --each forensics
	[[ "$output" != *"cause 1 of "* ]]
	says "outside the model"
	sed '/^event /d' model >bare
	refused 1 "no event lines" tsem-bpf explain -m bare forensics
	refused 2 "'-'" tsem-bpf explain -m - forensics
}

@test "explain says what is unwise to allow, and names commands and options" {
	check 0 tsem-bpf run -q -o model -- cat /etc/passwd
	check 0 tsem-bpf run -q -m model --audit --forensics forensics -- cat /etc/shadow
	check 0 tsem-bpf explain -m model forensics
	says "path (/etc/shadow instead of /etc/"
	says "to allow it is unwise: the file has secrets"
	check 0 tsem-bpf run -q --trajectory trajectory -- perl -e \
		'socket(S, 2, 1, 6); setsockopt(S, 1, 2, 1); fcntl(S, 1, 0); -t STDIN'
	check 0 tsem-bpf explain trajectory
	says "set the option SO_REUSEADDR of a socket (IPv4 stream, TCP)"
	says "did ioctl TCGETS on its standard input"
}

@test "model: measure, state, diff and merge" {
	a=$(printf 'aa%.0s' $(seq 32))
	b=$(printf 'bb%.0s' $(seq 32))
	printf 'state %s\nend\n' "$a" >ma
	printf 'state %s\nend\n' "$b" >mb
	printf 'base %s\nend\n' "$b" >mc
	check 0 tsem-bpf model diff ma ma
	check 1 tsem-bpf model diff ma mb
	[ "$output" = "$(printf 'mb lacks:\n  coefficient %s, which has no description\nmb adds:\n  coefficient %s, which has no description' "$a" "$b")" ]
	printf 'base %s\npseudonym %s\nstate %s\nseal\nend\n' "$b" "$b" "$a" >md
	check 1 tsem-bpf model diff ma md
	[ "$output" = "$(printf 'md adds:\n  base %s\n  pseudonym %s\n  seal' "$b" "$b")" ]
	check 0 tsem-bpf model merge -o mm mb ma mb
	[ "$(cat mm)" = "$(printf 'state %s\nstate %s\nend' "$b" "$a")" ]
	[ "$(tsem-bpf model measure mm)" != "$(tsem-bpf model state mm)" ]
	refused 1 "different bases" tsem-bpf model merge -o mx ma mc
	[ ! -e mx ]
	refused 2 "'sum'" tsem-bpf model sum ma
	printf 'state %s\n' "$a" >half
	refused 1 "line 2" tsem-bpf model state half
}

@test "a model that run wrote is shown, compared and extended by what an audit run found" {
	echo first >first
	check 0 tsem-bpf run -q --encoding portable -o model -- sh -c "cat first; true"
	check 0 tsem-bpf model show model
	says "$D/first"
	check 0 tsem-bpf run -q --encoding portable --bare -o bare -- true
	[ "$(grep -c '^state' bare)" -gt 0 ]
	[ "$(grep -c '^event' bare)" = 0 ]
	# A gap of a program and what it does.
	cat >more.sh <<-END
		cat first
		head -n 1 first >/dev/null
		ls / >/dev/null
		true
	END
	check 0 tsem-bpf run -q --encoding portable -o model -- sh -c ". ./more.sh; true"
	echo 'tail -n 1 first >made; rm made' >>more.sh
	check 0 tsem-bpf run -q -m model --audit --forensics forensics -- sh -c ". ./more.sh; true"
	[ -s forensics ]
	check 0 tsem-bpf model add model forensics --all
	check 0 tsem-bpf run -q -m model --enforce --strict -- sh -c ". ./more.sh; true"
	check 0 tsem-bpf model diff model model
	check 0 tsem-bpf model rebase model
	says "needs no change"
	check 0 tsem-bpf model stale model
}

@test "coefficients names the line and the word at fault" {
	tsem-bpf run -q --trajectory t -- true
	check 0 tsem-bpf coefficients t
	{ head -n 1 t; head -n 2 t | tail -n 1 | sed 's/"uid":"/"uid":"x/'; } >bad
	check 1 tsem-bpf coefficients bad
	says "line 2: 'uid'"
	check 1 tsem-bpf coefficients <<<"{ no json"
	says "line 1"
	check 0 tsem-bpf coefficients --digest sm3 --encoding portable --json t
	jq -e .cell <<<"$output" >/dev/null
}

@test "a line without an end is too long for an event, and is not kept" {
	local command
	for command in coefficients explain; do
		check 1 timeout 60 tsem-bpf $command /dev/zero
		says "line 1: is too long for an event"
	done
}
