#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm-initramfs.sh KERNEL: makes the initramfs for scripts/vm.sh --boot, with initramfs-tools, as an administrator would.
# tsem-bpf is in it. KERNEL is a directory of kernel-image.sh.
#
# build/boot/root gets what `make install` installs, boot.conf and the enabled units. An overlay puts that over this
# machine's files, in a mount namespace of its own. mkinitramfs runs there: it wants /lib/modules and /boot of the kernel,
# and nothing of this machine may change. The result is build/boot/initrd. With BARE=1 there is also build/boot/bare,
# which is the same without tsem-bpf.

set -euo pipefail
cd "$(dirname "$0")/.."

repo=$(pwd -P)
kernel=$1
boot=$repo/build/boot
root=$boot/root
PATH=$PATH:/usr/sbin:/sbin

# Upon the overlay, as root: mkinitramfs OUTPUT.
if [[ $kernel == --inside ]]; then
	kernel=$2 output=$3
	# If the kernel has no modules, its name does not matter.
	release=none
	[[ ! -d $kernel/lib/modules ]] || release=$(ls "$kernel/lib/modules")
	mount -t tmpfs -o mode=0755 tsem "$boot/over"
	mkdir "$boot"/over/{work,root}
	cp -a "$root" "$boot/over/upper"
	mount -t overlay -o "lowerdir=/,upperdir=$boot/over/upper,workdir=$boot/over/work" tsem "$boot/over/root"
	cd "$boot/over/root"
	mkdir -p lib/modules/none boot "./$repo"
	[[ $release == none ]] || mount --bind "$kernel/lib/modules" lib/modules
	mount --bind "$repo" "./$repo"
	mount --rbind /dev dev
	mount --rbind /proc proc
	printf 'CONFIG_RD_%s=y\n' GZIP LZ4 ZSTD >"boot/config-$release"
	[[ -z ${BARE:-} ]] || rm etc/tsem-bpf/boot.conf
	chroot . mkinitramfs -d "$repo/test/boot/initramfs" -o "$output" "$release"
	exit
fi

sudo=()
if ((EUID)); then
	command -v sudo >/dev/null || {
		echo "vm-initramfs.sh: must run as root, or with sudo installed" >&2
		exit 1
	}
	sudo=(sudo)
fi
rm -rf "$boot"
mkdir -p "$root/etc/systemd/system" "$root/etc/tsem-bpf" "$boot/over"
make -s VMLINUX_BTF="$(<build/vmlinux.from)" install DESTDIR="$root" >"$boot/log"
cp test/boot/boot.conf "$root/etc/tsem-bpf/"
for unit in test/boot/tsem-vm.*; do
	sed "s|@REPO@|$repo|" "$unit" >"$root/etc/systemd/system/${unit##*/}"
done
# These units take long, and the tests need none of them.
for unit in systemd-tmpfiles-setup systemd-sysusers systemd-journal-flush systemd-update-utmp systemd-udevd \
	systemd-udev-trigger; do
	ln -s /dev/null "$root/etc/systemd/system/$unit.service"
done
systemctl --root="$root" enable tsem-bpf.service 2>>"$boot/log"
for output in ${BARE:+bare} initrd; do
	BARE=$([[ $output != bare ]] || echo 1) "${sudo[@]}" unshare -m --propagation private \
		scripts/vm-initramfs.sh --inside "$kernel" "$boot/$output" >>"$boot/log" 2>&1 || {
		cat "$boot/log" >&2
		echo "vm-initramfs.sh: cannot make $boot/$output" >&2
		exit 1
	}
done
"${sudo[@]}" rm -rf "$boot/over"
