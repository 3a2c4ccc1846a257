# SPDX-License-Identifier: GPL-2.0
# Signed models: nothing of an unverified model reaches the kernel. The last tests load and unload by themselves.
load helpers

# Removes what a test left that loaded and failed half way.
cleanup() {
	[ ! -e "$D/policy" ] || tsem-bpf unload --force
	[ -d "$PINS" ] || tsem-bpf load
}

# refused WORD COMMAND...: fails with 1, in one line that has the word.
refused() {
	local word=$1
	shift
	check 1 "$@"
	says "$word"
	[ "$(wc -l <<<"$output")" = 1 ]
}

EXTENSIONS="basicConstraints=critical,CA:false
keyUsage=critical,digitalSignature
extendedKeyUsage="

# authority NAME: an anchor, in NAME.crt and NAME.key.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" -subj "/CN=$1" \
		-addext keyUsage=critical,keyCertSign 2>/dev/null
}

# signer NAME AUTHORITY PURPOSE DAYS: a certificate under it, of a key of Ed25519.
signer() {
	openssl req -new -newkey ed25519 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "$4" -out "$1.crt" \
		-extfile <(echo "$EXTENSIONS$3") 2>/dev/null
}

# A model, ours and theirs: two authorities with a signer each; $D/m is signed by ours.
signed_model() {
	learn "$PROG/file_open" /etc/hostname
	mv model m
	authority ours
	authority theirs
	signer coder ours codeSigning 2
	signer stranger theirs codeSigning 2
	check 0 tsem-bpf model sign --key coder.key --cert coder.crt m
}

# kernel_state: the state that a loaded model would change.
kernel_state() {
	bpftool map dump pinned "$PINS/maps/tsem_globals" | jq -c '.[0].value.next_namespace'
	for map in coefficients pseudonyms patterns; do bpftool -j map dump pinned "$PINS/maps/tsem_$map" | jq length; done
	tsem-bpf list --json
}

@test "a signed model is verified, then allows what it knows and denies the rest" {
	signed_model
	check 0 tsem-bpf model verify --trust-anchor ours.crt m
	[ "$output" = "m: signed by CN=coder" ]
	check 0 tsem-bpf run -m m --trust-anchor ours.crt --enforce -- "$PROG/file_open" /etc/hostname
	says " 0 denied"
	check 3 tsem-bpf run -m m --trust-anchor ours.crt --enforce -- "$PROG/file_open" /etc/passwd
	mv m.sig elsewhere
	check 0 tsem-bpf run -m m --trust-anchor ours.crt --signature elsewhere --enforce -- "$PROG/file_open" /etc/hostname
	# The signature covers the text, compressed or not.
	zstd -q m -o m.zst
	check 0 tsem-bpf run -m m.zst --trust-anchor ours.crt --signature elsewhere --enforce -- "$PROG/file_open" /etc/hostname
	check 0 tsem-bpf run -m - --trust-anchor ours.crt --signature elsewhere -- true <m
}

@test "a raw key of Ed25519 signs, and is the anchor" {
	signed_model
	openssl pkey -in coder.key -pubout -out coder.pub
	openssl pkey -in stranger.key -pubout -out stranger.pub
	check 0 tsem-bpf model sign --key coder.key m
	[ "$(stat -c %s m.sig)" = 64 ]
	check 0 tsem-bpf run -q -m m --trust-anchor coder.pub --enforce -- "$PROG/file_open" /etc/hostname
	check 0 openssl pkeyutl -verify -rawin -pubin -inkey coder.pub -in m -sigfile m.sig
	refused "does not match" tsem-bpf run -m m --trust-anchor stranger.pub -- touch ran
	refused "needs a public key" tsem-bpf run -m m --trust-anchor ours.crt -- touch ran
	[ ! -e ran ]
	[ "$(tsem-bpf model verify --json --trust-anchor coder.pub m | jq -r '.kind, .model')" = $'ed25519\nm' ]
}

