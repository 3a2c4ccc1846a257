# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# git: commits, a clone, a push, and packing.
service=(sh /srv/git.sh)
# Objects are named by what is in them; this Debian's root has two spellings.
for where in "" "$root"; do
	for repository in hub one/.git two/.git; do
		declared+=("--pattern '$where/srv/git/$repository/objects/**'")
	done
done
# Packs are below such a directory, and may be found before it is.
optional="--pattern '/srv/git/two/.git/objects/pack/*"
attacks=(hook file)

prepare() {
	rm -rf "$root"/srv/git
	mkdir -p "$root"/srv/git
	echo secret-4711 >"$root/srv/unseen"
	cat >"$root/srv/git.sh" <<-'END'
		set -e
		export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_CONFIG_NOSYSTEM=1 HOME=/srv/git
		cd /srv/git
		git init -q --bare hub
		git clone -q hub one
		cd one
		for i in 1 2 3 4 5; do
			date +%s%N >file$i
			git add file$i
			git commit -qm "commit $i"
		done
		git push -q origin HEAD
		cd ..
		git clone -q hub two
		cd two
		git log --oneline | wc -l
		git gc -q
		git status --short
		case "$ATTACK" in
		hook)
			printf '#!/bin/sh\nid >/srv/git/owned\n' >.git/hooks/post-commit
			chmod +x .git/hooks/post-commit
			echo more >file1
			git commit -qam more
			;;
		file) git hash-object -w /srv/unseen && echo "read unseen" ;;
		esac
		exit 0
	END
}

escaped() {
	grep -q uid= "$root/srv/git/owned" || grep -q "read unseen" "$state/out"
}
