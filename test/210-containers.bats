# SPDX-License-Identifier: GPL-2.0
# Containers of runc and crun: as the workload of `run`, and put into a namespace by the OCI hook.
# shellcheck disable=SC2016 # the container's shell expands, not ours
load helpers

# Go's scheduler signals its own threads when they are late, so these events vary.
export GODEBUG=asyncpreemptoff=1

HOOK=$ROOT/build/tsem-bpf
HELD=/sys/fs/cgroup/tsem-test

# With the first cgroup of a controller, and after the last, the kernel patches its own code (cpusets_enabled_key). An
# emulated machine of two processors does not survive this every time: one cgroup stays while containers come and go.
setup_file() {
	for controller in $(</sys/fs/cgroup/cgroup.controllers); do
		echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
	done
	mkdir "$HELD"
}

teardown_file() {
	rmdir "$HELD"
}

# Removes containers of a test that failed half way.
cleanup() {
	local name
	for name in box-runc box-crun box; do
		runc delete -f $name >/dev/null 2>&1 || :
		crun delete -f $name >/dev/null 2>&1 || :
	done
}

# A bundle in $D/b: a busybox that prints the first lines of the files that its standard input names, up to the first
# that it may not read; and the hooks, which do nothing without an annotation.
bundle() {
	mkdir -p b/rootfs/bin b/rootfs/etc b/rootfs/proc b/rootfs/dev
	cp /bin/busybox b/rootfs/bin/sh
	echo known >b/rootfs/etc/known
	echo other >b/rootfs/etc/other
	jq -n --arg hook "$HOOK" --arg d "$D" '{
		ociVersion: "1.0.2", hostname: "box", root: {path: "rootfs", readonly: true},
		process: {
			user: {uid: 0, gid: 0}, cwd: "/", env: ["PATH=/bin"], noNewPrivileges: true,
			args: ["/bin/sh", "-c", "while read -r f; do read -r line <$f || exit 7; echo $line; done"],
			capabilities: {bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"]}
		},
		mounts: [
			{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"]}
		],
		linux: {namespaces: [{type: "pid"}, {type: "mount"}, {type: "ipc"}, {type: "uts"}, {type: "cgroup"}]},
		hooks: {
			createRuntime: [{path: $hook, args: ["tsem-bpf", "oci-hook", "--directory", $d, "createRuntime"]}],
			poststop: [{path: $hook, args: ["tsem-bpf", "oci-hook", "--directory", $d, "poststop"]}]
		}
	}' >b/config.json
}

# configure EXPRESSION ARGUMENT...: changes the bundle's config.json by jq.
configure() {
	jq --arg d "$D" "$1" b/config.json --args "${@:2}" >b/config.new
	mv b/config.new b/config.json
}

# annotate KEY VALUE...: the bundle's annotations, all of them, without org.tsem-bpf. crun says what its hooks say only
# where an annotation of its own wants it.
annotate() {
	configure '.annotations = ($ARGS.positional | [range(0; length; 2) as $i |
		{key: ("org.tsem-bpf." + .[$i]), value: .[$i + 1]}] | from_entries) +
		{"run.oci.hooks.stderr": ($d + "/crun.err")}' "$@"
}

# container RUNTIME FILE...|-: runs the bundle (-: files as our standard input names them), under a /tmp that is no disk:
# crun makes a file of a random name there.
container() {
	local runtime=$1
	shift
	local status=0
	rm -f crun.err
	{ [ "$1" = - ] && cat || printf '%s\n' "$@"; } | unshare -m sh -c 'mount -t tmpfs tmp /tmp; exec "$@"' - \
		"$runtime" run -b b "box-$runtime" || status=$?
	[ ! -s crun.err ] || cat crun.err
	return $status
}

# workload OPTION... -- RUNTIME FILE...: the same, by tsem-bpf run.
workload() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	printf '%s\n' "${@:3}" | unshare -m sh -c 'mount -t tmpfs tmp /tmp; exec "$@"' - \
		tsem-bpf run "${options[@]}" -- "$2" run -b b "box-$2"
}

