# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# redis with both kinds of persistence, and its benchmark. It renames a file to a name that has a process id in it.
service=(redis-server --port 7000 --dir /srv/redis --appendonly yes --enable-protected-configs yes --save "")
declared=("--pattern '/srv/redis/temp-rewriteaof-bg-*.aof'")
attacks=(elsewhere replica)

prepare() {
	rm -rf "$root"/srv/redis "$root"/etc/owned.rdb
	mkdir -p "$root"/srv/redis
}

ask() {
	in_root timeout 60 redis-cli -p 7000 "$@"
}

# Files of its own in another directory, as those do who want to write to root's crontab; a connection to another server.
attack() {
	case "$ATTACK" in
	elsewhere)
		ask config set dir /etc
		ask config set dbfilename owned.rdb
		ask save
		;;
	replica)
		in_root timeout 15 busybox nc -l -p 7001 -s 127.0.0.1 </dev/null >"$state/answer" &
		sleep 1
		ask replicaof 127.0.0.1 7001
		wait $!
		;;
	esac || :
}

drive() {
	local status=0
	wait_for port 7000 || return
	ask set key value
	ask save
	ask bgrewriteaof
	wait_for sh -c "chroot $root redis-cli -p 7000 info persistence | grep -q aof_rewrite_in_progress:0"
	in_root redis-benchmark -q -p 7000 -n 200 -c 4 -t set,get,lpush
	[ -z "$ATTACK" ] || attack
	[ "$(ask get key)" = value ] || [ "$ATTACK" = replica ] || status=1
	ask shutdown nosave
	return "$status"
}

escaped() {
	[ -e "$root/etc/owned.rdb" ] || [ -s "$state/answer" ]
}
