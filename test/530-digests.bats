# SPDX-License-Identifier: GPL-2.0
# Namespaces of other hashes than those in BPF, with the functions of the patched kernel.
load helpers

# The digest that a program of this machine gives of $D/a, zero padded to as many digits as D has.
known() {
	local hex
	hex=$(openssl dgst -"$1" -r a | cut -d ' ' -f 1)
	printf '%s%0*d' "$hex" $(($2 - ${#hex})) 0 | cut -c "-$2"
}

# takes HASH DIGITS [NAME]: a workload of this digest is learned, recomputed, enforced, and denied what it never did; the
# content of its file has the digest that openssl gives by NAME.
takes() {
	local hash=$1 digits=$2 name=${3-}
	check 0 tsem-bpf run -q --digest "$hash" -o m --trajectory t -- cat "$D/a"
	[ "$(sed -n 's/^state //p' m | awk '{ print length }' | sort -u)" = "$digits" ]
	tsem-bpf coefficients --digest "$hash" t | diff - <(sed -n 's/^state //p' m)
	check 0 tsem-bpf run -q --digest "$hash" -m m --enforce -- cat "$D/a"
	check 3 tsem-bpf run -q --digest "$hash" -m m --enforce --forensics f -- cat "$D/b"
	[ "$(opened "$D/b" .file_open.file.path.pathname <f)" = "$D/b" ]
	check 0 tsem-bpf coefficients --digest "$hash" f
	[ -z "$name" ] || [ "$(opened "$D/a" .file_open.file.digest <t)" = "$(known "$name" "$digits")" ]
}

files() {
	echo one >a
	echo two >b
}

@test "namespaces of hashes wider than a key of the map" {
	files
	takes sha512 128 sha512
	takes sha3-384 96 sha3-384
	takes blake2b-512 128 blake2b512
}

@test "namespaces of hashes narrower than a key of the map" {
	files
	takes sha224 56 sha224
	takes rmd160 40 rmd160
}

@test "namespaces of hashes that OpenSSL has not" {
	files
	takes streebog256 64
	takes wp512 128
}

@test "the content of files in the hash of the namespace, also sha3-256 and sm3" {
	files
	takes sm3 64 sm3
	takes sha3-256 64 sha3-256
}

@test "a shorter hash of content is padded, a longer one refused" {
	files
	check 0 tsem-bpf run -q --digest sha512 --content sha256 -o m --trajectory t -- cat "$D/a"
	[ "$(opened "$D/a" .file_open.file.digest <t)" = "$(known sha256 128)" ]
	tsem-bpf coefficients --digest sha512 t | diff - <(sed -n 's/^state //p' m)
	check 1 tsem-bpf run -q --content sha512 -- true
	says "content sha512: is wider than the digest sha256"
}

@test "state, measurement, base and pseudonyms of a wide hash" {
	local base wide
	files
	base=$(head -c 64 /dev/urandom | xxd -p -c 64)
	check 0 tsem-bpf run -q -n wide --keep --digest sha512 --base "$base" --pseudonym "$D/a" -o m --trajectory t -- \
		cat "$D/a"
	[ "$(opened "$D/a" .file_open.file.digest <t)" = "$(printf '' | sha512sum | cut -d ' ' -f 1)" ]
	grep -qx "base $base" m
	grep -qxE "pseudonym [0-9a-f]{128}" m
	for wide in state measurement; do
		check 0 tsem-bpf show -n wide "$wide"
		[ "$output" = "$(tsem-bpf model ${wide/measurement/measure} --digest sha512 m)" ]
	done
	check 0 tsem-bpf show -n wide trajectory-coefficients
	diff <(echo "$output") <(sed -n 's/^state //p' m)
	wide=$(printf '%0128d' 1)
	check 0 tsem-bpf control -n wide "state value=$wide"
	check 0 tsem-bpf show -n wide trajectory-coefficients
	[ "$(tail -n 1 <<<"$output")" = "$wide" ]
	check 2 tsem-bpf control -n wide "state value=$(printf '%064d' 1)"
	says "has 64 digits"
	check 0 tsem-bpf delete -n wide
	[ "$(bpftool -j map dump pinned "$PINS/maps/tsem_tails" | jq length)" = 0 ]
	check 0 tsem-bpf run -q --digest sha512 -m m --enforce -- cat "$D/a"
	echo changed >a
	check 0 tsem-bpf run -q --digest sha512 -m m --enforce -- cat "$D/a"
}

@test "a model says its hash; another one is refused, and so is what the kernel has not" {
	files
	check 0 tsem-bpf run -q --digest sha512 -o m -- true
	check 0 tsem-bpf run -q -m m --enforce -- true
	check 0 tsem-bpf model state m
	[ "${#output}" = 128 ]
	check 1 tsem-bpf run -q --digest sha256 -m m -- true
	says "sha512"
	grep -v ^digest m >unsaid
	check 1 tsem-bpf run -q -m unsaid -- true
	says "128 digits"
	check 2 tsem-bpf model state unsaid
	says "128 digits"
	check 2 tsem-bpf run -q --digest md5 -- true
	says "md5"
	[ "$(tsem-bpf list --json)" = "[]" ]
}

@test "two namespaces of different hashes over the same file" {
	files
	for _ in 1 2; do
		check 0 tsem-bpf run -q --digest sha512 --trajectory t -- cat "$D/a"
		[ "$(opened "$D/a" .file_open.file.digest <t)" = "$(known sha512 128)" ]
		check 0 tsem-bpf run -q --trajectory t -- cat "$D/a"
		[ "$(opened "$D/a" .file_open.file.digest <t)" = "$(known sha256 64)" ]
	done
}

@test "where i_version is trusted, no digest is older than the last write" {
	raced
}
