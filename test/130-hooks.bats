# SPDX-License-Identifier: GPL-2.0
# Every event: test/prog/<event> fires its hook with known arguments. The event has these fields, and every coefficient
# of the kernel is equal to the one recomputed from its line.
# shellcheck disable=SC2016 # jq and sed have dollars and backquotes of their own
load helpers

# Modules that an event needs, if they are not built into the kernel.
setup_file() {
	modprobe -aq tun quota_v2 || :
}

# fires EVENT FIELDS COMMAND...: runs the command in a namespace. One of its EVENTs satisfies FIELDS (jq, on the CELL;
# $D is the directory, $P the same within its filesystem, $task who did it, $none nobody).
fires() {
	local event=$1 fields=$2
	shift 2
	check 0 tsem-bpf run -q -o "$D/model" --trajectory "$D/trajectory" -- "$@"
	tsem-bpf coefficients "$D/trajectory" >"$D/recomputed"
	sed -n 's/^state //p' "$D/model" | diff - "$D/recomputed" >&2
	reaches "$event" "$fields"
}

# reaches EVENT FIELDS: the same for the command of the last fires.
reaches() {
	if ! jq -es --arg event "$1" --arg D "$D" --arg P "${D#"$W"}" --arg none "$(printf '%064d' 0)" \
		"map(select(.event.type == \$event)) | any(.event.task_id as \$task | .[\$event] | $2)" \
		<"$D/trajectory" >/dev/null; then
		echo "no $1 has $2; there are:" >&2
		jq -c --arg event "$1" 'select(.event.type == $event) | .event.task_id, .[$event]' <"$D/trajectory" >&2
		return 1
	fi
}

fixture() {
	rm -rf "$D/f" "$D/d" "$D/new"
	echo text >"$D/f"
	mkdir "$D/d"
	chmod 640 "$D/f"
}

FILE='.file.path.pathname == $D + "/f" and .file.digest == "b9e68e1bea3e5b19ca6b2f98b73a54b73daafaa250484902e09982e07a12e733" and .file.inode.mode == "0100640"'
DENTRY='.dentry.path.pathname == $P + "/f" and .dentry.inode.mode == "0100640" and .dentry.inode.s_magic == "0xef53"'
CREATED='.created | length == 1 and .[0].instance == "1" and (.[0].owner | length) == 64'
NEW='.dentry.path.pathname == $P + "/new" and (.dentry.path | '$CREATED') and .dentry.path.created[0].component == "1" and
	(.dentry | has("inode") | not)'

@test "exec and files" {
	fixture
	fires bprm_committing_creds '.file.path.pathname | endswith("/test/prog/file_open")' "$PROG/file_open" "$D/f"
	fires file_open "$FILE and .file.flags == \"32768\"" "$PROG/file_open" "$D/f"
	fires mmap_file "$FILE and .prot == \"1\" and .flags == \"2\"" "$PROG/mmap_file" "$D/f"
	fires file_receive "$FILE" "$PROG/file_receive" "$D/f"
	fires file_ioctl "$FILE and .cmd == \"21531\"" "$PROG/file_ioctl" "$D/f" 0x541b
	fires file_lock "$FILE and .cmd == \"1\"" "$PROG/file_lock" "$D/f" 2
	fires file_fcntl "$FILE and .cmd == \"3\"" "$PROG/file_fcntl" "$D/f" 3
	denied "$PROG/file_fcntl" "$D/f" 1
	forensic file_fcntl
	fires file_mprotect '. == {}' "$PROG/file_mprotect" rx
	learn "$PROG/file_mprotect" r
	allowed "$PROG/file_mprotect" r
	denied "$PROG/file_mprotect" rx
	forensic file_mprotect
}

@test "an ioctl by the system call of 32 bits is the same event" {
	fixture
	learn "$PROG/ioctl_compat" "$D/f" 0x541b
	allowed "$PROG/ioctl_compat" "$D/f" 0x541b
	denied "$PROG/ioctl_compat" "$D/f" 0x2000
	forensic file_ioctl
}

@test "a message to an address of no family is one to an address of IPv4" {
	learn "$PROG/socket_sendmsg" unspec 7009
	[ "$(jq -s 'map(select(.event.type == "socket_sendmsg")) | .[0].socket_sendmsg.addr.af_inet.port' <"$D/trajectory")" = '"24859"' ]
	allowed "$PROG/socket_sendmsg" unspec 7009
	denied "$PROG/socket_sendmsg" unspec 7010
	forensic socket_sendmsg
}

