# SPDX-License-Identifier: GPL-2.0
# The other half of 010-portable.bats: another machine with another build of the kernel, disk image, UUID and device number.
load helpers
load portable

cleanup() {
	displace /dev/loop3
}

# Without the capability that `run` drops on a stock kernel; here it drops CAP_ML, which a stock kernel has not.
stock() {
	setpriv --bounding-set -mac_admin --inh-caps -mac_admin "$@"
}

@test "a portable model holds on another machine, and denies there what it never held; host does not hold" {
	place /dev/loop3 99999999-8888-7777-6666-555555555555
	cd "$P"
	# The other machine may run at the same time as this one.
	for _ in $(seq 120); do
		[ ! -s "$CARRIED/uuid" ] || break
		sleep 5
	done
	if [ ! -s "$CARRIED/uuid" ]; then
		echo "build/portable is not there: test/010-portable.bats, in the same run, makes it" >&2
		return 1
	fi
	[ "$(stat -c %d "$P/data/one")" != "$(cut -d ' ' -f 1 "$CARRIED/device")" ]
	[ "$(blkid -o value -s UUID /dev/loop3)" != "$(<"$CARRIED/uuid")" ]

	run stock tsem-bpf run --encoding portable -m "$CARRIED/portable" --enforce --forensics "$D/f" -- "$P/work"
	[ ! -s "$D/f" ] || tsem-bpf explain --trajectory "$CARRIED/portable.jsonl" "$D/f"
	[ "$status" = 0 ]
	says "done"
	says " 0 outside of the model"
	rm "$P/out/sorted"

	check 3 stock tsem-bpf run -q --encoding portable -m "$CARRIED/portable" --enforce --forensics "$D/f" -- "$P/work" secret
	says "done"
	[ "$(head -n 1 "$D/f" | jq -r .file_open.file.path.pathname)" = "$P/data/secret" ]
	rm "$P/out/sorted"

	check 3 stock tsem-bpf run -q -m "$CARRIED/host" --enforce -- "$P/work"
}
