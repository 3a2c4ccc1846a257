# SPDX-License-Identifier: GPL-2.0
# The attempts of 450 in namespaces of other settings: each guard holds in all of them, and what the model decides is denied by
# every action that denies, and described by the one that does not.
load helpers

ATTACK=$PROG/attack
TABLE=$ROOT/test/450-attacks.txt
RESULTS=$W/modes

# attempt FILE HOW OPTION...: what became of the attempts, in FILE, in a run with these options. They are made in a directory
# that every run has under the same name.
attempt() {
	local file=$1 how=$2
	shift 2
	cd "$RESULTS/work" || return 1
	timeout 400 "$ATTACK" "$how" -- tsem-bpf run -q "$@" -- >"$RESULTS/$file" 2>"$RESULTS/$file.err" </dev/null || {
		echo "attack $how: status $?, after: $(tail -n 1 "$RESULTS/$file")" >&2
		cat "$RESULTS/$file.err" >&2
		return 1
	}
	cd "$RESULTS" || return 1
}

setup_file() {
	rm -rf "$RESULTS"
	mkdir -p "$RESULTS/work"
	attempt learned learned -o "$RESULTS/model"
}

teardown_file() {
	rm -rf "$RESULTS"
}

# held COLUMN FILE [ATTEMPT]: what the table says is denied in this column has had no effect, but for this attempt.
held() {
	awk -v column="$1" -v but="${3:-}" '
		FNR == 1 { file++ }
		file == 1 { if ($1 !~ /^#/ && NF) expected[$1] = $column; next }
		expected[$1] != "denied" || $1 == but { next }
		{ seen++ }
		$2 == "done" { print "went through: " $0; bad++ }
		END { exit seen < 100 || bad }
	' "$TABLE" "$2" >&2
}

@test "a namespace that is audited: each guard holds, and every attempt that the model does not have is described" {
	attempt audited attack -m "$RESULTS/model" --audit --forensics "$RESULTS/forensics"
	held 3 audited
	[ "$(wc -l <forensics)" -ge 200 ]
	tsem-bpf explain forensics >/dev/null
}

@test "actions that make a task untrusted, or end it, deny what an enforced model denies" {
	for action in untrust kill; do
		attempt "$action" attack -m "$RESULTS/model" --enforce --on-violation "$action"
		held 4 "$action"
	done
}

@test "a portable encoding denies the same" {
	attempt learned.portable learned -o "$RESULTS/portable" --encoding portable
	attempt attacked.portable attack -m "$RESULTS/portable" --enforce
	# A name in one filesystem is that of any other of its kind, here a tmpfs (docs/hooks.md).
	held 4 attacked.portable plant-shm
}

@test "a namespace that models ordinary files only keeps each guard" {
	attempt learned.files learned -o "$RESULTS/files" --scope files
	attempt attacked.files attack -m "$RESULTS/files" --enforce
	held 3 attacked.files
}

@test "beside a modeled root namespace, a namespace denies the same" {
	tsem-bpf unload
	# No agent runs: nothing waits for it.
	tsem-bpf load --root-model model --no-agent
	attempt root attack -m "$RESULTS/model" --enforce
	held 4 root
	tsem-bpf unload
	tsem-bpf load
}
