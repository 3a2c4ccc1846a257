# SPDX-License-Identifier: GPL-2.0
# The workload that one machine learns (010-portable.bats) and another one enforces (560-portable.bats).

# shellcheck disable=SC2034,SC2154 # the tests use these; BATS sets output

# The files that go from one machine to the other.
CARRIED=$ROOT/build/portable
P=/run/tsem-portable

# place LOOP UUID: puts the workload on a new filesystem on this device.
place() {
	mkdir -p "$P"
	truncate -s 16M "$P.img"
	mkfs.ext4 -q -F -U "$2" "$P.img"
	[ -b "$1" ] || mknod "$1" b 7 "${1#/dev/loop}"
	losetup "$1" "$P.img"
	mount "$1" "$P"
	mkdir "$P/data" "$P/out"
	echo "one line" >"$P/data/one"
	echo "two lines" >"$P/data/two"
	echo "secret" >"$P/data/secret"
	cat >"$P/work" <<-'EOF'
		#!/bin/sh
		cd /run/tsem-portable || exit 1
		grep -c line data/one
		out=$(mktemp out/sorted.XXXXXX)
		sort data/one data/two >"$out"
		mv "$out" out/sorted
		wc -l <out/sorted
		python3 -S -c '
		import socket
		server = socket.create_server(("127.0.0.1", 8080))
		client = socket.create_connection(("127.0.0.1", 8080))
		peer, _ = server.accept()
		client.sendall(b"done")
		print(peer.recv(4).decode())'
		[ -z "$1" ] || grep -c line "data/$1"
	EOF
	chmod +x "$P/work"
}

displace() {
	umount "$P"
	losetup -d "$1"
	rm -r "$P" "$P.img"
}
