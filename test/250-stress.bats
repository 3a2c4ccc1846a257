# SPDX-License-Identifier: GPL-2.0
# Many events at once: nothing is lost. scripts/stress.sh is the long form of this.
load helpers

# whole OPTION... -- COMMAND...: every coefficient of the workload has its description and nothing was lost.
whole() {
	check 0 tsem-bpf run -n much --keep -o m --trajectory t "$@"
	[[ $output != *"have no description"* ]]
	[ "$(tsem-bpf status --json | jq '[.namespaces[].lost | to_entries[] | select(.key != "ring") | .value] | add')" = 0 ]
	tsem-bpf coefficients t | sort | diff - <(sed -n 's/^state //p' m | sort)
	tsem-bpf delete -n much
}

@test "a parallel build" {
	for i in $(seq 12); do
		printf '#include <stdio.h>\nint f%d(void) { return puts("%d"); }\n' "$i" "$i" >"f$i.c"
	done
	echo 'int main(void) { return 0; }' >main.c
	# shellcheck disable=SC2016 # make expands
	printf 'p: $(patsubst %%.c,%%.o,$(wildcard *.c))\n\tgcc -o $@ $^\n' >Makefile
	whole --cache 1024 -- make -s -j4
}

@test "files, IPC, sockets and processes at the same time" {
	whole --cache 4096 -- stress-ng --quiet --temp-path "$D" --timeout 6 --dentry 1 --rename 1 --link 1 --xattr 1 \
		--flock 1 --msg 1 --sem-sysv 1 --shm-sysv 1 --pipe 1 --sock 1 --udp 1 --sockpair 1 --fork 1 --exec 1 \
		--pthread 1 --kill 1
}
