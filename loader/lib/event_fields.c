// SPDX-License-Identifier: GPL-2.0
/*
 * The rows follow the CELL table of the specification, in its order: the order of the fields is the order of the bytes.
 */
#include "event_fields.h"

#include <stddef.h>

#define FIELDS_MAX 9

#define F(name, type) { .key = (name), .kind = FIELD_##type }
#define OPTIONAL(name, type, bit) { .key = (name), .kind = FIELD_##type, .present = (bit) }
#define TOLD(name, type) { .key = (name), .kind = FIELD_##type, .part = FIELD_TOLD }
#define LOCAL(name, type) { .key = (name), .kind = FIELD_##type, .part = FIELD_LOCAL }

/* clang-format off */
#define FILE_FIELD F("file", FILE)
#define SOCK_FIELD F("sock", SOCK)
#define TASK_FIELD F("task", DIGEST)
#define DENTRY_FIELD F("dentry", DENTRY)
#define DIR_FIELD F("dir", INODE)
#define PERM_FIELD F("perm", IPC)

static const struct field table[TSEM_EVENT_END][FIELDS_MAX] = {
	[TSEM_EVENT_bprm_committing_creds] = { FILE_FIELD },
	[TSEM_EVENT_file_open] = { FILE_FIELD },
	[TSEM_EVENT_file_receive] = { FILE_FIELD },
	[TSEM_EVENT_file_ioctl] = { FILE_FIELD, F("cmd", U32) },
	[TSEM_EVENT_file_lock] = { FILE_FIELD, F("cmd", U32) },
	[TSEM_EVENT_file_fcntl] = { FILE_FIELD, F("cmd", U32) },
	[TSEM_EVENT_mmap_file] = { OPTIONAL("file", FILE, TSEM_SHAPE_FILE), F("prot", U32), F("flags", U32) },
	[TSEM_EVENT_kernel_read_file] = { FILE_FIELD, F("id", U32), F("contents", U32) },
	[TSEM_EVENT_kernel_load_data] = { F("id", U32), F("contents", U32) },
	[TSEM_EVENT_kernel_module_request] = { F("kmod_name", STRING) },
	[TSEM_EVENT_socket_create] = { F("family", U32), F("type", U32), F("protocol", U32), F("kern", U32) },
	[TSEM_EVENT_socket_connect] = { SOCK_FIELD, F("addr", ADDR) },
	[TSEM_EVENT_socket_bind] = { SOCK_FIELD, F("addr", ADDR) },
	[TSEM_EVENT_socket_accept] = { SOCK_FIELD, F("addr", LADDR) },
	[TSEM_EVENT_socket_sendmsg] = { SOCK_FIELD, F("addr", MADDR) },
	[TSEM_EVENT_socket_recvmsg] = { SOCK_FIELD, F("addr", MADDR) },
	[TSEM_EVENT_sctp_bind_connect] = { SOCK_FIELD, F("optname", U32), F("addr", ADDR_MAYBE) },
	[TSEM_EVENT_socket_getsockname] = { SOCK_FIELD },
	[TSEM_EVENT_socket_getpeername] = { SOCK_FIELD },
	[TSEM_EVENT_tun_dev_attach_queue] = { SOCK_FIELD },
	[TSEM_EVENT_socket_listen] = { SOCK_FIELD, F("backlog", U32) },
	[TSEM_EVENT_socket_shutdown] = { SOCK_FIELD, F("how", U32) },
	[TSEM_EVENT_socket_setsockopt] = { SOCK_FIELD, F("level", U32), F("optname", U32) },
	[TSEM_EVENT_unix_stream_connect] = { SOCK_FIELD, F("other", SOCK), F("peer", PEER) },
	[TSEM_EVENT_unix_may_send] = { SOCK_FIELD, F("other", SOCK), F("peer", PEER) },
	[TSEM_EVENT_socket_socketpair] = { F("socka", SOCK), F("sockb", SOCK) },
	[TSEM_EVENT_netlink_send] = { SOCK_FIELD, F("uid", U32), F("gid", U32), F("portid", U32),
				      F("dst_group", U32), F("flags", U32), TOLD("nsid_set", NSID_SET),
				      F("nsid", NSID) },
	[TSEM_EVENT_task_kill] = { F("target", DIGEST), F("sig", U32), F("cross_ns", U32) },
	[TSEM_EVENT_ptrace_access_check] = { F("child", DIGEST), F("mode", U32) },
	[TSEM_EVENT_ptrace_traceme] = { F("source", DIGEST) },
	[TSEM_EVENT_capget] = { F("target", DIGEST), F("effective", HEX64), F("inheritable", HEX64),
				F("permitted", HEX64) },
	[TSEM_EVENT_capset] = { F("effective", HEX64), F("inheritable", HEX64), F("permitted", HEX64) },
	[TSEM_EVENT_capable] = { F("cap", U32), F("opts", U32), F("initial", U32) },
	[TSEM_EVENT_task_setpgid] = { F("task", DIGEST64), F("source", DIGEST64) },
	[TSEM_EVENT_task_getpgid] = { TASK_FIELD },
	[TSEM_EVENT_task_getsid] = { TASK_FIELD },
	[TSEM_EVENT_task_getioprio] = { TASK_FIELD },
	[TSEM_EVENT_task_setscheduler] = { TASK_FIELD },
	[TSEM_EVENT_task_getscheduler] = { TASK_FIELD },
	[TSEM_EVENT_task_setnice] = { F("task", DIGEST64), F("nice", U32) },
	[TSEM_EVENT_task_setioprio] = { F("task", DIGEST64), F("ioprio", U32) },
	[TSEM_EVENT_task_prlimit] = { F("cred", CREDS), F("tcred", CREDS), F("flags", U32) },
	[TSEM_EVENT_task_setrlimit] = { TASK_FIELD, F("new_rlim.resource", U32), F("new_rlim.current", U64),
					F("new_rlim.max", U64) },
	[TSEM_EVENT_task_prctl] = { F("option", OPTION), F("arg2", ARG2), TOLD("arg3", U64),
				    F("arg4", U64), F("arg5", U64) },
	[TSEM_EVENT_inode_create] = { DIR_FIELD, DENTRY_FIELD, F("mode", MODE16) },
	[TSEM_EVENT_inode_mkdir] = { DIR_FIELD, DENTRY_FIELD, F("mode", MODE16) },
	[TSEM_EVENT_inode_unlink] = { DIR_FIELD, DENTRY_FIELD },
	[TSEM_EVENT_inode_rmdir] = { DIR_FIELD, DENTRY_FIELD },
	[TSEM_EVENT_inode_link] = { F("old_dentry", DENTRY), DIR_FIELD, F("new_dentry", DENTRY) },
	[TSEM_EVENT_inode_symlink] = { DIR_FIELD, DENTRY_FIELD, F("old_name", STRING) },
	[TSEM_EVENT_inode_mknod] = { DIR_FIELD, DENTRY_FIELD, F("mode", MODE16), F("dev", DEVICE) },
	[TSEM_EVENT_inode_rename] = { F("old_dir", INODE), F("old_dentry", DENTRY), F("new_dir", INODE),
				      F("new_dentry", DENTRY) },
	[TSEM_EVENT_inode_killpriv] = { DENTRY_FIELD },
	[TSEM_EVENT_inode_listxattr] = { DENTRY_FIELD },
	[TSEM_EVENT_sb_statfs] = { DENTRY_FIELD },
	[TSEM_EVENT_quota_on] = { DENTRY_FIELD },
	[TSEM_EVENT_inode_getattr] = { F("path", GETATTR) },
	[TSEM_EVENT_path_notify] = { F("path", PATH), F("mask", HEX64), F("obj_type", U32) },
	[TSEM_EVENT_anon_inode] = { F("name", STRING) },
	[TSEM_EVENT_inode_setattr] = { DENTRY_FIELD, F("attr.valid", U32), F("attr.mode", MODE32),
				       F("attr.uid", U32), F("attr.gid", U32),
				       F("attr.size", U64) },
	[TSEM_EVENT_inode_setxattr] = { DENTRY_FIELD, F("name", STRING), F("value", VALUE), F("flags", U32) },
	[TSEM_EVENT_inode_getxattr] = { DENTRY_FIELD, F("name", STRING) },
	[TSEM_EVENT_inode_removexattr] = { DENTRY_FIELD, F("name", STRING) },
	[TSEM_EVENT_userns_create] = { F("cred", CREDS) },
	[TSEM_EVENT_key_alloc] = { F("cred", CREDS), F("flags", U64) },
	[TSEM_EVENT_key_permission] = { F("key_ref.possessed", U32), F("key_ref.uid", U32),
					F("key_ref.gid", U32), F("key_ref.flags", U64), F("cred", CREDS),
					F("perm", U32) },
	[TSEM_EVENT_ipc_permission] = { F("ipcp", IPC), F("flag", U16) },
	[TSEM_EVENT_shm_alloc] = { PERM_FIELD },
	[TSEM_EVENT_sem_alloc] = { PERM_FIELD },
	[TSEM_EVENT_msg_queue_alloc] = { PERM_FIELD },
	[TSEM_EVENT_msg_queue_msgsnd] = { PERM_FIELD, F("flags", U32) },
	[TSEM_EVENT_shm_associate] = { PERM_FIELD, F("flags", U32) },
	[TSEM_EVENT_shm_shmat] = { PERM_FIELD, F("flags", U32) },
	[TSEM_EVENT_sem_associate] = { PERM_FIELD, F("flags", U32) },
	[TSEM_EVENT_msg_queue_associate] = { PERM_FIELD, F("flags", U32) },
	[TSEM_EVENT_shm_shmctl] = { PERM_FIELD, F("cmd", U32) },
	[TSEM_EVENT_sem_semctl] = { PERM_FIELD, F("cmd", U32) },
	[TSEM_EVENT_msg_queue_msgctl] = { PERM_FIELD, F("cmd", U32) },
	[TSEM_EVENT_msg_queue_msgrcv] = { PERM_FIELD, F("target", DIGEST), F("type", U64), F("mode", U32) },
	[TSEM_EVENT_sem_semop] = { PERM_FIELD, F("nsops", U32), F("alter", U32) },
	[TSEM_EVENT_syslog] = { F("type", U32) },
	[TSEM_EVENT_settime] = { OPTIONAL("ts.seconds", U64, TSEM_SHAPE_FIRST),
				 OPTIONAL("ts.nsecs", U64, TSEM_SHAPE_FIRST),
				 OPTIONAL("tz.minuteswest", U32, TSEM_SHAPE_SECOND),
				 OPTIONAL("tz.dsttime", U32, TSEM_SHAPE_SECOND) },
	[TSEM_EVENT_sb_mount] = { OPTIONAL("dev_name", STRING, TSEM_SHAPE_FIRST), F("path", PATH),
				  OPTIONAL("type", STRING, TSEM_SHAPE_SECOND), F("flags", U64) },
	[TSEM_EVENT_sb_umount] = { F("mnt", DENTRY), F("flags", U32) },
	[TSEM_EVENT_sb_remount] = { F("sb.dentry", DENTRY), F("sb.fstype", STRING), F("sb.s_flags", U64) },
	[TSEM_EVENT_sb_set_mnt_opts] = { F("sb.dentry", DENTRY), F("sb.fstype", STRING),
					 F("sb.s_flags", U64) },
	[TSEM_EVENT_sb_pivotroot] = { F("old_path", PATH), F("new_path", PATH) },
	[TSEM_EVENT_move_mount] = { F("from_path", PATH), F("to_path", PATH) },
	[TSEM_EVENT_quotactl] = { F("cmds", U32), F("type", U32), F("id", U32), F("sb.dentry", DENTRY),
				  F("sb.fstype", STRING), F("sb.s_flags", U64) },
	[TSEM_EVENT_bpf] = { F("cmd", U32), F("attr.size", U32) },
	[TSEM_EVENT_bpf_map] = { F("map.map_type", U32), F("fmode", U32) },
	[TSEM_EVENT_bpf_prog] = { F("prog.type", U32), F("prog.attach_type", U32) },
};

