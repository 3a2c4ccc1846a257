# SPDX-License-Identifier: GPL-2.0
# tsem-tma, the agent as a process, and a collector that talks to it (test/prog/tma_client.c). Needs no machine.

ROOT=$BATS_TEST_DIRNAME/../..

setup() {
	D=$(mktemp -d "${BATS_TMPDIR:-/tmp}/tma.XXXXXX")
	cd "$D" || return 1
	PATH=$ROOT/build:$ROOT/build/test/prog:$PATH
	(umask 077 && openssl rand -hex 32 >key)
	agent=
}

teardown() {
	if [[ -n $agent ]]; then
		kill "$agent" 2>/dev/null || true
	fi
	cd /
	rm -rf "$D"
}

load ../assert

# piped WORD...: a session with an agent at a pipe. Its other options are in $options.
piped() {
	# shellcheck disable=SC2086
	tma_client key run "$ROOT/build/tsem-tma" --key-fd 3 ${options:-} -- "$@"
}

# The agent listens at the path `socket`. Its messages are in the file `messages`.
listen_unix() {
	tsem-tma --unix socket --key key 2>messages 3>&- &
	agent=$!
	for ((i = 0; i < 100; i++)); do
		[[ ! -S socket ]] || return 0
		sleep 0.1
	done
	return 1
}

refused() {
	check "$1" "${@:3}"
	[[ $output == "tsem-tma: "*"$2"* ]]
	[ "${#lines[@]}" = 1 ]
}

# The coefficient of the event `a` of tma_client, and how a query shows it.
coefficient_of_a() {
	piped setup mode:free event:a query:3 bye | sed -n 's/^value 3 //p'
}

@test "an agent at a pipe learns a model, keeps it when sealed, and keeps what is outside of it" {
	check 0 piped setup mode:free event:a event:b event:a mode:sealed event:c event:b mode:enforcing event:c query:4 query:5 bye
	[ "${lines[0]}" = "identity $(tsem-tma --version)" ]
	[ "${lines[1]}" = "ready 0 65536" ]
	[ "${lines[2]}" = "verdict 1 trusted 0" ]
	[ "${lines[4]}" = "verdict 3 trusted 0" ]
	[ "${lines[5]}" = "ready 2 65536" ]
	[ "${lines[6]}" = "verdict 4 untrusted 0" ]
	[ "${lines[7]}" = "verdict 5 trusted 0" ]
	[ "${lines[9]}" = "verdict 6 untrusted 0" ]
	[ "${lines[10]}" = "value 4 02000000000000000200000000000000" ]
	[[ ${lines[11]} =~ ^"value 5 "[0-9a-f]{64}$ ]]
	[ "${#lines[@]}" = 12 ]
}

@test "an agent at a pipe ends with its collector, and says if there was no BYE" {
	check 0 piped setup mode:free bye
	[[ $output != *tsem-tma:* ]]
	check 1 piped setup mode:free
	[[ $output == *"tsem-tma: the collector has gone without BYE" ]]
	check 0 piped nothing
	[ -z "$output" ]
}

# without_privileges STATUS: a copy of /proc/PID/status, taken in the sandbox.
without_privileges() {
	# Without root, the bounding set cannot be changed.
	[ "$(grep -c '^Cap...:.0000000000000000$' "$1")" -ge "$(((UID) ? 4 : 5))" ]
	grep -qx $'NoNewPrivs:\t1' "$1"
	grep -qx $'Seccomp:\t2' "$1"
}

# The descriptors of a process that cannot be traced are root's to read.
descriptors_readable() {
	((!UID)) || skip "only root reads the descriptors of the agent"
}

@test "the process has no capability, no new privileges, a filter of calls, and limits" {
	# shellcheck disable=SC2016 # the client's shell knows $AGENT
	check 0 piped setup 'sh:cat /proc/$AGENT/status >seen; cat /proc/$AGENT/limits >limits' bye
	without_privileges seen
	grep -qE '^Max open files +3 ' limits
	grep -qE '^Max processes +0 ' limits
	grep -qE '^Max core file size +0 ' limits
	listen_unix
	check 0 tma_client key unix socket -- setup "sh:cat /proc/$agent/status >seen; cat /proc/$agent/limits >limits" bye
	without_privileges seen
	grep -qE '^Max open files +5 ' limits
}

