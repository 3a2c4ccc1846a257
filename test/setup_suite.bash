# SPDX-License-Identifier: GPL-2.0
# Once for all files: a real filesystem to work on, and tsem-bpf loaded.

# shellcheck disable=SC1091

setup_suite() {
	source "$(dirname "${BASH_SOURCE[0]}")/helpers.bash"
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
}