/* ---- blocks ---- */

#define COE_FIELDS \
	F("uid", U32), F("euid", U32), F("suid", U32), F("gid", U32), \
	F("egid", U32), F("sgid", U32), F("fsuid", U32), F("fsgid", U32), \
	F("capeff", HEX64)

static const struct field coe[] = { COE_FIELDS, {} };
static const struct field creds[] = { COE_FIELDS, F("securebits", U32), {} };
static const struct field sock[] = { F("family", U32), F("type", U32), F("protocol", U32),
				     F("owner", DIGEST64), {} };
static const struct field ipc[] = { F("uid", U32), F("gid", U32), F("cuid", U32),
				    F("cgid", U32), F("mode", MODE16), F("owner", DIGEST), {} };
static const struct field inode[] = { F("uid", U32), F("gid", U32), F("mode", FILE_MODE),
				      F("s_magic", MAGIC), LOCAL("s_id", NAME32),
				      LOCAL("s_uuid", UUID), F("rdev", RDEV), {} };

const struct field field__file[] = { F("flags", U32), F("inode", INODE), F("path", PATH),
				     F("digest", DIGEST), {} };
const struct field field__inherited_file[] = { F("flags", ACCESS), F("inherited", STREAM), {} };

static const struct field inet[] = { F("port", U16), F("address", U32), {} };
static const struct field inet6[] = { F("port", U16), F("address", ADDRESS6), F("flow", U32),
				      F("scope", U32), {} };
