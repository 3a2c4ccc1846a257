// SPDX-License-Identifier: GPL-2.0
/*
 * A phrase for every event. {KIND KEY} is replaced by the value under a key of the CELL, in the words of its kind. A
 * part in [] is left out if one of its keys is missing.
 */
#include <inttypes.h>
#include <string.h>

#include "event.h"
#include "explain_words.h"

/* `bare` is for log records and for events that are not described: they have no arguments. */
static const struct phrase {
	const char *bare, *full;
} phrases[TSEM_EVENT_END] = {
	/* clang-format off */
	[TSEM_EVENT_bprm_committing_creds] = { "executed a program", "executed {path file}" },
	[TSEM_EVENT_file_open] = { "opened a file", "opened {path file} {access file.flags}" },
	[TSEM_EVENT_file_receive] = { "received a file from another process",
				      "received {path file} (open {access file.flags}) from another process" },
	[TSEM_EVENT_file_ioctl] = { "did an ioctl", "did ioctl {ioctl cmd} on {path file}" },
	[TSEM_EVENT_file_lock] = { "locked a file", "locked {path file} {lock cmd}" },
	[TSEM_EVENT_file_fcntl] = { "did an fcntl", "did fcntl {fcntl cmd} on {path file}" },
	[TSEM_EVENT_mmap_file] = { "mapped a file or memory", "mapped {mapped file} as {protection prot}" },
	[TSEM_EVENT_kernel_read_file] = { "made the kernel read a file",
					  "made the kernel read {path file} ({read id})" },
	[TSEM_EVENT_kernel_load_data] = { "made the kernel load data", "made the kernel load data ({read id})" },
	[TSEM_EVENT_kernel_module_request] = { "made the kernel ask for a module",
					       "made the kernel ask for the module {str kmod_name}" },
	[TSEM_EVENT_socket_create] = { "created a socket", "created {sock}" },
	[TSEM_EVENT_socket_connect] = { "connected a socket", "connected {sock sock} to {addr addr}" },
	[TSEM_EVENT_socket_bind] = { "bound a socket to an address", "bound {sock sock} to {addr addr}" },
	[TSEM_EVENT_socket_accept] = { "accepted a connection",
				       "accepted a connection on {sock sock} at {laddr addr}" },
	[TSEM_EVENT_socket_sendmsg] = { "sent a message by a socket", "sent a message by {sock sock}[ to {addr addr}]" },
	[TSEM_EVENT_socket_recvmsg] = { "received a message by a socket",
					"received a message by {sock sock}[ from {addr addr}]" },
	[TSEM_EVENT_socket_getsockname] = { "asked for the address of a socket", "asked for the address of {sock sock}" },
	[TSEM_EVENT_socket_getpeername] = { "asked for the peer of a socket", "asked for the peer of {sock sock}" },
	[TSEM_EVENT_tun_dev_attach_queue] = { "attached a queue to a tunnel device",
					      "attached a queue to a tunnel device by {sock sock}" },
	[TSEM_EVENT_socket_listen] = { "listened on a socket", "listened on {sock sock} for {str backlog} connections" },
	[TSEM_EVENT_socket_shutdown] = { "shut a socket down", "shut {sock sock} down ({how how})" },
	[TSEM_EVENT_socket_setsockopt] = { "set a socket option",
					   "set the option {sockopt } of {sock sock}" },
	[TSEM_EVENT_unix_stream_connect] = { "connected to a unix socket",
					   "connected {sock sock} to {sock other}[ with {peer peer}]" },
	[TSEM_EVENT_unix_may_send] = { "sent a message to a unix socket",
				       "sent a message from {sock sock} to {sock other}[ with {peer peer}]" },
	[TSEM_EVENT_socket_socketpair] = { "made a pair of sockets", "made a pair of {sock socka} and {sock sockb}" },
	[TSEM_EVENT_netlink_send] = { "sent a netlink message",
				      "sent a netlink message to port {str portid}, group {str dst_group}" },
	[TSEM_EVENT_task_kill] = { "sent a signal", "sent {sig sig} to {task target}" },
	[TSEM_EVENT_ptrace_access_check] = { "looked into another process",
					     "looked into a process of {task child} ({ptrace mode})" },
	[TSEM_EVENT_ptrace_traceme] = { "let its parent trace it", "let {task source} trace it" },
	[TSEM_EVENT_capget] = { "asked for capabilities", "asked for the capabilities of {task target}" },
	[TSEM_EVENT_capset] = { "set its capabilities",
				"set its capabilities (effective: {caps effective}; inheritable: {caps inheritable}; "
				"permitted: {caps permitted})" },
	[TSEM_EVENT_capable] = { "used a capability", "used {cap cap}{userns initial}" },
	[TSEM_EVENT_task_setpgid] = { "changed a process group",
				      "put a process of {task task} into the process group of {task source}" },
	[TSEM_EVENT_task_getpgid] = { "asked for a process group", "asked for the process group of {task task}" },
	[TSEM_EVENT_task_getsid] = { "asked for a session", "asked for the session of {task task}" },
	[TSEM_EVENT_task_getioprio] = { "asked for an I/O priority", "asked for the I/O priority of {task task}" },
	[TSEM_EVENT_task_setscheduler] = { "changed how a process is scheduled",
					   "changed how a process of {task task} is scheduled" },
	[TSEM_EVENT_task_getscheduler] = { "asked how a process is scheduled",
					   "asked how a process of {task task} is scheduled" },
	[TSEM_EVENT_task_setnice] = { "changed a nice value", "changed the nice value of {task task} to {int nice}" },
	[TSEM_EVENT_task_setioprio] = { "changed an I/O priority",
					"changed the I/O priority of {task task} to {str ioprio}" },
	[TSEM_EVENT_task_prlimit] = { "used prlimit on a process", "used prlimit on a process of {uid tcred}" },
	[TSEM_EVENT_task_setrlimit] = { "changed a resource limit",
					"changed the limit {limit new_rlim.resource} of {task task} to "
					"{size new_rlim.current} (at most {size new_rlim.max})" },
	[TSEM_EVENT_task_prctl] = { "called prctl", "called prctl with option {prctl option}" },
	[TSEM_EVENT_inode_create] = { "created a file", "created {path dentry} with mode {mode mode}" },
	[TSEM_EVENT_inode_mkdir] = { "created a directory", "created the directory {path dentry} with mode {octal mode}" },
	[TSEM_EVENT_inode_unlink] = { "removed a file", "removed {path dentry}" },
	[TSEM_EVENT_inode_rmdir] = { "removed a directory", "removed the directory {path dentry}" },
	[TSEM_EVENT_inode_link] = { "linked a file to another name",
				    "linked {path old_dentry} to the name {path new_dentry}" },
	[TSEM_EVENT_inode_symlink] = { "made a symbolic link",
				       "made the symbolic link {path dentry} to {str old_name}" },
	[TSEM_EVENT_inode_mknod] = { "made a special file",
				     "made {path dentry} with mode {mode mode} for device {dev dev}" },
	[TSEM_EVENT_inode_rename] = { "renamed a file", "renamed {path old_dentry} to {path new_dentry}" },
	[TSEM_EVENT_inode_killpriv] = { "dropped the privileges of a file", "dropped the privileges of {path dentry}" },
	[TSEM_EVENT_inode_listxattr] = { "listed the extended attributes of a file",
					 "listed the extended attributes of {path dentry}" },
	[TSEM_EVENT_sb_statfs] = { "asked for the state of a filesystem",
				   "asked for the state of the filesystem of {path dentry}" },
	[TSEM_EVENT_quota_on] = { "turned quotas on", "turned quotas on with {path dentry}" },
	[TSEM_EVENT_inode_getattr] = { "asked for the attributes of a file", "asked for the attributes of {path path}" },
	[TSEM_EVENT_inode_setattr] = { "set attributes of a file", "set {attr attr} of {path dentry}" },
	[TSEM_EVENT_inode_setxattr] = { "set an extended attribute",
					"set the extended attribute {str name} of {path dentry}" },
	[TSEM_EVENT_inode_getxattr] = { "read an extended attribute",
					"read the extended attribute {str name} of {path dentry}" },
	[TSEM_EVENT_inode_removexattr] = { "removed an extended attribute",
					   "removed the extended attribute {str name} of {path dentry}" },
	[TSEM_EVENT_key_alloc] = { "made a key", "made a key for {uid cred}" },
	[TSEM_EVENT_key_permission] = { "used a key", "used a key of {uid key_ref} ({key perm})" },
	[TSEM_EVENT_ipc_permission] = { "used an IPC object",
					"used an IPC object of {uid ipcp} with mode {mode ipcp.mode} (asking for "
					"{octal flag})" },
	[TSEM_EVENT_shm_associate] = { "got a shared memory segment", "got a shared memory segment of {uid perm}" },
	[TSEM_EVENT_shm_shmat] = { "attached a shared memory segment",
				   "attached a shared memory segment of {uid perm} with mode {mode perm.mode}" },
	[TSEM_EVENT_sem_associate] = { "got a set of semaphores", "got a set of semaphores of {uid perm}" },
	[TSEM_EVENT_msg_queue_associate] = { "got a message queue", "got a message queue of {uid perm}" },
	[TSEM_EVENT_shm_shmctl] = { "controlled a shared memory segment",
				    "controlled a shared memory segment of {uid perm} ({ipc cmd})" },
	[TSEM_EVENT_sem_semctl] = { "controlled a set of semaphores",
				    "controlled a set of semaphores of {uid perm} ({ipc cmd})" },
	[TSEM_EVENT_msg_queue_msgctl] = { "controlled a message queue",
					  "controlled a message queue of {uid perm} ({ipc cmd})" },
	[TSEM_EVENT_msg_queue_msgrcv] = { "received a message from a queue",
					  "received a message of type {str type} from a queue of {uid perm}" },
	[TSEM_EVENT_sem_semop] = { "used semaphores", "did {str nsops} operations on semaphores of {uid perm}" },
	[TSEM_EVENT_syslog] = { "used the kernel's log", "used the kernel's log ({log type})" },
	[TSEM_EVENT_settime] = { "set the clock",
				 "set the clock[ to {str ts.seconds} seconds][, the time zone to {int tz.minuteswest} "
				 "minutes west]" },
	[TSEM_EVENT_sb_mount] = { "mounted a filesystem",
				  "mounted[ {str dev_name}] on {path path}[ as {str type}] (flags: {mount flags})" },
	[TSEM_EVENT_sb_umount] = { "unmounted a filesystem", "unmounted {path mnt} (flags: {umount flags})" },
	[TSEM_EVENT_sb_remount] = { "remounted a filesystem",
				    "remounted a filesystem of type {str sb.fstype} with root {path sb.dentry}" },
	[TSEM_EVENT_sb_pivotroot] = { "changed the root of its mounts",
				      "made {path new_path} the root of its mounts and put the old one on {path old_path}" },
	[TSEM_EVENT_move_mount] = { "moved a mount", "moved the mount {path from_path} to {path to_path}" },
	[TSEM_EVENT_quotactl] = { "managed quotas", "managed quotas of {str sb.fstype} with command {str cmds}" },
	[TSEM_EVENT_bpf] = { "called bpf", "called bpf with command {bpf cmd}" },
	[TSEM_EVENT_bpf_map] = { "used a BPF map", "used a BPF map of type {bpfmap map.map_type}" },
	[TSEM_EVENT_bpf_prog] = { "used a BPF program", "used a BPF program of type {bpfprog prog.type}" },
	[TSEM_EVENT_tun_dev_create] = { "created a tunnel device", NULL },
	[TSEM_EVENT_tun_dev_attach] = { "attached to a tunnel device", NULL },
	[TSEM_EVENT_tun_dev_open] = { "opened a tunnel device", NULL },
	[TSEM_EVENT_uring_override_creds] = { "used other credentials in io_uring", NULL },
	[TSEM_EVENT_uring_sqpoll] = { "made an io_uring with a polling kernel thread", NULL },
	[TSEM_EVENT_binder_set_context_mgr] = { "became the context manager of binder", NULL },
	[TSEM_EVENT_binder_transaction] = { "talked to a process by binder", NULL },
	[TSEM_EVENT_binder_transfer_binder] = { "passed a binder object to a process", NULL },
	[TSEM_EVENT_binder_transfer_file] = { "passed a file to a process by binder", NULL },
	[TSEM_EVENT_uring_cmd] = { "passed a command to a driver by io_uring", NULL },
	[TSEM_EVENT_file_mprotect] = { "made memory executable", NULL },
	[TSEM_EVENT_userns_create] = { "created a user namespace", NULL },
	[TSEM_EVENT_path_notify] = { "watched a file", "watched {path path} for the events {notify mask}" },
	[TSEM_EVENT_anon_inode] = { "made a file without a name",
				    "made a file without a name, of the class {str name}" },
	[TSEM_EVENT_sb_set_mnt_opts] = { "set up a filesystem",
					 "set up a filesystem of type {str sb.fstype} with root {path sb.dentry} "
					 "(flags: {mount sb.s_flags})" },
	[TSEM_EVENT_shm_alloc] = { "made a shared memory segment",
				   "made a shared memory segment with mode {octal perm.mode}" },
	[TSEM_EVENT_sem_alloc] = { "made a set of semaphores", "made a set of semaphores with mode {octal perm.mode}" },
	[TSEM_EVENT_msg_queue_alloc] = { "made a message queue", "made a message queue with mode {octal perm.mode}" },
	[TSEM_EVENT_sctp_bind_connect] = { "changed the addresses of an SCTP socket",
					   "changed the addresses of {sock sock} by option {str optname}"
					   "[, first {addr addr}]" },
	[TSEM_EVENT_inode_set_acl] = { "set an access control list of a file", NULL },
	[TSEM_EVENT_inode_remove_acl] = { "removed an access control list of a file", NULL },
	[TSEM_EVENT_inode_file_setattr] = { "set the flags of a file", NULL },
	[TSEM_EVENT_task_fix_setuid] = { "set its user ids", NULL },
	[TSEM_EVENT_task_fix_setgid] = { "set its group ids", NULL },
	[TSEM_EVENT_task_fix_setgroups] = { "set its supplementary groups", NULL },
	[TSEM_EVENT_task_movememory] = { "moved the memory of a process to other nodes", NULL },
	[TSEM_EVENT_path_chroot] = { "changed its root directory", NULL },
	[TSEM_EVENT_perf_event_open] = { "opened a performance counter", NULL },
	[TSEM_EVENT_msg_queue_msgsnd] = { "sent a message to a queue", "sent a message to a queue of {uid perm}" },
	/* clang-format on */
};

