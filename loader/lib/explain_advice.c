// SPDX-License-Identifier: GPL-2.0
/*
 * When it is unwise to allow an event. Each rule is a type of event, a condition, and a sentence; the first that holds
 * counts. The rules know what lets a program out of its model or lets it change others, not what a workload needs.
 */
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include <linux/capability.h>
#include <linux/prctl.h>

#include "event.h"
#include "explain_words.h"
#include "names.h"

typedef bool condition(struct json_object *event, struct json_object *cell);

/* ---- conditions ---- */

/* Does one of the event's pathnames match one of the patterns? */
static bool path_matches(struct json_object *cell, const char *const *patterns)
{
	static const char *const keys[] = {
		"file.path.pathname",       "dentry.path.pathname",     "path.path.pathname",   "path.pathname",
		"new_dentry.path.pathname", "old_dentry.path.pathname", "addr.af_unix.address", "peer.path.pathname",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct json_object *path = words__lookup(cell, keys[i]);

		for (const char *const *p = patterns; path && *p; p++) {
			if (!fnmatch(*p, json_object_get_string(path), 0))
				return true;
		}
	}
	return false;
}

static bool writes(struct json_object *event, struct json_object *cell)
{
	u32 type = event__parse(json_object_get_string(words__lookup(event, "event.type")));
	u64 flags = words__number_at(cell, "file.flags");

	switch (type) {
	case TSEM_EVENT_file_open:
	case TSEM_EVENT_file_receive:
		return flags & 3;
	case TSEM_EVENT_inode_create:
	case TSEM_EVENT_inode_mkdir:
	case TSEM_EVENT_inode_unlink:
	case TSEM_EVENT_inode_rmdir:
	case TSEM_EVENT_inode_link:
	case TSEM_EVENT_inode_symlink:
	case TSEM_EVENT_inode_mknod:
	case TSEM_EVENT_inode_rename:
	case TSEM_EVENT_inode_setattr:
	case TSEM_EVENT_inode_setxattr:
	case TSEM_EVENT_inode_removexattr:
		return true;
	default:
		return false;
	}
}

static bool writes_system(struct json_object *event, struct json_object *cell)
{
	static const char *const system[] = { "/etc/*",      "/boot/*",           "/usr/*",  "/bin/*", "/sbin/*",
					      "/lib/*",      "/lib64/*",          "/root/*", "/efi/*", "/sys/*",
					      "/proc/sys/*", "/var/spool/cron/*", NULL };

	return writes(event, cell) && path_matches(cell, system);
}

static bool writes_keys(struct json_object *event, struct json_object *cell)
{
	static const char *const keys[] = { "*/.ssh/*", "*/authorized_keys", "*/.bashrc", "*/.profile", NULL };

	return writes(event, cell) && path_matches(cell, keys);
}

static bool reads_secrets(struct json_object *event, struct json_object *cell)
{
	static const char *const secrets[] = { "/etc/shadow*", "/etc/gshadow*",  "/etc/ssl/private/*",
					       "*/.ssh/id_*",  "/etc/ssh/*_key", "/proc/kcore",
					       "*/.gnupg/*",   "/proc/*/mem",    NULL };

	(void)event;
	return path_matches(cell, secrets);
}

static bool controls_containers(struct json_object *event, struct json_object *cell)
{
	static const char *const sockets[] = { "*/docker.sock", "*/containerd.sock", "*/podman.sock", "*/crio.sock",
					       NULL };

	(void)event;
	return path_matches(cell, sockets);
}

static bool raw_device(struct json_object *event, struct json_object *cell)
{
	static const char *const devices[] = { "/dev/mem",      "/dev/kmem",      "/dev/port", "/dev/sg[0-9]*",
					       "/dev/mapper/*", "/dev/cpu/*/msr", NULL };
	u64 mode = words__number_at(cell, "file.inode.mode");

	(void)event;
	return S_ISBLK(mode) || path_matches(cell, devices);
}

static bool makes_device(struct json_object *event, struct json_object *cell)
{
	u64 mode = words__number_at(cell, "mode");

	(void)event;
	return S_ISBLK(mode) || S_ISCHR(mode);
}

static bool raw_socket(struct json_object *event, struct json_object *cell)
{
	enum { PACKET_FAMILY = 17, RAW_TYPE = 3 };

	(void)event;
	return words__number_at(cell, "family") == PACKET_FAMILY || words__number_at(cell, "type") == RAW_TYPE;
}

