# SPDX-License-Identifier: GPL-2.0
# socket_create, socket_connect, socket_bind, socket_accept: each with learned and with other arguments.
load helpers

@test "socket_create: another type of socket is denied" {
	learn "$PROG/socket_create" 2 1 0
	allowed "$PROG/socket_create" 2 1 0
	denied "$PROG/socket_create" 2 2 0
	forensic socket_create
	denied "$PROG/socket_create" 10 1 0
	denied "$PROG/socket_create" 2 1 6
}

@test "socket_bind: IPv4, IPv6, unix, abstract and other addresses" {
	for address in "inet 7001:inet 7002" "inet6 7001:inet6 7002" "unix $D/s:unix $D/t" "abstract one:abstract two" \
		"netlink 0:netlink 1"; do
		rm -f s t
		# shellcheck disable=SC2086
		learn "$PROG/socket_bind" ${address%%:*}
		rm -f s t
		# shellcheck disable=SC2086
		allowed "$PROG/socket_bind" ${address%%:*}
		rm -f s t
		# shellcheck disable=SC2086
		denied "$PROG/socket_bind" ${address#*:}
		forensic socket_bind
		tsem-bpf coefficients trajectory | diff - <(sed -n 's/^state //p' model)
	done
}

@test "socket_connect: another port is denied" {
	"$PROG/socket_listen" 7101 7102 &
	server=$!
	wait_for "$PROG/socket_connect" inet 7102
	learn "$PROG/socket_connect" inet 7101
	allowed "$PROG/socket_connect" inet 7101
	denied "$PROG/socket_connect" inet 7102
	kill $server
	forensic socket_connect
	[ "$(jq -r .socket_connect.addr.af_inet.port <forensics | head -n 1)" = "$((7102 / 256 + 7102 % 256 * 256))" ]
}

@test "socket_connect: unix and IPv6" {
	for address in "unix $D/s:unix $D/t:af_unix" "inet6 7103:inet6 7104:af_inet6"; do
		IFS=: read -r known other kind <<<"$address"
		rm -f s t
		# shellcheck disable=SC2086
		learn "$PROG/socket_accept" $known noaccept
		tsem-bpf coefficients trajectory | diff - <(sed -n 's/^state //p' model)
		[ "$(jq -r "select(.event.type == \"socket_connect\") | .socket_connect.addr | keys[0]" <trajectory)" = \
		"$kind" ]
		rm -f s t
		# shellcheck disable=SC2086
		allowed "$PROG/socket_accept" $known noaccept
		rm -f s t
		# shellcheck disable=SC2086
		denied "$PROG/socket_accept" $other noaccept
	done
}

@test "socket_accept: a program that only listened may not accept" {
	learn "$PROG/socket_accept" inet 7104 noaccept
	allowed "$PROG/socket_accept" inet 7104 noaccept
	denied "$PROG/socket_accept" inet 7104
	forensic socket_accept
	[ "$(jq -r .socket_accept.addr.af_inet.port <forensics)" = 7104 ]
	for address in "inet 7105" "inet6 7105" "unix $D/a" "abstract a"; do
		rm -f a
		# shellcheck disable=SC2086
		learn "$PROG/socket_accept" $address
		tsem-bpf coefficients trajectory | diff - <(sed -n 's/^state //p' model)
		rm -f a
		# shellcheck disable=SC2086
		allowed "$PROG/socket_accept" $address
	done
}

@test "SOCK names the task that made the socket" {
	learn "$PROG/socket_bind" inet 7106
	[ "$(jq -r 'select(.event.type == "socket_bind") | .socket_bind.sock.owner == .event.task_id' <trajectory)" = \
		true ]
}
