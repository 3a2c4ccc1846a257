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

/* An event, and what most rules look at. */
struct deed {
	u32 type;
	struct json_object *event, *cell;
	const char *path[8]; /* its pathnames */
	size_t paths;
};

typedef bool condition(const struct deed *deed);

static void take_paths(struct deed *deed)
{
	static const char *const keys[] = {
		"file.path.pathname",       "dentry.path.pathname",     "path.path.pathname",   "path.pathname",
		"new_dentry.path.pathname", "old_dentry.path.pathname", "addr.af_unix.address", "peer.path.pathname",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct json_object *path = event__lookup(deed->cell, keys[i]);

		if (path)
			deed->path[deed->paths++] = json_object_get_string(path);
	}
}

/* ---- conditions ---- */

static bool path_matches(const struct deed *deed, const char *const *patterns)
{
	for (size_t i = 0; i < deed->paths; i++) {
		for (const char *const *p = patterns; *p; p++) {
			if (!fnmatch(*p, deed->path[i], 0))
				return true;
		}
	}
	return false;
}

static bool writes(const struct deed *deed)
{
	switch (deed->type) {
	case TSEM_EVENT_file_open:
	case TSEM_EVENT_file_receive:
		return event__number_at(deed->cell, "file.flags") & 3;
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

static bool writes_system(const struct deed *deed)
{
	static const char *const system[] = { "/etc/*",      "/boot/*",           "/usr/*",  "/bin/*", "/sbin/*",
					      "/lib/*",      "/lib64/*",          "/root/*", "/efi/*", "/sys/*",
					      "/proc/sys/*", "/var/spool/cron/*", NULL };

	return writes(deed) && path_matches(deed, system);
}

static bool writes_keys(const struct deed *deed)
{
	static const char *const keys[] = { "*/.ssh/*", "*/authorized_keys", "*/.bashrc", "*/.profile", NULL };

	return writes(deed) && path_matches(deed, keys);
}

static bool reads_secrets(const struct deed *deed)
{
	static const char *const secrets[] = { "/etc/shadow*", "/etc/gshadow*",  "/etc/ssl/private/*",
					       "*/.ssh/id_*",  "/etc/ssh/*_key", "/proc/kcore",
					       "*/.gnupg/*",   "/proc/*/mem",    NULL };

	return path_matches(deed, secrets);
}

static bool controls_containers(const struct deed *deed)
{
	static const char *const sockets[] = { "*/docker.sock", "*/containerd.sock", "*/podman.sock", "*/crio.sock",
					       NULL };

	return path_matches(deed, sockets);
}

static bool raw_device(const struct deed *deed)
{
	static const char *const devices[] = { "/dev/mem",      "/dev/kmem",      "/dev/port", "/dev/sg[0-9]*",
					       "/dev/mapper/*", "/dev/cpu/*/msr", NULL };
	u64 mode = event__number_at(deed->cell, "file.inode.mode");

	return S_ISBLK(mode) || path_matches(deed, devices);
}

static bool makes_device(const struct deed *deed)
{
	u64 mode = event__number_at(deed->cell, "mode");

	return S_ISBLK(mode) || S_ISCHR(mode);
}

static bool raw_socket(const struct deed *deed)
{
	enum { PACKET_FAMILY = 17, RAW_TYPE = 3 };

	return event__number_at(deed->cell, "family") == PACKET_FAMILY ||
	       event__number_at(deed->cell, "type") == RAW_TYPE;
}

static bool executes_writable(const struct deed *deed)
{
	static const char *const writable[] = { "/tmp/*", "/var/tmp/*", "/dev/shm/*", "/run/user/*", NULL };

	return path_matches(deed, writable) || event__lookup(deed->cell, "file.path.created");
}

static bool maps_code(const struct deed *deed)
{
	enum { WRITABLE = 2, EXECUTABLE = 4 };
	u64 prot = event__number_at(deed->cell, "prot");

	return prot & EXECUTABLE && (prot & WRITABLE || !event__member(deed->cell, "file"));
}

/* Is the TASK_ID under `key` that of another program than the one that acts? */
static bool other_task(const struct deed *deed, const char *key)
{
	struct json_object *own = event__lookup(deed->event, "event.task_id"), *task = event__member(deed->cell, key);

	return task &&
	       strncmp(json_object_get_string(own), json_object_get_string(task), json_object_get_string_len(own));
}

static bool other_child(const struct deed *deed)
{
	return other_task(deed, "child");
}

static bool other_target(const struct deed *deed)
{
	return event__number_at(deed->cell, "sig") &&
	       (event__number_at(deed->cell, "cross_ns") || other_task(deed, "target"));
}

static bool other_scheduled(const struct deed *deed)
{
	return other_task(deed, "task");
}

static bool other_uid(const struct deed *deed)
{
	return event__number_at(deed->cell, "cred.uid") != event__number_at(deed->cell, "tcred.uid");
}

static bool other_key(const struct deed *deed)
{
	return !event__number_at(deed->cell, "key_ref.possessed") ||
	       event__number_at(deed->cell, "key_ref.uid") != event__number_at(deed->cell, "cred.fsuid");
}

static bool strong_capability(const struct deed *deed)
{
	static const u64 strong = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_MODULE | 1ULL << CAP_SYS_RAWIO |
				  1ULL << CAP_SYS_PTRACE | 1ULL << CAP_SYS_BOOT | 1ULL << CAP_MAC_ADMIN |
				  1ULL << CAP_MAC_OVERRIDE | 1ULL << CAP_BPF | 1ULL << CAP_PERFMON |
				  1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_SETFCAP |
				  1ULL << CAP_MKNOD | 1ULL << CAP_NET_ADMIN | 1ULL << CAP_CHECKPOINT_RESTORE;
	u64 capability = event__number_at(deed->cell, "cap");

	return event__number_at(deed->cell, "initial") && capability < 64 && strong >> capability & 1;
}

static bool sets_special_mode(const struct deed *deed)
{
	return event__number_at(deed->cell, "attr.valid") & 1 &&
	       event__number_at(deed->cell, "attr.mode") & (S_ISUID | S_ISGID);
}

static bool security_attribute(const struct deed *deed)
{
	struct json_object *name = event__member(deed->cell, "name");

	return name && !strncmp(json_object_get_string(name), "security.", strlen("security."));
}

static bool injects_input(const struct deed *deed)
{
	const char *name = names__find(NAMES_IOCTL, event__number_at(deed->cell, "cmd"));

	return name && (!strcmp(name, "TIOCSTI") || !strcmp(name, "TIOCLINUX"));
}

static bool security_option(const struct deed *deed)
{
	u64 option = event__number_at(deed->cell, "option");

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

const char *explain__unwise(u32 type, struct json_object *event)
{
	struct deed deed = { .type = type, .event = event, .cell = event__member(event, event__name(type)) };

	take_paths(&deed);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if ((!r->event || r->event == deed.type) && (!r->when || r->when(&deed)))
			return r->why;
	}
	return NULL;
}
