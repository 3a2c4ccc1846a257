# SPDX-License-Identifier: GPL-2.0
# What a hostile workload tries on tsem-bpf itself, on tasks outside and on the kernel, as root and with no model that would
# stop it; also run on the patched kernel, with its capability.
# shellcheck disable=SC2016,SC2153 # PROG is set in helpers.bash, and other shells expand what is quoted
load helpers

LINKS=$W/links

setup_file() {
	links >"$LINKS"
}

# The programs that are attached, by id: what an attack must not change.
links() {
	bpftool link show -j | jq -c '[.[] | select(.prog_type == "lsm" or .type == "tracing") | .id] | sort'
}

cleanup() {
	[ ! -v outside ] || kill -9 "$outside" 2>/dev/null || :
	# A file system of the kernel's is not what the test's directory is to be cleared of.
	! mountpoint -q "$D/d" || umount "$D/d"
	! mountpoint -q "$D/x" || umount -R "$D/x"
}

# A task outside for the test to attack, in a process group of its own: in $outside.
victim() {
	setsid sleep 600 3>&- &
	outside=$!
	wait_for kill -0 -- "-$outside"
}

# Tries each line of its input as a command, and says whether it works, is denied, or fails in another way. It is denied if it
# says so; programs of test/prog say nothing and exit with errno, 1 being EPERM.
ATTEMPTS='while read -r command; do
	said=$(LC_ALL=C timeout 20 sh -c "$command" 2>&1 >/dev/null </dev/null | tr -cd "[:print:] "; exit $PIPESTATUS)
	status=$?
	if [ $status = 0 ]; then
		echo "works $command"
	elif grep -qiE "operation not permitted|permission denied|must be superuser|needs the capability" <<<"$said"; then
		echo "denied $command"
	elif [[ $status = 1 && -z $said && $command = */test/prog/* ]]; then
		echo "denied $command"
	else
		echo "fails $command: status $status: $said"
	fi
done'

# inside FILE, outside FILE: runs the commands of FILE in a namespace, and outside; the results are in $D/inside, $D/outside.
inside() {
	check 0 tsem-bpf run -q -- bash -c "$ATTEMPTS" <"$1"
	printf '%s' "${output:+$output$'\n'}" >"$D/inside"
	[ "$(wc -l <"$D/inside")" = "$(wc -l <"$1")" ]
}

outside() {
	bash -c "$ATTEMPTS" <"$1" >"$D/outside"
}

# apart FILE [HOW]: the same as outside, each command in a mount namespace of its own, where it does no harm; its mounts are
# private, or shared below it with HOW.
apart() {
	local command
	while read -r command; do
		unshare -m bash -c "mount --make-r${2:-private} /; $ATTEMPTS" <<<"$command"
	done <"$1" >"$D/outside"
}

# all_denied FILE, all_work FILE
all_denied() {
	only denied "$1"
}

all_work() {
	only works "$1"
}

only() {
	if grep -v "^$1 " "$2" >&2; then
		echo "in $2" >&2
		return 1
	fi
}

# counted KEY: a counter of the load.
counted() {
	tsem-bpf status --json | jq ".load.$1"
}

# refused KEY COMMAND...: the command exits with EPERM, and KEY has counted why.
refused() {
	local before
	before=$(counted "$1")
	check 1 "${@:2}"
	[ "$(counted "$1")" -gt "$before" ]
}

# The pins are complete, and control finds them.
unharmed() {
	links | diff "$LINKS" - >&2
	check 0 tsem-bpf status
	[ -e "$PINS/links/tsem_file_open" ]
}

@test "a task of a namespace reaches none of our maps, programs, links and pins, though it is root" {
	id=$(bpftool map show pinned "$PINS/maps/tsem_namespaces" -j | jq .id)
	prog=$(bpftool prog show pinned "$PINS/progs/tsem_control" -j | jq .id)
	link=$(bpftool link show -j | jq '[.[] | select(.prog_type == "lsm" or .type == "tracing")][0].id')
	secrets=$(bpftool map show -j | jq '.[] | select(.name == "tsem_bpf.rodata") | .id')
	check 0 bpftool map dump id "$id"
	check 0 bpftool map dump id "$secrets"
	cat >try <<-EOF
		bpftool map dump id $id
		bpftool map dump id $secrets
		bpftool map dump pinned $PINS/maps/tsem_coefficients
		bpftool prog show id $prog
		bpftool link detach id $link
		cat $PINS/maps/tsem_coefficients
		rm -f $PINS/links/tsem_file_open
		mv $PINS/links/tsem_file_open $PINS/gone
		ln $PINS/maps/tsem_globals $PINS/copy
		ln -s maps $PINS/name
		mkdir $PINS/new
		chmod 777 $PINS
		touch -d yesterday $PINS/links
		bpftool map create $PINS/map type hash key 4 value 4 entries 1 name sandbox
		rm -rf $PINS
		tsem-bpf unload --force
		tsem-bpf list
	EOF
	before=$(counted guarded)
	inside try
	all_denied inside
	unharmed
	[ "$(counted guarded)" -gt "$((before + 5))" ]
	# Outside the same works, here on what it may destroy.
	mkdir /sys/fs/bpf/sandbox
	bpftool map create /sys/fs/bpf/sandbox/map type hash key 4 value 4 entries 1 name sandbox
	cat >try <<-EOF
		bpftool map dump id $id
		bpftool map dump id $secrets
		bpftool map dump pinned $PINS/maps/tsem_coefficients
		bpftool prog show id $prog
		tsem-bpf list
		cat $PINS/maps/tsem_coefficients
		mv /sys/fs/bpf/sandbox/map /sys/fs/bpf/sandbox/gone
		ln /sys/fs/bpf/sandbox/gone /sys/fs/bpf/sandbox/copy
		ln -s copy /sys/fs/bpf/sandbox/name
		mkdir /sys/fs/bpf/sandbox/new
		chmod 777 /sys/fs/bpf/sandbox
		touch -d yesterday /sys/fs/bpf/sandbox/new
		rm -f /sys/fs/bpf/sandbox/gone
		rm -rf /sys/fs/bpf/sandbox
	EOF
	outside try
	all_work outside
}

# Attempts to remove or hide the pins.
mount_attacks() {
	mkdir -p x/old
	mount -t tmpfs none x
	mkdir -p x/old
	cat <<-EOF
		umount /sys/fs/bpf
		umount -l /sys/fs/bpf
		umount -l /sys
		unshare -m --propagation unchanged umount -l /sys/fs/bpf
		mount --rbind /sys $D/x/old && umount -l $D/x/old
		mount --move /sys $D/x/old
		mount --move /sys/fs/bpf $D/x/old
		$PROG/mount_move /sys $D/x/old 0
		$PROG/mount_move /sys/fs/bpf $D/x/old 0
		$PROG/mount_move $D/x /sys/fs/bpf 0
		mount -t tmpfs none /sys
		mount -t tmpfs none /sys/fs
		mount -t tmpfs none /sys/fs/bpf
		mount -t tmpfs none /sys/fs/bpf/tsem
		mount --bind $D /sys/fs/bpf
		$PROG/move_mount $D /sys/fs/bpf
		$PROG/move_mount $D /sys/fs
		mount -o remount,ro /sys/fs/bpf
		mount -o remount,bind,ro /sys/fs/bpf
		pivot_root $D/x $D/x/old
	EOF
}

@test "no mount, move or unmount in a namespace takes the pins away or hides them" {
	mount_attacks >try
	inside try
	all_denied inside
	unharmed
	# A filesystem is remounted for all mount namespaces.
	sed -i '/ remount,ro /d' try
	apart try
	all_work outside
	mkdir d
	mount -t bpf none d
	echo "mount -o remount,ro $D/d" >try
	inside try
	all_denied inside
	outside try
	all_work outside
	umount d
	unharmed
	umount x
}

@test "nor does it where mounts are shared with those of the host, also from a mount namespace of its own" {
	mount --make-rshared /
	{
		mount_attacks
		echo "unshare -m --propagation unchanged umount -l /sys"
		echo "unshare -m --propagation unchanged umount -l /"
		echo "unshare -m --propagation unchanged mount -t tmpfs none /sys/fs"
		echo "unshare -m --propagation unchanged sh -c 'mount --rbind /sys $D/x/old && umount -l $D/x/old'"
		# A mount that has the pins' filesystem below it elsewhere becomes a peer of another.
		echo "unshare -m --propagation unchanged sh -ec 'cd $D/x; mkdir z y; mount --bind /sys z; mount --bind /sys y;
			mount --make-private y; mount --make-private /sys; mount -t tmpfs none y/fs/bpf;
			$PROG/mount_move z y 0x100; umount y/fs/bpf'" | tr -d '\n\t'
		echo
	} >try
	inside try
	mount --make-rprivate /
	umount -R x || :
	all_denied inside
	# The others have been shown to work where mounts are private; some need that.
	grep -e '--propagation unchanged' try >shared
	mount -t tmpfs none x
	mkdir x/old
	apart shared shared
	umount x
	all_work outside
	unharmed
}

@test "a mount namespace of its own is a workload's to use, and mounts on the host beside the pins" {
	mkdir x y
	cat >try <<-EOF
		unshare -m umount -l /sys
		unshare -m sh -ec 'mount -t tmpfs none /sys/fs; umount /sys/fs; mount --rbind /sys $D/x; umount -l $D/x'
		unshare -m sh -ec 'mount -t tmpfs none $D/x; mkdir $D/x/old; cd $D/x; pivot_root . old'
		unshare -m sh -ec 'mount -t tmpfs none $D/x; mount --move $D/x $D/y'
		mount -t tmpfs none $D/x
		mount --bind $D/x $D/y
		$PROG/move_mount $D/x $D/y
		umount $D/y
		umount -l $D/y
		umount -l $D/x
	EOF
	inside try
	all_work inside
	unharmed
}

# The number that the kernel's types give a function.
function_id() {
	bpftool btf dump file /sys/kernel/btf/vmlinux format raw | sed -n "s/^\[\([0-9]*\)\] FUNC '$1'.*/\1/p" | head -n 1
}

@test "a task of a namespace loads and attaches no program that could come before ours; network programs it may load" {
	hook=$(function_id bpf_lsm_bpf_map)
	call=$(function_id security_bpf_map)
	function=$(function_id do_nanosleep)
	# LSM, and TRACING as fentry, fexit, fmod_ret.
	cat >try <<-EOF
		$PROG/bpf_attach 29 27 $hook
		$PROG/bpf_attach 26 24 $function
		$PROG/bpf_attach 26 25 $function
		$PROG/bpf_attach 26 26 $call
	EOF
	for type in 2 5 7 17 24; do
		echo "$PROG/bpf_prog $type" >>try
	done
	inside try
	all_denied inside
	outside try
	all_work outside
	for type in 1 3 4 6 8; do
		echo "$PROG/bpf_prog $type"
	done >try
	inside try
	all_work inside
	unharmed
}

@test "nor does it attach one that was loaded outside and handed in" {
	function=$(function_id do_nanosleep)
	check 0 "$PROG/bpf_attach" 26 25 "$function" "$PROG/bpf_attach" raw 0
	check 0 "$PROG/bpf_attach" 26 25 "$function" "$PROG/bpf_attach" link 25
	refused guarded "$PROG/bpf_attach" 26 25 "$function" tsem-bpf run -q -- "$PROG/bpf_attach" raw 0
	refused guarded "$PROG/bpf_attach" 26 25 "$function" tsem-bpf run -q -- "$PROG/bpf_attach" link 25
}

@test "a debugger in a namespace cannot take over a task outside" {
	victim
	printf '%s\n' "cat /proc/$outside/environ" "$PROG/on_task attach $outside" "$PROG/on_task getfd $outside" \
		"$PROG/on_task read $outside" "cat /proc/$outside/maps" ": >>/proc/$outside/mem" >try
	inside try
	all_denied inside
	outside try
	all_work outside
	# A task outside cannot become the debugger of one inside; a task inside can.
	refused guarded tsem-bpf run -q -- "$PROG/on_task" traceme 0
	check 0 tsem-bpf run -q -- sh -c "$PROG/on_task traceme 0; exit \$?"
}

@test "no signal reaches a task outside, by whatever call, the orchestrator least of all" {
	victim
	for call in kill0 kill killpg tgkill sigqueue pidfd sigio; do
		echo "$PROG/on_task $call $outside"
	done >try
	inside try
	# A signal that the kernel sends fails in silence: the task lives.
	sed -i '/ sigio /d' inside
	all_denied inside
	run tsem-bpf run -q -- sh -c "kill -9 -1"
	check 0 kill -0 $outside
	refused cross_namespace_signals tsem-bpf run -q -- sh -c "$PROG/on_task kill \$PPID"
	check 0 tsem-bpf run -q -- sh -c "$PROG/on_task sigio \$PPID"
	# To one of its own, and outside, it works.
	check 137 tsem-bpf run -q -- sh -c "sleep 60 & $PROG/on_task sigio \$!; wait \$!"
	check 0 "$PROG/on_task" sigio $outside
	run wait $outside
	check 1 kill -0 $outside
	for call in kill killpg tgkill sigqueue pidfd; do
		victim
		check 0 "$PROG/on_task" $call $outside
		run wait $outside
		check 1 kill -0 $outside
	done
}

@test "a task outside is not starved: no limit, priority or processor is taken from it" {
	victim
	for call in rlimit scheduler affinity nice ioprio; do
		echo "$PROG/on_task $call $outside"
	done >try
	echo "echo 500 >/proc/$outside/oom_score_adj" >>try
	inside try
	all_denied inside
	outside try
	all_work outside
	sed "s/$outside/\$p/; s/^/sleep 60 \& p=\$!; /; s/\$/ || exit 9; kill \$p/" try >own
	inside own
	all_work inside
}

@test "nor is one counted, sampled or stopped at a breakpoint by a performance counter" {
	victim
	printf '%s\n' "$PROG/perf cpu" "$PROG/perf task $outside" >try
	[ ! -e /sys/bus/event_source/devices/uprobe ] || echo "$PROG/perf uprobe $PROG/settime 0x1000" >>try
	inside try
	all_denied inside
	outside try
	all_work outside
	printf '%s\n' "$PROG/perf own" "sleep 60 & $PROG/perf task \$!; x=\$?; kill \$!; exit \$x" >try
	inside try
	all_work inside
}

@test "nobody in a namespace types on a terminal or hangs it up" {
	script -qc "tty >$D/terminal; exec sleep 600" /dev/null </dev/zero >/dev/null 2>&1 3>&- &
	outside=$!
	wait_for test -s terminal
	# It cannot open the terminal of a session outside. On one that is passed in it cannot type.
	refused guarded tsem-bpf run -q -- "$PROG/tty_push" "$(<terminal)" x
	refused guarded sh -c "tsem-bpf run -q -- $PROG/tty_push - x <$(<terminal)"
	check 0 "$PROG/tty_push" "$(<terminal)" x
	# A session of its own has a terminal of its own.
	check 0 tsem-bpf run -q -- script -qec 'tty >own; : >>"$(cat own)"; exec 3<>/dev/tty' /dev/null
	grep -q /dev/pts/ own
}

@test "no filesystem that opens the files below by a kernel thread is mounted" {
	mkdir d
	refused guarded tsem-bpf run -q -- sh -c "mount -i -t ecryptfs d d || exit 1"
	check 0 tsem-bpf run -q -- mount -t tmpfs none d
	umount d
}

@test "a task of a namespace gives the kernel no code and reads and writes none of its memory" {
	mkdir d
	echo text >f
	if [ -e /proc/modules ]; then
		# What is no module fails outside as well, in another way.
		printf '%s\n' "[ \$($PROG/kernel_code file f; echo \$?) != 1 ]" \
			"[ \$($PROG/kernel_code memory f; echo \$?) != 1 ]"
	fi >try
	printf '%s\n' "$PROG/kernel_code kexec f" "head -c 1 /dev/mem" "head -c 1 /proc/kcore" \
		"/bin/echo p:tsem_test vfs_open >/sys/kernel/tracing/kprobe_events" \
		"mount -t debugfs none d && : >>d/sched/verbose" >>try
	outside try
	umount d
	# The kernel of kernel-patches/ lacks most of this, so nobody can reach it there.
	if [ -e /proc/modules ]; then
		all_work outside
		echo >/sys/kernel/tracing/kprobe_events
	else
		sed -n 's/^works //p' outside >try
	fi
	inside try
	all_denied inside
}

@test "the kernel is told nothing to execute outside, and no hook is switched off" {
	printf ': >>/proc/%s\n' sys/kernel/core_pattern sys/kernel/poweroff_cmd sysrq-trigger >try
	[ ! -e /proc/modules ] || echo ": >>/proc/sys/kernel/modprobe" >>try
	echo "echo 1 >/proc/sys/kernel/ftrace_enabled" >>try
	inside try
	all_denied inside
	outside try
	all_work outside
	# Other settings are the model's.
	check 0 tsem-bpf run -q -- sh -c "read -r x </proc/sys/kernel/core_pattern; echo 0x33 >/proc/self/coredump_filter"
}

@test "the control program answers nobody in a namespace and nobody without the capability" {
	check 1 tsem-bpf run -q -- tsem-bpf control -n x seal
	says "needs the capability"
	check 1 tsem-bpf run -q -- tsem-bpf run -- true
	says "needs the capability"
}
