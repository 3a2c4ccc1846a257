#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh: installs what building, testing and linting need, on Debian 12 and 13 (amd64).
#
# Most packages come from the release itself. What it lacks comes from backports or from the next release: those
# suites are added in tsem-bpf.sources, on the mirror and with the key that the machine already uses, and
# tsem-bpf.pref pins them so low that only the packages named here are ever taken from them. Kernels are downloaded
# from there (kernel-image.sh) and not installed. A second run changes nothing and needs no network.

set -euo pipefail

# shellcheck source=scripts/patience.sh
. "$(dirname "$0")/patience.sh"

die() {
	echo "deps.sh: $*" >&2
	exit 1
}

packages=(
	bats bc bison bpftool busybox-static clang-19 clang-format-19 crun dwarves e2fsprogs flex gcc gcc-aarch64-linux-gnu
	gcc-arm-none-eabi initramfs-tools-core iproute2 jq kmod libclang-rt-19-dev mmdebstrap libbpf-dev libc6-dev
	libcap-ng-dev libcmocka-dev libelf-dev libjson-c-dev libseccomp-dev libssl-dev libtss2-dev libzstd-dev llvm-19 lz4
	make openssl patch pkg-config procps python3-docutils qemu-system-x86 runc shellcheck sqlite3 strace stress-ng swtpm
	systemd tpm2-tools virtme-ng xxd xz-utils zlib1g-dev zstd
)

[[ -r /etc/os-release ]] || die "no /etc/os-release: this is not Debian 12 or 13; install by hand: ${packages[*]}"
# shellcheck source=/dev/null
. /etc/os-release
case "${ID:-}:${VERSION_ID:-}" in
debian:12)
	suites=(bookworm-backports trixie trixie-backports)
	# The release's libbpf cannot open objects of the kernels that we build for, and it has no virtme-ng.
	from=("libbpf-dev libbpf1 bpftool=bookworm-backports" "virtme-ng=trixie")
	;;
debian:13)
	suites=(trixie-backports)
	from=()
	;;
*)
	die "'${PRETTY_NAME:-this system}' is not Debian 12 or 13; install by hand: ${packages[*]}"
	;;
esac
[[ $(dpkg --print-architecture) == amd64 ]] || die "only amd64 is supported, this is $(dpkg --print-architecture)"

sudo=()
if ((EUID)); then
	command -v sudo >/dev/null || die "must run as root, or with sudo installed"
	sudo=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive

# Prints "<uri> <suite> <signed-by or ->" of every binary entry with component main, but for our own file.
entries() {
	local file
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
		[[ -r $file && $file != */tsem-bpf.sources ]] || continue
		case "$file" in
		*.list)
			awk '$1 == "deb" {
				key = "-"; i = 2
				if ($i ~ /^\[/) {
					for (;; i++) {
						word = $i; gsub(/[][]/, "", word)
						if (word ~ /^signed-by=/) { sub(/^signed-by=/, "", word); key = word }
						if ($i ~ /\]$/ || i >= NF) break
					}
					i++
				}
				for (j = i + 2; j <= NF; j++)
					if ($j == "main") print $i, $(i + 1), key
			}' "$file"
			;;
		*.sources)
			awk -v RS= '{
				uris = suites = components = ""; types = "deb"; key = "-"; enabled = "yes"; field = ""
				n = split($0, line, "\n")
				for (i = 1; i <= n; i++) {
					if (line[i] ~ /^#/) continue
					value = line[i]
					if (line[i] !~ /^[ \t]/) {
						field = tolower(line[i])
						sub(/:.*/, "", field)
						sub(/^[^:]*:/, "", value)
					}
					if (field == "types") types = value
					else if (field == "uris") uris = uris " " value
					else if (field == "suites") suites = suites " " value
					else if (field == "components") components = components " " value
					else if (field == "enabled") enabled = value
					else if (field == "signed-by" && value ~ /^ *\//) {
						key = value
						gsub(/ /, "", key)
					}
				}
				if (types !~ /(^| )deb( |$)/ || enabled ~ /no/ || (components " ") !~ / main /) next
				u = split(uris, uri, " "); s = split(suites, suite, " ")
				for (i = 1; i <= u; i++) for (j = 1; j <= s; j++) print uri[i], suite[j], key
			}' "$file"
			;;
		esac
	done
}

