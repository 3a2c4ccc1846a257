# SPDX-License-Identifier: GPL-2.0
# The kernel functions of kernel-patches/, each with a known answer. Only on the patched kernel, with a TPM:
# scripts/vm.sh -k patched --tpm. tsem-bpf is not used.
# bats file_tags=kernel
load helpers

KERNEL=$ROOT/build/test/bpf/kernel

# pcr BANK INDEX: the value of the register in hexadecimal digits.
pcr() {
	tpm2_pcrread -T device:/dev/tpmrm0 -Q -o "$D/pcr" "$1:$2"
	od -An -v -tx1 "$D/pcr" | tr -d ' \n'
}

# extended ALGORITHM OLD VALUE: the new value of a register of this bank.
extended() {
	printf '%s%s' "$2" "$3" | xxd -r -p | openssl dgst "-$1" -r | cut -d ' ' -f 1
}

@test "CAP_ML is a capability of this kernel" {
	[ "$(</proc/sys/kernel/cap_last_cap)" = 41 ]
	[ "$(sed -n 's/^CapEff:\t//p' /proc/self/status)" = 000003ffffffffff ]
}

@test "a buffer has the digest that openssl gives it" {
	local name size
	for size in 0 1 111 112 8192; do
		head -c "$size" /dev/urandom >"$D/data"
		for name in sha1 sha256 sha384 sha512 sha3-256 sha3-512 sm3 blake2b-512; do
			check 0 "$KERNEL" hash "$name" <"$D/data"
			[ "$output" = "$(openssl dgst "-${name/blake2b-512/blake2b512}" -r <"$D/data" | cut -d ' ' -f 1)" ]
		done
	done
	# GOST R 34.11-2012, example 1 of the standard.
	printf 012345678901234567890123456789012345678901234567890123456789012 >"$D/data"
	check 0 "$KERNEL" hash streebog256 <"$D/data"
	[ "$output" = 9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500 ]
}

@test "a handle is refused for what is unknown, keyed or no cryptographic hash" {
	check 1 "$KERNEL" hash nosuch </dev/null
	[ "$output" = -2 ]
	check 1 "$KERNEL" hash "hmac(sha256)" </dev/null
	[ "$output" = -95 ]
	check 1 "$KERNEL" hash crc32c </dev/null
	[ "$output" = -95 ]
}

