# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# tar, zstd and dpkg-deb.
service=(sh /srv/archive.sh)
attacks=(action file)

prepare() {
	rm -rf "$root"/srv/archive
	mkdir -p "$root"/srv/archive/tree/DEBIAN "$root"/srv/archive/tree/etc
	echo secret-4711 >"$root/srv/unseen"
	for i in 1 2 3; do echo "$i" >"$root/srv/archive/tree/etc/file$i"; done
	printf 'Package: small\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: small\n' \
		>"$root/srv/archive/tree/DEBIAN/control"
	cat >"$root/srv/archive.sh" <<-'END'
		cd /srv/archive
		tar cf tree.tar tree
		zstd -q tree.tar
		mkdir out
		zstd -qdc tree.tar.zst | tar xf - -C out
		dpkg-deb -b tree small.deb
		dpkg-deb -x small.deb unpacked
		dpkg-deb -c small.deb | wc -l
		case "$ATTACK" in
		action) tar cf x.tar --checkpoint=1 --checkpoint-action=exec='id >owned' tree ;;
		file) tar cf y.tar /srv/unseen 2>/dev/null ;;
		esac
		exit 0
	END
}

escaped() {
	grep -q uid= "$root/srv/archive/owned" || grep -q secret-4711 "$root/srv/archive/y.tar"
}
