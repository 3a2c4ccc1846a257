# SPDX-License-Identifier: GPL-2.0
# The first half of the test of models that travel; 560-portable.bats is the other, on another machine.
load helpers
load portable

cleanup() {
	displace /dev/loop5
}

@test "a workload is learned as portable and as host, for another machine" {
	place /dev/loop5 11111111-2222-3333-4444-555555555555
	cd "$P"
	rm -rf "$CARRIED"
	mkdir "$CARRIED"
	for model in portable host; do
		check 0 tsem-bpf run -q --encoding $model -o "$CARRIED/$model" --trajectory "$CARRIED/$model.jsonl" -- "$P/work"
		says "done"
		rm "$P/out/sorted"
		check 0 tsem-bpf run -q --encoding $model -m "$CARRIED/$model" --enforce -- "$P/work"
		rm "$P/out/sorted"
	done
	stat -c '%d %i' "$P/data/one" >"$CARRIED/device"
	blkid -o value -s UUID /dev/loop5 >"$CARRIED/uuid"
}
