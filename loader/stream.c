// SPDX-License-Identifier: GPL-2.0
/* Plain and compressed files behind a FILE: a cookie around libzstd's streaming functions. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

FILE *stream__read(const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : fdopen(dup(STDIN_FILENO), "r");

	return compressed(path) ? zstd_wrap(file, false) : file;
}

struct stream {
	FILE *file;
	char *path;
	char *temporary; /* NULL: written straight to path */
	mode_t mode; /* that the file will have */
};

struct stream *stream__create(const char *path)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct stat st;
	mode_t mask;
	int fd = -1, err;

	if (!s)
		return NULL;
	s->path = strdup(path);
	mask = umask(0);
	umask(mask);
	s->mode = 0666 & ~mask;
	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout")) {
		s->file = fdopen(dup(STDOUT_FILENO), "w");
	} else if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		/* A pipe or a device. Not made here, so that no link in a directory of others leads to a new file. */
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			s->file = fdopen(fd, "w");
	} else {
		/* What is there is replaced, a link as well: its target is not ours to write to. It keeps its mode. */
		if (!lstat(path, &st) && S_ISREG(st.st_mode))
			s->mode = st.st_mode & 0777;
		if (asprintf(&s->temporary, "%s.XXXXXX", path) < 0)
			s->temporary = NULL;
		else
			fd = mkostemp(s->temporary, 02000000 /* O_CLOEXEC */);
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
		if (chmod(s->temporary, s->mode) || rename(s->temporary, s->path)) {
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
		unlink(s->temporary);
	free(s->temporary);
	free(s->path);
	free(s);
}
