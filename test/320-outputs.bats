# SPDX-License-Identifier: GPL-2.0
# Files that root writes and reads: they are opened before the workload starts, and are regular files.
# shellcheck disable=SC2016 # the workload's shell expands, not ours
load helpers

refused() {
	check "$1" "${@:3}"
	says "$2"
	[ "${#lines[@]}" = 1 ]
}

@test "a pipe, a device and a directory are no outputs, and are refused at once" {
	mkfifo pipe
	mknod null c 1 3
	mkdir directory
	for option in -o --trajectory --forensics; do
		for file in pipe null directory; do
			refused 1 "cannot write $file: is no regular file" timeout 20 tsem-bpf run $option $file -- touch ran
		done
	done
	[ ! -e ran ]
	[ -p pipe ]
	[ -c null ]
	# The standard output is one.
	[ "$(tsem-bpf run -q -o - -- true | tail -n 1)" = end ]
	[ "$(tsem-bpf run -q -o /dev/stdout -- true | tail -n 1)" = end ]
}

@test "a pipe, a device and a directory are no models, and are refused at once" {
	mkfifo pipe
	mkdir directory
	for file in pipe /dev/zero directory; do
		refused 1 "$file: is no regular file" timeout 20 tsem-bpf run -m $file -- touch ran
		refused 1 "$file: is no regular file" timeout 20 tsem-bpf model state $file
	done
	[ ! -e ran ]
	printf 'end\n' | check 0 tsem-bpf run -q -m - -- true
}

@test "no link is followed to an output in a directory that others may write to" {
	mkdir open mine
	chmod 1777 open
	ln -s "$D/mine" open/link
	refused 1 "symbolic link" tsem-bpf run -o open/link/m -- touch ran
	[ ! -e ran ]
	[ -z "$(ls mine)" ]
	# One in the file's own place is replaced.
	echo mine >mine/file
	ln -s "$D/mine/file" open/m
	check 0 tsem-bpf run -q -o open/m -- true
	[ ! -L open/m ]
	[ "$(<mine/file)" = mine ]
	# Nobody else writes here.
	ln -s "$D/mine" here
	check 0 tsem-bpf run -q -o here/m -- true
	grep -qx end mine/m
}

@test "a workload that puts a link or another directory in the way of an output moves it nowhere" {
	mkdir out target
	check 0 tsem-bpf run -q -o out/m -- sh -c "mv out moved; ln -s $D/target out"
	grep -qx end moved/m
	[ -z "$(ls target)" ]
	rm out
	mkdir out
	check 0 tsem-bpf run -q -o out/m -- sh -c "ln -s $D/target/m out/m"
	[ ! -L out/m ]
	[ -z "$(ls target)" ]
	# The temporary name of the new file cannot be used either.
	run tsem-bpf run -q -o out/n -- sh -c 'for f in out/n.*; do rm "$f"; ln -s /etc/passwd "$f"; done'
	[ "$status" != 0 ]
	says "cannot write out/n"
	tsem-bpf delete -n "$(tsem-bpf list --json | jq -r '.[0].name')"
	[ ! -e out/n ]
	grep -q ^root: /etc/passwd
}

@test "a compressed model expands to its limit and no further" {
	{ seq -f 'state %064.0f' 70000; echo end; } >m
	zstd -q m
	check 0 tsem-bpf model state m.zst
	# 5 MB.
	refused 1 "--max-expanded" tsem-bpf model state --max-expanded 4 m.zst
	refused 1 "--max-expanded" tsem-bpf run --max-expanded 4 -m m.zst -- touch ran
	[ ! -e ran ]
	check 0 tsem-bpf model state --max-expanded 5 m.zst
	# A small file that grows and grows.
	head -c 80000000 /dev/zero | zstd -q -1 >bomb.zst
	refused 1 "--max-expanded" tsem-bpf run -m bomb.zst -- true
}

@test "a journal has a limit, and says what it dropped" {
	mkdir many
	for i in $(seq 3000); do echo "$i" >"many/$i"; done
	check 0 tsem-bpf run -n full --keep --journal 1 --cache 512 --trajectory t -- "$PROG/file_open" many/*
	says "had no room in the journal"
	file=/run/tsem-bpf/$(tsem-bpf show -n full id).events
	[ "$(stat -c %s "$file")" -le $((1 << 20)) ]
	dropped=$(tsem-bpf status --json | jq '.namespaces[0].lost.journal')
	[ "$dropped" -gt 0 ]
	# Each of them is in the model, and the number without a description is reported.
	[ "$(tsem-bpf show -n full trajectory-coefficients | wc -l)" -gt 3000 ]
	tsem-bpf delete -n full
	[ ! -e "$file" ]
	[ ! -e "${file%.events}.dropped" ]
	check 0 tsem-bpf run -n roomy --keep --cache 512 -- "$PROG/file_open" many/*
	[ "$(tsem-bpf status --json | jq '.namespaces[0].lost.journal')" = 0 ]
	tsem-bpf delete -n roomy
}