@test "what is not verified is refused with the reason, and nothing of it reaches the kernel" {
	signed_model
	before=$(kernel_state)
	run=(tsem-bpf run --trust-anchor ours.crt --enforce)
	cp m other
	refused "is not signed: there is no other.sig" "${run[@]}" -m other -- touch ran
	: >other.sig
	refused "is empty" "${run[@]}" -m other -- touch ran
	head -c 100 m.sig >other.sig
	refused "cannot be read" "${run[@]}" -m other -- touch ran
	cp m.sig other.sig
	check 0 tsem-bpf model verify --trust-anchor ours.crt other
	sed '0,/^state/{/^state/d}' m >other
	refused "'CN=coder' does not match" "${run[@]}" -m other -- touch ran
	(head -n -1 m && echo "state $(printf %064d 1)" && echo end) >other
	refused "does not match" "${run[@]}" -m other -- touch ran
	(cat m && echo) >other
	refused "does not match" "${run[@]}" -m other -- touch ran
	refused "does not lead to the trust anchor" tsem-bpf run --trust-anchor theirs.crt -m m -- touch ran
	refused "trust anchor none.crt: No such file" tsem-bpf run --trust-anchor none.crt -m m -- touch ran
	refused "holds 'PRIVATE KEY'" tsem-bpf run --trust-anchor coder.key -m m -- touch ran
	# Others' tools sign with any certificate; OpenSSL's has no Ed25519 in every version.
	for case in "codeSigning -1 has expired" "serverAuth 2 lacks codeSigning" "clientAuth 2 lacks codeSigning"; do
		read -r purpose days reason <<<"$case"
		openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout bad.key -out bad.csr -subj /CN=bad \
			2>/dev/null
		openssl x509 -req -in bad.csr -CA ours.crt -CAkey ours.key -CAcreateserial -days "$days" -out bad.crt \
			-extfile <(echo "$EXTENSIONS$purpose") 2>/dev/null
		openssl cms -sign -binary -in m -signer bad.crt -inkey bad.key -outform DER -out m.sig
		refused "$reason" "${run[@]}" -m m -- touch ran
		refused "$reason" tsem-bpf model verify --trust-anchor ours.crt m
		refused "" tsem-bpf model sign --key bad.key --cert bad.crt -o none.sig m
	done
	openssl cms -sign -binary -in m -signer ours.crt -inkey ours.key -outform DER -out m.sig
	refused "is that of an authority" "${run[@]}" -m m -- touch ran
	openssl cms -sign -binary -md sha1 -in m -signer bad.crt -inkey bad.key -outform DER -out m.sig
	refused "weak hash" "${run[@]}" -m m -- touch ran
	[ ! -e ran ]
	[ ! -e none.sig ]
	[ "$(kernel_state)" = "$before" ]
}

@test "wrong words are usage errors" {
	echo end >m
	check 2 tsem-bpf run --trust-anchor c -- true
	says "give -m"
	check 2 tsem-bpf run --signature s -m m -- true
	says "--trust-anchor"
	check 2 tsem-bpf model sign m
	says "--key"
	check 2 tsem-bpf model verify m
	says "--trust-anchor"
	check 2 tsem-bpf model verify --trust-anchor c m m
	says "one too many"
	check 2 tsem-bpf model verify --key k m
	says "--key"
	check 2 tsem-bpf model sign --key k - <m
	says "-o"
	echo "not a model" >n
	check 1 tsem-bpf model sign --key k n
	says "line 1"
	check 1 tsem-bpf model sign --key k m
	says "the key k"
}

gone() {
	[ "$(tsem-bpf list --json)" = "[]" ] && ! pidof tsem-bpf
}

# hook MODEL OPTION...: the state of a container whose first process is $pid, to the hook.
hook() {
	jq -n --argjson pid "$pid" --arg m "$1" '{id: "box", pid: $pid, annotations: {"org.tsem-bpf.model": $m}}' |
		tsem-bpf oci-hook --directory "$D" "${@:2}" createRuntime
}

