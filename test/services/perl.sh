# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# Perl: a server on a port that the kernel chooses, and its client.
service=(perl /srv/perl.pl)
attacks=(command file)

prepare() {
	rm -f "$root"/srv/owned
	echo secret-4711 >"$root/srv/unseen"
	cat >"$root/srv/perl.pl" <<-'END'
		use strict;
		use IO::Socket::INET;
		my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die;
		my $port = $server->sockport;
		if (!fork) {
			my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die;
			print $c "hello\n";
			print scalar <$c>;
			exit 0;
		}
		my $c = $server->accept or die;
		my $line = <$c>;
		print $c "got $line";
		close $c;
		wait;
		system("id >/srv/owned") if $ENV{ATTACK} eq 'command';
		if ($ENV{ATTACK} eq 'file') {
			my $f;
			print "read ", <$f> if open($f, '<', '/srv/unseen');
		}
	END
}

escaped() {
	grep -q uid= "$root/srv/owned" || grep -q "read secret-4711" "$state/out"
}