static bool executes_writable(struct json_object *event, struct json_object *cell)
{
	static const char *const writable[] = { "/tmp/*", "/var/tmp/*", "/dev/shm/*", "/run/user/*", NULL };

	(void)event;
	return path_matches(cell, writable) || words__lookup(cell, "file.path.created");
}

static bool maps_code(struct json_object *event, struct json_object *cell)
{
	enum { WRITABLE = 2, EXECUTABLE = 4 };
	u64 prot = words__number_at(cell, "prot");

	(void)event;
	return prot & EXECUTABLE && (prot & WRITABLE || !words__member(cell, "file"));
}

/* Is the TASK_ID under `key` that of another program than the one that acts? */
static bool other_task(struct json_object *event, struct json_object *cell, const char *key)
{
	struct json_object *own = words__lookup(event, "event.task_id"), *task = words__member(cell, key);

	return task &&
	       strncmp(json_object_get_string(own), json_object_get_string(task), json_object_get_string_len(own));
}

static bool other_child(struct json_object *event, struct json_object *cell)
{
	return other_task(event, cell, "child");
}

static bool other_target(struct json_object *event, struct json_object *cell)
{
	return words__number_at(cell, "sig") &&
	       (words__number_at(cell, "cross_ns") || other_task(event, cell, "target"));
}

static bool other_scheduled(struct json_object *event, struct json_object *cell)
{
	return other_task(event, cell, "task");
}

static bool other_uid(struct json_object *event, struct json_object *cell)
{
	(void)event;
	return words__number_at(cell, "cred.uid") != words__number_at(cell, "tcred.uid");
}

static bool other_key(struct json_object *event, struct json_object *cell)
{
	(void)event;
	return !words__number_at(cell, "key_ref.possessed") ||
	       words__number_at(cell, "key_ref.uid") != words__number_at(cell, "cred.fsuid");
}

static bool strong_capability(struct json_object *event, struct json_object *cell)
{
	static const u64 strong = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_MODULE | 1ULL << CAP_SYS_RAWIO |
				  1ULL << CAP_SYS_PTRACE | 1ULL << CAP_SYS_BOOT | 1ULL << CAP_MAC_ADMIN |
				  1ULL << CAP_MAC_OVERRIDE | 1ULL << CAP_BPF | 1ULL << CAP_PERFMON |
				  1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_SETFCAP |
				  1ULL << CAP_MKNOD | 1ULL << CAP_NET_ADMIN | 1ULL << CAP_CHECKPOINT_RESTORE;
	u64 capability = words__number_at(cell, "cap");

	(void)event;
	return words__number_at(cell, "initial") && capability < 64 && strong >> capability & 1;
}

static bool sets_special_mode(struct json_object *event, struct json_object *cell)
{
	(void)event;
	return words__number_at(cell, "attr.valid") & 1 && words__number_at(cell, "attr.mode") & (S_ISUID | S_ISGID);
}

static bool security_attribute(struct json_object *event, struct json_object *cell)
{
	struct json_object *name = words__member(cell, "name");

	(void)event;
	return name && !strncmp(json_object_get_string(name), "security.", strlen("security."));
}

static bool injects_input(struct json_object *event, struct json_object *cell)
{
	const char *name = names__find(NAMES_IOCTL, words__number_at(cell, "cmd"));

	(void)event;
	return name && (!strcmp(name, "TIOCSTI") || !strcmp(name, "TIOCLINUX"));
}

static bool security_option(struct json_object *event, struct json_object *cell)
{
	u64 option = words__number_at(cell, "option");

	(void)event;
	return option == PR_SET_SECUREBITS || option == PR_SET_MM || option == PR_CAP_AMBIENT ||
	       option == PR_SET_PTRACER;
}

/* ---- rules ---- */

/* clang-format off */
static const char module[] = "whoever loads code into the kernel can do anything, also to this model";
static const char mounts[] = "a mount can put other files under the paths that the model knows";
static const char tracing[] = "a program that looks into another one can read its secrets and change what it does";
static const char bpf_why[] = "BPF programs and maps see and change what the kernel does";

