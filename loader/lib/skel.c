// SPDX-License-Identifier: GPL-2.0
/*
 * Loading. Everything is pinned in a temporary directory, which is renamed to its final name when it is complete. So no
 * command ever sees half of it. A failure before that removes the directory; links that are not pinned end with the
 * process.
 *
 * Only one process at a time makes or removes pins: it holds a lock (flock) on the root of the BPF filesystem. The lock
 * ends with the process, and no task of a namespace may take it (guard.bpf.h).
 *
 * A program is left out if the running kernel's BTF does not have its hook.
 */
#include "skel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "caps.h"
#include "digest.h"
#include "journal.h"
#include "namespace.h"
#include "tsem.h"
#include "tsem_task.h"

#include "tsem_bpf.skel.h"

/* Names in a BPF filesystem have no dots. */
#define NEW_PINS TSEM_PINS "_new"

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* The hook of an LSM program, or NULL for another program. */
static const char *program_hook(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return strncmp(section, "lsm", 3) ? NULL : strchr(section, '/') + 1;
}

static bool hook_exists(const struct btf *btf, const char *hook)
{
	char name[96];

	snprintf(name, sizeof(name), "bpf_lsm_%s", hook);
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

static int fail(struct skel_error *error, int err, const char *what, const char *name)
{
	snprintf(error->what, sizeof(error->what), "%s %s", what, name);
	return err;
}

/* Takes the lock; returns its descriptor. -EALREADY: another process has it. */
static int lock_pins(void)
{
	int lock = open(TSEM_BPF_FS, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (lock < 0)
		return -errno;
	if (!flock(lock, LOCK_EX | LOCK_NB))
		return lock;
	err = errno == EWOULDBLOCK ? -EALREADY : -errno;
	close(lock);
	return err;
}

/*
 * Programs that are kept while their links go. The kernel frees a program soon after its last link. But a task that was
 * preempted on its way into the program, in the trampoline, has yet to call it, and would then call freed memory (seen
 * with 6.12). So the programs stay until every such task has run again.
 */
#define PROGRAMS_MAX 512
#define PROGRAMS_STAY_US 1000000

struct kept {
	int fd[PROGRAMS_MAX];
	size_t count;
};

/* Removes a pinned link and detaches its program, which is kept. */
static int remove_link(const char *path, struct kept *kept)
{
	struct bpf_link_info info = {};
	u32 size = sizeof(info);
	int link = bpf_obj_get(path), program = -1, err;

	if (link >= 0 && kept->count < PROGRAMS_MAX && !bpf_link_get_info_by_fd(link, &info, &size))
		program = bpf_prog_get_fd_by_id(info.prog_id);
	if (program >= 0)
		kept->fd[kept->count++] = program;
	err = unlink(path) ? -errno : 0;
	/* The last reference: the kernel detaches before it returns. */
	if (link >= 0)
		close(link);
	return err;
}

static void release_programs(struct kept *kept)
{
	if (kept->count)
		usleep(PROGRAMS_STAY_US);
	for (size_t i = 0; i < kept->count; i++)
		close(kept->fd[i]);
}

static int remove_tree(const char *root)
{
	static const char *const kinds[] = { "links", "progs", "maps" };
	struct kept kept = { .count = 0 };
	int err = 0;

	/* Links first: without them no program runs. */
	for (size_t i = 0; i < 3; i++) {
		char directory[128], path[512];
		struct dirent *entry;
		DIR *dir;

		snprintf(directory, sizeof(directory), "%s/%s", root, kinds[i]);
		dir = opendir(directory);
		while (dir && (entry = readdir(dir))) {
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
			err = (i ? unlink(path) ? -errno : 0 : remove_link(path, &kept)) ?: err;
		}
		if (dir)
			closedir(dir);
		if (rmdir(directory) && errno != ENOENT)
			err = -errno;
	}
	if (rmdir(root) && errno != ENOENT)
		err = -errno;
	release_programs(&kept);
	return err;
}

static int make_directories(struct skel_error *error)
{
	static const char *const names[] = { NEW_PINS, NEW_PINS "/maps", NEW_PINS "/progs", NEW_PINS "/links" };

	for (size_t i = 0; i < 4; i++) {
		if (mkdir(names[i], 0700))
			return fail(error, -errno, "make directory", names[i]);
	}
	return 0;
}

static int pin_maps(struct tsem_bpf *skel, struct skel_error *error)
{
	struct bpf_map *map;
	char path[128];

	bpf_object__for_each_map(map, skel->obj) {
		if (bpf_map__is_internal(map) || !bpf_map__autocreate(map))
			continue;
		snprintf(path, sizeof(path), NEW_PINS "/maps/%s", bpf_map__name(map));
		if (bpf_map__pin(map, path))
			return fail(error, -errno, "pin map", bpf_map__name(map));
	}
	return 0;
}

static int attach_programs(struct tsem_bpf *skel, struct skel_error *error)
{
	struct bpf_program *program;
	char path[128];

	bpf_object__for_each_program(program, skel->obj) {
		const char *name = bpf_program__name(program);
		struct bpf_link *link;

		if (!bpf_program__autoload(program))
			continue;
		snprintf(path, sizeof(path), NEW_PINS "/progs/%s", name);
		if (bpf_program__pin(program, path))
			return fail(error, -errno, "pin program", name);
		if (!program_hook(program))
			continue;
		link = bpf_program__attach_lsm(program);
		if (!link)
			return fail(error, -errno, "attach program", name);
		snprintf(path, sizeof(path), NEW_PINS "/links/%s", name);
		if (bpf_link__pin(link, path)) {
			int err = -errno;

			bpf_link__destroy(link);
			return fail(error, err, "pin link", name);
		}
		/* The pin keeps it. */
		bpf_link__disconnect(link);
		bpf_link__destroy(link);
	}
	return 0;
}

static int draw(void *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = getrandom((char *)to + done, size - done, 0);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			done += got;
	}
	return 0;
}

/* The keys of the memo: for the hash of an event, for the hash of the actor, and for the bucket. */
static int draw_secrets(struct tsem_bpf *skel)
{
	int err = draw((void *)skel->rodata->tsem_memo_secret, sizeof(skel->rodata->tsem_memo_secret));

	err = err ?: draw((void *)skel->rodata->tsem_subject_secret, sizeof(skel->rodata->tsem_subject_secret));
	return err ?: draw((void *)skel->rodata->tsem_bucket_secret, sizeof(skel->rodata->tsem_bucket_secret));
}

/*
 * Tells the programs where the pins are: their filesystem, and the mount namespace in which it has to stay mounted.
 * This is the first process's namespace, if it has the filesystem.
 */
static int prepare_pins(struct tsem_bpf *skel)
{
	struct stat pins, first, mounts;

	if (stat(TSEM_BPF_FS, &pins))
		return -errno;
	if ((stat("/proc/1/root" TSEM_BPF_FS, &first) || first.st_dev != pins.st_dev ||
	     stat("/proc/1/ns/mnt", &mounts)) &&
	    stat("/proc/self/ns/mnt", &mounts))
		return -errno;
	/* MKDEV() of the kernel. */
	skel->rodata->tsem_pins_device = major(pins.st_dev) << 20 | minor(pins.st_dev);
	skel->rodata->tsem_pins_mounts = mounts.st_ino;
	return 0;
}

/* Tells the guards the directory of the journals and those on the path to it. */
static int prepare_run(struct tsem_bpf *skel)
{
	static const char *const paths[] = { JOURNAL_DIRECTORY, "/run", "/" };
	int fd = journal__directory();
	struct stat st;

	if (fd < 0)
		return fd;
	close(fd);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (stat(paths[i], &st))
			return -errno;
		skel->rodata->tsem_run[i].inode = st.st_ino;
		skel->rodata->tsem_run[i].device = major(st.st_dev) << 20 | minor(st.st_dev);
		skel->rodata->tsem_run[i].used = 1;
	}
	return 0;
}