@test "a file has the digest of its content, and a version until it changes" {
	local digest version
	head -c 300001 /dev/urandom >"$D/file"
	digest=$(sha512sum <"$D/file" | cut -d ' ' -f 1)
	check 0 "$KERNEL" file sha512 "$D/file"
	[ "${output% *}" = "$digest" ]
	version=${output#* }
	[ "$version" != 0 ]
	check 0 "$KERNEL" file sha512 "$D/file"
	[ "$output" = "$digest $version" ]
	# The size is the same, and the time may be; the version is not.
	printf x | dd of="$D/file" bs=1 seek=5 conv=notrunc status=none
	check 0 "$KERNEL" file sha512 "$D/file"
	[ "${output% *}" = "$(sha512sum <"$D/file" | cut -d ' ' -f 1)" ]
	[ "${output#* }" -gt "$version" ]
	: >"$D/empty"
	check 0 "$KERNEL" file sha256 "$D/empty"
	[ "${output% *}" = "$(sha256sum <"$D/empty" | cut -d ' ' -f 1)" ]
}

@test "a file that is open for writing, or on tmpfs, has a digest but no version" {
	echo text >"$D/file"
	check 0 "$KERNEL" file sha256 "$D/file" w
	[ "$output" = "$(sha256sum <"$D/file" | cut -d ' ' -f 1) 0" ]
	echo text >/dev/shm/file
	check 0 "$KERNEL" file sha256 /dev/shm/file
	rm /dev/shm/file
	[ "$output" = "$(sha256sum <"$D/file" | cut -d ' ' -f 1) 0" ]
	check 1 "$KERNEL" file sha256 /dev/null
	[ "$output" = -22 ]
}

@test "an extension reaches all banks, cut or padded, and in order" {
	local bank old i value=0102030405060708091011121314151617181920212223242526272829303132 padded
	declare -A expected
	for bank in sha1 sha256 sha384 sha512; do
		expected[$bank]=$(pcr $bank 11)
	done
	for i in 01 02 03; do
		check 0 "$KERNEL" extend 11 "$i${value:2}" 1
		for bank in sha1 sha256 sha384 sha512; do
			padded=$(printf '%-128s' "$i${value:2}" | tr ' ' 0)
			expected[$bank]=$(extended $bank "${expected[$bank]}" "${padded:0:${#expected[$bank]}}")
		done
	done
	for bank in sha1 sha256 sha384 sha512; do
		[ "$(pcr $bank 11)" = "${expected[$bank]}" ]
	done
}

@test "a hook that may not sleep hashes and extends" {
	local old digest
	old=$(pcr sha256 12)
	check 0 "$KERNEL" atomic sha256 12 <"$ROOT/README.md"
	digest=$(sha256sum <"$ROOT/README.md" | cut -d ' ' -f 1)
	[ "$output" = "$digest" ]
	sleep 1
	[ "$(pcr sha256 12)" = "$(extended sha256 "$old" "$digest")" ]
}

@test "extensions that the queue has no room for are counted, all others are done" {
	local before after
	check 0 "$KERNEL" extend 13 01 1
	before=$output
	check 1 "$KERNEL" extend 13 01 3000
	after=$(tail -n 1 <<<"$output")
	[ "$(head -n 1 <<<"$output")" = -105 ]
	[ $((${after% *} - ${before% *})) -ge 1024 ]
	[ $((${after% *} - ${before% *} + ${after#* } - ${before#* })) = 3000 ]
	check 1 "$KERNEL" extend 24 01 1
	[ "$(head -n 1 <<<"$output")" = -22 ]
}

@test "extensions that the TPM refuses are counted, and hold up none that comes after" {
	local before after old
	old=$(pcr sha256 12)
	check 0 "$KERNEL" extend 12 02 1
	before=$output
	# A register of a locality that the kernel is not in.
	check 0 "$KERNEL" extend 17 01 3
	after=$output
	[ "${after% *}" = "${before% *}" ]
	[ $((${after#* } - ${before#* })) = 3 ]
	check 0 "$KERNEL" extend 12 03 1
	[ "$output" = "$((${after% *} + 1)) ${after#* }" ]
	old=$(extended sha256 "$old" "02$(printf '%062d' 0)")
	[ "$(pcr sha256 12)" = "$(extended sha256 "$old" "03$(printf '%062d' 0)")" ]
}

@test "the hardware aggregate is the digest of PCR 0 to 7 of the handle's bank" {
	local bank
	for bank in sha1 sha256 sha512; do
		check 0 "$KERNEL" aggregate $bank
		[ "$output" = "$(pcr $bank 0,1,2,3,4,5,6,7 | xxd -r -p | openssl dgst -$bank -r | cut -d ' ' -f 1)" ]
	done
	# No bank of this function: that of sha256.
	check 0 "$KERNEL" aggregate blake2b-512
	[ "$output" = "$(pcr sha256 0,1,2,3,4,5,6,7 | xxd -r -p | openssl dgst -blake2b512 -r | cut -d ' ' -f 1)" ]
}

@test "a task in a hook gets the verdict of its event, and only that" {
	check 0 "$KERNEL" wait 1000 0
	[ "${output% *}" = 0 ]
	check 0 "$KERNEL" wait 1000 13
	[ "${output% *}" = 13 ]
}

@test "without an answer the wait ends in time, and a killed task at once" {
	check 0 "$KERNEL" wait 500 -
	[ "${output% *}" = 110 ]
	[ "${output#* }" -ge 500 ]
	check 0 "$KERNEL" wait 3600000 -
	[ "${output% *}" = 110 ]
	[ "${output#* }" -lt 3000 ]
	check 0 "$KERNEL" wait 1000 kill
	[ "${output% *}" = -9 ]
	[ "${output#* }" -lt 900 ]
}

# The freezer of the first version of control groups freezes a task where it sleeps, as suspending the machine does.
@test "a task that waits in a hook can be frozen, and goes on when it is thawed" {
	local pids=() where='' state
	mkdir freezer
	mount -t cgroup -o freezer freezer freezer
	mkdir freezer/waits
	sh -c 'echo $$ >freezer/waits/cgroup.procs; exec "$0" wait 1000 -' "$KERNEL" >out 3>&- &
	# The second process is the child. It waits for a second only: the shell looks without starting a program.
	until ((${#pids[@]} > 1)); do
		mapfile -t pids <freezer/waits/cgroup.procs
	done
	# read fails since the file has no end of line.
	until [[ $where == *tsem_wait* || ! -e /proc/${pids[1]} ]]; do
		read -r where <"/proc/${pids[1]}/wchan" || :
	done
	echo FROZEN >freezer/waits/freezer.state
	read -r state <freezer/waits/freezer.state
	read -r where <"/proc/${pids[1]}/wchan" || :
	echo THAWED >freezer/waits/freezer.state
	wait
	rmdir freezer/waits
	umount freezer
	echo "$state in $where"
	[ "$state" = FROZEN ]
	[[ $where == *tsem_wait* ]]
	read -r state _ <out
	[ "$state" = 110 ]
}
