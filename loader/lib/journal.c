// SPDX-License-Identifier: GPL-2.0
/* The file is a plain sequence of records as they were in the ring; journal_view.c reads it. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "event.h"

struct journal {
	int file;
	struct ring_buffer *ring;
	int error; /* the first that writing met */
};

/* Opens JOURNAL_DIRECTORY, which must be root's alone. A descriptor or -errno. */
static int directory_open(void)
{
	struct stat st;
	int fd;

	if (mkdir(JOURNAL_DIRECTORY, 0700) && errno != EEXIST)
		return -errno;
	fd = open(JOURNAL_DIRECTORY, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & 077) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

static int file_open(u32 id, int flags)
{
	int directory = directory_open(), fd, err;
	struct stat st;
	char name[32];

	if (directory < 0)
		return directory;
	snprintf(name, sizeof(name), "%u.events", id);
	fd = openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	err = fd < 0 ? -errno : 0;
	close(directory);
	if (err)
		return err;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

static int append(void *context, void *data, size_t size)
{
	struct journal *journal = context;
	const char *p = data;

	while (size && !journal->error) {
		ssize_t n = write(journal->file, p, size);

		if (n < 0 && errno != EINTR)
			journal->error = -errno;
		if (n > 0) {
			p += n;
			size -= n;
		}
	}
	return 0;
}

int journal__collect(struct tsem *tsem, u32 id, struct journal **out)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	u32 ring_id;
	int ring = -1, err;

	if (!journal)
		return -ENOMEM;
	journal->file = file_open(id, O_CREAT | O_RDWR | O_APPEND);
	err = journal->file < 0 ? journal->file : 0;
	if (!err && flock(journal->file, LOCK_EX | LOCK_NB))
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (!err && bpf_map_lookup_elem(tsem->rings, &id, &ring_id))
		err = -errno;
	if (!err) {
		ring = bpf_map_get_fd_by_id(ring_id);
		err = ring < 0 ? -errno : 0;
	}
	if (!err) {
		journal->ring = ring_buffer__new(ring, append, journal, NULL);
		err = journal->ring ? 0 : -errno;
	}
	if (ring >= 0)
		close(ring);
	if (err) {
		journal__close(journal);
		journal = NULL;
	}
	*out = journal;
	return err;
}

int journal__pollable(const struct journal *journal)
{
	return ring_buffer__epoll_fd(journal->ring);
}

int journal__drain(struct journal *journal)
{
	int n = ring_buffer__consume(journal->ring);

	return journal->error ?: n;
}

void journal__close(struct journal *journal)
{
	if (!journal)
		return;
	ring_buffer__free(journal->ring);
	if (journal->file >= 0)
		close(journal->file);
	free(journal);
}

void journal__remove(u32 id)
{
	char path[64];

	snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%u.events", id);
	unlink(path);
	rmdir(JOURNAL_DIRECTORY);
}

int journal__read(u32 id, char **text, size_t *size)
{
	int fd = file_open(id, O_RDONLY), err = 0;
	struct stat st;

	*text = NULL;
	*size = 0;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st) || !(*text = malloc(st.st_size + 1)))
		err = -ENOMEM;
	while (!err && *size < (size_t)st.st_size) {
		ssize_t n = read(fd, *text + *size, st.st_size - *size);

		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		*size += n;
	}
	close(fd);
	return err;
}