/* The kernel marks files that it opens itself by these bits. They moved when it got this function (6.14). */
static void prepare_fanotify(struct tsem_bpf *skel, const struct btf *btf)
{
	if (btf__find_by_name_kind(btf, "dentry_open_nonotify", BTF_KIND_FUNC) > 0) {
		skel->rodata->tsem_fmode_nonotify = 1U << 25;
		skel->rodata->tsem_fmode_backing = 1U << 24;
	}
}

/* Tells the programs about uprobes; nothing if the kernel has none. */
static void prepare_uprobes(struct tsem_bpf *skel)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	unsigned int type;

	if (file && fscanf(file, "%u", &type) == 1)
		skel->rodata->tsem_uprobe_type = type;
	if (file)
		fclose(file);
}

/* Tells the programs about the root namespace, before they are loaded. */
static int prepare_root(struct tsem_bpf *skel, const struct skel_settings *settings)
{
	const struct control_namespace *root = &settings->root.namespace;

	if (!settings->root.on)
		return 0;
	skel->rodata->tsem_root_settings.on = 1;
	skel->rodata->tsem_root_settings.digest = root->digest;
	skel->rodata->tsem_root_settings.content = root->content;
	skel->rodata->tsem_root_settings.encoding = root->encoding;
	skel->rodata->tsem_root_settings.nsref = root->nsref;
	skel->rodata->tsem_root_settings.scope = root->scope;
	skel->rodata->tsem_root_settings.digest_size = digest__size(root->digest);
	if (bpf_map__set_max_entries(skel->maps.tsem_log, settings->max_coefficients))
		return -errno;
	return digest__hash(root->digest, "", 0, (u8 *)skel->rodata->tsem_root_settings.empty);
}

