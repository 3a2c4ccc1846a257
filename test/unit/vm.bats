# SPDX-License-Identifier: GPL-2.0
# scripts/vm.sh on hosts whose KVM does not work, with a QEMU that only pretends. Needs no machine: `bats test/unit`.

ROOT=$BATS_TEST_DIRNAME/../..

# A repository with the scripts, a kernel in the cache, a KVM that opens, and a QEMU. This runs no guest, but does what
# vm-init.sh does: it leaves a status and a log. Under KVM it does what the file kvm says.
setup() {
	D=$(mktemp -d "${BATS_TMPDIR:-/tmp}/vm.XXXXXX")
	mkdir -p "$D/repo/build" "$D/bin" "$D/cache/tsem-bpf/kernels/6.12/boot"
	cp -r "$ROOT/scripts" "$D/repo/"
	cp "$(type -P busybox)" "$D/cache/tsem-bpf/kernels/6.12/vmlinuz"
	: >"$D/kvm-device"
	cat >"$D/bin/qemu-system-x86_64" <<-END
		#!/bin/bash
		[[ \$1 != --version ]] || exec echo "QEMU emulator version 7.2.0"
		case "\$*" in
		*-fsdev*thread=single*) what=runs ;;
		*-fsdev*) what=\$(sed -n 's/^machine //p' $D/kvm) ;;
		*accel=kvm*) what=\$(sed -n 's/^try //p' $D/kvm) ;;
		esac
		echo "\$what" >>$D/calls
		case "\$what" in
		fails) echo "KVM internal error. Suberror: 1" >&2 && exec -a $D/qemu sleep 100 ;;
		hangs) exec -a $D/qemu sleep 100 ;;
		panics) echo "Kernel panic - not syncing: VFS" && exec -a $D/qemu sleep 100 ;;
		runs)
			[[ "\$*" =~ tsem_run=([^ ]*) ]]
			echo "command ran" >/proc/self/fd/1
			echo log >"\${BASH_REMATCH[1]}/dmesg"
			echo 5 >"\${BASH_REMATCH[1]}/status"
			;;
		esac
	END
	chmod +x "$D/bin/qemu-system-x86_64"
}

teardown() {
	rm -rf "$D"
}

# Runs vm.sh: it has the status of the machine's command, and leaves no file and no process.
vm() {
	cd "$D/repo" || return 1
	run env PATH="$D/bin:$PATH" XDG_CACHE_HOME="$D/cache" TSEM_KVM="$D/kvm-device" timeout 60 scripts/vm.sh -- true
	echo "status $status: $output"
	[ "$status" = 5 ]
	[ -z "$(find build -name 'vm.*')" ]
	! pgrep -f "$D" >&2
}

called() {
	[ "$(tr '\n' ' ' <"$D/calls")" = "$1 " ]
}

said() {
	grep -F "$1" <<<"$output"
}

@test "where KVM runs a guest, the machine runs under it, and KVM is tried once" {
	printf 'try panics\nmachine runs\n' >"$D/kvm"
	vm
	[ -z "$(said emulated)" ]
	vm
	called "panics runs runs"
}

@test "where KVM opens and fails, the machine is emulated within seconds, and that is said" {
	printf 'try fails\nmachine fails\n' >"$D/kvm"
	SECONDS=0
	vm
	[ "$SECONDS" -lt 15 ]
	said "cannot run a guest: the machine is emulated"
	vm
	said "cannot run a guest: the machine is emulated"
	called "fails runs runs"
}

@test "where KVM neither runs a guest nor fails, it is given up, and the waiting is said" {
	printf 'try hangs\nmachine hangs\n' >"$D/kvm"
	vm
	said "waiting for a guest that tries KVM, 10 s so far"
	said "the machine is emulated"
	called "hangs runs"
}

@test "a machine that KVM fails in later starts again, emulated" {
	printf 'try panics\nmachine fails\n' >"$D/kvm"
	SECONDS=0
	vm
	[ "$SECONDS" -lt 20 ]
	said "KVM internal error: the machine starts again, emulated"
	vm
	called "panics fails runs runs"
}

@test "without a KVM the machine is emulated, and nothing is tried" {
	rm "$D/kvm-device"
	vm
	said "the machine is emulated"
	called runs
}