# gone: no namespace and no collector is left.
gone() {
	[ "$(tsem-bpf list --json)" = "[]" ]
	check 1 pidof tsem-bpf
}

# The runtime is modeled too. Its first run makes directories below /run that later ones find; its threads and its clocks
# differ from run to run, so that its model is merged from three.
by_run() {
	bundle
	check 0 "$1" run -b b "box-$1" <<</etc/known
	for i in 1 2 3; do
		check 0 workload -q -o m$i --trajectory t$i -- "$1" /etc/known
	done
	tsem-bpf model merge -o m m1 m2 m3
	run workload -m m --enforce --forensics f -- "$1" /etc/known
	tsem-bpf explain --trajectory t1 f
	says " 0 denied"
	says known
	check 3 workload -m m --enforce --forensics f -- "$1" /etc/known /etc/other
	says known
	[[ $output != *$'\nother'* ]]
	[ "$(head -n 1 f | jq -r .file_open.file.path.pathname)" = /etc/other ]
}

by_hook() {
	bundle
	annotate name box output "$D/m1" trajectory "$D/t1"
	check 0 container "$1" /etc/known
	says known
	gone
	annotate output "$D/m2" trajectory "$D/t2"
	check 0 container "$1" /etc/known
	gone
	strange t1 m2
	strange t2 m1
	diff <(tsem-bpf coefficients t1 | sort) <(tsem-bpf coefficients t2 | sort)
	tsem-bpf coefficients t1 | diff - <(sed -n 's/^state //p' m1)
	opened /etc/known .COE.capeff <t1 | grep -qx 0x20

	annotate model "$D/m1" mode enforce forensics "$D/f"
	run container "$1" /etc/known
	[ ! -s f ] || tsem-bpf explain --trajectory t1 f
	[ "$status" = 0 ]
	says known
	gone
	[ ! -s f ]
	check 7 container "$1" /etc/known /etc/other
	says known
	gone
	[ "$(head -n 1 f | jq -r .file_open.file.path.pathname)" = /etc/other ]

	annotate model "$D/m1" mode seal forensics "$D/f" output "$D/m3"
	check 0 container "$1" /etc/known /etc/other
	says other
	[ "$(head -n 1 f | jq -r .file_open.file.path.pathname)" = /etc/other ]
	grep -qx seal m3
}

@test "a container has a terminal of its own" {
	bundle
	configure '.process.terminal = true | .process.args[2] = "echo by-console >/dev/console && echo by-name >/dev/tty" |
		.mounts += [{destination: "/dev/pts", type: "devpts", source: "devpts",
			options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]}]'
	for runtime in runc crun; do
		annotate name box output "$D/m-$runtime"
		check 0 script -qec "exec $runtime run -b b box-$runtime" /dev/null </dev/null
		says by-console
		says by-name
		[ -s "m-$runtime" ]
	done
	gone
}

@test "a container of runc as the workload of run is learned, then allowed, and denied another file" {
	by_run runc
}

@test "a container of crun as the workload of run is learned, then allowed, and denied another file" {
	by_run crun
}

@test "the hook puts a container of runc into a namespace, gives the same model twice, allows it, denies another file" {
	by_hook runc
}

@test "the hook puts a container of crun into a namespace, gives the same model twice, allows it, denies another file" {
	by_hook crun
}

@test "a killed collector changes no verdict" {
	bundle
	annotate name box output "$D/m" trajectory "$D/t"
	check 0 container crun /etc/known
	annotate name box model "$D/m" mode enforce forensics "$D/f"
	mkfifo line
	{
		code=0
		container crun - <line 2>&1 || code=$?
		echo $code >code
	} | cat >out &
	exec 9>line
	echo /etc/known >&9
	wait_for grep known out
	pkill -KILL -x tsem-bpf
	echo /etc/other >&9
	exec 9>&-
	wait_for [ -s code ]
	[ "$(<code)" = 7 ]
	[ "$(grep -cx other out)" = 0 ]
	wait_for tsem-bpf delete -n box
}