/* The root namespace must exist before the first event. */
static int make_root(struct tsem_bpf *skel, const struct skel_settings *settings, struct skel_error *error)
{
	struct tsem tsem = {
		.tasks = bpf_map__fd(skel->maps.tsem_tasks),
		.namespaces = bpf_map__fd(skel->maps.tsem_namespaces),
		.coefficients = bpf_map__fd(skel->maps.tsem_coefficients),
		.tails = bpf_map__fd(skel->maps.tsem_tails),
		.pseudonyms = bpf_map__fd(skel->maps.tsem_pseudonyms),
		.patterns = bpf_map__fd(skel->maps.tsem_patterns),
		.marks = bpf_map__fd(skel->maps.tsem_marks),
		.creations = bpf_map__fd(skel->maps.tsem_creations),
		.directories = bpf_map__fd(skel->maps.tsem_directories),
		.inherited = bpf_map__fd(skel->maps.tsem_inherited),
		.ports = bpf_map__fd(skel->maps.tsem_ports),
		.questions = bpf_map__fd(skel->maps.tsem_questions),
		.ipc = bpf_map__fd(skel->maps.tsem_ipc),
		.rings = bpf_map__fd(skel->maps.tsem_rings),
		.globals = bpf_map__fd(skel->maps.tsem_globals),
		.root = bpf_map__fd(skel->maps.tsem_root),
		.log = bpf_map__fd(skel->maps.tsem_log),
		.control = bpf_program__fd(skel->progs.tsem_control),
	};
	int err = settings->root.on ? root__create(&tsem, &settings->root) : 0;

	return err ? fail(error, err, "make", "the root namespace") : 0;
}

/*
 * Tells the programs where these kernel variables are. Without one of the first three a path could be read during a
 * rename, or the place of the pins would not be known. A kernel without IMA does not have the last.
 */