@test "a container's model is verified against the hook's anchor; the container's own word counts for nothing" {
	signed_model
	cp m unsigned
	setpriv --bounding-set -mac_admin sleep 1000 3>&- &
	pid=$!
	refused "is not signed" hook "$D/unsigned" --trust-anchor "$D/ours.crt"
	refused "does not lead to the trust anchor" hook "$D/m" --trust-anchor "$D/theirs.crt"
	check 2 hook "$D/m" --trust-anchor ours.crt
	says "begins with /"
	for key in trust-anchor signature; do
		check 2 tsem-bpf oci-hook --directory "$D" createRuntime < <(jq -n --arg m "$D/m" --arg key "org.tsem-bpf.$key" \
			'{id: "box", pid: 1, annotations: {"org.tsem-bpf.model": $m, ($key): ($m + ".sig")}}')
		says "annotation org.tsem-bpf.$key"
	done
	[ "$(tsem-bpf list --json)" = "[]" ]
	check 0 hook "$D/m" --trust-anchor "$D/ours.crt"
	[ "$(tsem-bpf list --json | jq -r '.[].name')" = box ]
	kill $pid
	wait_for gone
}

@test "load --require-signed-models is policy for every later run, hook and control" {
	signed_model
	tsem-bpf unload
	touch policy
	check 1 tsem-bpf load --require-signed-models none.crt
	says "none.crt"
	check 1 tsem-bpf status
	tsem-bpf load --require-signed-models ours.crt
	check 0 tsem-bpf status
	says "policy: models have to be signed"
	[ "$(tsem-bpf status --json | jq .load.require_signed_models)" = true ]
	[ "$(tsem-bpf status --json | jq -r .load.trust_anchor)" = "$(sha256sum <ours.crt | cut -d ' ' -f 1)" ]
	before=$(kernel_state)
	refused "--require-signed-models" tsem-bpf run -m m -- touch ran
	refused "--require-signed-models" tsem-bpf run --pseudonym /etc/hostname -- touch ran
	refused "--require-signed-models" tsem-bpf run -m m --trust-anchor ours.crt --pseudonym /etc/hostname -- touch ran
	refused "does not lead" tsem-bpf run -m m --trust-anchor theirs.crt -- touch ran
	refused "--require-signed-models" tsem-bpf run -m m --trust-anchor ours.crt --pattern '/etc/*' -- touch ran
	refused "--require-signed-models" tsem-bpf run -m m --trust-anchor ours.crt --strict-names /srv/up -- touch ran
	# An anchor that vouches for ours and for others is not the one that was named.
	cat ours.crt theirs.crt >both.crt
	refused "both.crt is not the file" tsem-bpf run -m m --trust-anchor both.crt -- touch ran
	pid=$$
	refused "--require-signed-models" hook "$D/m"
	[ ! -e ran ]
	[ "$(kernel_state)" = "$before" ]
	check 0 tsem-bpf run -q -m m --trust-anchor ours.crt --enforce -- "$PROG/file_open" /etc/hostname
	check 3 tsem-bpf run -q -m m --trust-anchor ours.crt --enforce -- "$PROG/file_open" /etc/passwd
	# A learned model is not a loaded model.
	check 0 tsem-bpf run -q -n free --keep -- true
	refused "--require-signed-models" tsem-bpf control -n free "state value=$(printf %064d 1)"
	refused "--require-signed-models" tsem-bpf control -n free "pattern value=/etc/*"
	refused "--require-signed-models" tsem-bpf control -n free "strict value=/etc"
	refused "--require-signed-models" tsem-bpf control -n free "pseudonym value=$(printf %064d 1)"
	check 0 tsem-bpf control -n free seal
	tsem-bpf delete -n free
	tsem-bpf unload
	rm policy
	tsem-bpf load
	[ "$(tsem-bpf status --json | jq .load.require_signed_models)" = false ]
	check 0 tsem-bpf run -q -m m -- "$PROG/file_open" /etc/hostname
}

# sign_as NAME VERSION: signs $D/m.
sign_as() {
	check 0 tsem-bpf model sign --key coder.key --cert coder.crt --name "$1" --version "$2" m
}

