#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# services-root.sh: makes a Debian with the programs of test/services, and prints its directory. The user's cache keeps it, by the
# digest of this list. It comes from the mirror that the machine already uses. Nothing of it is installed on the machine, and none
# of its services starts there.

set -euo pipefail

# shellcheck source=scripts/patience.sh
. "$(dirname "$0")/patience.sh"

packages=(
	apache2-utils busybox-static ca-certificates crun curl dpkg gcc git iproute2 libc6-dev make netbase nginx-light nodejs
	openjdk-17-jdk-headless openssh-client openssh-server openssl perl podman postgresql procps python3 redis-server redis-tools sqlite3
	tar zstd
)

die() {
	echo "services-root.sh: $*" >&2
	exit 1
}

main() {
	local codename uri cache made
	command -v mmdebstrap >/dev/null || die "mmdebstrap is missing; install the package mmdebstrap"
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # apt-get expands
	uri=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v c="$codename" '$1 == c && $2 == "main" { print $3; exit }')
	[[ -n $uri ]] || die "no apt source for $codename main: add one below /etc/apt/sources.list.d"
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/tsem-bpf/services
	made=$cache/$codename-$(echo "${packages[*]}" | sha256sum | cut -c 1-16)
	if [[ ! -d $made ]]; then
		mkdir -p "$cache"
		rm -rf "$made.new"
		# In a mount namespace of its own: what it mounts there, this machine does not see.
		patiently "the Debian of the services" unshare -m mmdebstrap --mode=root --variant=apt --skip=check/empty,output/dev \
			--include="$(IFS=, && echo "${packages[*]}")" "$codename" "$made.new" "$uri" >"$cache/log" 2>&1 ||
			die "mmdebstrap failed; see $cache/log"
		mv "$made.new" "$made"
	fi
	echo "$made"
}

main