@test "the process has no file to write to" {
	descriptors_readable
	exec 8>written
	# shellcheck disable=SC2016
	check 0 piped setup 'sh:readlink /proc/$AGENT/fd/* >files; readlink /proc/$AGENT/cwd >cwd' bye
	# Standard input, output and error, and nothing else.
	[ "$(wc -l <files)" = 3 ]
	[ "$(grep -c ^pipe: files)" -ge 2 ]
	[ "$(<cwd)" = / ]
	listen_unix
	check 0 tma_client key unix socket -- setup "sh:for f in /proc/$agent/fd/*; do readlink \$f; done >files" bye
	exec 8>&-
	# The standard error is the file `messages`; input and output go nowhere.
	[ "$(sed -n '1p;2p' files | sort -u)" = /dev/null ]
	[ "$(sed -n 3p files)" = "$D/messages" ]
	[ "$(grep -c ^socket: files)" = 2 ]
	[ "$(wc -l <files)" = 5 ]
}

@test "a system call that serving does not need ends the process" {
	# The call in which the agent draws its nonce becomes another one.
	check 0 tma_client key run "$(type -P strace)" -o trace "$ROOT/build/tsem-tma" --key-fd 3 -- setup mode:free bye
	# shellcheck disable=SC2126 # grep -c would fail where there is none
	before=$(sed '/^read(0, /,$d' trace | grep '^getrandom(' | wc -l)
	check 3 tma_client key run "$(type -P strace)" -o trace -e "inject=getrandom:retval=32:syscall=getpid:when=$((before + 1))" \
		"$ROOT/build/tsem-tma" --key-fd 3 -- setup mode:free bye
	[ "${lines[0]}" = end ]
	[ "$(tail -n 1 trace)" = "+++ killed by SIGSYS +++" ]
	# Before the sandbox, the same call is harmless.
	check 0 tma_client key run "$(type -P strace)" -o trace -e inject=getrandom:retval=8:syscall=getpid:when="$before" \
		"$ROOT/build/tsem-tma" --key-fd 3 -- setup mode:free bye
}

@test "an agent without random bytes does not start" {
	check 3 tma_client key run "$(type -P strace)" -o trace -e inject=getrandom:error=ENOSYS "$ROOT/build/tsem-tma" --key-fd 3 -- setup
	[[ $output == *"tsem-tma: there are no random bytes; give the agent a source of randomness"* ]]
}

@test "an agent at a socket serves one collector after the other, and mixes nothing up" {
	listen_unix
	[ "$(stat -c %a socket)" = 600 ]
	check 0 tma_client key unix socket -- setup mode:free event:a bye
	[ "${lines[2]}" = "verdict 1 trusted 0" ]
	check 0 tma_client key unix socket -- setup mode:enforcing event:a bye
	[ "${lines[2]}" = "verdict 1 untrusted 0" ]
	# One that dies, one that has another key, and one that sends rubbish: the next is served.
	check 0 tma_client key unix socket -- setup mode:free
	(umask 077 && openssl rand -hex 32 >other)
	check 1 tma_client other unix socket -- setup
	[[ $output == *"HELLO_REPLY: a frame has a wrong MAC; give both sides the same key"* ]]
	check 3 tma_client key unix socket -- setup raw:ffffffff
	check 0 tma_client key unix socket -- setup mode:free event:a bye
	[ "${lines[2]}" = "verdict 1 trusted 0" ]
	[ "$(<messages)" = "$(
		echo "tsem-tma: the collector has gone without BYE"
		echo "tsem-tma: the collector has gone without BYE"
		echo "tsem-tma: the session has ended: $(sed -n 's/^error 1 //p' <<<"error 1 a frame is too long or too short; begin with a new HELLO")"
	)" ]
}

@test "a collector with another key gets no further than HELLO, and an agent with another key neither" {
	(umask 077 && openssl rand -hex 32 >other)
	check 1 tma_client other run "$ROOT/build/tsem-tma" --key key -- setup mode:free
	[[ $output == *"HELLO_REPLY: a frame has a wrong MAC; give both sides the same key"* ]]
	check 0 tma_client key run "$ROOT/build/tsem-tma" --key key -- setup mode:free bye
}

