# SPDX-License-Identifier: GPL-2.0
# before.pl FIRST HOOK... <TRACE: counts in a trace of bpf_lsm_* (clock: boot; with the event task_newtask) the calls of these
# hooks by tasks that the root has, which is all but the kernel's threads: JSON with the number before the time FIRST, in ns,
# that of the kernel itself before its first program, of the programs, and of the loader; and the number since FIRST.
use strict;
use warnings;

my $first = shift() / 1e9;
my %hooks = map { $_ => 1 } @ARGV;
my %kernel = (0 => 1, 2 => 1);
my %count = (kernel => 0, programs => 0, loader => 0, before => 0, since => 0);
my $program = 0;

while (<STDIN>) {
	my ($comm, $pid, $time, $what) = /^\s*(.*)-(\d+)\s+\[\d+\]\s+\S+\s+([\d.]+): (.*)/ or next;
	if ($what =~ /^task_newtask: pid=(\d+)/) {
		# Threads of the kernel are made by kthreadd.
		$kernel{$1} = 1 if $pid == 2;
		next;
	}
	my ($hook) = $what =~ /^bpf_lsm_(\w+)/ or next;
	$program ||= $hook eq 'bprm_committing_creds';
	next if $kernel{$pid} || !$hooks{$hook};
	if ($time >= $first) {
		$count{since}++;
		next;
	}
	$count{before}++;
	$count{!$program ? 'kernel' : $comm eq 'tsem-bpf' ? 'loader' : 'programs'}++;
}
print '{', join(', ', map { "\"$_\": $count{$_}" } sort keys %count), "}\n";
