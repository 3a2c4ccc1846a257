# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# sqlite3 with a write-ahead log.
service=(sh /srv/sqlite.sh)
attacks=(shell file)

prepare() {
	rm -rf "$root"/srv/sqlite
	mkdir -p "$root"/srv/sqlite
	echo secret-4711 >"$root/srv/unseen"
	cat >"$root/srv/sqlite.sh" <<-'END'
		cd /srv/sqlite
		sqlite3 db "pragma journal_mode=wal; create table t(a,b); begin;
			insert into t select value, hex(randomblob(20)) from generate_series(1,200); commit;
			pragma wal_checkpoint(truncate); select count(*) from t; vacuum;"
		sqlite3 db "update t set b = 'x' where a < 50; select sum(a) from t;"
		case "$ATTACK" in
		shell) sqlite3 db ".shell id >owned" ;;
		file) sqlite3 db "select 'read ' || readfile('/srv/unseen')" ;;
		esac
		exit 0
	END
}

escaped() {
	grep -q uid= "$root/srv/sqlite/owned" || grep -q "read secret-4711" "$state/out"
}