@test "a repeated frame, a frame that is too long, and a frame before HELLO end the session with ERROR" {
	check 3 piped setup mode:free event:a repeat
	[[ $output == *"error 3 a frame has a wrong counter"* ]]
	[[ $output == *"tsem-tma: the session has ended: a frame has a wrong counter"* ]]
	check 3 piped setup mode:free raw:01200000
	[[ $output == *"error 1 a frame is too long or too short"* ]]
	check 3 piped setup event:a
	[[ $output == *"error 4 a frame has an unknown type or flag, or does not belong here"* ]]
}

@test "a collector that does not prove itself in time is sent away, and the next one is served" {
	listen_unix
	tma_client key unix socket -- nothing sh:'sleep 60' >/dev/null 2>&1 3>&- &
	idle=$!
	sleep 0.3
	started=$SECONDS
	check 0 tma_client key unix socket -- setup mode:free event:a bye
	[ "${lines[2]}" = "verdict 1 trusted 0" ]
	((SECONDS - started >= 8))
	((SECONDS - started <= 30))
	[ "$(<messages)" = "tsem-tma: a collector did not send SETUP within 10 seconds; it was sent away" ]
	kill "$idle"
}

@test "an agent without room trusts nothing new, and says so once" {
	options="--room 1"
	check 0 piped setup mode:free event:a event:b event:b event:a query:4 bye
	[ "${lines[1]}" = "ready 0 1" ]
	[ "${lines[3]}" = "verdict 2 untrusted 0" ]
	[ "${lines[4]}" = "error 10 the model has no room for another coefficient; give the agent more memory" ]
	[ "${lines[5]}" = "verdict 3 untrusted 0" ]
	[ "${lines[6]}" = "verdict 4 trusted 0" ]
	[ "${lines[7]}" = "value 4 0200000000000000" ]
}

@test "an agent has its own model, and a collector cannot add to it once it is sealed" {
	a=$(coefficient_of_a)
	printf 'name test\ndigest sha256\nencoding host\nstate %s\nevent {}\nseal\nend\n' "$a" >model
	options="--model model"
	check 0 piped setup mode:enforcing event:a event:b query:3 bye
	[ "${lines[1]}" = "ready 1 65536" ]
	[ "${lines[2]}" = "verdict 1 trusted 0" ]
	[ "${lines[3]}" = "verdict 2 untrusted 0" ]
	[ "${lines[4]}" = "value 3 $a" ]
	check 3 piped setup mode:free
	[[ $output == *"error 9 the model is sealed"* ]]
	check 3 piped setup "state:$a" query:1
	[[ $output == *"error 9 the model is sealed"* ]]
	# One that is not sealed may be added to.
	sed -i /seal/d model
	check 0 piped setup mode:free event:b bye
	[ "${lines[2]}" = "verdict 1 trusted 0" ]
	sed -i 's/sha256/sm3/' model
	check 3 piped setup mode:free
	[[ $output == *"error 7 the settings are not those of the agent or of the namespace"* ]]
}

@test "a model that tsem-bpf writes is one that an agent reads" {
	a=$(coefficient_of_a)
	printf 'digest sha256\nstate %s\nseal\nend\n' "$a" >part
	check 0 tsem-bpf model merge -o model part
	options="--model model"
	check 0 piped setup mode:sealed event:a event:b bye
	[ "${lines[2]}" = "verdict 1 trusted 0" ]
	[ "${lines[3]}" = "verdict 2 untrusted 0" ]
}

# bad_model TEXT MESSAGE
bad_model() {
	printf '%b' "$1" >model
	refused 1 "--model: 'model', line $2" tsem-tma --unix socket --key key --model model
	[ ! -e socket ]
}

