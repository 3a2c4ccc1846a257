# SPDX-License-Identifier: GPL-2.0
# Once for all files: makes a real filesystem and loads tsem-bpf; at the end checks that no BPF object is left.

# shellcheck disable=SC1091

# The number of programs, maps and links, without those of control groups, which systemd makes and removes.
bpf_objects() {
	local kind
	for kind in prog map link; do
		bpftool -j $kind show
	done | jq -s 'map(.[] | select(.type | startswith("cgroup") | not)) | length'
}

setup_suite() {
	source "$(dirname "${BASH_SOURCE[0]}")/helpers.bash"
	[ -d "$PINS" ] || BPF_OBJECTS=$(bpf_objects)
	mkdir -p "$W"
	if ! mountpoint -q "$W"; then
		truncate -s 256M /run/tsem-test.img
		mkfs.ext4 -q -F /run/tsem-test.img
		# Built in where there are no modules.
		modprobe -aq loop ext4 || :
		mount -o loop /run/tsem-test.img "$W"
	fi
	[ -d "$PINS" ] || tsem-bpf load
}

teardown_suite() {
	source "$(dirname "${BASH_SOURCE[0]}")/helpers.bash"
	[ ! -d "$PINS" ] || tsem-bpf unload --force
	umount "$W"
	rm -f /run/tsem-test.img
	# Programs and maps disappear some time after the last link; on an emulated machine up to a minute later.
	local left
	for _ in {1..120}; do
		left=$(bpf_objects)
		# Less than before, if those of an earlier suite were still going.
		[ "$left" -gt "${BPF_OBJECTS-$left}" ] || return 0
		sleep 1
	done
	echo "left behind: $left programs, maps and links of BPF instead of $BPF_OBJECTS" >&2
	return 1
}