static int prepare_symbols(struct tsem_bpf *skel, struct skel_error *error)
{
	struct tsem_symbol symbols[] = { { .name = "rename_lock" },
					 { .name = "mount_lock" },
					 { .name = "bpf_fs_type" },
					 { .name = "ima_policy_flag" } };
	size_t count = sizeof(symbols) / sizeof(symbols[0]);
	int err = tsem__symbols(symbols, count);

	if (err == -ENOTUNIQ)
		return fail(error, err, "tell apart two symbols of one name in", "/proc/kallsyms");
	if (err)
		return fail(error, err, "read", "/proc/kallsyms");
	for (size_t i = 0; i < count; i++) {
		if (!symbols[i].address && (symbols[i].listed || i < 3))
			return fail(error, symbols[i].listed ? -ENOKEY : -ENXIO, "find", symbols[i].name);
	}
	skel->rodata->tsem_symbols.rename_lock = symbols[0].address;
	skel->rodata->tsem_symbols.mount_lock = symbols[1].address;
	skel->rodata->tsem_symbols.bpf_fs_type = symbols[2].address;
	skel->rodata->tsem_symbols.ima_policy_flag = symbols[3].address;
	return 0;
}

/* The programs of hooks that may sleep with patch 6 of kernel-patches/ only. */
static void prepare_sleep(struct tsem_bpf *skel)
{
	struct bpf_program *const programs[] = {
		skel->progs.tsem_file_fcntl,        skel->progs.tsem_inode_link,
		skel->progs.tsem_inode_mkdir,       skel->progs.tsem_inode_listxattr,
		skel->progs.tsem_inode_removexattr, skel->progs.tsem_kernel_load_data,
		skel->progs.tsem_move_mount,        skel->progs.tsem_sb_pivotroot,
		skel->progs.tsem_socket_setsockopt,
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		bpf_program__set_flags(programs[i], bpf_program__flags(programs[i]) | BPF_F_SLEEPABLE);
	skel->rodata->tsem_sleeps_more = true;
}

static int prepare(struct tsem_bpf *skel, const struct skel_settings *settings, struct skel_error *error)
{
	struct btf *btf = btf__load_vmlinux_btf();
	/* The root does not count among the namespaces that may be made. */
	u32 namespaces = settings->max_namespaces + settings->root.on;
	struct bpf_program *program;
	int err;

	if (!btf)
		return fail(error, -errno, "read", "/sys/kernel/btf/vmlinux");
	bpf_object__for_each_program(program, skel->obj) {
		const char *hook = program_hook(program);

		if (hook && !hook_exists(btf, hook))
			bpf_program__set_autoload(program, false);
	}
	prepare_fanotify(skel, btf);
	btf__free(btf);
	err = prepare_symbols(skel, error);
	if (err)
		return err;
	/*
	 * A map of kernel objects cannot be made if the kernel does not know their type; then the programs do not use
	 * it.
	 */
	if (tsem__patched())
		prepare_sleep(skel);
	else
		bpf_map__set_autocreate(skel->maps.tsem_hashes, false);
	skel->rodata->tsem_control_capability = 1ULL << caps__control();
	err = draw_secrets(skel);
	if (err)
		return fail(error, err, "draw", "random bytes");
	err = prepare_pins(skel);
	if (err)
		return fail(error, err, "look at", TSEM_BPF_FS);
	err = prepare_run(skel);
	if (err)
		return fail(error, err, "use", JOURNAL_DIRECTORY);
	prepare_uprobes(skel);
	err = prepare_root(skel, settings);
	if (err)
		return fail(error, err, "prepare", "the root namespace");
	if (bpf_map__set_max_entries(skel->maps.tsem_coefficients, settings->max_coefficients) ||
	    bpf_map__set_max_entries(skel->maps.tsem_tails, settings->max_coefficients) ||
	    bpf_map__set_max_entries(skel->maps.tsem_namespaces, namespaces) ||
	    bpf_map__set_max_entries(skel->maps.tsem_ports, namespaces * TSEM_PORT_SLOTS) ||
	    bpf_map__set_max_entries(skel->maps.tsem_questions, namespaces * TSEM_QUESTION_SLOTS) ||
	    bpf_map__set_max_entries(skel->maps.tsem_rings, namespaces))
		return fail(error, -errno, "size", "the maps");
	return 0;
}

static int set_globals(struct tsem_bpf *skel, const struct skel_settings *settings, struct skel_error *error)
{
	struct tsem_globals globals = { .next_task_number = 1,
					.max_coefficients = settings->max_coefficients,
					.max_namespaces = settings->max_namespaces,
					.policy = settings->policy };
	struct timespec now;
	u32 zero = 0;
	int err;

	err = draw(&globals.load, sizeof(globals.load));
	if (err)
		return fail(error, err, "draw", "random bytes");
	clock_gettime(CLOCK_BOOTTIME, &now);
	globals.load_time = now.tv_sec * 1000000000ULL + now.tv_nsec;
	if (bpf_map_update_elem(bpf_map__fd(skel->maps.tsem_globals), &zero, &globals, BPF_ANY))
		return fail(error, -errno, "set", "the counters");
	return 0;
}

int skel__load(const struct skel_settings *settings, struct skel_error *error)
{
	struct tsem_bpf *skel = NULL;
	int lock = lock_pins(), err;

	if (lock < 0)
		return fail(error, lock, "lock", TSEM_BPF_FS);
	if (!access(TSEM_PINS, F_OK)) {
		err = fail(error, -EEXIST, "find", TSEM_PINS);
		goto out;
	}
	if (!settings->verbose)
		libbpf_set_print(silent);
	/* Remains of a load that was killed. */
	remove_tree(NEW_PINS);
	skel = tsem_bpf__open();
	if (!skel) {
		err = fail(error, -errno, "open", "the BPF object");
		goto out;
	}
	err = prepare(skel, settings, error);
	if (err)
		goto out;
	err = tsem_bpf__load(skel);
	if (err) {
		fail(error, err, "load", "the BPF programs (-v shows what the verifier says)");
		goto out;
	}
	err = set_globals(skel, settings, error);
	err = err ?: make_root(skel, settings, error);
	err = err ?: make_directories(error);
	err = err ?: pin_maps(skel, error);
	err = err ?: attach_programs(skel, error);
	if (!err && rename(NEW_PINS, TSEM_PINS))
		err = fail(error, -errno, "rename to", TSEM_PINS);
out:
	tsem_bpf__destroy(skel);
	/* Not earlier: without free descriptors no directory can be opened and emptied. */
	if (err)
		remove_tree(NEW_PINS);
	close(lock);
	return err;
}

int skel__unload(void)
{
	struct mount_attr writable = { .attr_clr = MOUNT_ATTR_RDONLY };
	int lock = lock_pins(), err;

	if (lock < 0)
		return lock;
	/* A task of a namespace may have made it read only: mount_setattr(2) reaches no hook. */
	mount_setattr(AT_FDCWD, TSEM_BPF_FS, 0, &writable, sizeof(writable));
	err = remove_tree(TSEM_PINS);
	close(lock);
	return err;
}

int skel__programs(int (*each)(const char *program, const char *hook, enum skel_state state, void *data), void *data)
{
	struct tsem_bpf *skel;
	struct bpf_program *program;
	struct btf *btf;
	char path[128];
	int err = 0;

	libbpf_set_print(silent);
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return -errno;
	skel = tsem_bpf__open();
	if (!skel) {
		err = -errno;
		goto out;
	}
	bpf_object__for_each_program(program, skel->obj) {
		const char *name = bpf_program__name(program), *hook = program_hook(program);
		enum skel_state state;

		if (!hook)
			continue;
		snprintf(path, sizeof(path), TSEM_PINS "/links/%s", name);
		state = !hook_exists(btf, hook) ? SKEL_NO_HOOK : access(path, F_OK) ? SKEL_MISSING : SKEL_ATTACHED;
		err = each(name, hook, state, data);
		if (err)
			break;
	}
	tsem_bpf__destroy(skel);
out:
	btf__free(btf);
	return err;
}
