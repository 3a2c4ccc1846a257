# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# openssl: a key, a request, a certificate, its check, encryption.
service=(sh /srv/openssl.sh)
attacks=(file connect)

prepare() {
	rm -rf "$root"/srv/openssl
	mkdir -p "$root"/srv/openssl
	echo secret-4711 >"$root/srv/unseen"
	cat >"$root/srv/openssl.sh" <<-'END'
		cd /srv/openssl
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
		openssl req -new -x509 -key key.pem -subj /CN=test -days 1 -out cert.pem
		openssl verify -CAfile cert.pem cert.pem
		openssl rand -hex 16 >pass
		openssl enc -aes-256-cbc -pbkdf2 -pass file:pass -in cert.pem -out cert.enc
		openssl enc -d -aes-256-cbc -pbkdf2 -pass file:pass -in cert.enc | cmp - cert.pem && echo same
		case "$ATTACK" in
		file) openssl enc -base64 -d -A -in /srv/unseen >/dev/null 2>&1; openssl dgst -sha256 /srv/unseen ;;
		connect) echo | openssl s_client -connect 127.0.0.1:8444 ;;
		esac
		exit 0
	END
}

drive() {
	[ "$ATTACK" != connect ] || in_root timeout 30 busybox nc -l -p 8444 -s 127.0.0.1 </dev/null >"$state/answer" || :
}

escaped() {
	grep -q "/srv/unseen)=" "$state/out" || [ -s "$state/answer" ]
}
