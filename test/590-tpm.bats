# SPDX-License-Identifier: GPL-2.0
# A TPM whose driver goes and comes back, on the patched kernel. The last file of a machine: IMA keeps the TPM that it found
# first, so the TPM has another number afterwards, and other tests do not find it.
# bats file_tags=kernel
load helpers

KERNEL=$ROOT/build/test/bpf/kernel

@test "the TPM is looked up when it is used: its driver may go and come back" {
	local before driver device
	device=$(readlink -f /sys/class/tpm/tpm0/device)
	driver=$(readlink -f "$device/driver")
	check 0 "$KERNEL" extend 13 01 1
	before=$output
	echo "${device##*/}" >"$driver/unbind"
	check 0 "$KERNEL" extend 13 01 1
	[ "$output" = "${before% *} $((${before#* } + 1))" ]
	check 1 "$KERNEL" aggregate sha256
	[ "$output" = -19 ]
	echo "${device##*/}" >"$driver/bind"
	check 0 "$KERNEL" extend 13 01 1
	[ "$output" = "$((${before% *} + 1)) $((${before#* } + 1))" ]
	check 0 "$KERNEL" aggregate sha256
}
