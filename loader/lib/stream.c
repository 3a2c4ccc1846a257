// SPDX-License-Identifier: GPL-2.0
/*
 * Plain and compressed files behind a FILE: a cookie around libzstd's streaming functions.
 *
 * In a directory that others write to, names lead where they want: there the directory of the file is opened link by
 * link (openat2), and the file relative to that.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <zstd.h>

#define CHUNK (128 * 1024)

struct zstd {
	FILE *file;
	ZSTD_DCtx *decompress;
	ZSTD_CCtx *compress;
	ZSTD_inBuffer in;
	bool ended; /* at the end of a frame */
	char buffer[CHUNK];
};

static ssize_t zstd_read(void *cookie, char *data, size_t size)
{
	struct zstd *z = cookie;
	ZSTD_outBuffer out = { data, size, 0 };

	while (!out.pos) {
		size_t left;

		if (z->in.pos == z->in.size) {
			z->in = (ZSTD_inBuffer){ z->buffer, fread(z->buffer, 1, CHUNK, z->file), 0 };
			if (!z->in.size) {
				/* The end of the file within a frame is a file that was cut. */
				if (!ferror(z->file) && z->ended)
					return 0;
				errno = EIO;
				return -1;
			}
		}
		left = ZSTD_decompressStream(z->decompress, &out, &z->in);
		if (ZSTD_isError(left)) {
			errno = EBADMSG;
			return -1;
		}
		z->ended = !left;
	}
	return out.pos;
}

static int zstd_compress(struct zstd *z, ZSTD_inBuffer *in, ZSTD_EndDirective end)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { z->buffer, CHUNK, 0 };

		left = ZSTD_compressStream2(z->compress, &out, in, end);
		if (ZSTD_isError(left) || fwrite(z->buffer, 1, out.pos, z->file) != out.pos) {
			errno = EIO;
			return -1;
		}
	} while (end == ZSTD_e_end ? left : in->pos < in->size);
	return 0;
}

static ssize_t zstd_write(void *cookie, const char *data, size_t size)
{
	ZSTD_inBuffer in = { data, size, 0 };

	/* 0, not -1, is how a cookie reports that nothing could be written. */
	return zstd_compress(cookie, &in, ZSTD_e_continue) ? 0 : (ssize_t)size;
}

static int zstd_close(void *cookie)
{
	struct zstd *z = cookie;
	ZSTD_inBuffer none = {};
	int err = z->compress ? zstd_compress(z, &none, ZSTD_e_end) : 0;

	ZSTD_freeDCtx(z->decompress);
	ZSTD_freeCCtx(z->compress);
	if (fclose(z->file))
		err = -1;
	free(z);
	return err;
}

static bool compressed(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && !strcmp(path + n - 4, ".zst");
}

/* Wraps `file`, which it owns, also when it fails. */
static FILE *zstd_wrap(FILE *file, bool write)
{
	cookie_io_functions_t io = { .read = zstd_read, .write = zstd_write, .close = zstd_close };
	struct zstd *z = file ? calloc(1, sizeof(*z)) : NULL;
	FILE *wrapped = NULL;

	if (!z)
		goto fail;
	z->file = file;
	z->ended = true;
	z->compress = write ? ZSTD_createCCtx() : NULL;
	z->decompress = write ? NULL : ZSTD_createDCtx();
	if (z->compress || z->decompress)
		wrapped = fopencookie(z, write ? "w" : "r", io);
	if (wrapped)
		return wrapped;
	ZSTD_freeCCtx(z->compress);
	ZSTD_freeDCtx(z->decompress);
fail:
	free(z);
	if (file)
		fclose(file);
	return NULL;
}

/* The directory that `path` is in, as a descriptor, or AT_FDCWD; *name is the file in it. -errno. */
static int parent_open(const char *directory, const char *path, const char **name)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	int top, fd = -ENOMEM;
	char *way;

	*name = path;
	if (!directory)
		return AT_FDCWD;
	*name = strrchr(path, '/') + 1;
	path += strlen(directory);
	path += strspn(path, "/");
	way = *name > path ? strndup(path, *name - path) : strdup(".");
	top = open(directory, how.flags);
	if (way)
		fd = top < 0 ? -errno : syscall(SYS_openat2, top, way, &how, sizeof(how));
	if (way && top >= 0 && fd < 0)
		fd = -errno;
	if (top >= 0)
		close(top);
	free(way);
	return fd;
}

static void parent_close(int parent)
{
	if (parent >= 0)
		close(parent);
}

int stream__reach(const char *directory, const char *path)
{
	int parent = parent_open(directory, path, &path);

	if (parent < 0 && parent != AT_FDCWD)
		return parent;
	parent_close(parent);
	return 0;
}

