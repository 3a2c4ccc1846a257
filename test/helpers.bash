# SPDX-License-Identifier: GPL-2.0
# What every BATS file uses. The suite runs as root in a virtual machine; setup_suite.bash has loaded tsem-bpf once.

# shellcheck disable=SC2034,SC2154 # the tests use these; BATS sets status and output

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=test/assert.bash
. "$ROOT/test/assert.bash"
PROG=$ROOT/build/test/prog
PINS=/sys/fs/bpf/tsem
# A real filesystem. With scope=files tmpfs is not modeled.
W=/run/tsem-test
export PATH=$ROOT/build:$PATH

# surroundings ARRAY: puts into this associative array every mount point with its number of mounts, and every
# pin of others. Uses the shell alone: in an emulated machine a process takes up to a second.
# shellcheck disable=SC2004 # the index is a string
surroundings() {
	local -n found=$1
	local mounts line path
	found=()
	mapfile -t mounts </proc/self/mounts
	for line in "${mounts[@]}"; do
		read -r _ path _ <<<"$line"
		found[$path]=$((${found[$path]:-0} + 1))
	done
	for path in "${PINS%/*}"/*; do
		[[ $path == "$PINS"* || ! -e $path ]] || found[$path]=pinned
	done
}

# A directory of the test's own, and the rule that a test leaves no namespace, no mount and no pin behind.
setup() {
	declare -gA AROUND
	surroundings AROUND
	D=$W/$BATS_TEST_NUMBER-$$
	mkdir -p "$D"
	cd "$D" || return 1
}

teardown() {
	cd /
	# A file may define more to remove.
	if declare -F cleanup >/dev/null; then cleanup; fi
	local left failed=0
	# Not what is mounted in it and should not be.
	rm -rf --one-file-system "$D" || failed=1
	local -A now
	surroundings now
	for left in "${!AROUND[@]}" "${!now[@]}"; do
		if [ "${AROUND[$left]:-}" != "${now[$left]:-}" ]; then
			echo "left behind, or taken away: ${now[$left]:-none} instead of ${AROUND[$left]:-none} at $left" >&2
			failed=1
		fi
	done
	[ -d $PINS ] || return $failed
	for left in $(tsem-bpf list --json | jq -r '.[].id'); do
		echo "left behind: namespace $left" >&2
		tsem-bpf delete -n "$left"
		failed=1
	done
	return $failed
}

# lacks TEXT FILE
lacks() {
	if grep -F -- "$1" "$2" >&2; then
		echo "'$1' is in $2" >&2
		return 1
	fi
}

# learn COMMAND...: writes its model to $D/model, its trajectory to $D/trajectory.
learn() {
	check 0 tsem-bpf run -q -o "$D/model" --trajectory "$D/trajectory" -- "$@"
}

# allowed COMMAND..., denied COMMAND...: under the enforced model of learn. The forensics are in $D/forensics.
allowed() {
	if ! check 0 tsem-bpf run -m "$D/model" --enforce --forensics "$D/forensics" -- "$@"; then
		tsem-bpf explain "$D/forensics" >&2
		return 1
	fi
	says " 0 denied"
	[ ! -s "$D/forensics" ]
}

denied() {
	check 3 tsem-bpf run -m "$D/model" --enforce --forensics "$D/forensics" -- "$@"
}

# forensic TYPE: the first event outside of the model was of this type.
forensic() {
	local type
	type=$(head -n 1 "$D/forensics" | jq -r .event.type)
	if [ "$type" != "$1" ]; then
		echo "the first forensics event is '$type', not '$1'" >&2
		cat "$D/forensics" >&2
		return 1
	fi
}

# wait_for COMMAND...: until it succeeds, for 20 seconds.
wait_for() {
	local tries=200
	while ((tries--)); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	echo "waited in vain for: $*" >&2
	return 1
}

# opened PATH EXPRESSION <TRAJECTORY: what jq makes of the last event that opened this path.
opened() {
	jq -rs --arg path "$1" "map(select(.file_open.file.path.pathname == \$path)) | last | $2"
}

# raced OPTION...: changes content within a clock tick, by write() and through a mapping, beside a task
# that opens the file all the time. Each open after a write has the digest of the new content.
raced() {
	local i count=200
	printf '%063d\n' 0 >"$D/raced"
	check 0 tsem-bpf run -q --trajectory "$D/races" "$@" -- "$PROG/write_race" "$D/raced" $count
	for ((i = 0; i < count; i++)); do
		printf '%063d\n' "$i" | sha256sum | cut -d ' ' -f 1
	done | sort >"$D/written"
	jq -r --arg path "$D/raced" 'select(.file_open.file.path.pathname == $path and .file_open.file.flags == "32768") |
		.file_open.file.digest' <"$D/races" | sort -u >"$D/opened"
	[ -z "$(comm -23 "$D/written" "$D/opened")" ]
}

# strange TRAJECTORY MODEL: fails with the events of TRAJECTORY that MODEL does not hold.
strange() {
	local found
	found=$(paste <(tsem-bpf coefficients "$1") "$1" | grep -vFf <(sed -n 's/^state //p' "$2") | cut -f 2-)
	[ -n "$found" ] || return 0
	printf '%s\n' "in $1, not in $2:" "$found" >&2
	return 1
}
