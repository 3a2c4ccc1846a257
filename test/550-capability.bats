# SPDX-License-Identifier: GPL-2.0
# CAP_ML, the control capability of the patched kernel: CAP_MAC_ADMIN is not enough there.
load helpers

without_ml() {
	setpriv --bounding-set -cap_41 --inh-caps -cap_41 "$@"
}

gone() {
	[ "$(tsem-bpf list --json)" = "[]" ]
}

@test "control needs CAP_ML, and CAP_MAC_ADMIN is not enough" {
	check 0 tsem-bpf probe
	says "CAP_ML guards control; this process holds it"
	tsem-bpf run -q -n kept --keep -- true
	check 1 without_ml tsem-bpf control -n kept seal
	says "CAP_ML"
	check 1 without_ml tsem-bpf run -- true
	says "CAP_ML"
	check 1 without_ml tsem-bpf delete -n kept
	# Not only the loader: the control program asks too.
	check 1 without_ml "$PROG/control_seal" "$PINS/progs/tsem_control" "$(tsem-bpf show -n kept id)"
	says "Operation not permitted"
	[ "$(tsem-bpf list --json | jq -r '.[0].mode')" = free ]
	check 0 setpriv --bounding-set -mac_admin --inh-caps -mac_admin tsem-bpf control -n kept seal
	[ "$(tsem-bpf list --json | jq -r '.[0].mode')" = sealed ]
	tsem-bpf delete -n kept
}

@test "a workload has CAP_ML in none of its sets, and every other capability" {
	local set
	check 0 tsem-bpf run -q -- grep ^Cap /proc/self/status
	for set in CapInh CapAmb; do
		[ $((0x$(sed -n "s/^$set:\t//p" <<<"$output") >> 41 & 1)) = 0 ]
	done
	for set in CapPrm CapEff CapBnd; do
		[ "$(sed -n "s/^$set:\t//p" <<<"$output")" = 000001ffffffffff ]
	done
}

@test "nothing in a namespace executes with CAP_ML" {
	mkfifo line
	setpriv --bounding-set -mac_admin sh -c 'read -r x; exec true' <line &
	local pid=$! code=0
	exec 9>line
	jq -n --argjson pid $pid '{id: "joined", pid: $pid, annotations: {"org.tsem-bpf.mode": "learn"}}' |
		tsem-bpf oci-hook createRuntime 9>&-
	echo >&9
	exec 9>&-
	wait $pid || code=$?
	[ "$code" != 0 ]
	wait_for gone
}