# rootless OPTION...: the bundle by crun, started by user 1000, whom the container takes for root.
rootless() {
	check "$1" tsem-bpf run -q --nsref current "${@:2}" -- setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set -all \
		crun --root "$D/run" --cgroup-manager disabled run -b b rootless
}

@test "a rootless container is modeled with the ids of its user namespace, allowed, and denied another file" {
	bundle
	configure 'del(.hooks) | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}] | .linux.gidMappings = .linux.uidMappings |
		.process.args[2] = "read -r line </etc/known && echo $line"'
	mkdir run
	chown -R 1000:1000 "$D"
	chmod 755 "$W" "$D"
	crun_warm() {
		setpriv --reuid 1000 --regid 1000 --clear-groups crun --root "$D/run" --cgroup-manager disabled run -b b rootless
	}
	check 0 crun_warm
	for i in 1 2; do
		rootless 0 -o m$i --trajectory t$i
		says known
	done
	[ "$(opened /etc/known .COE.uid <t1)" = 0 ]
	[ "$(opened /etc/known .file_open.file.inode.uid <t1)" = 0 ]
	tsem-bpf coefficients t1 | diff - <(sed -n 's/^state //p' m1)
	tsem-bpf model merge -o m m1 m2
	# crun looks at the container's files in proc, whose owner is root while that process cannot be dumped: a race, in
	# which some run has another event than the two of the model.
	rootless 0 -m m --enforce --forensics f || {
		tsem-bpf explain --trajectory t1 f
		rm -rf run/*
		rootless 0 -m m --enforce
	}
	says known
	configure '.process.args[2] = "read -r line </etc/other && echo $line"'
	chown -R 1000:1000 b
	rootless 3 -m m --enforce
	[[ $output != *other* ]]
}

@test "a container without annotations is in no namespace, and needs none of us" {
	bundle
	configure '.annotations = {"org.example": "x"}'
	check 0 container runc /etc/known
	check 0 container crun /etc/known /etc/other
	gone
	check 0 tsem-bpf oci-hook createRuntime <<<'{"id": "box", "pid": 1, "bundle": "/"}'
	check 0 setpriv --bounding-set -mac_admin tsem-bpf oci-hook createRuntime <<<'{"annotations": {}}'
	check 1 tsem-bpf oci-hook createRuntime <<<'{'
	check 2 tsem-bpf oci-hook prestart <<<'{}'
}

@test "whatever is wrong, the hook says why in one line, the container does not start, and nothing is left" {
	bundle
	for wrong in "mode learned" "colour red" "name 12" "output here" "output /nowhere/m" "model $D/none" \
		"cache 0" "digest sm3" "base 12" \
		"encoding hosts" "scope some" "instances x" "on-violation allow" "action file_open" "pattern /etc" \
		"strict-names etc"; do
		run tsem-bpf oci-hook --directory "$D" createRuntime < <(jq -n --argjson pid $$ --arg wrong "$wrong" \
			'{id: "x", pid: $pid, annotations: {("org.tsem-bpf." + ($wrong / " ")[0]): ($wrong / " ")[1]}}')
		[ "$status" != 0 ]
		says "annotation org.tsem-bpf.${wrong%% *}"
		[ "${#lines[@]}" = 1 ]
	done
	gone
	tsem-bpf run -q -n taken --keep -- true
	annotate name taken
	for runtime in runc crun; do
		run container $runtime /etc/known
		[ "$status" != 0 ]
		says "name 'taken'"
		[[ $output != *known* ]]
	done
	[ "$(tsem-bpf list --json | jq -r '.[].name')" = taken ]
	tsem-bpf delete -n taken
	gone
	# Inside of a namespace the hook cannot do anything.
	annotate mode learn
	run workload -q -- runc /etc/known
	[ "$status" != 0 ]
	says CAP_MAC_ADMIN
	gone
}

@test "--directory confines the files of annotations" {
	mkdir in out
	state() {
		jq -n --arg f "$1" '{id: "x", pid: 0, annotations: {"org.tsem-bpf.output": $f}}'
	}
	for file in "$D/out/m" "$D/in/../out/m" "$D/in-other" "$D/in"; do
		check 2 tsem-bpf oci-hook --directory "$D/in" createRuntime < <(state "$file")
	done
	# This one goes on to the pid.
	check 1 tsem-bpf oci-hook --directory "$D/in" createRuntime < <(state "$D/in/m")
	says "'pid'"
}

@test "a symbolic link below --directory leads root nowhere" {
	mkdir in out in/plain
	ln -s ../out in/link
	echo mine >out/mine
	state() {
		jq -n --arg key "org.tsem-bpf.$1" --arg f "$2" --argjson pid "$3" '{id: "x", pid: $pid, annotations: {($key): $f}}'
	}
	check 2 tsem-bpf oci-hook --directory "$D/in" createRuntime < <(state output "$D/in/link/m" 0)
	says "symbolic link"
	printf 'seal\nend\n' >out/model
	cp out/model in/open
	chmod 666 in/open
	ln -s ../out/model in/model
	mkfifo in/pipe
	for file in model open pipe; do
		check 1 timeout 10 tsem-bpf oci-hook --directory "$D/in" createRuntime < <(state model "$D/in/$file" $$)
		says "in/$file"
	done
	# One that is planted while the container runs.
	sleep 600 3>&- &
	task=$!
	check 0 tsem-bpf oci-hook --directory "$D/in" createRuntime < <(state output "$D/in/plain/mine" $task)
	mv in/plain in/moved
	ln -s ../out in/plain
	kill $task
	wait_for gone
	grep -qx end in/moved/mine
	[ "$(<out/mine)" = mine ]
	[ "$(ls out)" = "$(printf 'mine\nmodel')" ]
}

@test "without --directory annotations name no file" {
	for key in model signature output trajectory forensics; do
		check 2 tsem-bpf oci-hook createRuntime < <(jq -n --arg key "org.tsem-bpf.$key" --arg f "$D/m" \
			'{id: "x", pid: 1, annotations: {($key): $f}}')
		says "annotation org.tsem-bpf.$key"
		says "--directory"
	done
	[ ! -e m ]
}

# ruled ANNOTATIONS OPTION...: the hook of this configuration, for a container that waits.
ruled() {
	jq -n --argjson pid "$pid" --argjson a "$1" '{id: "ruled", pid: $pid, annotations: $a}' |
		tsem-bpf oci-hook "${@:2}" createRuntime
}

@test "the configuration of the hook says the least mode and the model, whatever the container's annotations say" {
	check 0 tsem-bpf run -q -o m -- setpriv --bounding-set -mac_admin sleep 0
	cp m other
	setpriv --bounding-set -mac_admin sleep 1000 3>&- &
	pid=$!
	for mode in learn seal audit; do
		check 1 ruled '{"org.tsem-bpf.mode": "'$mode'"}' --min-mode enforcing
		says "--min-mode"
	done
	for loose in '"org.tsem-bpf.on-violation": "log"' '"org.tsem-bpf.action": "file_open=log"'; do
		check 1 ruled "{$loose}" --min-mode enforcing
		says "action log"
	done
	check 1 ruled '{}' --require-model
	says "has no model"
	check 1 ruled '{"org.tsem-bpf.model": "'"$D"'/other"}' --directory "$D" --model "$D/m"
	says "names the model"
	check 1 ruled '{"org.tsem-bpf.pattern": "/etc/**"}' --model "$D/m"
	says "pattern"
	check 1 ruled '{"org.tsem-bpf.strict-names": "/etc"}' --model "$D/m"
	says "strict-names"
	check 2 ruled '{}' --min-mode enforced
	says "'enforced'"
	check 2 ruled '{}' --model m
	says "begins with /"
	[ "$(tsem-bpf list --json)" = "[]" ]
	# The rules also bind a container without annotations.
	check 0 ruled '{}' --min-mode enforcing --model "$D/m"
	[ "$(tsem-bpf list --json | jq -r '.[0] | .name + " " + .mode')" = "ruled enforcing" ]
	kill $pid
	wait_for gone
}

# strict_box RUNTIME: the container makes a file of each name, in a directory of its own and in a volume.
strict_box() {
	bundle
	mkdir b/rootfs/up b/rootfs/data vol
	configure '.root.readonly = false |
		.process.args[2] = "while read -r f; do true >/up/$f || exit 7; true >/data/$f || exit 8; done" |
		.mounts += [{destination: "/data", type: "bind", source: ($d + "/vol"), options: ["bind", "rw"]}]'
	emptied() {
		rm -f b/rootfs/up/* vol/*
		container "$@"
	}
	annotate name box output "$D/loose"
	check 0 emptied "$1" upload-1.bin
	gone
	annotate model "$D/loose" mode enforce
	check 0 emptied "$1" shell.php
	[ -e vol/shell.php ]
	gone
	annotate name box output "$D/m" strict-names "/up /data"
	check 0 emptied "$1" upload-1.bin
	gone
	for directory in /up /data "${D#"$W"}/b/rootfs/up" "${D#"$W"}/vol"; do
		grep -qxF "strict $directory" m
	done
	annotate model "$D/m" mode enforce forensics "$D/f"
	check 0 emptied "$1" upload-1.bin
	gone
	[ ! -s f ]
	check 7 emptied "$1" shell.php
	[ "$(head -n 1 f | jq -r .event.type)" = inode_create ]
	[ -z "$(find b/rootfs/up vol -type f)" ]
	gone
	# A tmpfs would be / to the hooks that make names.
	annotate name box strict-names "/up /dev"
	if container "$1" upload-1.bin >said 2>&1; then return 1; fi
	grep -qF "strict-names: '/dev' is a mount of its own" said
	gone
}

@test "strict names by annotation: a container of runc makes the files that were learned, and no others" {
	strict_box runc
}

@test "strict names by annotation: a container of crun makes the files that were learned, and no others" {
	strict_box crun
}

@test "a killed collector of a container that learns leaves it sealed, and nothing behind" {
	sleep 1000 3>&- &
	pid=$!
	check 0 ruled '{"org.tsem-bpf.output": "'"$D"'/m"}' --directory "$D"
	# The guardian is the collector's child.
	for collector in $(pidof tsem-bpf); do
		[ "$(ps -o ppid= -p "$collector" | xargs ps -o comm= -p)" = tsem-bpf ] || kill -KILL "$collector"
	done
	wait_for sh -c "tsem-bpf list --json | jq -e '.[0].mode == \"sealed\"'"
	kill $pid
	wait_for gone
	[ ! -e m ]
	[ -z "$(find . -name 'm.*')" ]
}

@test "a container that keeps the control capability is refused" {
	bundle
	annotate mode learn
	configure '.process.capabilities.bounding += ["CAP_MAC_ADMIN"]'
	for runtime in runc crun; do
		run container $runtime /etc/known
		[ "$status" != 0 ]
		says "keeps CAP_MAC_ADMIN"
		gone
	done
	configure 'del(.annotations)'
	check 0 container runc /etc/known
}

# joined COMMAND...: puts COMMAND, which waits for a line, into a namespace; its status in $code.
joined() {
	rm -f line
	mkfifo line
	"$@" <line &
	local pid=$!
	exec 9>line
	jq -n --argjson pid $pid '{id: "joined", pid: $pid, annotations: {"org.tsem-bpf.mode": "learn"}}' |
		tsem-bpf oci-hook createRuntime 9>&-
	[ "$(tsem-bpf list --json | jq -r '.[].name')" = joined ]
	echo >&9
	exec 9>&-
	code=0
	wait $pid || code=$?
	wait_for gone
}

@test "nothing in a namespace executes with the control capability, nor by a thread that did not join" {
	joined sh -c 'read -r x; exec true'
	[ "$code" != 0 ]
	joined setpriv --bounding-set -mac_admin sh -c 'read -r x; exec true'
	[ "$code" = 0 ]
	joined setpriv --bounding-set -mac_admin "$PROG/thread_exec" /bin/true
	[ "$code" = 126 ]
	check 0 "$PROG/thread_exec" /bin/true <<<x
}