static const struct field inet6_short[] = { F("port", U16), F("address", ADDRESS6), {} };
static const struct field unix_name[] = { F("address", REST), {} };
static const struct field other[] = { F("address", DIGEST), {} };
static const struct field netlink[] = { F("portid", U32), F("groups", U32), {} };
/* clang-format on */

const struct field *event__fields(u32 event)
{
	return event && event < TSEM_EVENT_END ? table[event] : NULL;
}

bool event__optional(u32 event)
{
	const struct field *f = event__fields(event);

	if (!f || f->kind == FIELD_END)
		return false;
	while (f->kind != FIELD_END && f->present)
		f++;
	return f->kind == FIELD_END;
}

const struct field *field__block(enum field_kind kind)
{
	switch (kind) {
	case FIELD_COE:
		return coe;
	case FIELD_CREDS:
		return creds;
	case FIELD_SOCK:
		return sock;
	case FIELD_IPC:
		return ipc;
	case FIELD_INODE:
		return inode;
	default:
		return NULL;
	}
}

const struct field *field__address(enum field_kind kind, u32 addr_kind)
{
	switch (addr_kind) {
	case TSEM_ADDR_INET:
		return inet;
	case TSEM_ADDR_INET6:
		return kind == FIELD_ADDR || kind == FIELD_ADDR_MAYBE ? inet6 : inet6_short;
	case TSEM_ADDR_UNIX:
		return kind == FIELD_MADDR ? NULL : unix_name;
	case TSEM_ADDR_OTHER:
		return other;
	case TSEM_ADDR_NETLINK:
		return kind == FIELD_MADDR ? netlink : NULL;
	default:
		return NULL;
	}
}

const char *field__address_key(u32 addr_kind)
{
	static const char *const keys[] = { [TSEM_ADDR_INET] = "af_inet",
					    [TSEM_ADDR_INET6] = "af_inet6",
					    [TSEM_ADDR_UNIX] = "af_unix",
					    [TSEM_ADDR_OTHER] = "af_other",
					    [TSEM_ADDR_NETLINK] = "af_netlink" };

	return addr_kind < sizeof(keys) / sizeof(keys[0]) ? keys[addr_kind] : NULL;
}

bool field__address_option(u64 option)
{
	/* PR_GET_PDEATHSIG, PR_SET_NAME and PR_GET_NAME of linux/prctl.h. */
	return option == 2 || option == 15 || option == 16;
}
