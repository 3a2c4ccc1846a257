#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel-image.sh [-u] [6.12|7.3]: a Debian kernel for the virtual machine, from its packages, without installing them.
#
# Prints the directory that holds it: vmlinuz, vmlinux.btf (its type information), lib/modules/<release>, and boot/ with
# the modules that vm-init.sh loads first, uncompressed and in order. apt fetches the packages once and checks their
# signatures. They are unpacked to the user's cache, and later calls need no network. -u looks for a newer version of the
# package. A directory appears under its final name only when it is complete.

set -euo pipefail

# shellcheck source=scripts/patience.sh
. "$(dirname "$0")/patience.sh"

die() {
	echo "kernel-image.sh: $*" >&2
	exit 1
}

update=
if [[ ${1:-} == -u ]]; then
	update=1
	shift
fi
series=${1:-6.12}
[[ $series =~ ^[0-9]+\.[0-9]+$ ]] || die "'$series' is no kernel series; give 6.12 or 7.3"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/tsem-bpf/kernels
if [[ -z $update && -e $cache/$series/boot ]]; then
	readlink -f "$cache/$series"
	exit
fi

# Prints the decompressed ELF image in a bzImage: tries every offset where a known compressed stream begins.
extract_vmlinux() {
	local magic tool offset
	while read -r magic tool; do
		while read -r offset; do
			# The stream is followed by other bytes, which some of the tools report as an error.
			tail -c "+$((offset + 1))" "$1" | $tool 2>/dev/null >"$2" || :
			if [[ $(head -c 4 "$2" | tr -d '\0') == $'\x7fELF' ]]; then
				return
			fi
		done < <(LC_ALL=C grep -obUaP "$magic" "$1" | LC_ALL=C cut -d : -f 1)
	done <<-'END'
		\x28\xb5\x2f\xfd zstd -dcq
		\xfd7zXZ\x00 xz -dcq --single-stream
		\x1f\x8b\x08 gzip -dcq
	END
	return 1
}

# Prints a field of a package at a version.
field() {
	apt-cache show "$1=$2" 2>/dev/null | sed -n "s/^$3: //p" | head -n 1
}

# The newest of the series in the machine's own release and its backports, else in any suite that apt knows.
offered=$(apt-cache madison linux-image-amd64 | awk -v s="$series." 'index($3, s) == 1 { print $3, $6 }')
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
own=$(awk -v c="$codename" '$2 ~ "^" c "[-/]"' <<<"$offered")
version=$(cut -d ' ' -f 1 <<<"${own:-$offered}" | sort -V | tail -n 1)
[[ -n $version ]] || die "no apt source offers linux-image-amd64 $series; run scripts/deps.sh"
target=$cache/$version
if [[ ! -e $target/boot ]]; then
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/.new.XXXXXX")
	trap 'rm -rf "$work"; waited' EXIT

	image=$(field linux-image-amd64 "$version" Depends | grep -o "linux-image-${series}[^ ,]*" | head -n 1)
	[[ -n $image ]] || die "cannot tell which image linux-image-amd64 $version stands for"
	# The version of the signed image may differ from that of the meta package.
	image_version=$(apt-cache madison "$image" | awk '{ print $3; exit }')
	names=("$image=$image_version")
	# Newer kernels come in several packages.
	while read -r name; do
		names+=("$name=$(apt-cache madison "$name" | awk '{ print $3; exit }')")
	done < <(field "$image" "$image_version" Depends | tr ',' '\n' |
		awk '$1 ~ /^linux-(binary|modules)-/ { print $1 }')

	echo "kernel-image.sh: fetching ${names[*]}" >&2
	waiting_for "the download of ${names[*]}"
	mkdir "$work/debs" "$work/root"
	# apt drops its privileges to a user who cannot write to our cache; it warns, and we want it quiet.
	(cd "$work/debs" && apt-get download -qq -o APT::Sandbox::User=root "${names[@]}" >&2) ||
		die "cannot download ${names[*]}"
	waiting_for "the unpacking of ${names[*]}"
	for deb in "$work"/debs/*.deb; do
		dpkg-deb -x "$deb" "$work/root"
	done
	release=${image#linux-image-}
	mkdir -p "$work/done/lib"
	for place in "$work/root/lib/modules" "$work/root/usr/lib/modules"; do
		[[ ! -d $place/$release ]] || cp -al "$place" "$work/done/lib/"
	done
	[[ -d $work/done/lib/modules/$release/kernel ]] || die "the packages ${names[*]} hold no modules"
	for place in "$work/root/boot/vmlinuz-$release" "$work/done/lib/modules/$release/vmlinuz"; do
		[[ ! -e $place ]] || cp -l "$place" "$work/done/vmlinuz"
	done
	[[ -e $work/done/vmlinuz ]] || die "the packages ${names[*]} hold no vmlinuz"
	PATH=$PATH:/sbin:/usr/sbin
	# The newer packages lack the lists that depmod would use to sort, and it says so at each run.
	touch "$work/done/lib/modules/$release/modules."{order,builtin,builtin.modinfo}
	depmod -b "$work/done" "$release"
	mkdir "$work/done/boot"
	for name in overlay virtio_blk ext4; do
		modprobe -d "$work/done" -S "$release" --show-depends "$name"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/order"
	number=10
	while read -r file; do
		name=${file##*/}
		case "$name" in
		*.xz) xz -dc "$file" ;;
		*.zst) zstd -dcq "$file" ;;
		*) cat "$file" ;;
		esac >"$work/done/boot/$((number++))-${name%%.*}.ko"
	done <"$work/order"
	waiting_for "the type information of $image"
	extract_vmlinux "$work/done/vmlinuz" "$work/vmlinux" || die "cannot decompress $image's vmlinuz"
	llvm-objcopy-19 --dump-section ".BTF=$work/done/vmlinux.btf" "$work/vmlinux" /dev/null ||
		die "$image has no type information (.BTF)"
	rm -rf "$target"
	mv -T "$work/done" "$target"
	waited
fi
ln -sfnT "$version" "$cache/$series"
echo "$target"