@test "a file without a name is made in this directory and as often as in the tests, or leads to nothing" {
	fixture
	fires inode_create '(.dentry.path.pathname | startswith($P + "/d/")) and (.dentry.path | '"$CREATED"') and
		.mode == "0100600"' "$PROG/inode_create_unnamed" "$D/d" "$D/d/name"
	rm "$D/d/name"
	for _ in 1 2 3; do
		allowed "$PROG/inode_create_unnamed" "$D/d" "$D/d/name"
		rm "$D/d/name"
	done
	denied "$PROG/inode_create_unnamed" "$D" "$D/d/name"
	forensic inode_create
	[ ! -e "$D/d/name" ]
}

@test "a disk that is opened for writing is an event" {
	learn sh -c ': </dev/vda'
	allowed sh -c ': </dev/vda'
	denied sh -c ': </dev/vda; : >>/dev/vda'
	forensic file_open
	[ "$(head -n 1 "$D/forensics" | jq -r .file_open.file.path.pathname)" = /dev/vda ]
	[ "$(head -n 1 "$D/forensics" | jq -r '.file_open.file.inode.rdev | "\(.major):\(.minor)"')" = "$(lsblk -dno MAJ:MIN /dev/vda | tr -d ' ')" ]
}

@test "sockets" {
	fires socket_create '.family == "2" and .type == "1" and .protocol == "0" and .kern == "0"' \
		"$PROG/socket_getsockname" 1
	fires socket_bind '.sock.family == "1" and .addr.af_unix.address == $D + "/s"' "$PROG/unix_may_send" "$D/s"
	fires socket_sendmsg '.sock.type == "2" and .addr.af_inet == {"port": "24859", "address": "16777343"}' \
		"$PROG/socket_sendmsg" inet 7009
	fires socket_sendmsg '.addr.af_inet6.address == "00000000000000000000000000000001"' \
		"$PROG/socket_sendmsg" inet6 7009
	fires socket_recvmsg '.sock.family == "2" and (has("addr") | not)' "$PROG/socket_recvmsg" 7010
	fires socket_getsockname '.sock.type == "2" and (.sock.owner | length) == 64' "$PROG/socket_getsockname" 2
	fires socket_getpeername '.sock.type == "1"' "$PROG/socket_getpeername" 1
	fires socket_shutdown '.sock.family == "1" and .how == "1"' "$PROG/socket_shutdown" 1
	fires socket_setsockopt '.level == "1" and .optname == "9"' "$PROG/socket_setsockopt" 9
	denied "$PROG/socket_setsockopt" 2
	forensic socket_setsockopt
	fires socket_socketpair '.socka.type == "2" and .sockb == .socka' "$PROG/socket_socketpair" 2
	fires netlink_send '.sock.family == "16" and .sock.protocol == "0" and .portid == "0" and .dst_group == "0"' \
		"$PROG/netlink_send" 0
	# The kernel notes the id of a namespace after this hook, for those who receive.
	reaches netlink_send '.uid == "0" and .gid == "0" and .flags == "8" and .nsid_set == "0" and .nsid == "0"'
	fires netlink_send '.dst_group == "1"' "$PROG/netlink_send" 0 1
	reaches socket_sendmsg '.addr.af_netlink == {"portid": "0", "groups": "1"}'
}

@test "devices of tun: made, opened again, and a queue taken off and on" {
	fires tun_dev_create '. == {}' "$PROG/tun_dev_attach_queue" 3
	reaches tun_dev_open '. == {}'
	reaches tun_dev_attach '. == {}'
	reaches tun_dev_attach_queue '.sock == {"family": "0", "type": "0", "protocol": "0", "owner": $none}'
	learn "$PROG/tun_dev_attach_queue" 2
	allowed "$PROG/tun_dev_attach_queue" 2
	check 3 tsem-bpf run -m "$D/model" --enforce --action file_ioctl=log --forensics "$D/forensics" -- \
		"$PROG/tun_dev_attach_queue" 3
	[ "$(jq -rs 'map(select(.event.type == "tun_dev_attach_queue")) | length' <forensics)" = 1 ]
}

