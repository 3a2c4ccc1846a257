#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh [-k 6.12|7.3|patched|debug] [-n NAME] [-m MEMORY] [-t SECONDS] [--icount] [--tpm] [--boot] [--append WORDS]
#	-- COMMAND...: runs COMMAND as root in a VM.
#
# virtme-ng boots the kernel of kernel-image.sh with bpf among the LSMs, under KVM where that works. It sees the
# host's files and keeps its changes to itself, but for build/, which is shared; /mnt/tsem is a fresh ext4 disk.
# COMMAND runs in the repository, its output appears here, its exit status is ours. A panic, an oops, a kernel warning
# or the end of the time (-t, default 1800) is a failure, shown with the end of the kernel's log, which stays in
# build/vm-console-NAME.log (-n, default the kernel's). --icount: one processor whose clock counts instructions, for times that no host changes. --tpm:
# with a new TPM 2.0 (swtpm). -k patched is the kernel of kernel-build.sh, with the patches of kernel-patches/,
# -k debug the same with lockdep. --boot: as an installed machine boots, with an initramfs of initramfs-tools that has
# tsem-bpf in it (vm-initramfs.sh), then systemd, then COMMAND. --append: more of the kernel's command line.

set -euo pipefail

die() {
	echo "vm.sh: $*" >&2
	exit 1
}

vng='' run='' log=''
# shellcheck disable=SC2317 # called by the trap
stop() {
	[[ -z $vng ]] || kill "$vng" 2>/dev/null || :
	# Where QEMU came up, it has ended with it.
	[[ ! -s $run/tpm/pid ]] || kill "$(<"$run/tpm/pid")" 2>/dev/null || :
	[[ -z $run ]] || rm -rf "$run"
}

# show CONSOLE WHAT: the machine ended badly.
show() {
	echo "vm.sh: $2; the end of $log:" >&2
	tr -d '\r' <"$1" | tee "$log" | grep -av '^$' | tail -n 40 >&2
	exit 1
}

# A /dev/kvm that can be opened may still fail to make a machine.
kvm_works() {
	[[ -w /dev/kvm ]] && (echo quit | timeout 10 qemu-system-x86_64 -machine q35,accel=kvm -cpu host -display none \
		-nodefaults -monitor stdio) >/dev/null 2>&1
}

