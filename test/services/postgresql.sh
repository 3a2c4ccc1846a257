# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# PostgreSQL from initdb on: pgbench, a checkpoint, a restart.
service=(setpriv --reuid postgres --regid postgres --clear-groups sh /srv/pg.sh)
attacks=(program file)

prepare() {
	rm -rf "$root"/srv/pg "$root"/var/log/pg.log
	mkdir -p "$root"/srv/pg "$root"/run/postgresql
	in_root chown postgres: /srv/pg /run/postgresql
	echo secret-4711 >"$root/srv/unseen"
	cat >"$root/srv/pg.sh" <<-'END'
		set -e
		PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
		export PGDATA=/srv/pg/data PGHOST=/run/postgresql
		cd /srv/pg
		initdb -A trust -N >/dev/null
		echo "listen_addresses = ''" >>data/postgresql.conf
		pg_ctl -w -t 300 -l /srv/pg/log start
		pgbench -q -i -s 1 postgres
		pgbench -n -c 2 -t 20 postgres
		psql -qc checkpoint postgres
		pg_ctl -w -t 300 -l /srv/pg/log restart
		psql -Atqc 'select count(*) from pgbench_accounts' postgres
		case "$ATTACK" in
		program) psql -c "copy (select 1) to program 'id >/srv/pg/owned'" postgres || : ;;
		file) psql -Atc "select 'read ' || pg_read_file('/srv/unseen')" postgres || : ;;
		esac
		pg_ctl -w -t 300 stop
	END
}

escaped() {
	[ -e "$root/srv/pg/owned" ] || grep -q "read secret-4711" "$state/out"
}
