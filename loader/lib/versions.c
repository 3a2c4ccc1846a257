// SPDX-License-Identifier: GPL-2.0
/*
 * The name of a file is the sha256 of the model's name, which may have any characters. The file has the version as one
 * line.
 */
#include "versions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"

#define LINE_SIZE 32
#define NEW ".new"

/* Makes missing directories on the path, for this user alone. */
static int make_directories(const char *path)
{
	char *copy = strdup(path);
	int err = copy ? 0 : -ENOMEM;

	for (char *p = copy; !err && p;) {
		p = strchr(p + 1, '/');
		if (p)
			*p = 0;
		if (mkdir(copy, 0700) && errno != EEXIST)
			err = -errno;
		if (p)
			*p = '/';
	}
	free(copy);
	return err;
}

static int directory_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & 077))
		return fd;
	close(fd);
	return -EPERM;
}

int versions__file(const char *name, char *out)
{
	u8 digest[TSEM_DIGEST_MAX];

	if (digest__hash(TSEM_DIGEST_SHA256, name, strlen(name), digest))
		return -EIO;
	digest__to_hex(digest, 32, out);
	return 0;
}

/* Reads the version in the file `file` of the directory `at`. */
static int version_read(int at, const char *file, u64 *version)
{
	int fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char line[LINE_SIZE], *end;
	ssize_t size;

	if (fd < 0)
		return -errno;
	size = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (size < 0)
		return -EIO;
	line[size] = 0;
	errno = 0;
	*version = strtoull(line, &end, 10);
	return *line < '0' || *line > '9' || strcmp(end, "\n") || errno ? -EBADMSG : 0;
}

/* The file is complete and on the disk before it gets its name. */
static int version_write(int at, const char *file, u64 version)
{
	char line[LINE_SIZE], temporary[80];
	int size = snprintf(line, sizeof(line), "%llu\n", (unsigned long long)version), fd, err = 0;

	snprintf(temporary, sizeof(temporary), "%s" NEW, file);
	fd = openat(at, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, line, size) != size)
		err = -EIO;
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	if (!err && renameat(at, temporary, at, file))
		err = -errno;
	if (!err && fsync(at))
		err = -errno;
	if (err)
		unlinkat(at, temporary, 0);
	return err;
}

bool versions__is_file(const char *name)
{
	return strspn(name, "0123456789abcdef") == VERSIONS_FILE_SIZE - 1 &&
	       (!name[VERSIONS_FILE_SIZE - 1] || !strcmp(name + VERSIONS_FILE_SIZE - 1, NEW));
}

const char *versions__error(int err)
{
	if (err == -EBADMSG)
		return "no version is in it; write the newest one that was used there, as one line";
	return err == -EPERM ? "its directory does not belong to root alone" : strerror(-err);
}

int versions__newest(const char *directory, const char *name, u64 *version)
{
	char file[VERSIONS_FILE_SIZE];
	int at, err = versions__file(name, file);

	if (err)
		return err;
	at = directory_open(directory);
	if (at < 0)
		return at;
	err = version_read(at, file, version);
	close(at);
	return err;
}

int versions__use(const char *directory, const char *name, u64 version)
{
	int at, err = make_directories(directory);
	char file[VERSIONS_FILE_SIZE];
	u64 newest;

	err = err ?: versions__file(name, file);
	if (err)
		return err;
	at = directory_open(directory);
	if (at < 0)
		return at;
	/* If two are started at once, the older version must not be written last. */
	err = flock(at, LOCK_EX) ? -errno : version_read(at, file, &newest);
	if (err == -ENOENT || (!err && newest < version))
		err = version_write(at, file, version);
	else if (!err && newest > version)
		err = -ESTALE;
	close(at);
	return err;
}
