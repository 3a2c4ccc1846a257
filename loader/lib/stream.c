// SPDX-License-Identifier: GPL-2.0
/*
 * Plain and compressed files behind a FILE: a cookie around libzstd's streaming functions.
 *
 * An output is opened under a temporary name. Its directory is kept as a descriptor, and the file gets its name there
 * when it is complete. The path to the directory is walked name by name: in a directory that another user may write to,
 * no symbolic link is followed. If the caller names the directory for all files, no link below it is followed
 * (openat2).
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
	u64 left; /* bytes that the output may still have */
	bool ended; /* at the end of a frame */
	char buffer[CHUNK];
};

static u64 expanded_limit = STREAM_EXPANDED;

void stream__limit(u64 bytes)
{
	expanded_limit = bytes;
}

static ssize_t zstd_read(void *cookie, char *data, size_t size)
{
	struct zstd *z = cookie;
	ZSTD_outBuffer out = { data, size, 0 };

	while (!out.pos) {
		size_t left;

		if (z->in.pos == z->in.size) {
			z->in = (ZSTD_inBuffer){ z->buffer, fread(z->buffer, 1, CHUNK, z->file), 0 };
			if (!z->in.size) {
				/* The file ends within a frame: it was cut. */
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
	if (out.pos > z->left) {
		errno = EFBIG;
		return -1;
	}
	z->left -= out.pos;
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

	/* A cookie reports a failed write by 0, not -1. */
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

/* Wraps `file`; takes ownership, also after an error. */
static FILE *zstd_wrap(FILE *file, bool write)
{
	cookie_io_functions_t io = { .read = zstd_read, .write = zstd_write, .close = zstd_close };
	struct zstd *z = file ? calloc(1, sizeof(*z)) : NULL;
	FILE *wrapped = NULL;

	if (!z)
		goto fail;
	z->file = file;
	z->ended = true;
	z->left = expanded_limit;
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

/* May anybody except root and this user change names in the directory? */
static bool others_write(int directory)
{
	struct stat st;

	return fstat(directory, &st) || (st.st_uid && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH);
}

#define LINKS_MAX 40

/* A walk from directory to directory. */
struct walk {
	int at; /* where it is, O_PATH */
	int links; /* links that were followed */
	char *rest; /* names that still have to be walked */
};

static int walk_to(struct walk *walk, int fd)
{
	if (fd < 0)
		return -errno;
	if (walk->at >= 0)
		close(walk->at);
	walk->at = fd;
	return 0;
}

/* Puts the target of the link `name` in front of the rest of the path. */
static int walk_link(struct walk *walk, const char *name)
{
	char target[PATH_MAX], *rest;
	ssize_t size = readlinkat(walk->at, name, target, sizeof(target) - 1);

	if (size < 0)
		return -errno;
	if (others_write(walk->at) || ++walk->links > LINKS_MAX)
		return -ELOOP;
	target[size] = 0;
	if (asprintf(&rest, "%s/%s", target, walk->rest) < 0)
		return -ENOMEM;
	free(walk->rest);
	walk->rest = rest;
	return *rest == '/' ? walk_to(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) : 0;
}

/* Walks one name. */
static int walk_step(struct walk *walk)
{
	char name[NAME_MAX + 1], *rest = walk->rest + strspn(walk->rest, "/");
	size_t size = strcspn(rest, "/");
	struct stat st;

	if (size > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, rest, size);
	name[size] = 0;
	memmove(walk->rest, rest + size, strlen(rest + size) + 1);
	if (!size)
		return 0;
	if (fstatat(walk->at, name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (S_ISLNK(st.st_mode))
		return walk_link(walk, name);
	/* A name that became a link meanwhile is not followed. */
	return walk_to(walk, openat(walk->at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Opens the directory `way`: a descriptor, or -errno; -ELOOP: there is a link that another user may have made. */
static int walk_open(const char *way)
{
	struct walk walk = { .at = -1, .rest = strdup(way) };
	int err = walk.rest ? walk_to(&walk, open(*way == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC)) : -ENOMEM;

	while (!err && *walk.rest)
		err = walk_step(&walk);
	free(walk.rest);
	if (!err)
		return walk.at;
	if (walk.at >= 0)
		close(walk.at);
	return err;
}

/* The same below `top`, without any link. */
static int beneath_open(const char *top, const char *way)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	int at = open(top, how.flags), fd;

	if (at < 0)
		return -errno;
	fd = syscall(SYS_openat2, at, way, &how, sizeof(how));
	if (fd < 0)
		fd = -errno;
	close(at);
	return fd;
}

/* Opens the directory of `path`: a descriptor, or -errno; *name is the file in it. */
static int parent_open(const char *directory, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *way;
	int fd;

	*name = slash ? slash + 1 : path;
	if (!**name)
		return -EISDIR;
	if (directory) {
		path += strlen(directory);
		path += strspn(path, "/");
	}
	way = *name > path ? strndup(path, *name - path) : strdup(".");
	if (!way)
		return -ENOMEM;
	fd = directory ? beneath_open(directory, way) : walk_open(way);
	free(way);
	return fd;
}

int stream__reach(const char *directory, const char *path)
{
	int parent = parent_open(directory, path, &path);

	if (parent < 0)
		return parent;
	close(parent);
	return 0;
}

/* Is it a regular file and, if a directory was given, may only this user write to it? 0 or -errno. */
static int check_file(int fd, const char *directory)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EMEDIUMTYPE;
	if (directory && (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	return 0;
}

/* Opens `name` in the directory `at`. Its descriptor or -errno. */
static int file_open(int at, const char *name, const char *directory)
{
	int fd, err;
	struct stat st;

	/*
	 * Check before opening: some devices act when they are opened. O_NONBLOCK: do not wait for a pipe that gets the
	 * name after this.
	 */
	if (!fstatat(at, name, &st, directory ? AT_SYMLINK_NOFOLLOW : 0) && !S_ISREG(st.st_mode))
		return S_ISLNK(st.st_mode) ? -ELOOP : -EMEDIUMTYPE;
	fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (directory ? O_NOFOLLOW : 0));
	if (fd < 0)
		return -errno;
	err = check_file(fd, directory);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int stream__open(const char *directory, const char *path)
{
	const char *name;
	int parent, fd;

	if (!directory)
		return file_open(AT_FDCWD, path, NULL);
	parent = parent_open(directory, path, &name);
	if (parent < 0)
		return parent;
	fd = file_open(parent, name, directory);
	close(parent);
	return fd;
}

/* A FILE for `fd`; takes ownership, also after an error. */
static FILE *read_descriptor(int fd, const char *path)
{
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !file)
		close(fd);
	return file && compressed(path) ? zstd_wrap(file, false) : file;
}

FILE *stream__read_in(const char *directory, const char *path)
{
	int fd = strcmp(path, "-") ? stream__open(directory, path) : dup(STDIN_FILENO);

	if (fd < 0 && strcmp(path, "-"))
		errno = -fd;
	return read_descriptor(fd, path);
}

ssize_t stream__line(FILE *file, char **line, size_t *room, size_t limit)
{
	size_t size = 0;
	int c;

	do {
		if (size + 2 > *room) {
			size_t more = *room ? 2 * *room : 4096;
			char *p = realloc(*line, more);

			if (!p)
				return -ENOMEM;
			*line = p;
			*room = more;
		}
		c = getc_unlocked(file);
		if (c == EOF)
			break;
		(*line)[size++] = c;
	} while (c != '\n' && size <= limit);
	(*line)[size] = 0;
	if (size > limit)
		return -EFBIG;
	return ferror(file) ? -EIO : (ssize_t)size;
}

FILE *stream__read(const char *path)
{
	return read_descriptor(strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO), path);
}

const char *stream__error(int err)
{
	switch (err < 0 ? -err : err) {
	case EMEDIUMTYPE:
		return "is no regular file but a pipe, a device, a socket or a directory; name a file";
	case ELOOP:
		return "another user may have made a symbolic link on its path; name the file itself";
	case EFBIG:
		return "expands to more than the limit; raise it with --max-expanded, or expand the file by hand";
	case ESTALE:
		return "another file took the place of the one that was written";
	default:
		return strerror(err < 0 ? -err : err);
	}
}

struct stream {
	FILE *file;
	int fd; /* the new file; owned by `file` */
	int parent; /* the directory of both names, or -1 */
	char *path; /* the final name in it */
	char *temporary; /* NULL: it is the standard output */
};

/* Makes a temporary file beside s->path that only we can write to. 0 or -errno. */
static int temporary_open(struct stream *s, mode_t mode)
{
	int err = -EEXIST;

	for (int i = 0; i < 100 && err == -EEXIST; i++) {
		unsigned int random;

		free(s->temporary);
		s->temporary = NULL;
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			return -EIO;
		if (asprintf(&s->temporary, "%.*s.%08x", NAME_MAX - 9, s->path, random) < 0) {
			s->temporary = NULL;
			return -ENOMEM;
		}
		s->fd = openat(s->parent, s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		err = s->fd < 0 ? -errno : 0;
	}
	if (err) {
		free(s->temporary);
		s->temporary = NULL;
		return err;
	}
	/* By its descriptor: the name may belong to another file now. */
	return fchmod(s->fd, mode) ? -errno : 0;
}

/* The mode of the new file: that of the file that it replaces, if we own it, else the default for a new file. */
static int mode_of(struct stream *s, const char *directory, mode_t *mode)
{
	struct stat st;
	mode_t mask = umask(0);

	umask(mask);
	*mode = 0666 & ~mask;
	if (fstatat(s->parent, s->path, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	/* A link is replaced: its target may not be ours to write to. */
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return -EMEDIUMTYPE;
	if (S_ISREG(st.st_mode) && (!directory || st.st_uid == geteuid()))
		*mode = st.st_mode & 0777;
	return 0;
}

static int file_create(struct stream *s, const char *directory, const char *path)
{
	mode_t mode = 0;
	int err;

	s->parent = parent_open(directory, path, &path);
	if (s->parent < 0)
		return s->parent;
	s->path = strdup(path);
	if (!s->path)
		return -ENOMEM;
	err = mode_of(s, directory, &mode) ?: temporary_open(s, mode);
	if (err)
		return err;
	s->file = fdopen(s->fd, "w");
	return s->file ? 0 : -errno;
}

struct stream *stream__create_in(const char *directory, const char *path)
{
	struct stream *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return NULL;
	s->parent = -1;
	s->fd = -1;
	if (!strcmp(path, "-") || (!directory && !strcmp(path, "/dev/stdout"))) {
		s->fd = dup(STDOUT_FILENO);
		s->file = s->fd < 0 ? NULL : fdopen(s->fd, "w");
		err = s->file ? 0 : -errno;
	} else {
		err = file_create(s, directory, path);
	}
	if (!err && compressed(path)) {
		s->file = zstd_wrap(s->file, true);
		err = s->file ? 0 : -ENOMEM;
		/* fclose() has closed the file. */
		s->fd = err ? -1 : s->fd;
	}
	if (!err)
		return s;
	stream__drop(s);
	errno = -err;
	return NULL;
}

struct stream *stream__create(const char *path)
{
	return stream__create_in(NULL, path);
}

FILE *stream__file(struct stream *stream)
{
	return stream->file;
}

/* Does the temporary name still belong to our file? */
static int check_name(const struct stream *s)
{
	struct stat file, name;

	if (fstat(s->fd, &file) || fstatat(s->parent, s->temporary, &name, AT_SYMLINK_NOFOLLOW))
		return -errno;
	return file.st_dev == name.st_dev && file.st_ino == name.st_ino ? 0 : -ESTALE;
}

int stream__commit(struct stream *s)
{
	int err = 0, kept = s->temporary ? dup(s->fd) : -1;

	if (s->temporary && kept < 0)
		err = -errno;
	s->fd = kept;
	if (fflush(s->file) || ferror(s->file))
		err = err ?: -EIO;
	if (fclose(s->file))
		err = err ?: -EIO;
	s->file = NULL;
	if (!err && s->temporary) {
		err = check_name(s);
		if (!err && renameat(s->parent, s->temporary, s->parent, s->path))
			err = -errno;
		if (!err) {
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
	else if (s->fd >= 0)
		close(s->fd);
	if (s->temporary)
		unlinkat(s->parent, s->temporary, 0);
	if (s->parent >= 0)
		close(s->parent);
	free(s->temporary);
	free(s->path);
	free(s);
}