# All in a function: the shell has read it to its end before it starts, and the file may be edited meanwhile.
main() {
	local series=6.12 name='' memory=2G seconds=1800 cpus=2 icount='' tpm='' boot='' more='' accel=(--disable-kvm)
	local repo kernel interface qemu append ended status machine
	while (($#)); do
		case "$1" in
		-k | -n | -m | -t | --append)
			(($# > 1)) || die "$1 needs a value"
			case "$1" in
			-k) series=$2 ;;
			-n) name=$2 ;;
			-m) memory=$2 ;;
			-t) seconds=$2 ;;
			--append) more=$2 ;;
			esac
			shift 2
			;;
		--icount) icount=1 && shift ;;
		--tpm) tpm=1 && shift ;;
		--boot) boot=1 && shift ;;
		--) shift && break ;;
		*) die "'$1' is unknown; usage: vm.sh [-k KERNEL] [-n NAME] [-m MEMORY] [-t SECONDS] [--icount] [--tpm] [--boot] [--append WORDS] -- COMMAND..." ;;
		esac
	done
	(($#)) || die "the command is missing; write it behind --"

	PATH=$PATH:/usr/sbin:/sbin
	repo=$(cd "$(dirname "$0")/.." && pwd -P)
	cd "$repo"
	log=build/vm-console-${name:-$series}.log
	# Without ACPI a TPM is found where a TIS is; a CRB takes an emulated machine less.
	if [[ $series == patched ]]; then
		kernel=$(scripts/kernel-build.sh)
		interface=tis
	elif [[ $series == debug ]]; then
		kernel=$(scripts/kernel-build.sh --debug)
		interface=tis
	else
		kernel=$(scripts/kernel-image.sh "$series")
		interface=crb
	fi
	trap stop EXIT
	trap 'exit 130' INT TERM
	mkdir -p build
	run=$(mktemp -d "$repo/build/vm.XXXXXX")
	printf 'exec' >"$run/command"
	printf ' %q' "$@" >>"$run/command"
	truncate -s 512M "$run/disk"
	mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1 "$run/disk" || die "mkfs.ext4 failed"

	qemu="-fsdev local,id=tsem,path=/,security_model=none,readonly=on,multidevs=remap"
	qemu+=" -device virtio-9p-pci,fsdev=tsem,mount_tag=tsem.root"
	qemu+=" -fsdev local,id=build,path=$repo/build,security_model=none,multidevs=remap"
	qemu+=" -device virtio-9p-pci,fsdev=build,mount_tag=tsem.build"
	qemu+=" -drive file=$run/disk,if=virtio,format=raw,cache=unsafe"
	if [[ -n $icount ]]; then
		cpus=1
		qemu+=" -icount shift=0,sleep=off"
	elif kvm_works; then
		accel=()
	else
		# Processors that run beside each other keep code that another has patched, and attaching to hooks patches:
		# an int3 that has gone is a panic.
		qemu+=" -accel tcg,thread=single"
	fi

	# What finds its processors without ACPI finds one in each socket.
	qemu+=" -smp sockets=$cpus"

	if [[ -n $tpm ]]; then
		# It ends with QEMU's connection. A socket's name is short, so it is a relative one.
		mkdir "$run/tpm"
		swtpm socket --tpm2 --tpmstate "dir=$run/tpm" --ctrl "type=unixio,path=${run#"$repo/"}/tpm/sock" \
			--flags startup-clear --terminate --daemon --pid "file=$run/tpm/pid" || die "swtpm failed"
		qemu+=" -chardev socket,id=tpm,path=${run#"$repo/"}/tpm/sock -tpmdev emulator,id=tpm,chardev=tpm"
		qemu+=" -device tpm-$interface,tpmdev=tpm"
	fi

	# init= comes before virtme-ng's own, and its initramfs takes the first (a kernel without modules gets none unless
	# told to). An emulated processor on a busy host is late at times: that is no fault of the kernel's, so the
	# watchdogs are patient.
	append="tsem_kernel=$kernel tsem_repo=$repo tsem_run=$run loglevel=5 oops=panic"
	append+=" lsm=lockdown,capability,landlock,yama,apparmor,bpf nokaslr watchdog_thresh=60"
	append+=" rcupdate.rcu_cpu_stall_timeout=120 random.trust_cpu=1 cryptomgr.notests=1 $more"

	machine=(vng -v -r "$kernel/vmlinuz" --force-9p --force-initramfs --disable-microvm "${accel[@]}" --cpus "$cpus"
		--memory "$memory" --append "init=$repo/scripts/vm-init.sh $append" --qemu-opts="$qemu" -- true)
	if [[ -n $boot ]]; then
		# virtme-ng takes no initramfs but its own; this is the machine that it makes, as far as vm-init.sh wants it.
		# root= is not looked at, but with it the initramfs is what it is on other machines, a ramfs.
		scripts/vm-initramfs.sh "$kernel"
		append+=" boot=tsem root=tsem.root init=/lib/systemd/systemd systemd.unit=tsem-vm.target systemd.firstboot=no"
		append+=" systemd.show_status=0"
		# shellcheck disable=SC2054,SC2206 # words
		machine=(qemu-system-x86_64 -name tsem -machine q35 -smp "$cpus" -m "$memory" -nodefaults -no-reboot
			-display none -kernel "$kernel/vmlinuz" -initrd build/boot/initrd -append "console=ttyS0 panic=-1 $append"
			-chardev file,id=console,path=/proc/self/fd/2 -serial chardev:console -device virtio-serial-pci
			-chardev file,id=output,path=/proc/self/fd/1
			-device virtserialport,name=virtme.stdout,chardev=output $qemu)
		[[ ${accel[*]} ]] || machine+=(-accel kvm -cpu host)
	fi

	: >"$run/console"
	# QEMU opens its outputs by name, which would truncate a file: both are pipes.
	timeout -k 10 "$seconds" "${machine[@]}" </dev/null > >(cat) 2> >(cat >"$run/console") &
	vng=$!
	ended=0
	wait "$vng" || ended=$?
	vng=
	# The last of the log may still be in the pipe.
	sleep 0.1

	if [[ ! -s $run/status ]]; then
		((ended != 124 && ended != 137)) || show "$run/console" "no end after $seconds seconds (-t)"
		show "$run/console" "the machine stopped before the command ended: a kernel panic or oops"
	fi
	status=$(<"$run/status")
	tr -d '\r' <"$run/dmesg" >"$log"
	# Our own parameters, in the command line, have such words as well.
	local faulty='BUG: |Oops|general protection|UBSAN|KASAN|rcu.*(detected|stalls on)' faults
	faulty+='|WARNING: (possible|suspicious|bad)|WARNING: .*(CPU[:#]|:[0-9]+ at )'
	if faults=$(grep -av 'ommand line:' "$log" | grep -aE "$faulty"); then
		echo "vm.sh: the kernel complained; see $log:" >&2
		echo "$faults" >&2
		exit 1
	fi
	exit "$status"
}

main "$@"
