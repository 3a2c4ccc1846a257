# SPDX-License-Identifier: GPL-2.0
# Programs of Debian as their users have them: learned in two runs, audited, enforced without a denial, and attacked. Those that
# take longer are in test/services.
# shellcheck disable=SC2016,SC2030,SC2031 # the workload's shell expands, not ours; each test has its own variables
load helpers

# What makes everything as the first run found it, and what a workload must not read.
setup_file() {
	export FRESH='rm -rf w && mkdir w && echo secret-4711 >secret'
	# An attack that is only recorded goes through, so each run has the same environment.
	export ATTACK=''
}

fresh() {
	sh -c "$FRESH"
}

# unheard OPTION... -- COMMAND...: a run whose status may be any; what it says is in the file `out`.
unheard() {
	fresh
	tsem-bpf run -q -m model "$@" >out 2>&1 || :
}

# learned OPTION... -- COMMAND...: in two runs; then audited once, and enforced twice without a denial.
learned() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	check 0 tsem-bpf learn -q -n 2 -o model --prepare "$FRESH" "${options[@]}" -- "$@"
	says "steady after 1 run: run 2 added nothing"
	fresh
	check 0 tsem-bpf run -q -m model --audit --forensics audited -- "$@"
	if [ -s audited ]; then
		tsem-bpf explain -m model audited >&2
		return 1
	fi
	for _ in 1 2; do
		fresh
		allowed "$@"
	done
}

# attacked NAME EFFECT COMMAND...: with NAME in ATTACK, the command does what it never did in its tests. EFFECT, a line for the
# shell, finds it when that is only recorded, and does not when the model is enforced.
attacked() {
	local effect=$2
	export ATTACK=$1
	shift 2
	unheard --audit --forensics audited -- "$@"
	if ! sh -c "$effect"; then
		echo "the attack '$ATTACK' has no effect:" >&2
		cat out >&2
		return 1
	fi
	[ -s audited ]
	unheard --enforce --forensics forensics -- "$@"
	if sh -c "$effect"; then
		echo "the attack '$ATTACK' went through" >&2
		return 1
	fi
	[ -s forensics ]
	ATTACK=''
}

@test "sqlite3 with a write-ahead log: neither a shell nor another file" {
	cat >job <<-'END'
		sqlite3 w/db "pragma journal_mode=wal; create table t(a,b); begin;
			insert into t select value, hex(randomblob(20)) from generate_series(1,200); commit;
			pragma wal_checkpoint(truncate); select count(*) from t; vacuum;"
		case "$ATTACK" in
		shell) sqlite3 w/db ".shell id" ;;
		file) sqlite3 w/db "select 'read ' || readfile('secret')" ;;
		esac
		exit 0
	END
	learned -- sh job
	says " 0 denied"
	attacked shell "grep uid= out" sh job
	attacked file "grep 'read secret-4711' out" sh job
}

@test "perl serves on a port that the kernel chooses: neither a command nor a port of another" {
	cat >server.pl <<-'END'
		use strict;
		use IO::Socket::INET;
		my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
		if (!fork) {
			my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->sockport) or die;
			print $c "hello\n";
			print scalar <$c>;
			exit 0;
		}
		my $c = $server->accept or die;
		my $line = <$c>;
		print $c "got $line";
		close $c;
		wait;
		system("id") if $ENV{ATTACK} eq 'command';
		print "listens\n" if $ENV{ATTACK} eq 'port' &&
			IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 4711);
	END
	learned -- perl server.pl
	attacked command "grep uid= out" perl server.pl
	attacked port "grep listens out" perl server.pl
}

@test "openssl makes a key and a certificate, and encrypts: no other file" {
	cat >job <<-'END'
		cd w
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
		openssl req -new -x509 -key key.pem -subj /CN=test -days 1 -out cert.pem
		openssl verify -CAfile cert.pem cert.pem
		openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -in cert.pem -out cert.enc
		openssl enc -d -aes-256-cbc -pbkdf2 -pass pass:x -in cert.enc | cmp - cert.pem && echo same
		[ "$ATTACK" != file ] || openssl enc -base64 -A -in ../secret
		exit 0
	END
	learned -- sh job
	attacked file "grep $(base64 <<<secret-4711) out" sh job
}

@test "tar and zstd pack and unpack: tar starts no command" {
	export FRESH="$FRESH; mkdir w/tree w/out; for i in 1 2 3; do echo \$i >w/tree/file\$i; done"
	cat >job <<-'END'
		cd w
		tar cf tree.tar tree
		zstd -q tree.tar
		zstd -qdc tree.tar.zst | tar xf - -C out
		[ "$ATTACK" != action ] || tar cf x.tar --checkpoint=1 --checkpoint-action=exec=id tree
		exit 0
	END
	learned -- sh job
	attacked action "grep uid= out" sh job
}

@test "a script of cron with a dated log: suggest finds the pattern, then neither a command nor another file" {
	# The logs of other days stay.
	export FRESH='mkdir -p log; echo data >data; echo secret-4711 >secret; : >app.log'
	cat >job <<-'END'
		#!/bin/sh
		log=log/job-$(date +%Y-%m-%d-%H%M%S).log
		echo "begins $(date)" >$log
		work=$(mktemp -d)
		sort data >$work/sorted
		gzip -c $work/sorted >backup.new.$$
		mv backup.new.$$ backup.gz
		rm -r $work
		find log -name 'job-*.log' -mmin +60 -delete
		case "$ATTACK" in
		command) id ;;
		file) cat secret ;;
		esac
		exit 0
	END
	chmod +x job
	set -- sh -c "exec ./job >>app.log 2>&1"
	fresh
	: >log/job-2026-01-02-030405.log
	check 5 tsem-bpf learn -n 2 -o model --prepare "$FRESH" -- "$@"
	[ "$(sed -n 's/.*what would cure it (or --accept): //p' <<<"$output")" = "--pattern '$D/log/job-*.log'" ]
	learned --pattern "$D/log/job-*.log" -- "$@"
	attacked command "grep uid= app.log" "$@"
	attacked file "grep secret-4711 app.log" "$@"
}
