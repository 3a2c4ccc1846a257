# SPDX-License-Identifier: GPL-2.0
# The log of the root namespace, and the register of the TPM, read without tsem-bpf.
# shellcheck disable=SC2153 # PINS is set in helpers.bash

# register [PCR]: the register in the sha256 bank, from the TPM itself. Not through a file: its content would be a new event.
register() {
	tpm2_pcrread -T device:/dev/tpmrm0 "sha256:${1-11}" | sed -n 's/.*0x//p' | tr A-F a-f
}

# folded BEFORE <COEFFICIENTS: the register after these, computed without tsem-bpf, in one process: each process is an event.
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

# Nothing waits: all logged entries are extended.
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