# Writes standard input to the file if it differs; 0 when it was changed.
replace() {
	local text
	text=$(cat)
	if [[ -f $1 ]] && [[ $(<"$1") == "$text" ]]; then
		return 1
	fi
	"${sudo[@]}" install -d "$(dirname "$1")"
	printf '%s\n' "$text" | "${sudo[@]}" tee "$1" >/dev/null
}

known=$(entries)
# Other archives also name suites after the release. Debian's own ends in /debian, or has the updates beside it.
read -r uri key < <(awk -v s="$VERSION_CODENAME" '
	$2 == s "-updates" { updates[$1] = 1 }
	$2 == s || $2 == "stable" || $2 == "oldstable" { if (!($1 in key)) order[++n] = $1; key[$1] = $3 }
	END {
		for (i = 1; i <= n; i++) {
			points = (order[i] ~ /\/debian\/?$/) + (order[i] in updates)
			if (!best || points > most) { best = order[i]; most = points }
		}
		print best, key[best]
	}' <<<"$known")
[[ -n $uri ]] || die "no apt source for $VERSION_CODENAME main: add one below /etc/apt/sources.list.d"

added=()
for suite in "${suites[@]}"; do
	awk -v s="$suite" '$2 == s { found = 1 } END { exit !found }' <<<"$known" || added+=("$suite")
done

changed=
if ((${#added[@]})); then
	{
		echo "# Written by tsem-bpf's scripts/deps.sh; pinned in /etc/apt/preferences.d/tsem-bpf.pref."
		echo "Types: deb"
		echo "URIs: $uri"
		echo "Suites: ${added[*]}"
		echo "Components: main"
		[[ $key == - ]] || echo "Signed-By: $key"
	} | replace /etc/apt/sources.list.d/tsem-bpf.sources && changed=1
	{
		echo "Explanation: written by tsem-bpf's scripts/deps.sh: of these suites only what is named here."
		for suite in "${added[@]}"; do
			printf 'Package: *\nPin: release n=%s\nPin-Priority: -10\n\n' "$suite"
		done
		for line in "${from[@]}"; do
			printf 'Package: %s\nPin: release n=%s\nPin-Priority: 500\n\n' "${line%=*}" "${line#*=}"
		done
	} | replace /etc/apt/preferences.d/tsem-bpf.pref && changed=1
fi

# The names of the packages that are not installed, or too old.
missing() {
	local name version
	declare -A have=()
	while read -r name version; do
		have[$name]=$version
	done < <(dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' "${packages[@]}" 2>/dev/null |
		awk '$1 == "installed" { print $2, $3 }')
	for name in "${packages[@]}"; do
		if [[ -z ${have[$name]:-} ]]; then
			echo "$name"
		elif [[ $name == libbpf-dev ]] && dpkg --compare-versions "${have[$name]}" lt 1:1.4; then
			echo "$name"
		elif [[ $name == bpftool ]] && dpkg --compare-versions "${have[$name]}" lt 7.4; then
			echo "$name"
		fi
	done
}

# kernel-image.sh finds no kernel without the lists of the suites.
unlisted=
for suite in "${suites[@]}"; do
	compgen -G "/var/lib/apt/lists/*_dists_${suite}_main_binary-amd64_Packages*" >/dev/null || unlisted=1
done

mapfile -t wanted < <(missing)
if [[ -n $changed || -n $unlisted ]] || ((${#wanted[@]})); then
	patiently "'apt-get update'" "${sudo[@]}" apt-get update -qq || die "'apt-get update' failed; see its message above"
fi
if ((${#wanted[@]})); then
	echo "deps.sh: installing ${wanted[*]}"
	patiently "'apt-get install'" "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null ||
		die "'apt-get install' failed for: ${wanted[*]}"
	mapfile -t wanted < <(missing)
	((!${#wanted[@]})) || die "still missing or too old after the installation: ${wanted[*]}"
fi
