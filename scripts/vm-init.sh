#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm-init.sh: the first process of the virtual machine (scripts/vm.sh), instead of virtme-ng's own, which spends most of the
# boot time in udev. It puts a writable overlay over the host's root, which it sees read only, mounts what the tests use,
# runs the command, and leaves its status and the kernel's log in the directory that the host shares for this.
#
# From the kernel's command line: tsem_kernel, the directory of kernel-image.sh; tsem_repo; tsem_run, the shared directory.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb
: "${tsem_kernel:?}" "${tsem_repo:?}" "${tsem_run:?}"

end() {
	sync
	busybox poweroff -f
}

die() {
	echo "vm-init: $*" >/dev/console
	end
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs -o mode=0755 run /run
exec </dev/null >/dev/console 2>&1

for module in overlay virtio_blk ext4; do
	modprobe -d "$tsem_kernel" "$module" || die "cannot load the module $module"
done

# The root that virtme-ng mounted has no cache: each page of each program would be fetched again at every exec.
mkdir /run/host /run/rw /run/root
mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=500000 tsem.root /run/host || die "cannot mount the host"
mount -t tmpfs -o mode=0755 rw /run/rw
mkdir /run/rw/upper /run/rw/work
mount -t overlay -o xino=off,lowerdir=/run/host,upperdir=/run/rw/upper,workdir=/run/rw/work root /run/root ||
	die "cannot overlay the root"
mkdir -p /run/root/{proc,sys,dev,run,tmp,mnt,lib/modules}
pivot_root /run/root /run/root/mnt || die "cannot change the root"
cd /
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs -o mode=0755,nosuid,nodev run /run
exec </dev/null >/dev/console 2>&1
umount -l /mnt

mount -t tmpfs -o mode=0755 modules /lib/modules
ln -s "$tsem_kernel/lib/modules/$(uname -r)" /lib/modules/
mkdir -p /dev/pts /dev/shm /mnt/tsem
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
mount -t securityfs securityfs /sys/kernel/security
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf -o mode=0700 bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
[[ -e /dev/fd ]] || ln -s /proc/self/fd /dev/fd
for fd in stdin:0 stdout:1 stderr:2; do
	[[ -e /dev/${fd%:*} ]] || ln -s "/proc/self/fd/${fd#*:}" "/dev/${fd%:*}"
done
mount -t 9p -o trans=virtio,version=9p2000.L,access=any tsem.build "$tsem_repo/build" || die "cannot mount build/"
mount -t ext4 /dev/vda /mnt/tsem || die "cannot mount the disk"
hostname tsem
ip link set lo up

for port in /sys/class/virtio-ports/*; do
	case "$(cat "$port/name" 2>/dev/null)" in
	virtme.stdout) out=/dev/${port##*/} ;;
	esac
done
[[ -n ${out:-} ]] || die "there is no port for the output"

# A port can be opened once only, a pipe as often as the command likes.
mkfifo /run/output
cat /run/output >"$out" &
writer=$!
cd "$tsem_repo" || die "cannot enter $tsem_repo"
env -i PATH="$PATH" HOME="$HOME" LANG="$LANG" TERM="$TERM" TSEM_VM="$(uname -r)" \
	setsid bash "$tsem_run/command" </dev/null >/run/output 2>&1
status=$?
# What the command left behind holds the pipe open.
for process in /proc/[0-9]*; do
	pid=${process#/proc/}
	if ((pid != 1 && pid != writer)) && [[ -s $process/maps ]]; then
		kill -9 "$pid"
	fi
done 2>/dev/null
wait "$writer"
dmesg >"$tsem_run/dmesg"
echo "$status" >"$tsem_run/status"
end
