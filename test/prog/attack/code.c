// SPDX-License-Identifier: GPL-2.0
/* Programs that no event told of. A program exits with OTHER; the learned twin's with KNOWN. */
#include <sys/mman.h>
#include <sys/stat.h>

#include "attack.h"
#include "code.h"

int status_now(void)
{
	return scene.attacking ? OTHER : KNOWN;
}

int tell_status(int status)
{
	snprintf(answer->text, sizeof(answer->text), "status %d", status);
	if (status == 127)
		return answer->error;
	return 0;
}

bool other_ran(const struct attempt *a)
{
	(void)a;
	return !strcmp(answer->text, "status 42");
}

/* Executes; the child says why not. */
static int execute_fd(int fd, const char *path, char **argv)
{
	char *empty[] = { NULL };
	pid_t pid = spawn();

	if (!pid) {
		syscall(SYS_execveat, fd, path, argv, empty, *path ? 0 : 0x1000);
		answer->error = failed_at("execveat");
		_exit(127);
	}
	return tell_status(ended(pid));
}

static int execute(const char *path)
{
	char *argv[] = { (char *)path, NULL };

	return execute_fd(AT_FDCWD, path, argv);
}

static int exec_own(const struct attempt *a)
{
	TRY_ZERO(tiny_file(a->path, status_now()));
	return execute(a->path);
}

static void exec_own_restore(const struct attempt *a)
{
	unlink(a->path);
}

static int exec_unnamed(const struct attempt *a)
{
	unsigned char image[256];
	size_t size = tiny_program(image, status_now());
	int fd = TRY(open(a->path, O_RDWR | O_TMPFILE, 0700)), read_only;
	char path[64], *argv[] = { "x", NULL };

	TRY(write(fd, image, size));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_only = TRY(open(path, O_RDONLY));
	close(fd);
	return execute_fd(read_only, "", argv);
}

static int exec_memory(const struct attempt *a)
{
	unsigned char image[256];
	size_t size = tiny_program(image, status_now());
	int fd = TRY(memfd_create(scene.attacking && a->text ? a->text : "learned", 0));
	char *argv[] = { "x", NULL };

	TRY(write(fd, image, size));
	return execute_fd(fd, "", argv);
}

static int exec_prepare(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(tiny_file("known", KNOWN));
	return tiny_file("other", OTHER);
}

static int exec_other(const struct attempt *a)
{
	(void)a;
	return execute(scene.attacking ? "./other" : "./known");
}

static int exec_renamed(const struct attempt *a)
{
	(void)a;
	if (scene.attacking)
		TRY(rename("other", "known"));
	return execute("./known");
}

static int changed_prepare(const struct attempt *a)
{
	(void)a;
	return tiny_file("program", status_now());
}

static int exec_program(const struct attempt *a)
{
	(void)a;
	return execute("./program");
}

/* The same name and size, and the time that it had. */
static int touched_prepare(const struct attempt *a)
{
	struct timespec times[2] = { { 1000000000, 0 }, { 1000000000, 0 } };

	(void)a;
	TRY_ZERO(tiny_file("program", status_now()));
	TRY(utimensat(AT_FDCWD, "program", times, 0));
	return 0;
}

static int exec_after_overwrite(const struct attempt *a)
{
	(void)a;
	TRY_ZERO(execute("./program"));
	if (scene.attacking)
		TRY_ZERO(tiny_file("program", OTHER));
	return execute("./program");
}

static int known_prepare(const struct attempt *a)
{
	(void)a;
	return tiny_file("program", KNOWN);
}

static int exec_call32(const struct attempt *a)
{
	char *memory = low_memory();
	uint32_t *argv = (uint32_t *)(memory + 64);
	pid_t pid;

	(void)a;
	strcpy(memory, scene.attacking ? "./other" : "./known");
	argv[0] = (uintptr_t)memory;
	argv[1] = 0;
	pid = spawn();
	if (!pid) {
		call32(11, (uintptr_t)memory, (uintptr_t)argv, (uintptr_t)(argv + 1), 0);
		answer->error = failed_at("execve");
		_exit(127);
	}
	return tell_status(ended(pid));
}

static int exec_call32_prepare(const struct attempt *a)
{
	return has_call32() ? exec_prepare(a) : UNSUPPORTED;
}

/* Interpreters. */
static int script_prepare(const struct attempt *a)
{
	char text[64];
	int size = snprintf(text, sizeof(text), "#!/bin/sh\nexit %d\n", status_now());

	(void)a;
	return put_bytes("script", text, size, 0755);
}

static int script_run(const struct attempt *a)
{
	(void)a;
	return execute("./script");
}

static int script_named(const struct attempt *a)
{
	char *argv[] = { "sh", "script", NULL };

	(void)a;
	return execute_fd(AT_FDCWD, "/bin/sh", argv);
}

static int script_argument(const struct attempt *a)
{
	char text[32], *argv[] = { "sh", "-c", text, NULL };

	(void)a;
	snprintf(text, sizeof(text), "exit %d", status_now());
	return execute_fd(AT_FDCWD, "/bin/sh", argv);
}

static int linker_run(const struct attempt *a)
{
	char *argv[] = { "ld.so", scene.attacking ? "/bin/false" : "/bin/true", NULL };

	(void)a;
	return execute_fd(AT_FDCWD, "/lib64/ld-linux-x86-64.so.2", argv);
}

static bool false_ran(const struct attempt *a)
{
	(void)a;
	return !strcmp(answer->text, "status 1");
}

#define EXEC(name, call, prepare) { name, call, call, prepare, other_ran }

const struct attempt code_attempts[] = {
	EXEC("exec-other", exec_other, exec_prepare),
	EXEC("exec-renamed", exec_renamed, exec_prepare),
	EXEC("exec-changed", exec_program, changed_prepare),
	EXEC("exec-changed-same-time", exec_program, touched_prepare),
	EXEC("exec-overwritten", exec_after_overwrite, known_prepare),
	EXEC("exec-call32", exec_call32, exec_call32_prepare),
	{ "exec-own", exec_own, exec_own, NULL, other_ran, NULL, .path = "./own" },
	{ "exec-own-shm", exec_own, exec_own, NULL, other_ran, exec_own_restore, .path = "/dev/shm/attack-own" },
	{ "exec-own-run", exec_own, exec_own, NULL, other_ran, exec_own_restore, .path = "/run/attack-own" },
	{ "exec-unnamed", exec_unnamed, exec_unnamed, NULL, other_ran, .path = "." },
	{ "exec-unnamed-shm", exec_unnamed, exec_unnamed, NULL, other_ran, .path = "/dev/shm" },
	{ "exec-memory", exec_memory, exec_memory, NULL, other_ran, .text = "other" },
	{ "exec-memory-content", exec_memory, exec_memory, NULL, other_ran },
	EXEC("script-changed", script_run, script_prepare),
	EXEC("script-named", script_named, script_prepare),
	EXEC("script-argument", script_argument, NULL),
	{ "linker", linker_run, linker_run, NULL, false_ran },
	{},
};