/* Splits the "{KIND KEY}" at `p`. Returns its end. */
static const char *placeholder(const char *p, char kind[16], char key[32])
{
	const char *end = strchr(p, '}');

	kind[0] = key[0] = 0;
	sscanf(p, "{%15[^ }] %31[^}]", kind, key);
	return end + 1;
}

/* Do all keys exist that are used up to the ']'? */
static bool group_present(const char *p, struct json_object *cell)
{
	char kind[16], key[32];

	while (*p != ']') {
		if (*p != '{') {
			p++;
			continue;
		}
		p = placeholder(p, kind, key);
		if (!event__lookup(cell, key))
			return false;
	}
	return true;
}

static void write_phrase(FILE *out, const char *p, struct json_object *cell, const struct explain *explain)
{
	char kind[16], key[32];

	while (*p) {
		if (*p == '{') {
			p = placeholder(p, kind, key);
			words__show(out, kind, event__lookup(cell, key), explain);
		} else if (*p == '[' && !group_present(p, cell)) {
			p = strchr(p, ']') + 1;
		} else {
			if (*p != '[' && *p != ']')
				putc(*p, out);
			p++;
		}
	}
}

void explain__deed(FILE *out, struct json_object *json, const struct explain *explain)
{
	const char *type = json_object_get_string(event__lookup(json, "event.type"));
	struct json_object *cell = event__member(json, type);
	const struct phrase *phrase = &phrases[event__parse(type)];
	u64 uid = event__number_at(json, "COE.uid"), effective = event__number_at(json, "COE.euid");

	if (phrase->full && json_object_object_length(cell))
		write_phrase(out, phrase->full, cell, explain);
	else
		fputs(phrase->bare, out);
	fprintf(out, " as uid %" PRIu64, effective);
	if (uid != effective)
		fprintf(out, " (real uid %" PRIu64 ")", uid);
}

const char *explain__bare(u32 event)
{
	return phrases[event].bare;
}