@test "a model with a fault is refused, with the line and the word" {
	bad_model '' "1: 'end' is missing: the file was cut"
	bad_model 'state 00\nend\n' "1: '00' is not hexadecimal, or has not as many digits as the digest"
	bad_model 'digest md5\nend\n' "1: 'md5' is no hash of this agent; it has sha256, sha3-256, sm3"
	bad_model 'digest sm3\ndigest sm3\nend\n' "2: 'digest' stands twice"
	bad_model "state $(printf '%064d' 1)\ndigest sm3\nend\n" "2: 'sm3' stands behind a state; it has to come before"
	bad_model 'content crc32\nend\n' "1: 'crc32' is no hash that this agent knows"
	bad_model 'encoding mine\nend\n' "1: 'mine' is no encoding; there are host, portable"
	bad_model 'base zz\nend\n' "1: 'zz' is not hexadecimal"
	bad_model 'end\nstate\n' "2: 'state' stands after 'end'"
	bad_model 'states\nend\n' "1: 'states' is no line of a model"
	bad_model '\nend\n' "1: '' is no line of a model"
	printf 'state %064d\nstate %064d\nend\n' 1 2 >model
	refused 1 "--model: 'model' has more coefficients than --room 1; give a larger number" tsem-tma --key key --model model --room 1 --unix socket
	refused 1 "--model: 'none' cannot be opened: No such file" tsem-tma --unix socket --key key --model none
}

@test "a key that others may read, or that is none, is refused" {
	for mode in 640 604 660 700 644; do
		chmod "$mode" key
		refused 1 "--key: 'key' may be read or changed by others; give it mode 0600" tsem-tma --unix socket --key key
	done
	chmod 400 key
	check 0 tma_client key run "$ROOT/build/tsem-tma" --key key -- setup mode:free bye
	chmod 600 key
	for text in '' 00 "$(<key)0" "$(<key) " "x${D:0:1}$(printf '%062d' 0)"; do
		printf '%s' "$text" >key
		refused 1 "--key: 'key' has no key: write 32 bytes or 64 hexadecimal digits there, and nothing else" tsem-tma --unix socket --key key
	done
	refused 1 "--key: '.' is no regular file" tsem-tma --unix socket --key .
	refused 1 "--key: 'none' does not exist; write 32 bytes or 64 hexadecimal digits there" tsem-tma --unix socket --key none
	refused 1 "--key-fd: descriptor 77 cannot be read" tsem-tma --unix socket --key-fd 77
	[ ! -e socket ]
}

@test "wrong words are refused, each with what to do" {
	refused 2 "there is no key; give --key FILE or --key-fd N" tsem-tma
	refused 2 "--key and --key-fd exclude each other; give one" tsem-tma --key key --key-fd 3
	refused 2 "--unix and --vsock exclude each other; give one" tsem-tma --key key --unix a --vsock 1
	refused 2 "unknown word '--keys'; see 'tsem-tma --help'" tsem-tma --keys key
	refused 2 "--key needs a value; see 'tsem-tma --help'" tsem-tma --key
	refused 2 "--key stands twice; give it once" tsem-tma --key key --key key
	refused 2 "--room: '0' is no number from 1 to 16777216" tsem-tma --key key --room 0
	refused 2 "--room: '1x' is no number" tsem-tma --key key --room 1x
	refused 2 "--key-fd: '2' is no number from 3 to 65535" tsem-tma --key-fd 2
	refused 2 "--vsock: '0' is no number from 1 to 4294967294" tsem-tma --key key --vsock 0
	check 0 tsem-tma --help
	[[ ${lines[0]} == "usage: tsem-tma "* ]]
}

@test "a socket that is in use is not taken, one that was left is, and a file is not replaced" {
	echo text >file
	refused 1 "--unix: 'file' is no socket; give another path" tsem-tma --unix file --key key
	[ "$(<file)" = text ]
	refused 1 "--unix: cannot listen at 'no/socket': No such file or directory" tsem-tma --unix no/socket --key key
	listen_unix
	refused 1 "--unix: a process listens at 'socket'; stop it, or give another path" tsem-tma --unix socket --key key
	check 0 tma_client key unix socket -- setup mode:free bye
	kill "$agent"
	wait "$agent" || true
	[ -S socket ]
	listen_unix
	sleep 0.5
	check 0 tma_client key unix socket -- setup mode:free event:a bye
	[ "${lines[2]}" = "verdict 1 trusted 0" ]
}