static const struct rule {
	u32 event; /* 0: any */
	condition *when; /* NULL: always */
	const char *why;
} rules[] = {
	{ TSEM_EVENT_ptrace_access_check, other_child, tracing },
	{ TSEM_EVENT_ptrace_traceme, NULL, tracing },
	{ TSEM_EVENT_kernel_module_request, NULL, module },
	{ TSEM_EVENT_kernel_read_file, NULL, module },
	{ TSEM_EVENT_kernel_load_data, NULL, module },
	{ TSEM_EVENT_capset, NULL, "it changes the capabilities of a process: look whether it only drops some" },
	{ TSEM_EVENT_capable, strong_capability, "with this capability a program can get around the model or take the machine" },
	{ TSEM_EVENT_userns_create, NULL, "in a user namespace of its own a program has all capabilities" },
	{ TSEM_EVENT_sb_mount, NULL, mounts },
	{ TSEM_EVENT_sb_umount, NULL, mounts },
	{ TSEM_EVENT_sb_remount, NULL, mounts },
	{ TSEM_EVENT_sb_pivotroot, NULL, mounts },
	{ TSEM_EVENT_move_mount, NULL, mounts },
	{ TSEM_EVENT_path_chroot, NULL, mounts },
	{ TSEM_EVENT_key_permission, other_key, "the key belongs to somebody else" },
	{ TSEM_EVENT_bpf, NULL, bpf_why },
	{ TSEM_EVENT_bpf_map, NULL, bpf_why },
	{ TSEM_EVENT_bpf_prog, NULL, bpf_why },
	{ TSEM_EVENT_perf_event_open, NULL, tracing },
	{ TSEM_EVENT_task_kill, other_target, "it can end or stop another program" },
	{ TSEM_EVENT_task_setscheduler, other_scheduled, "it can slow down another program" },
	{ TSEM_EVENT_task_movememory, NULL, "it can slow down another program" },
	{ TSEM_EVENT_task_prlimit, other_uid, "it reads or changes limits of another user's process" },
	{ TSEM_EVENT_task_prctl, security_option, "the option changes what protects the process" },
	{ TSEM_EVENT_task_fix_setuid, NULL, "it changes the user that it runs as" },
	{ TSEM_EVENT_task_fix_setgid, NULL, "it changes the group that it runs as" },
	{ TSEM_EVENT_uring_override_creds, NULL, "it acts with the credentials of another process" },
	{ TSEM_EVENT_settime, NULL, "the clock decides on certificates, logs and timers of the whole machine" },
	{ TSEM_EVENT_inode_mknod, makes_device, "a device file gives access to hardware or raw disks" },
	{ TSEM_EVENT_socket_create, raw_socket, "a raw socket reads and forges the traffic of others" },
	{ TSEM_EVENT_tun_dev_create, NULL, "a tunnel device can lead the machine's traffic elsewhere" },
	{ TSEM_EVENT_file_ioctl, injects_input, "it types input into a terminal, as if the user did" },
	{ TSEM_EVENT_file_mprotect, NULL, "code that is in no file cannot be known by its content" },
	{ TSEM_EVENT_mmap_file, maps_code, "code that is in no file, or that can be changed, cannot be known by its content" },
	{ TSEM_EVENT_bprm_committing_creds, executes_writable, "others can write where this program is" },
	{ TSEM_EVENT_inode_setattr, sets_special_mode, "the file then runs with the rights of its owner" },
	{ TSEM_EVENT_inode_setxattr, security_attribute, "security attributes give a file capabilities or a label" },
	{ TSEM_EVENT_inode_removexattr, security_attribute, "security attributes protect a file" },
	{ 0, raw_device, "a raw device gives access to memory or disks under all permissions of files" },
	{ 0, controls_containers, "who talks to the container service can do what root can" },
	{ 0, writes_keys, "whoever writes there decides who logs in, or what runs at the next login" },
	{ 0, writes_system, "it writes where the system keeps its configuration and programs" },
	{ 0, reads_secrets, "the file has secrets" },
};
/* clang-format on */

const char *explain__unwise(struct json_object *event)
{
	const char *type = json_object_get_string(words__lookup(event, "event.type"));
	struct json_object *cell = words__member(event, type);
	u32 number = event__parse(type);

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if ((!r->event || r->event == number) && (!r->when || r->when(event, cell)))
			return r->why;
	}
	return NULL;
}
