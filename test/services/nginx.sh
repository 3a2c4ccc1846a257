# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# nginx with static files: ab, log rotation, reload, graceful stop.
service=(nginx -g "daemon off;")
attacks=(unseen link)

prepare() {
	rm -rf "$root"/srv/www "$root"/var/log/nginx
	mkdir -p "$root"/srv/www "$root"/var/log/nginx
	for page in index page unseen; do echo "the $page" >"$root/srv/www/$page.html"; done
	echo secret-4711 >"$root/srv/unseen"
	ln -s /srv/unseen "$root/srv/www/link.html"
	cat >"$root/etc/nginx/nginx.conf" <<-'END'
		user www-data;
		worker_processes 1;
		pid /run/nginx.pid;
		events { worker_connections 64; }
		http {
			access_log /var/log/nginx/access.log;
			server { listen 127.0.0.1:8080; root /srv/www; }
		}
	END
}

get() {
	in_root curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:8080/$1"
}

drive() {
	local status=0
	wait_for port 8080 || return
	get index.html
	in_root ab -q -n 20 -c 2 http://127.0.0.1:8080/page.html
	mv "$root/var/log/nginx/access.log" "$root/var/log/nginx/access.log.1"
	kill -USR1 "$(<"$root/run/nginx.pid")"
	wait_for test -e "$root/var/log/nginx/access.log"
	get page.html
	kill -HUP "$(<"$root/run/nginx.pid")"
	sleep 2
	[ -z "$ATTACK" ] || get "$ATTACK.html" >"$state/answer"
	# It lives on.
	[ "$(get index.html)" = 200 ] || status=1
	kill -QUIT "$(<"$root/run/nginx.pid")"
	return "$status"
}

escaped() {
	! grep -qE '^40[34]$' "$state/answer"
}