@test "unix sockets: the accepted one has an owner, that of its listener" {
	fires unix_stream_connect '.sock.family == "1" and .sock.owner == .other.owner and (.sock.owner | test("[1-9a-f]")) and
		.peer.path.pathname == $D + "/s1"' \
		"$PROG/unix_stream_connect" "$D/s1"
	fires socket_listen '.backlog == "1"' "$PROG/unix_stream_connect" "$D/s2"
	fires socket_connect '.addr.af_unix.address == $D + "/s3"' "$PROG/unix_stream_connect" "$D/s3"
	fires socket_accept '.addr.af_unix.address == $D + "/s4"' "$PROG/unix_stream_connect" "$D/s4"
	fires socket_getsockname '.sock.owner | test("[1-9a-f]")' "$PROG/unix_stream_connect" "$D/s5"
	fires unix_may_send '.sock.type == "2" and .other.type == "2" and .peer.path.pathname == $D + "/s6"' \
		"$PROG/unix_may_send" "$D/s6"
}

@test "tasks, credentials and capabilities" {
	fires task_kill '.sig == "9" and .cross_ns == "0" and (.target | test("[1-9a-f]"))' "$PROG/task_kill" 9
	fires ptrace_access_check '.mode == "18" and (.child | test("[1-9a-f]"))' "$PROG/ptrace_access_check"
	fires ptrace_traceme '.source | test("[1-9a-f]")' "$PROG/ptrace_traceme"
	fires capget '.effective == .permitted and .inheritable == "0x0"' "$PROG/capget"
	fires capset '. == {"effective": "0x5", "inheritable": "0x0", "permitted": "0x5"}' "$PROG/capset" 5
	fires capable '. == {"cap": "18", "opts": "0", "initial": "1"}' "$PROG/capable"
	fires task_setpgid '.task == .source and (.task | test("[1-9a-f]"))' "$PROG/task_setpgid"
	fires task_getpgid '.task | test("[1-9a-f]")' "$PROG/task_getpgid"
	fires task_getsid '.task == $none' "$PROG/task_getsid"
	fires task_getioprio '.task == $task' "$PROG/task_getioprio"
	fires task_setioprio '.ioprio == "16389"' "$PROG/task_setioprio" 5
	denied "$PROG/task_setioprio" 4
	forensic task_setioprio
	fires task_setscheduler '.task == $task' "$PROG/task_setscheduler"
	fires task_getscheduler '.task == $task' "$PROG/task_getscheduler"
	fires task_setnice '.nice == "5"' "$PROG/task_setnice" 5
	fires task_prlimit '.cred == .tcred and .flags == "1" and .cred.uid == "0" and .cred.securebits == "0"' \
		"$PROG/task_prlimit"
	fires task_setrlimit '.new_rlim == {"resource": "7", "current": "512", "max": "512"}' "$PROG/task_setrlimit" 512
	fires task_prctl '. == {"option": "36", "arg2": "1", "arg3": "3", "arg4": "0", "arg5": "0"}' "$PROG/task_prctl" 36 1
	fires userns_create '.cred.uid == "0" and .cred.securebits == "0"' "$PROG/userns_create"
}

@test "names of inodes" {
	# Newer kernels also pass the type to the hook.
	local directory=040750
	[[ $(uname -r) != 6.* ]] || directory=0750
	fixture
	fires inode_create "$NEW and .mode == \"0100600\" and .dir.mode == \"040755\"" "$PROG/inode_create" "$D/new" 600
	rm new
	fires inode_mkdir "$NEW and .mode == \"$directory\"" "$PROG/inode_mkdir" "$D/new" 750
	rmdir new
	fires inode_symlink "$NEW and .old_name == \"some/where\"" "$PROG/inode_symlink" some/where "$D/new"
	rm new
	fires inode_mknod "$NEW and .mode == \"020600\" and .dev == {\"major\": \"1\", \"minor\": \"5\"}" \
		"$PROG/inode_mknod" "$D/new" 1 5
	rm new
	fires inode_link '.old_dentry.path.pathname == $P + "/f" and .new_dentry.path.pathname == $P + "/new" and
		(.new_dentry | has("inode") | not)' "$PROG/inode_link" "$D/f" "$D/new"
	rm new
	fires inode_rename '.old_dentry.path.pathname == $P + "/f" and .new_dentry.path.pathname == $P + "/new" and
		.old_dir == .new_dir and (.new_dentry | has("inode") | not)' "$PROG/inode_rename" "$D/f" "$D/new"
	echo more >f
	fires inode_rename '.old_dentry.inode.mode == "0100640" and .new_dentry.inode.mode == "0100644"' \
		"$PROG/inode_rename" "$D/new" "$D/f"
	fires inode_unlink "$DENTRY" "$PROG/inode_unlink" "$D/f"
	fires inode_rmdir '.dentry.path.pathname == $P + "/d" and .dentry.inode.mode == "040755"' "$PROG/inode_rmdir" "$D/d"
}

