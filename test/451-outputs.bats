# SPDX-License-Identifier: GPL-2.0
# A hostile workload makes tsem-bpf, which writes as root, write where it should not: it swaps the files that its run writes to.
# shellcheck disable=SC2016 # the shell in the namespace expands
load helpers

cleanup() {
	[ ! -v device ] || losetup -d "$device" 2>/dev/null || :
}

# swapped COMMAND: a run whose outputs the workload handles so, each of them in $f. What becomes of the run is not asked, but it
# ends; what is in $D/victim is what was in it.
swapped() {
	mkdir -p out elsewhere
	echo precious >victim
	timeout -k 5 45 tsem-bpf run -q -o "$D/out/model" --trajectory "$D/out/trajectory" --forensics "$D/out/forensics" -- \
		sh -c 'cd "$1"; for f in out/model out/trajectory out/forensics; do eval "$2"; done' sh "$D" "$1" || {
		[ $? -lt 124 ]
	}
	[ "$(<victim)" = precious ]
}

@test "an output that the workload replaces by a link is not written through it" {
	swapped 'rm -f $f; ln -s "$PWD/victim" $f'
}

@test "nor by a link to what is not there yet" {
	swapped 'rm -f $f; ln -s "$PWD/elsewhere/new" $f'
	[ ! -e elsewhere/new ]
}

@test "nor by another name of a file" {
	swapped 'ln -f victim $f'
}

@test "nor by a FIFO, which nobody reads" {
	swapped 'rm -f $f; mkfifo $f'
}

@test "nor by a device" {
	truncate -s 1M disk
	device=$(losetup -f --show "$D/disk")
	mkdir out
	export device
	swapped 'rm -f $f; cp -a "$device" $f'
	sync
	blockdev --flushbufs "$device"
	cmp -n 1048576 disk /dev/zero
	losetup -d "$device"
	unset device
}

@test "nor in another directory of the same name" {
	swapped '[ -L out ] || { mv out gone; ln -s elsewhere out; }'
	[ -z "$(ls elsewhere)" ]
}

@test "nor through a link that is there before it starts, in a directory that others write to" {
	mkdir -m 1777 shared
	echo precious >victim
	for option in -o --trajectory --forensics; do
		rm -f shared/f
		setpriv --reuid 1000 --regid 1000 --clear-groups ln -s "$D/victim" shared/f
		run timeout 30 tsem-bpf run -q "$option" "$D/shared/f" -- true
		# The output takes the name, or is refused.
		[ "$status" -lt 124 ]
		[ "$status" != 0 ] || [ ! -L shared/f ]
		[ "$(<victim)" = precious ]
	done
	# The same output where no link is in the way.
	check 0 tsem-bpf run -q -o "$D/shared/own" -- true
	[ -s shared/own ]
}

@test "a FIFO as model or output is refused at once" {
	mkfifo fifo
	for option in -o --trajectory --forensics -m; do
		run timeout 30 tsem-bpf run -q "$option" "$D/fifo" -- touch "$D/started"
		[ "$status" != 0 ]
		[ "$status" -lt 124 ]
		[ ! -e started ]
	done
}

@test "a device as output is refused" {
	truncate -s 1M disk
	device=$(losetup -f --show "$D/disk")
	for option in -o --trajectory --forensics; do
		run timeout 30 tsem-bpf run -q "$option" "$device" -- true
		[ "$status" != 0 ]
	done
	sync
	blockdev --flushbufs "$device"
	cmp -n 1048576 disk /dev/zero
	losetup -d "$device"
	unset device
}