@test "a signed model fits the workload that it is for, and no older version than was used" {
	signed_model
	sign_as app 7
	grep -qxF "name app" m
	grep -qxF "version 7" m
	check 0 tsem-bpf model verify --trust-anchor ours.crt m
	says "for app, version 7"
	cp m m7
	cp m.sig m7.sig
	refused "is signed for 'app', not for 'other'" tsem-bpf run -n other -m m --trust-anchor ours.crt -- touch ran
	check 0 tsem-bpf run -q -n app -m m --trust-anchor ours.crt -- "$PROG/file_open" /etc/hostname
	check 0 tsem-bpf run -q -m m --trust-anchor ours.crt -- "$PROG/file_open" /etc/hostname
	sign_as app 8
	check 0 tsem-bpf run -q -m m --trust-anchor ours.crt -- "$PROG/file_open" /etc/hostname
	refused "is version 7, and version 8 of 'app' was used" tsem-bpf run -m m7 --trust-anchor ours.crt -- touch ran
	# Another workload has versions of its own.
	sign_as other 1
	check 0 tsem-bpf run -q -m m --trust-anchor ours.crt -- "$PROG/file_open" /etc/hostname
	[ ! -e ran ]
	[ "$(stat -c '%a %U' /var/lib/tsem-bpf/versions)" = "700 root" ]
	rm -r /var/lib/tsem-bpf/versions
	check 2 tsem-bpf model sign --key coder.key --cert coder.crt --version x m
	says "'x'"
}

@test "the version that was used is remembered although its file is removed, and a damaged file refuses" {
	local file
	signed_model
	run=(tsem-bpf run -q --trust-anchor ours.crt)
	file=$(printf %s kept | sha256sum | cut -d ' ' -f 1)
	sign_as kept 7
	cp m m7
	cp m.sig m7.sig
	sign_as kept 8
	check 0 "${run[@]}" -m m -- "$PROG/file_open" /etc/hostname
	# Root in a free namespace may write to all files but those of the load.
	check 0 tsem-bpf run -q -- rm -r /var/lib/tsem-bpf/versions
	check 1 tsem-bpf run -q -- rm -f "/run/tsem-bpf/$file"
	check 1 tsem-bpf run -q -- cp m "/run/tsem-bpf/$file"
	[ "$(cat "/run/tsem-bpf/$file")" = 8 ]
	refused "is version 7, and version 8 of 'kept' was used" "${run[@]}" -m m7 -- touch ran
	check 0 "${run[@]}" -m m -- "$PROG/file_open" /etc/hostname
	for text in garbage 7x "" "7 8" -1; do
		check 0 tsem-bpf run -q -- sh -c "echo '$text' >/var/lib/tsem-bpf/versions/$file"
		refused "/var/lib/tsem-bpf/versions/$file: no version is in it" "${run[@]}" -m m -- touch ran
	done
	check 0 tsem-bpf run -q -- ln -sf /etc/hostname "/var/lib/tsem-bpf/versions/$file"
	refused "/var/lib/tsem-bpf/versions/$file" "${run[@]}" -m m -- touch ran
	check 0 tsem-bpf run -q -- chmod 755 /var/lib/tsem-bpf/versions
	refused "does not belong to root alone" "${run[@]}" -m m -- touch ran
	# A version that is too new refuses too.
	check 0 tsem-bpf run -q -- sh -c "cd /var/lib/tsem-bpf/versions; chmod 700 .; rm $file; echo 9 >$file"
	refused "version 9 of 'kept' was used" "${run[@]}" -m m -- touch ran
	[ ! -e ran ]
	rm -r /var/lib/tsem-bpf/versions
	# Both files are removed to go back on purpose.
	rm "/run/tsem-bpf/$file"
	check 0 "${run[@]}" -m m7 -- "$PROG/file_open" /etc/hostname
	rm -r /var/lib/tsem-bpf/versions "/run/tsem-bpf/$file"
}
