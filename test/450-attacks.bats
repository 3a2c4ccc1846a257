# SPDX-License-Identifier: GPL-2.0
# Every attempt of test/prog/attack, as root: in no namespace, in a free one, and under a model that has the attempt's harmless
# twin. 450-attacks.txt says of each what is to become of it. All are tried in one workload each time, in setup_file; the tests
# compare.
load helpers

ATTACK=$PROG/attack
TABLE=$ROOT/test/450-attacks.txt
RESULTS=$W/attacks

# try RESULT HOW [COMMAND...]: what became of the attempts into RESULT.
try() {
	local result=$RESULTS/$1 how=$2
	shift 2
	cd "$RESULTS/work" || return 1
	timeout 300 "$ATTACK" "$how" -- "$@" >"$result" 2>"$result.err" </dev/null || {
		echo "attack $how -- $*: status $?, after: $(tail -n 1 "$result")" >&2
		cat "$result.err" >&2
		return 1
	}
}

setup_file() {
	rm -rf "$RESULTS"
	mkdir -p "$RESULTS/work"
	try outside attack
	try free attack tsem-bpf run -q --
	try learn learned tsem-bpf run -q -o "$RESULTS/model" --
	try permit learned tsem-bpf run -q -m "$RESULTS/model" --enforce --forensics "$RESULTS/forensics.permit" --
	try enforced attack tsem-bpf run -q -m "$RESULTS/model" --enforce --forensics "$RESULTS/forensics" --
}

# The last line says how many were tried on this kernel, and what became of them.
teardown_file() {
	awk -v kernel="$(uname -r)" '
		FNR == 1 { file++ }
		file == 1 { if ($1 !~ /^#/ && NF) expected[$1] = $4; next }
		$2 == "unsupported" || $2 == "unprepared" { unsupported++; next }
		{ tried++ }
		expected[$1] == "denied" && ($2 == "denied" || $2 == "silent") { held++ }
		expected[$1] == "done" && $2 == "done" { design++ }
		END { printf "# %s: tried %d held %d, allowed by design %d, not in this kernel %d\n", kernel, tried, held, design,
			unsupported }
	' "$TABLE" "$RESULTS/enforced" >&3
	rm -rf "$RESULTS"
}

# as_expected COLUMN RESULT [KIND]: each outcome is what the table says in this column: done, denied, or silent; either is
# a matter of the next column. An effect that was not there counts as denied, whatever the call said. What this kernel does
# not have outside, it need not have inside.
as_expected() {
	"$ATTACK" list >"$D/list"
	awk -v column="$1" -v wanted="${3:-}" '
		FNR == 1 { file++ }
		file == 1 { kind[$2] = $1; next }
		file == 2 { if ($1 !~ /^#/ && NF) expected[$1] = $column; next }
		file == 3 { if ($2 != "done" && $2 != "silent") lacks[$1] = 1; next }
		wanted != "" && kind[$1] != wanted { next }
		{
			seen++
			got = $2
			if (got == "silent" && expected[$1] == "denied")
				got = "denied"
			if (lacks[$1] && got ~ /^(unsupported|unprepared|failed)$/)
				next
			if (got == "unsupported" && expected[$1] == "untried")
				next
			if (expected[$1] == "either")
				next
			if (got != expected[$1]) {
				print "expected " expected[$1] ": " $0
				bad++
			}
		}
		END { exit !seen || bad }
	' "$D/list" "$TABLE" "$RESULTS/outside" "$RESULTS/$2" | sed "s/^/$2: /" >&2
	return "${PIPESTATUS[0]}"
}

# held KIND: in a free namespace and under the model, as the table says.
held() {
	local failed=0
	as_expected 3 free "$1" || failed=1
	as_expected 4 enforced "$1" || failed=1
	return $failed
}

@test "each attempt has one row in the table, and each row its attempt" {
	"$ATTACK" list | cut -d ' ' -f 2 | sort >"$D/attempts"
	sed -n 's/^\([a-z0-9-]\+\) .*/\1/p' "$TABLE" | sort >"$D/rows"
	diff "$D/attempts" "$D/rows"
	[ "$(wc -l <"$D/rows")" -ge 120 ]
	# What is allowed has a reason.
	run awk '$1 !~ /^#/ && NF && ($4 == "done" || $3 == "done" && $4 != "denied") && NF < 5 { print }' "$TABLE"
	[ -z "$output" ]
}

@test "each attempt has its effect in no namespace, where it can be tried without harm" {
	# A kernel without modules has less of everything: the table is of the others, and what fails outside is not asked for inside.
	if [ -e /proc/modules ]; then
		sed -E 's/ (failed|unprepared) / missing /' "$RESULTS/outside" >"$RESULTS/strict"
		as_expected 2 strict
	fi
	[ "$(grep -c ' done$' "$RESULTS/outside")" -ge 200 ]
}

@test "the harmless twin of each attempt is permitted under the model, and nothing is denied" {
	run awk '
		FNR == NR { if ($2 != "done") lacks[$1] = 1; next }
		$2 != "done" && !lacks[$1] { print }
	' "$RESULTS/outside" "$RESULTS/permit"
	echo "$output"
	tsem-bpf explain "$RESULTS/forensics.permit"
	[ -z "$output" ]
	[ ! -s "$RESULTS/forensics.permit" ]
}

@test "descriptors that no path lookup opened, and other ways to a file" {
	held descriptor
}

@test "files of tsem-bpf, and of others who act as root" {
	held deputy
}

@test "who is at the other end of a socket" {
	held peer
}

@test "devices by number, name and command" {
	held device
}

@test "code that no event told of" {
	held code
}

@test "mounts, and paths that pass for others" {
	held mount
}

@test "tasks, terminals and keyrings outside" {
	held task
}

@test "processes that might have left" {
	held process
}

@test "repeated events, and those that differ in one value" {
	held memo
}

@test "the workload's own files stay its own, and no more of them are made" {
	held mark
}

@test "the kernel's knobs, code, memory and names" {
	held kernel
}

@test "after all of this tsem-bpf holds every hook, and the next workload is learned and held" {
	check 0 tsem-bpf status
	[ "$(find "$PINS/links" -type f | wc -l)" = "$(tsem-bpf status --json | jq '.programs.attached | length')" ]
	echo one >"$D/one"
	echo two >"$D/two"
	learn cat "$D/one"
	allowed cat "$D/one"
	denied cat "$D/two"
}