@test "attributes of inodes" {
	fixture
	fires inode_getattr '.path.path.pathname == $D + "/f" and .path.inode.mode == "0100640"' "$PROG/inode_getattr" "$D/f"
	fires inode_setattr "$DENTRY and .attr.mode == \"0100640\" and .attr.size == \"0\"" "$PROG/inode_setattr" "$D/f" 640
	fires inode_setxattr "$DENTRY and .name == \"user.x\" and .value == \"dmFsdWU=\" and .flags == \"0\"" \
		"$PROG/inode_setxattr" "$D/f" user.x value
	denied "$PROG/inode_setxattr" "$D/f" user.x other
	forensic inode_setxattr
	fires inode_getxattr "$DENTRY and .name == \"user.x\"" "$PROG/inode_getxattr" "$D/f" user.x
	fires inode_listxattr "$DENTRY" "$PROG/inode_listxattr" "$D/f"
	fires inode_removexattr "$DENTRY and .name == \"user.x\"" "$PROG/inode_removexattr" "$D/f" user.x
	fires inode_killpriv "$DENTRY" "$PROG/inode_killpriv" "$D/f"
	fires sb_statfs ".dentry.inode.mode and .dentry.path.pathname == \"/\"" "$PROG/sb_statfs" "$W"
}

@test "System V IPC: owner and mode; nothing is left of an object when it has been freed" {
	own='.uid == "0" and .cgid == "0" and .mode == "0600" and (.owner | test("[1-9a-f]"))'
	fires ipc_permission "(.ipcp | $own) and .flag == \"256\"" "$PROG/ipc_permission"
	fires shm_associate "(.perm | $own) and .flags == \"256\"" "$PROG/shm_associate" 400
	reaches shm_alloc '.perm.uid == "0" and (.perm.owner | test("[1-9a-f]"))'
	fires shm_shmat "(.perm | $own) and .flags == \"4096\"" "$PROG/shm_shmat" 010000
	fires shm_shmctl "(.perm | $own) and .cmd == \"2\"" "$PROG/shm_shmctl" 2
	fires sem_associate "(.perm | $own) and .flags == \"384\"" "$PROG/sem_associate"
	reaches sem_alloc '.perm.uid == "0" and (.perm.owner | test("[1-9a-f]"))'
	fires sem_semctl "(.perm | $own) and .cmd == \"12\"" "$PROG/sem_semctl" 12
	fires sem_semop "(.perm | $own) and .nsops == \"1\" and .alter == \"1\"" "$PROG/sem_semop"
	fires msg_queue_associate "(.perm | $own) and .flags == \"384\"" "$PROG/msg_queue_associate"
	fires msg_queue_msgctl "(.perm | $own) and .cmd == \"2\"" "$PROG/msg_queue_msgctl" 2
	fires msg_queue_msgsnd "(.perm | $own) and has(\"flags\")" "$PROG/msg_queue_msgsnd"
	reaches msg_queue_alloc '.perm.uid == "0" and (.perm.owner | test("[1-9a-f]"))'
	fires msg_queue_msgrcv "(.perm | $own) and .target == \$task and .type == \"3\" and .mode == \"2\"" \
		"$PROG/msg_queue_msgrcv" 3
	denied "$PROG/msg_queue_msgrcv" 4
	forensic msg_queue_msgrcv
	# The objects that the programs left behind have lost their owners with the namespaces.
	[ "$(bpftool -j map dump name tsem_ipc | jq length)" = 0 ]
	tsem-bpf run -q -n kept --keep -- ipcmk -S 1 -Q -M 4096
	[ "$(bpftool -j map dump name tsem_ipc | jq length)" -gt 0 ]
	ipcrm --all
	[ "$(bpftool -j map dump name tsem_ipc | jq length)" = 0 ]
	[ "$(tsem-bpf status --json | jq '.namespaces[] | select(.name == "kept").used.objects')" = 0 ]
	tsem-bpf delete -n kept
}

@test "keys" {
	fires key_alloc '.cred.uid == "0" and .flags == "1"' "$PROG/key_alloc" tsem
	fires key_permission '.key_ref.uid == "0" and .cred.euid == "0" and .perm == "3"' "$PROG/key_permission"
}

