// SPDX-License-Identifier: GPL-2.0
/*
 * Pathnames come from a model, which somebody else may have written: every one is resolved inside of the directory
 * (openat2, RESOLVE_IN_ROOT), and nothing but a regular file is opened for reading.
 */
#include "newfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "digest.h"

#define CHUNK (64 * 1024)

int newfiles__open(struct newfiles *files, const char *directory)
{
	files->unpacked = NULL;
	files->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return files->directory < 0 ? -errno : 0;
}

/* ---- packages ---- */

#define NOT_FOUND 127

/* Executes a program with these descriptors; both are closed here. The pid, or -errno. */
static pid_t start(char *const argv[], int in, int out)
{
	pid_t pid = fork();
	int err = errno;

	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		/* Our own message is the only one. */
		if (null < 0 || dup2(null, STDERR_FILENO) < 0 || (in >= 0 && dup2(in, STDIN_FILENO) < 0) ||
		    (out >= 0 && dup2(out, STDOUT_FILENO) < 0))
			_exit(1);
		execvp(argv[0], argv);
		_exit(errno == ENOENT ? NOT_FOUND : 1);
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return pid < 0 ? -err : pid;
}

/* 0, -ENOPKG or -EBADMSG. */
static int result(pid_t pid)
{
	int status = 0;

	if (pid < 0)
		return pid;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND ? -ENOPKG : -EBADMSG;
}

static int unpack(const char *package, const char *directory, const char **fault)
{
	char *const archive[] = { "dpkg-deb", "--fsys-tarfile", (char *)package, NULL };
	char *const extract[] = { "tar", "-x", "-p", "-C", (char *)directory, NULL };
	int ends[2], first, second;
	pid_t from, to;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	from = start(archive, -1, ends[1]);
	to = start(extract, ends[0], -1);
	first = result(from);
	second = result(to);
	/* Without an archive tar fails, too. */
	*fault = first ? archive[0] : extract[0];
	return first ?: second;
}

int newfiles__package(struct newfiles *files, const char *package, const char **fault)
{
	const char *base = getenv("TMPDIR");
	char *absolute = realpath(package, NULL);
	int err;

	*fault = package;
	*files = (struct newfiles){ .directory = -1 };
	if (!absolute)
		return -errno;
	if (asprintf(&files->unpacked, "%s/tsem-bpf.XXXXXX", base && *base ? base : "/tmp") < 0) {
		free(absolute);
		files->unpacked = NULL;
		return -ENOMEM;
	}
	if (!mkdtemp(files->unpacked)) {
		err = -errno;
		free(files->unpacked);
		files->unpacked = NULL;
		free(absolute);
		return err;
	}
	err = unpack(absolute, files->unpacked, fault);
	free(absolute);
	if (!err) {
		files->directory = open(files->unpacked, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		err = files->directory < 0 ? -errno : 0;
	}
	if (err)
		newfiles__close(files);
	return err;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void newfiles__close(struct newfiles *files)
{
	if (files->directory >= 0)
		close(files->directory);
	files->directory = -1;
	if (files->unpacked)
		nftw(files->unpacked, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(files->unpacked);
	files->unpacked = NULL;
}

/* ---- files ---- */

/* Is every name of this absolute pathname a plain one? The kernel never gives others. */
static bool plain(const char *path)
{
	if (*path != '/' || !path[1])
		return false;
	while (*path) {
		size_t size = strcspn(++path, "/");

		if (!size || (size == 1 && *path == '.') || (size == 2 && !strncmp(path, "..", 2)))
			return false;
		path += size;
	}
	return true;
}

static int open_name(const struct newfiles *files, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS };
	int fd = syscall(SYS_openat2, files->directory, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* The name of a file where /bin, /lib and the like were no links into /usr yet, as in many packages. NULL: no other. */
static const char *unmerged(const char *path)
{
	static const char *const names[] = { "bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/" };

	if (strncmp(path, "/usr/", 5))
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncmp(path + 5, names[i], strlen(names[i])))
			return path + 4;
	}
	return NULL;
}

static int hash(int fd, u32 type, u8 *digest)
{
	struct digest_stream stream;
	char *buffer = malloc(CHUNK);
	ssize_t size = 0;
	int err;

	if (!buffer)
		return -ENOMEM;
	digest__init(&stream, type);
	do {
		size = read(fd, buffer, CHUNK);
		if (size > 0)
			digest__update(&stream, buffer, size);
	} while (size > 0 || (size < 0 && errno == EINTR));
	err = size < 0 ? -errno : 0;
	free(buffer);
	return digest__final(&stream, digest) ?: err;
}

int newfiles__hash(const struct newfiles *files, const char *path, u32 type, u8 *digest, struct stat *st)
{
	const char *other = files->unpacked ? unmerged(path) : NULL;
	char name[48];
	int fd, file, err;

	memset(digest, 0, TSEM_DIGEST_MAX);
	if (!plain(path))
		return -EINVAL;
	fd = open_name(files, path);
	if (fd == -ENOENT && other)
		fd = open_name(files, other);
	if (fd < 0)
		return fd == -ENOTDIR ? -ENOENT : fd;
	err = fstat(fd, st) ? -errno : S_ISLNK(st->st_mode) ? -ELOOP : S_ISREG(st->st_mode) ? 0 : -EMEDIUMTYPE;
	if (!err) {
		/* The same inode: nobody can put a device in its place meanwhile. */
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		file = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		err = file < 0 ? -errno : hash(file, type, digest);
		if (file >= 0)
			close(file);
	}
	close(fd);
	return err;
}
