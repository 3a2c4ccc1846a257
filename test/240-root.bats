# SPDX-License-Identifier: GPL-2.0
# The root namespace: modeled from load on, its log in the order in which the TPM was told. With a TPM (vm.sh --tpm); on the
# patched kernel the kernel itself extends, on the stock one the agent. Loads and unloads by itself.
# shellcheck disable=SC2153 # PROG is set in helpers.bash
load helpers

setup_file() {
	tsem-bpf unload --force
}

teardown_file() {
	tsem-bpf load
}

# Ends what a test has loaded, its agent included.
cleanup() {
	[ ! -d "$PINS" ] || tsem-bpf unload --force
	wait_for no_agent
}

no_agent() {
	! pgrep -f 'tsem-bpf agent'
}

# register [PCR]: of the sha256 bank, as the TPM says it.
register() {
	tpm2_pcrread -T device:/dev/tpmrm0 -Q -o pcr "sha256:${1-11}"
	od -An -v -tx1 pcr | tr -d ' \n'
}

# folded BEFORE <COEFFICIENTS: the register after these, computed apart from tsem-bpf. One process: each is an event.
folded() {
	perl -MDigest::SHA=sha256 -e '$value = pack("H*", shift);
		while (<>) { chomp; $value = sha256($value . sha256(("\0" x 32) . pack("H*", $_))) }
		print unpack("H*", $value), "\n"' "$1"
}

# log COUNT: the first coefficients of the log, from the map.
log() {
	bpftool -j map dump pinned "$PINS/maps/tsem_log" |
		jq -r ".[:$1][].formatted.value.coefficient[:32][]" | xargs printf "%02x" | fold -w 64
}

root() {
	tsem-bpf status --json | jq -r ".root.$1"
}

# Nothing waits: what is logged is extended.
settled() {
	[ "$(tsem-bpf status --json | jq '.root | .logged == .extended and .register == "matches"')" = true ]
}

@test "the root is modeled: its events have coefficients and descriptions, and these agree" {
	check 0 tsem-bpf load --root-model model --cache 4096
	echo text >file
	cat file >/dev/null
	check 0 tsem-bpf status
	says "root model: model"
	[ "$(tsem-bpf show id)" = 0 ]
	[ "$(tsem-bpf list --json | jq -r '.[0].name')" = root ]
	wait_for sh -c "tsem-bpf show trajectory 2>/dev/null | grep -q '\"pathname\":\"$D/file\"'"
	tsem-bpf show trajectory >t 2>errors
	tsem-bpf show trajectory-coefficients | sort >kernel
	tsem-bpf coefficients t | sort >recomputed
	[ "$(wc -l <recomputed)" -gt 30 ]
	[ -z "$(comm -13 kernel recomputed)" ]
	[ "$(tsem-bpf status --json | jq '.namespaces[0].lost | add - .log - .ring')" = 0 ]
}

@test "a workload leaves the root and has the model that it has without" {
	echo one >file
	check 0 tsem-bpf load
	check 0 tsem-bpf run -q -o without -- cat "$D/file"
	check 0 tsem-bpf unload
	check 0 tsem-bpf load --root-model model
	check 0 tsem-bpf run -q -o with -- cat "$D/file"
	diff without with
	check 0 tsem-bpf run -q -m with --enforce -- cat "$D/file"
	check 3 tsem-bpf run -q -m with --enforce -- cat /etc/hostname
	cat /etc/hostname
	check 1 tsem-bpf delete -n root
	check 0 tsem-bpf unload
}

@test "the register holds the log: computed from the map, it is what the TPM says" {
	local before n
	before=$(register)
	check 0 tsem-bpf load --root-model model --max-coefficients 2048
	for n in 1 2 3 4; do
		# Four at a time: the order is that of the log, whoever comes first.
		for i in 1 2 3 4; do (echo x >"f$n$i" && cat "f$n$i" >/dev/null) & done
		wait
	done
	wait_for settled
	[ "$(root logged)" -gt 20 ]
	# Looking makes events too, which are logged and extended as well: at last there is nothing new in it.
	wait_for holds "$before"
	[ "$(root failed)" = 0 ]
	[ "$(root lost)" = 0 ]
}

holds() {
	local now n
	settled || return 1
	n=$(root logged)
	now=$(register)
	[ "$(log "$n" | folded "$1")" = "$now" ]
}

@test "another register is one's choice, and what cannot be one is refused" {
	check 2 tsem-bpf load --root-model model --pcr 7
	check 2 tsem-bpf load --root-model model --pcr 17
	says "register 17"
	check 2 tsem-bpf load --pcr 12
	says "--root-model model"
	check 2 tsem-bpf load --root-model yes
	check 4 tsem-bpf load --root-model export
	[ ! -e "$PINS" ]
	local eleven
	eleven=$(register 11)
	check 0 tsem-bpf load --root-model model --pcr 12
	wait_for settled
	[ "$(root pcr)" = 12 ]
	[ "$(register 12)" != "$(printf '%064d' 0)" ]
	[ "$(register 11)" = "$eleven" ]
}

@test "without its agent the log goes on, and the next agent takes it up" {
	check 0 tsem-bpf load --root-model model --no-agent
	echo a >file
	cat file >/dev/null
	no_agent
	local logged
	logged=$(root logged)
	[ "$logged" -gt 3 ]
	[ -e /dev/tpmrm0 ]
	[ "${TSEM_PATCHED-}" = 1 ] || [ "$(root extended)" = 0 ]
	tsem-bpf agent 2>errors &
	local agent=$!
	wait_for settled
	check 1 tsem-bpf agent
	says "there is one already"
	# Killed and started anew, many times over: nothing is extended twice or left out.
	for _ in 1 2 3; do
		kill -9 $agent
		wait $agent || :
		mkdir "d$RANDOM"
		tsem-bpf agent 2>errors &
		agent=$!
		wait_for settled
	done
	[ ! -s errors ]
	kill $agent
	wait $agent
	check 0 tsem-bpf unload
	check 1 tsem-bpf agent
	says "not loaded"
}

@test "a register that somebody else extends is told" {
	check 0 tsem-bpf load --root-model model
	wait_for settled
	tpm2_pcrextend -T device:/dev/tpmrm0 "11:sha256=$(printf '%064d' 1)"
	wait_for sh -c '[ "$(tsem-bpf status --json | jq -r .root.register)" = differs ]'
	check 0 tsem-bpf status
	says "PCR 11 differs"
}

@test "a sealed root tells what is new, and an enforcing one denies it" {
	check 0 tsem-bpf load --root-model model
	echo one >one
	echo two >two
	# What the control takes is in the model before it is sealed.
	tsem-bpf control seal || :
	tsem-bpf show -n 0 forensics >/dev/null || :
	[ "$(tsem-bpf list --json | jq -r '.[0].mode')" = sealed ]
	sh -c "cat $D/two" >/dev/null
	[ "$(tsem-bpf status --json | jq '.namespaces[0].forensics')" -gt 0 ]
	check 0 tsem-bpf unload
}