@test "the kernel: modules, log and clock, BPF, perf, io_uring" {
	fixture
	fires kernel_read_file "$FILE and .id == \"2\" and .contents == \"1\"" "$PROG/kernel_read_file" "$D/f"
	fires kernel_load_data '.id == "2" and .contents == "1"' "$PROG/kernel_load_data"
	fires kernel_module_request '.kmod_name == "net-pf-36"' "$PROG/kernel_module_request" 36
	fires syslog '.type == "10"' "$PROG/syslog" 10
	fires settime '. == {"tz": {"minuteswest": "0", "dsttime": "0"}}' "$PROG/settime" 0
	now=$(date +%s)
	fires settime ". == {\"ts\": {\"seconds\": \"$now\", \"nsecs\": \"5\"}}" "$PROG/settime" 0 "$now"
	fires bpf '.cmd == "0" and .attr.size == "64"' "$PROG/bpf" 64
	denied "$PROG/bpf" 72
	forensic bpf
	fires bpf_map '. == {"map": {"map_type": "2"}, "fmode": "3"}' "$PROG/bpf_map" 2
	# BPF_F_RDONLY
	fires bpf_map '. == {"map": {"map_type": "2"}, "fmode": "1"}' "$PROG/bpf_map" 2 8
	fires bpf_prog '.prog == {"type": "1", "attach_type": "0"}' "$PROG/bpf_prog" 1
	fires perf_event_open '. == {}' "$PROG/perf_event_open"
	fires uring_sqpoll '. == {}' "$PROG/uring_sqpoll"
	fires uring_override_creds '. == {}' "$PROG/uring_override_creds"
	fires uring_cmd '. == {}' "$PROG/uring_cmd"
}

@test "mounts and superblocks" {
	fixture
	fires sb_mount '. == {"dev_name": "none", "path": .path, "type": "tmpfs", "flags": "2"} and .path.pathname == $D + "/d"' \
		"$PROG/sb_mount" "$D/d" 2
	reaches sb_set_mnt_opts '.sb.fstype == "tmpfs" and .sb.dentry.path.pathname == "/"'
	mount -t tmpfs -o sync none d
	# Those before the change: SB_SYNCHRONOUS, and beside them SB_ACTIVE and SB_BORN.
	fires sb_remount '.sb.fstype == "tmpfs" and .sb.dentry.path.pathname == "/" and
		(.sb.s_flags | tonumber | . % 256 == 16 and ./536870912 % 4 == 3)' "$PROG/sb_remount" "$D/d" 1
	fires sb_umount '.mnt.path.pathname == $D + "/d" and .flags == "0"' "$PROG/sb_umount" "$D/d" 0
	mkdir t
	fires move_mount '.to_path.pathname == $D + "/t" and .from_path.pathname == "detached:" + $P + "/d"' "$PROG/move_mount" "$D/d" "$D/t"
	umount t
	fires sb_pivotroot '.new_path.pathname == $D + "/d" and .old_path.pathname == $D + "/d/old"' "$PROG/sb_pivotroot" "$D/d"
	fires quotactl '. == {"cmds": "8388609", "type": "0", "id": "0", "sb": {"dentry": {"path": {"pathname": ""}},
		"fstype": "", "s_flags": "0"}}' "$PROG/quotactl" 0
}

@test "quotas: of a device, and turned on" {
	local device
	device=$(findmnt -no SOURCE "$W")
	fixture
	fires quotactl '.cmds == "8388612" and .type == "1" and .id == "0" and .sb.fstype == "ext4" and
		.sb.dentry.path.pathname == "/" and .sb.dentry.inode.mode == "040755" and
		(.sb.s_flags | tonumber | . % 256 == 0 and ./536870912 % 4 == 3)' "$PROG/quotactl" 1 "$device"
	mount -o remount,usrquota "$W"
	fires quota_on "$DENTRY" "$PROG/quota_on" "$device" "$D/f"
	learn "$PROG/quotactl" 0 "$device"
	allowed "$PROG/quotactl" 0 "$device"
	denied "$PROG/quotactl" 1 "$device"
	forensic quotactl
	mount -o remount,noquota "$W"
}

