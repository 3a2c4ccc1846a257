#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2154
#
# vm-init.sh: the first process of the virtual machine (scripts/vm.sh). virtme-ng's own spends most of the boot in udev.
# This one sees the host's root read-only and puts a writable overlay over it. It mounts what the tests use and runs the
# command. It leaves the command's status and the kernel's log in a directory that the host shares with the machine. All
# of it is one busybox: on an emulated machine the start of a program takes a second.
#
# --booted: systemd is the first process and has made the mounts; this script is one of its units (vm.sh --boot).
#
# The kernel's command line has tsem_kernel, the directory of kernel-image.sh; tsem_repo, the repository; and tsem_run, the
# shared directory.

# A kernel without ACPI cannot switch the machine off. vm.sh's machine ends when it is reset.
end() {
	sync
	reboot -f
}

die() {
	echo "<0>vm-init: $*" >/dev/kmsg
	end
}

# Makes the root, and mounts all that belongs into it.
enter() {
	# busybox runs a bare "mount" as /proc/self/exe. As long as /proc is the host's, that is QEMU.
	/bin/busybox mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	mount -t tmpfs -o mode=0755 run /run
	# insmod fails for modules that are loaded already. If one is missing, a mount below fails.
	for module in "$tsem_kernel"/boot/*.ko; do
		insmod "$module" 2>/dev/null
	done

	# The root that virtme-ng mounted has no cache: every exec would fetch all pages of the program again.
	mkdir /run/host /run/rw /run/root
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=500000 tsem.root /run/host ||
		die "cannot mount the host"
	mount -t tmpfs -o mode=0755 rw /run/rw
	mkdir /run/rw/upper /run/rw/work
	mount -t overlay -o xino=off,lowerdir=/run/host,upperdir=/run/rw/upper,workdir=/run/rw/work root /run/root ||
		die "cannot overlay the root"
	for directory in proc sys dev run tmp mnt lib/modules; do
		mkdir -p "/run/root/$directory"
	done
	mount -t proc proc /run/root/proc
	mount -t sysfs sysfs /run/root/sys
	mount -t devtmpfs dev /run/root/dev
	mount -t tmpfs -o mode=0755,nosuid,nodev run /run/root/run
	pivot_root /run/root /run/root/mnt || die "cannot change the root"
	cd /
	exec </dev/null >/dev/kmsg 2>&1
	umount -l /mnt
	mkdir -p /dev/pts /dev/shm
	mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
	mount -t securityfs securityfs /sys/kernel/security
	mount -t tracefs tracefs /sys/kernel/tracing
	mount -t bpf -o mode=0700 bpf /sys/fs/bpf
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	ln -sn /proc/self/fd /dev/fd
	ln -s fd/0 /dev/stdin
	ln -s fd/1 /dev/stdout
	ln -s fd/2 /dev/stderr
}

# A function: the shell reads all of it before it runs, so the file may be edited on the host meanwhile.
main() {
	if [ "$1" = --booted ]; then
		read -r line </proc/cmdline
		for word in $line; do
			case "$word" in
			tsem_*=*) eval "${word%%=*}=\${word#*=}" ;;
			esac
		done
	else
		enter
	fi
	mount -t tmpfs -o mode=0755 modules /lib/modules
	ln -s "$tsem_kernel/lib/modules/$(uname -r)" /lib/modules/
	mkdir -p /mnt/tsem
	mount -t 9p -o trans=virtio,version=9p2000.L,access=any tsem.build "$tsem_repo/build" ||
		die "cannot mount build/"
	mount -t ext4 /dev/vda /mnt/tsem || die "cannot mount the disk"
	hostname tsem
	ip link set lo up

	out=
	for port in /sys/class/virtio-ports/*; do
		read -r name <"$port/name"
		[ "$name" != virtme.stdout ] || out=/dev/${port##*/}
	done
	[ -n "$out" ] || die "there is no port for the output"

	# A port can be opened only once. The command may open its output again, so it gets a pipe.
	mkfifo /run/output
	cat /run/output >"$out" &
	writer=$!
	cd "$tsem_repo" || die "cannot enter $tsem_repo"
	: >"$tsem_run/started"
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb \
		TSEM_VM="$(uname -r)" setsid /bin/bash "$tsem_run/command" </dev/null >/run/output 2>&1
	status=$?
	# Processes that the command left behind hold the pipe open.
	for process in /proc/[0-9]*; do
		pid=${process#/proc/}
		if [ "$pid" != 1 ] && [ "$pid" != $$ ] && [ "$pid" != "$writer" ] && [ -e "$process/exe" ]; then
			kill -9 "$pid"
		fi
	done
	wait "$writer"
	dmesg >"$tsem_run/dmesg"
	echo "$status" >"$tsem_run/status"
	end
}

main "$@"
