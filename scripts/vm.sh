#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh [-k 6.12|7.3|patched|debug] [-n NAME] [-m MEMORY] [-t SECONDS] [--icount] [--tpm] [--boot] [--append WORDS]
#	-- COMMAND...: runs COMMAND as root in a VM.
#
# virtme-ng boots the kernel of kernel-image.sh with bpf among the LSMs, under KVM if that works, else emulated. The
# machine sees the host's files. Its changes do not reach the host, except in build/, which is shared. /mnt/tsem is a new
# ext4 disk. COMMAND runs in the repository, its output appears here, its exit status is ours. A panic, an oops, a kernel
# warning or a timeout (-t, default 1800) is a failure. It is shown with the end of the kernel's log, which
# stays in build/vm-console-NAME.log (-n, default the kernel's). Says on standard error what it waits for.
#
#   -k patched  the kernel of kernel-build.sh, with the patches of kernel-patches/; -k debug: the same with lockdep
#   --icount    one processor, whose clock counts instructions: times are the same on every host
#   --tpm       a new TPM 2.0 (swtpm)
#   --boot      boots as an installed machine does: an initramfs of initramfs-tools that has tsem-bpf in it
#               (vm-initramfs.sh), then systemd, then COMMAND. Has a TPM: boot.conf wants one of its registers
#   --append    more of the kernel's command line

set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=scripts/patience.sh
. "$repo/scripts/patience.sh"

die() {
	echo "vm.sh: $*" >&2
	exit 1
}

series=6.12 name='' memory=2G seconds=1800 cpus=2 icount='' tpm='' boot='' more='' command=()
kernel='' interface='' log='' run='' vng='' watcher='' machine=()
# The tests of this script name another file.
kvm=${TSEM_KVM:-/dev/kvm}

options() {
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
		--icount) icount=1 cpus=1 && shift ;;
		--tpm) tpm=1 && shift ;;
		--boot) boot=1 tpm=1 && shift ;;
		--) shift && break ;;
		*) die "'$1' is unknown; usage: vm.sh [-k KERNEL] [-n NAME] [-m MEMORY] [-t SECONDS] [--icount] [--tpm] [--boot] [--append WORDS] -- COMMAND..." ;;
		esac
	done
	(($#)) || die "the command is missing; write it after --"
	command=("$@")
	name=${name:-$series}
	log=build/vm-console-$name.log
}

# Ends everything that belongs to one machine.
clean() {
	[[ -z $vng ]] || kill "$vng" 2>/dev/null || :
	[[ -z $watcher ]] || kill "$watcher" 2>/dev/null || :
	# If QEMU started, this has ended with it.
	[[ ! -s $run/tpm/pid ]] || kill "$(<"$run/tpm/pid")" 2>/dev/null || :
	[[ -z $run ]] || rm -rf "$run"
	vng='' watcher='' run=''
}

# shellcheck disable=SC2317 # called by the trap
stop() {
	waited
	clean
}

# show CONSOLE WHAT: the machine ended badly.
show() {
	echo "vm.sh: $2; the end of $log:" >&2
	tr -d '\r' <"$1" | tee "$log" | grep -av '^$' | tail -n 40 >&2
	exit 1
}

# After KVM failed once, it is not tried again until the host reboots; build/kvm notes that.
remember_kvm() {
	echo "$1 $(</proc/sys/kernel/random/boot_id)" >build/kvm
}

# Does KVM run a guest? Some hosts have a /dev/kvm that opens and starts the firmware, and fails in the kernel. So this
# boots the kernel without a root, until it panics.
# shellcheck disable=SC2317 # called by patiently
guest_under_kvm() {
	local guest line works=1
	exec {guest}< <(exec timeout 20 qemu-system-x86_64 -machine q35,accel=kvm -cpu host -smp "$cpus" -m 512M -display none \
		-nodefaults -no-reboot -serial stdio -kernel "$kernel/vmlinuz" -append "console=ttyS0 panic=-1" 2>&1 </dev/null)
	vng=$!
	while IFS= read -r line <&"$guest"; do
		case "$line" in
		*"KVM internal error"*) break ;;
		*"Kernel panic"*) works=0 && break ;;
		esac
	done
	kill "$vng" 2>/dev/null || :
	wait "$vng" 2>/dev/null || :
	exec {guest}<&-
	vng=''
	return "$works"
}

