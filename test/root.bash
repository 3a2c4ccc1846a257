# SPDX-License-Identifier: GPL-2.0
# The log of the root namespace, and the register of the TPM, told without tsem-bpf.
# shellcheck disable=SC2153 # PINS is set in helpers.bash

# register [PCR]: of the sha256 bank, as the TPM says it. Not by a file: its content would be an event that is new each time.
register() {
	tpm2_pcrread -T device:/dev/tpmrm0 "sha256:${1-11}" | sed -n 's/.*0x//p' | tr A-F a-f
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

# holds BEFORE [PCR]: the register is what the log makes of BEFORE.
holds() {
	local now n
	settled || return 1
	n=$(root logged)
	now=$(register "${2-11}")
	[ "$(log "$n" | folded "$1")" = "$now" ]
}
