#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel-build.sh [--debug|--check]: builds a kernel with the patch series of kernel-patches/ for the virtual machine
# (vm.sh -k patched).
#
#   --debug  the kernel also checks its locks and its memory, and has what the tests of all hooks need (vm.sh -k debug)
#   --check  builds nothing; says whether the series applies to the newest source that apt offers
#
# Prints the directory that holds the kernel, in the form of kernel-image.sh: vmlinuz and vmlinux.btf, without modules. The
# source is Debian's package, in the version of BASE if apt still has it, else in the newest of the series. It is fetched
# and unpacked, not installed. All patches apply, or nothing is built. The user's cache keeps the result by the digest of
# the series and the config, and by the source's version. A result appears there only when it is complete.

set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=scripts/patience.sh
. scripts/patience.sh

die() {
	echo "kernel-build.sh: $*" >&2
	exit 1
}

# A function: the shell reads all of it before it runs, so the file may be edited meanwhile.
main() {
	# BTF needs neither the locations of variables nor macros in positions; both take the compiler long.
	local flags='-fno-var-tracking -ftrack-macro-expansion=0'
	# Build these without debugging information: our programs need none of their types.
	local typeless=(arch/x86/Kbuild {block,crypto,drivers/{base,block,char,pci,virtio},fs/{9p,ext4,jbd2,netfs},lib,net/{9p,ipv4}}/Makefile)
	# Do not unpack what is not compiled. Keep all Kconfig files: the build reads them.
	local unused=(arch/'[a-wyz]*.'{'[chS]','dts*'} sound/'*.[ch]'
		drivers/{accel,clk,comedi,gpu,iio,infiniband,media,net/*,pinctrl,scsi,staging,usb,video}/'*.[ch]'
		Documentation/'*.[rsty]*' tools/{perf,testing}/'*')
	local series=6.12 configs=(config) kind=patched check='' repo=$PWD patches package base cache names content target versions version log name line
	patches=$PWD/kernel-patches/v$series
	package=linux-source-$series
	if [[ ${1-} == --debug ]]; then
		configs+=(config.debug)
		kind=debug
	elif [[ ${1-} == --check ]]; then
		check=1
	elif (($#)); then
		die "'$1' is unknown; usage: kernel-build.sh [--debug|--check]"
	fi
	[[ -r $patches/series ]] || die "$patches/series is missing"
	base=$(<"$patches/BASE")
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/tsem-bpf/kernels
	mapfile -t names < <(grep -v '^#' "$patches/series")
	# The message of a patch does not change the kernel.
	content=$(cd "$patches" && { sha256sum "${configs[@]}" && sed -s '1,/^---$/d' "${names[@]}" && echo "$flags" "${typeless[@]}"; } | sha256sum)
	content=${content:0:16}

	# A kernel of this content from any version of the source will do.
	for target in "$cache/$kind-$base-$content" "$cache/$kind"-*"-$content"; do
		if [[ -z $check && -e $target/vmlinux.btf ]]; then
			echo "$target"
			exit
		fi
	done

	versions=$(apt-cache madison "$package" | awk '{ print $3 }')
	[[ -n $versions ]] || die "no apt source offers $package; run scripts/deps.sh"
	version=$base
	[[ -z $check ]] && grep -qxF "$base" <<<"$versions" || version=$(sort -V <<<"$versions" | tail -n 1)
	target=$cache/$kind-$version-$content

	mkdir -p "$cache"
	work=$(mktemp -d "$cache/.new.XXXXXX")
	trap 'rm -rf "$work"; waited' EXIT
	log=$work/log

	echo "kernel-build.sh: fetching $package=$version" >&2
	waiting_for "the download of $package"
	# apt drops its privileges to a user who cannot write to our cache; it warns, and we want it quiet.
	(cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$package=$version" >&2) ||
		die "cannot download $package $version"
	waiting_for "the unpacking of $package"
	dpkg-deb --fsys-tarfile "$work"/*.deb | tar -C "$work" -xf - --wildcards './usr/src/*.tar.xz'
	mkdir "$work/source" "$work/done"
	LC_ALL=C tar -C "$work/source" --strip-components=1 "${unused[@]/#/--exclude=$package/}" -xf "$work"/usr/src/*.tar.xz
	rm -r "$work"/*.deb "${work:?}/usr"

	cd "$work/source"
	for name in "${typeless[@]}"; do
		echo 'subdir-ccflags-y += -g0' >>"$name"
	done
	for name in "${names[@]}"; do
		patch -p1 --fuzz=0 -s <"$patches/$name" >"$log" 2>&1 || {
			cat "$log" >&2
			die "$name does not apply to $version"
		}
	done

	if [[ -n $check ]]; then
		echo "kernel-build.sh: the series applies to $version"
		exit
	fi

	waiting_for "the configuration"
	(cd "$patches" && cat "${configs[@]}") >"$work/config"
	make -s KCONFIG_ALLCONFIG="$work/config" allnoconfig >"$log" 2>&1 ||
		die "the configuration failed: $(tail -n 1 "$log")"
	while read -r line; do
		grep -qxF "$line" .config || die "the source does not accept '$line' of ${configs[*]}"
	done < <(grep '^CONFIG_' "$work/config")

	echo "kernel-build.sh: building ${#names[@]} patches on $version, some nine minutes on two processors" >&2
	waiting_for "the kernel's build"
	export KBUILD_BUILD_USER=tsem KBUILD_BUILD_HOST=tsem
	# One job more than processors: one job may wait for the disk.
	make -s -j"$(($(nproc) + 1))" LOCALVERSION=-tsem KCFLAGS="$flags" bzImage >"$log" 2>&1 || {
		grep -aE 'error|Error' "$log" | head -n 20 >&2
		mkdir -p "$repo/build"
		cp "$log" "$repo/build/kernel-build.log"
		die "the build failed; see build/kernel-build.log"
	}
	waiting_for "the new kernel's files"
	cp arch/x86/boot/bzImage "$work/done/vmlinuz"
	cp .config "$work/done/config"
	llvm-objcopy-19 --dump-section ".BTF=$work/done/vmlinux.btf" vmlinux /dev/null ||
		die "the kernel has no type information (.BTF)"
	mkdir "$work/done/boot"
	rm -rf "$target"
	mv -T "$work/done" "$target"
	echo "$target"
	# Exit here: the shell would read on in a file that was edited.
	exit
}

main "$@"