kvm_works() {
	local answer='' host=''
	if [[ ! -w $kvm ]]; then
		echo "vm.sh: $kvm is not there, or not for this user: the machine is emulated" >&2
		return 1
	fi
	[[ ! -e build/kvm ]] || read -r answer host <build/kvm || :
	if [[ $host != "$(</proc/sys/kernel/random/boot_id)" ]]; then
		answer=fails
		! patiently "a guest that tries KVM" guest_under_kvm || answer=works
		remember_kvm $answer
	fi
	[[ $answer != works ]] || return 0
	echo "vm.sh: $kvm opens, but cannot run a guest: the machine is emulated (remove build/kvm to try again)" >&2
	return 1
}

# A directory that is shared with the machine, with the command and the disk in it.
make_run() {
	run=$(mktemp -d "$repo/build/vm.XXXXXX")
	printf 'exec' >"$run/command"
	printf ' %q' "${command[@]}" >>"$run/command"
	truncate -s 512M "$run/disk"
	mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1 "$run/disk" || die "mkfs.ext4 failed"
	: >"$run/console"
	: >"$run/heard"
}

# make_machine ACCELERATOR: sets machine to the command that runs it; ACCELERATOR is kvm or tcg.
make_machine() {
	local qemu append accel=(--disable-kvm)

	qemu="-fsdev local,id=tsem,path=/,security_model=none,readonly=on,multidevs=remap"
	qemu+=" -device virtio-9p-pci,fsdev=tsem,mount_tag=tsem.root"
	qemu+=" -fsdev local,id=build,path=$repo/build,security_model=none,multidevs=remap"
	qemu+=" -device virtio-9p-pci,fsdev=build,mount_tag=tsem.build"
	qemu+=" -drive file=$run/disk,if=virtio,format=raw,cache=unsafe"
	if [[ $1 == kvm ]]; then
		accel=()
	elif [[ -n $icount ]]; then
		qemu+=" -icount shift=0,sleep=off"
	else
		# Attaching to hooks changes code. Emulated processors that run side by side may keep the old code, with an
		# int3 that is not there any more: the kernel panics.
		qemu+=" -accel tcg,thread=single"
	fi
	# Without ACPI the kernel finds one processor in each socket.
	qemu+=" -smp sockets=$cpus"

	if [[ -n $tpm ]]; then
		# It ends with QEMU's connection. The name of a socket has to be short, so use a relative one.
		mkdir "$run/tpm"
		swtpm socket --tpm2 --tpmstate "dir=$run/tpm" --ctrl "type=unixio,path=${run#"$repo/"}/tpm/sock" \
			--flags startup-clear --terminate --daemon --pid "file=$run/tpm/pid" || die "swtpm failed"
		qemu+=" -chardev socket,id=tpm,path=${run#"$repo/"}/tpm/sock -tpmdev emulator,id=tpm,chardev=tpm"
		qemu+=" -device tpm-$interface,tpmdev=tpm"
	fi

	# init= comes before virtme-ng's own, and its initramfs takes the first (a kernel without modules gets none unless
	# told to). On a busy host an emulated processor is sometimes late. That is not a fault of the kernel, so the
	# watchdogs are patient.
	append="tsem_kernel=$kernel tsem_repo=$repo tsem_run=$run loglevel=5 oops=panic"
	append+=" lsm=lockdown,capability,landlock,yama,apparmor,bpf nokaslr watchdog_thresh=60"
	append+=" rcupdate.rcu_cpu_stall_timeout=120 random.trust_cpu=1 cryptomgr.notests=1 $more"

	if [[ -z $boot ]]; then
		machine=(vng -v -r "$kernel/vmlinuz" --force-9p --force-initramfs --disable-microvm "${accel[@]}"
			--cpus "$cpus" --memory "$memory" --append "init=$repo/scripts/vm-init.sh $append" --qemu-opts="$qemu" -- true)
		return
	fi
	# virtme-ng only accepts its own initramfs. So this makes the same machine, as far as vm-init.sh needs it. The
	# initramfs ignores root=, but root= makes it a ramfs, as on other machines.
	append+=" boot=tsem root=tsem.root init=/lib/systemd/systemd systemd.unit=tsem-vm.target systemd.firstboot=no"
	append+=" systemd.show_status=0"
	# shellcheck disable=SC2054,SC2206 # words
	machine=(qemu-system-x86_64 -name tsem -machine q35 -smp "$cpus" -m "$memory" -nodefaults -no-reboot
		-display none -kernel "$kernel/vmlinuz" -initrd build/boot/initrd -append "console=ttyS0 panic=-1 $append"
		-chardev file,id=console,path=/proc/self/fd/2 -serial chardev:console -device virtio-serial-pci
		-chardev file,id=output,path=/proc/self/fd/1
		-device virtserialport,name=virtme.stdout,chardev=output $qemu)
	[[ $1 != kvm ]] || machine+=(-accel kvm -cpu host)
}

