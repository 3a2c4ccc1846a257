# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# A script as cron starts it: a log whose name has the date, another that grows, temporary files, a backup that is rotated.
service=(sh -c "exec /srv/cron/job >>/srv/cron/app.log 2>&1")
declared=("--pattern '$root/srv/cron/job-*.log'")
attacks=(command file)

prepare() {
	mkdir -p "$root"/srv/cron/data
	echo secret-4711 >"$root/srv/unseen"
	echo data >"$root"/srv/cron/data/file
	cat >"$root/srv/cron/job" <<-'END'
		#!/bin/sh
		cd /srv/cron
		log=job-$(date +%Y-%m-%d-%H%M%S).log
		echo "begins $(date)" >"$log"
		work=$(mktemp -d)
		cp data/file "$work/copy"
		sort "$work/copy" >"$work/sorted"
		gzip -c "$work/sorted" >"backup.new.$$"
		mv "backup.new.$$" backup.gz
		rm -r "$work"
		find . -name 'job-*.log' -mmin +60 -delete
		echo "ends" >>"$log"
		echo done
		case "$ATTACK" in
		command) id ;;
		file) cat /srv/unseen ;;
		esac
		exit 0
	END
	chmod +x "$root/srv/cron/job"
	[ -z "$ATTACK" ] || : >"$root/srv/cron/app.log"
}

escaped() {
	grep -qE "uid=|secret-4711" "$root/srv/cron/app.log"
}