# The paths that rename_race makes below TOP, in the mount namespace and in the filesystem.
race_paths() {
	local upper lower=() i u name path
	for i in {0..25}; do
		printf -v name "%$((101 + i))s" ''
		printf -v u '\\x%x' $((97 + i))
		printf -v u '%b' "$u"
		lower[i]=${name// /$u}
		upper[i]=${lower[i]:100}
	done
	for i in {0..25}; do
		for path in "${upper[i]}"{,"/$2/${lower[i]}"{,/f}} "${upper[(i + 1) % 26]}/$2/${lower[i]}"{,/f}; do
			printf '%s\n' "$1/$path" "${1#"$W"}/$path"
		done
	done | sort
}

@test "a path that is renamed while it is read is told as it was before or after, never mixed" {
	local middle lower
	# A walk long enough to be interrupted.
	printf -v middle '/%.0sm' {1..100}
	printf -v lower 'a%.0s' {1..101}
	mkdir -p "a$middle/$lower"
	: >"a$middle/$lower/f"
	race_paths "$D" "${middle#/}" >legal
	check 0 tsem-bpf run -q --trajectory "$D/t" -- "$PROG/rename_race" 4 "$D" "${middle#/}"
	jq -r 'select(.inode_listxattr) | .inode_listxattr.dentry.path.pathname' t | sort -u >looked
	[ "$(wc -l <looked)" -gt 3 ]
	jq -r '.. | .pathname? // empty | select(contains("/m/m/"))' t | sort -u - looked | comm -13 legal - >mixed
	[ ! -s mixed ]
}

@test "watches, and inodes without a file" {
	fixture
	fires path_notify '.path.pathname == $D + "/f" and .mask == "0x20" and .obj_type == "0"' "$PROG/path_notify" "$D/f" 0x20
	denied "$PROG/path_notify" "$D/f" 0x2
	forensic path_notify
	fires anon_inode '.name == "[userfaultfd]"' "$PROG/anon_inode"
}

@test "an address that a socket of SCTP is bound to by an option" {
	modprobe -q sctp
	fires sctp_bind_connect '.sock.protocol == "132" and .optname == "100" and .addr.af_inet.address == "16777343"' \
		"$PROG/sctp_bind_connect" 127.0.0.1
	allowed "$PROG/sctp_bind_connect" 127.0.0.1
	denied "$PROG/sctp_bind_connect" 127.0.0.2
	forensic sctp_bind_connect
}

@test "ids, roots, memory and lists of access control are no change that goes unseen" {
	fixture
	fires inode_set_acl '. == {}' "$PROG/inode_set_acl" "$D/f"
	fires inode_remove_acl '. == {}' "$PROG/inode_remove_acl" "$D/f"
	fires task_fix_setuid '. == {}' "$PROG/task_fix_setuid" x
	fires task_fix_setgid '. == {}' "$PROG/task_fix_setgid" x
	fires task_fix_setgroups '. == {}' "$PROG/task_fix_setgroups" x
	fires task_movememory '. == {}' "$PROG/task_movememory" x
	fires path_chroot '. == {}' "$PROG/path_chroot" "$D/d"
	# Kernels after 6.12 have this hook. The image has the names of its functions.
	local more=()
	if grep -q ' bpf_lsm_inode_file_setattr$' /proc/kallsyms; then
		fires inode_file_setattr '. == {}' "$PROG/inode_file_setattr" "$D/f"
		more=(inode_file_setattr)
	fi
	for event in "${more[@]}" inode_set_acl inode_remove_acl task_fix_set{uid,gid,groups} task_movememory path_chroot; do
		learn "$PROG/$event"
		allowed "$PROG/$event"
		denied "$PROG/$event" "$D/d"
		forensic "$event"
	done
	# A truncation has another event, with more fields than its own hook.
	fires inode_setattr "$DENTRY and .attr.size == \"3\"" truncate -s 3 "$D/f"
}

@test "every event is fired above" {
	sed -n 's/^\t*TSEM_EVENT([0-9]*, \([a-z_]*\)).*/\1/p' "$ROOT/maps/tsem_events.h" | sort >events
	[ "$(wc -l <events)" -ge 112 ]
	# No program here has a binder of Android to talk to.
	sed -En 's/^\t+(fires|reaches) ([a-z_]*) .*/\2/p' "$BATS_TEST_FILENAME" | sort -u | diff <(grep -v ^binder_ events) -
}

@test "docs/hooks.md has a row for each program that is attached or has no hook here, and none else" {
	{
		sed -n 's/^| `[a-z_]*` | \([a-z_]*\) | `.*bpf.c` | \(full\|generic\) .*/tsem_\1/p' "$ROOT/docs/hooks.md"
		sed -n 's/^| `[a-z_]*` | \(tsem_[a-z_]*\) | .*/\1/p' "$ROOT/docs/hooks.md"
	} | sort >documented
	tsem-bpf status --json | jq -r '.programs | .attached[], (.no_hook[] | "tsem_" + .)' | sort | diff documented -
}
