#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# patience.sh: no script is silent for longer than ten seconds. A script sources this file, and says on standard error what
# it waits for. Standard output is left alone: it may be TAP, or a path that somebody reads.

teller=''

# Says every ten seconds what the script waits for, until it is killed or the script has ended.
tell() {
	local begun=$SECONDS never
	# read sleeps without another process, which would outlive this one and hold the script's outputs open.
	exec {never}<> <(:)
	while read -rt 10 -u "$never" || kill -0 $$ 2>/dev/null; do
		echo "${0##*/}: waiting for $1, $((SECONDS - begun)) s so far" >&2
	done
}

# waiting_for WHAT: from now on the script waits for WHAT, and for nothing that was named before.
waiting_for() {
	waited
	tell "$1" >/dev/null </dev/null &
	teller=$!
}

# waited: the script does not wait any more. A script that may end earlier calls it in its EXIT trap.
waited() {
	if [[ $teller ]]; then
		kill "$teller" 2>/dev/null || :
		wait "$teller" 2>/dev/null || :
		teller=''
	fi
}

# patiently WHAT COMMAND...: runs COMMAND and returns its exit status; meanwhile the script waits for WHAT.
patiently() {
	local status=0
	waiting_for "$1"
	"${@:2}" || status=$?
	waited
	return "$status"
}