# watch MACHINE ACCELERATOR: says every ten seconds without output what the machine does, and ends it if KVM has failed.
watch() {
	local never begun=$SECONDS heard=$SECONDS doing
	exec {never}<> <(:)
	while read -rt 1 -u "$never" || kill -0 "$1" 2>/dev/null; do
		if [[ $2 == kvm ]] && grep -aqF "KVM internal error" "$run/console"; then
			: >"$run/kvm-failed"
			kill "$1" 2>/dev/null
			return
		fi
		# The time of the file "heard" is that of the last output.
		if [[ $run/output -nt $run/heard ]]; then
			: >"$run/heard"
			heard=$SECONDS
		elif ((SECONDS - heard >= 10)); then
			heard=$SECONDS
			doing="boots"
			[[ ! -e $run/started ]] || doing="runs ${command[0]##*/}"
			echo "vm.sh: $name: the machine $doing, $((SECONDS - begun)) s so far" >&2
		fi
	done
}

# run_machine ACCELERATOR: sets ended to its exit status. 1 if KVM has failed, and another one is to be tried.
run_machine() {
	make_run
	make_machine "$1"
	# QEMU opens its outputs by name, which would truncate a file: both are pipes.
	timeout -k 10 "$seconds" "${machine[@]}" </dev/null > >(exec tee "$run/output") 2> >(exec cat >"$run/console") &
	vng=$!
	watch "$vng" "$1" >/dev/null </dev/null &
	watcher=$!
	ended=0
	wait "$vng" || ended=$?
	vng=''
	# The end of the log may still be in the pipe.
	sleep 0.1
	kill "$watcher" 2>/dev/null || :
	wait "$watcher" 2>/dev/null || :
	watcher=''
	[[ ! -e $run/kvm-failed ]]
}

# judge ENDED: the exit status of the machine's command, or a message and a failure.
judge() {
	local status faults
	if [[ ! -s $run/status ]]; then
		(($1 != 124 && $1 != 137)) || show "$run/console" "no end after $seconds seconds (-t)"
		show "$run/console" "the machine stopped before the command ended: a kernel panic or oops"
	fi
	status=$(<"$run/status")
	tr -d '\r' <"$run/dmesg" >"$log"
	local faulty='BUG: |Oops|general protection|UBSAN|KASAN|rcu.*(detected|stalls on)'
	faulty+='|WARNING: (possible|suspicious|bad)|WARNING: .*(CPU[:#]|:[0-9]+ at )'
	# Ignore the command line: our own parameters have such words.
	if faults=$(grep -av 'ommand line:' "$log" | grep -aE "$faulty"); then
		echo "vm.sh: the kernel complained; see $log:" >&2
		echo "$faults" >&2
		exit 1
	fi
	exit "$status"
}

# A function: the shell reads all of it before it runs, so the file may be edited meanwhile.
main() {
	local ended accelerator=tcg
	options "$@"
	PATH=$PATH:/usr/sbin:/sbin
	cd "$repo"
	mkdir -p build
	# Without ACPI the kernel only finds a TIS. A CRB costs an emulated machine less.
	case $series in
	patched) kernel=$(scripts/kernel-build.sh) interface=tis ;;
	debug) kernel=$(scripts/kernel-build.sh --debug) interface=tis ;;
	*) kernel=$(scripts/kernel-image.sh "$series") interface=crb ;;
	esac
	trap stop EXIT
	trap 'exit 130' INT TERM
	[[ -z $boot ]] || patiently "the initramfs" scripts/vm-initramfs.sh "$kernel"
	# --icount needs the emulator, which counts the instructions.
	if [[ -z $icount ]] && kvm_works; then
		accelerator=kvm
	fi
	if ! run_machine $accelerator; then
		echo "vm.sh: KVM internal error: the machine starts again, emulated" >&2
		remember_kvm fails
		clean
		run_machine tcg
	fi
	judge "$ended"
}

main "$@"
