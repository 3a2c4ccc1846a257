# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# sshd: logins by key, a command, sftp in both directions.
service=(/usr/sbin/sshd -D -e -f /srv/ssh/config)
attacks=(command unseen keys)

prepare() {
	rm -rf "$root"/srv/ssh "$root"/home/user "$root"/root/client
	mkdir -p "$root"/srv/ssh "$root"/run/sshd "$root"/root/client
	in_root id user >/dev/null 2>&1 || in_root useradd -s /bin/sh -p '*' user
	mkdir -p "$root"/home/user/.ssh
	[ -e "$root/root/host" ] || in_root ssh-keygen -q -t ed25519 -N "" -f /root/host
	[ -e "$root/root/key" ] || in_root ssh-keygen -q -t ed25519 -N "" -f /root/key
	cp "$root"/root/key.pub "$root"/home/user/.ssh/authorized_keys
	echo known >"$root"/home/user/known
	echo secret-4711 >"$root"/home/user/unseen
	in_root chown -R user: /home/user
	cat >"$root/srv/ssh/config" <<-'END'
		Port 2222
		ListenAddress 127.0.0.1
		HostKey /root/host
		UsePAM no
		PidFile /run/sshd.pid
		Subsystem sftp /usr/lib/openssh/sftp-server
	END
}

options=(-q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i /root/key)

login() {
	in_root timeout 120 ssh -p 2222 "${options[@]}" user@127.0.0.1 "$@" </dev/null
}


drive() {
	local status=0
	wait_for port 2222 || return
	# shellcheck disable=SC2016 # the user's shell expands
	login 'read -r line <known; echo "$line"' | grep known || status=1
	echo mine >"$root/root/client/mine"
	printf 'get known\nput mine\n' >"$root/root/client/batch"
	in_root sh -c "cd /root/client && timeout 120 sftp -P 2222 ${options[*]} -b batch user@127.0.0.1" || status=1
	case "$ATTACK" in
	command) login "id" >"$state/answer" || : ;;
	unseen) login "read -r line <unseen; echo \$line" >"$state/answer" || : ;;
	keys) login "echo more >>.ssh/authorized_keys" || : ;;
	esac
	kill "$(<"$root/run/sshd.pid")"
	return "$status"
}

escaped() {
	grep -qE "uid=|secret-4711" "$state/answer" || grep -q more "$root/home/user/.ssh/authorized_keys"
}