int stream__open(const char *directory, const char *path)
{
	const char *name;
	int parent = parent_open(directory, path, &name), fd, err = 0;
	struct stat st;

	if (parent < 0 && parent != AT_FDCWD)
		return parent;
	/* A pipe that was put there would be waited for. */
	fd = openat(parent, name, O_RDONLY | O_CLOEXEC | (directory ? O_NOFOLLOW | O_NONBLOCK : 0));
	if (fd < 0)
		err = -errno;
	parent_close(parent);
	if (err || !directory)
		return err ?: fd;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		err = -EPERM;
	if (!err)
		return fd;
	close(fd);
	return err;
}

FILE *stream__read_in(const char *directory, const char *path)
{
	int fd = strcmp(path, "-") ? stream__open(directory, path) : dup(STDIN_FILENO);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd < 0 && strcmp(path, "-"))
		errno = -fd;
	return file && compressed(path) ? zstd_wrap(file, false) : file;
}

FILE *stream__read(const char *path)
{
	return stream__read_in(NULL, path);
}

struct stream {
	FILE *file;
	int parent; /* the directory of the names, or AT_FDCWD */
	char *path;
	char *temporary; /* NULL: written straight to path */
};

/* A new file beside s->path, which only we can write to. Its descriptor, or -1. */
static int temporary_open(struct stream *s, mode_t mode)
{
	int fd = -1;

	for (int i = 0; i < 100 && fd < 0; i++) {
		unsigned int random;

		free(s->temporary);
		s->temporary = NULL;
		if (getrandom(&random, sizeof(random), 0) != sizeof(random) ||
		    asprintf(&s->temporary, "%s.%08x", s->path, random) < 0) {
			s->temporary = NULL;
			return -1;
		}
		fd = openat(s->parent, s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	/* By its descriptor: the name may be somebody else's by now. */
	if (fd >= 0 && fchmod(fd, mode)) {
		int err = errno;

		close(fd);
		unlinkat(s->parent, s->temporary, 0);
		errno = err;
		fd = -1;
	}
	return fd;
}

struct stream *stream__create_in(const char *directory, const char *path)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct stat st;
	mode_t mask, mode;
	int fd = -1, err;

	if (!s)
		return NULL;
	s->parent = parent_open(directory, path, &path);
	if (s->parent < 0 && s->parent != AT_FDCWD) {
		err = -s->parent;
		free(s);
		errno = err;
		return NULL;
	}
	s->path = strdup(path);
	mask = umask(0);
	umask(mask);
	mode = 0666 & ~mask;
	if (!directory && (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))) {
		s->file = fdopen(dup(STDOUT_FILENO), "w");
	} else if (!directory && !stat(path, &st) && !S_ISREG(st.st_mode)) {
		/* A pipe or a device. Not made here, so that no link in a directory of others leads to a new file. */
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			s->file = fdopen(fd, "w");
	} else {
		/* What is there is replaced, a link as well: its target is not ours to write to. Ours keeps its mode.
		 */
		if (!fstatat(s->parent, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
		    (!directory || st.st_uid == geteuid()))
			mode = st.st_mode & 0777;
		fd = s->path ? temporary_open(s, mode) : -1;
		if (fd >= 0)
			s->file = fdopen(fd, "w");
	}
	if (s->file && compressed(path))
		s->file = zstd_wrap(s->file, true);
	if (s->file)
		return s;
	err = errno;
	if (fd < 0) {
		free(s->temporary);
		s->temporary = NULL;
	}
	stream__drop(s);
	errno = err;
	return NULL;
}

struct stream *stream__create(const char *path)
{
	return stream__create_in(NULL, path);
}

int stream__check(const char *directory, const char *path)
{
	struct stream *stream;
	struct stat st;

	/* What is no file, a pipe for instance, has somebody at its other end. */
	if (!directory && (!strcmp(path, "-") || (!stat(path, &st) && !S_ISREG(st.st_mode))))
		return 0;
	stream = stream__create_in(directory, path);
	if (!stream)
		return -errno;
	stream__drop(stream);
	return 0;
}

FILE *stream__file(struct stream *stream)
{
	return stream->file;
}

int stream__commit(struct stream *s)
{
	int err = 0;

	if (fflush(s->file) || ferror(s->file))
		err = -EIO;
	if (fclose(s->file) && !err)
		err = -EIO;
	s->file = NULL;
	if (!err && s->temporary) {
		if (renameat(s->parent, s->temporary, s->parent, s->path)) {
			err = -errno;
		} else {
			free(s->temporary);
			s->temporary = NULL;
		}
	}
	stream__drop(s);
	return err;
}

void stream__drop(struct stream *s)
{
	if (!s)
		return;
	if (s->file)
		fclose(s->file);
	if (s->temporary)
		unlinkat(s->parent, s->temporary, 0);
	parent_close(s->parent);
	free(s->temporary);
	free(s->path);
	free(s);
}
