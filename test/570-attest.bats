# SPDX-License-Identifier: GPL-2.0
# Evidence of the root namespace by the machine's TPM, and its verification. The root is loaded once for all tests, which
# leave it loaded.
load helpers

register() {
	tr -d '\n' </sys/class/tpm/tpm0/pcr-sha256/11
}

setup_file() {
	local before=
	tsem-bpf unload --force
	# After an unload the kernel's queue still sends its entries to the TPM.
	until [ "$before" = "$(register)" ]; do
		before=$(register)
		sleep 5
	done
	tsem-bpf load --root-model model --cache 4096
	# Loaded before in this boot, the register is not empty any more: the verifier is told what it held.
	INITIAL=$before
	export INITIAL
}

no_agent() {
	! pgrep -f 'tsem-bpf agent'
}

teardown_file() {
	tsem-bpf unload --force
	wait_for no_agent
	tsem-bpf load
}

teardown() {
	cd /
	rm -rf "$D"
}

NONCE=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

# The model is everything that the root did. It is taken after the quote, so it has all quoted events.
model_of_root() {
	tsem-bpf show -n 0 trajectory-coefficients >coefficients
	{
		sed 's/^/state /' coefficients
		echo end
	} >model
}

evidence() {
	check 0 tsem-bpf attest ak -o ak.pem
	check 0 tsem-bpf attest quote --wait 120 --nonce $NONCE -o evidence
	model_of_root
}

verify() {
	tsem-bpf attest verify --ak ak.pem --model model --nonce $NONCE --initial "$INITIAL" "$@"
}

@test "evidence is genuine, and every event of it is in the model of the root" {
	evidence
	check 0 verify evidence
	says "0 of them outside of the model"
	check 0 verify --json evidence
	[ "$(jq -r .genuine <<<"$output")" = true ]
	[ "$(jq -r .events <<<"$output")" -gt 30 ]
	[ "$(jq -r .events <<<"$output")" = "$(jq '.log | length' evidence)" ]
	[ "$(jq -r .aggregate <<<"$output")" = "$(tsem-bpf show aggregate)" ]
	# Most are described, and the registers are the TPM's.
	[ "$(jq '[.events[] | select(.)] | length' evidence)" -gt 30 ]
	[ "$(jq -r '.pcrs["0"]' evidence)" = "$(tr A-F a-f </sys/class/tpm/tpm0/pcr-sha256/0)" ]
}

@test "the first event outside of the model is named" {
	cp /bin/true unusual
	./unusual
	evidence
	local at
	at=$(jq --arg path "$D/unusual" '[.events[] | .bprm_committing_creds.file.path.pathname == $path] | index(true)' evidence)
	grep -v "$(jq -r ".log[$at]" evidence)" model >smaller
	check 3 verify --model smaller evidence
	says "1 events are outside of the model, the first at position $((at + 1))"
	says "$D/unusual"
	check 3 tsem-bpf attest verify --json --ak ak.pem --model smaller --nonce $NONCE --initial "$INITIAL" evidence
	[ "$(grep "^{" <<<"$output" | jq -r .first.position)" = $((at + 1)) ]
}

@test "an aggregate in the model is that of the registers that were quoted" {
	evidence
	sed -i "1i aggregate $(tsem-bpf show aggregate)" model
	check 0 verify evidence
	sed -i "1s/.*/aggregate $(head -c 32 /dev/zero | sha256sum | cut -d' ' -f1)/" model
	check 3 verify evidence
	says "another aggregate"
}

@test "evidence with a byte changed, another nonce and another key are refused" {
	local size at
	evidence
	check 0 verify evidence
	size=$(stat -c %s evidence)
	for ((at = 0; at < size; at += size / 40 + 1)); do
		cp evidence changed
		printf '\x01' | dd of=changed bs=1 seek=$at conv=notrunc status=none
		check 1 verify changed
	done
	head -c -1 evidence >changed
	check 1 verify changed
	check 1 verify --nonce ff$NONCE evidence
	says "another nonce"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other
	openssl pkey -in other -pubout -out other.pem
	check 1 verify --ak other.pem evidence
	says "signature"
	check 1 verify --initial $NONCE evidence
	says "another value"
	check 1 verify --pcr 12 evidence
	says "register 11, not of 12"
	check 2 verify --pcr 23 evidence
	says "from 8 to 15"
}

@test "the key is the same each time, stored or not" {
	tsem-bpf attest ak -o first
	tsem-bpf attest ak --handle 0x81010057 -o second
	cmp first second
	check 0 tsem-bpf attest quote --wait 120 --handle 0x81010057 --nonce $NONCE -o evidence
	mv first ak.pem
	model_of_root
	check 0 verify evidence
	check 1 tsem-bpf attest quote --handle 0x81010058 --nonce $NONCE -o evidence
	says "no such key"
}

@test "evidence of a root that lost an event is refused, unless the loss is named" {
	evidence
	check 0 verify evidence
	# Code that somebody has open for writing has no digest: the event is in no model and not in the log.
	"$PROG/attack" attack map-beside-writer -- >tried
	grep ' done$' tried
	[ "$(tsem-bpf status --json | jq '.namespaces[] | select(.id == 0) | .lost.content')" -gt 0 ]
	evidence
	check 3 verify evidence
	says "(content)"
	check 3 verify --allow-loss path evidence
	check 0 verify --allow-loss content evidence
	check 0 verify --json --allow-loss path --allow-loss content evidence
	[ "$(jq -c .losses <<<"$output")" = "[]" ]
	check 2 verify --allow-loss ring evidence
	says "'ring' is no loss"
}

@test "a register that somebody else extends is evidence of nothing" {
	tpm2_pcrextend 11:sha256=$NONCE
	check 1 tsem-bpf attest quote --nonce $NONCE -o evidence
	says "somebody else extended it"
	[ ! -e evidence ]
}
