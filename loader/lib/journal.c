// SPDX-License-Identifier: GPL-2.0
/*
 * The file is a plain sequence of the ring's records; journal_view.c reads it. N.dropped, beside it, has the number of
 * records that did not fit.
 */
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

/* Records that one journal__drain() takes at most while somebody watches. */
#define DRAIN_MAX 256

struct journal {
	int file;
	int dropped_file; /* JOURNAL_DIRECTORY/N.dropped: the number as text */
	u64 limit, used; /* bytes of the file */
	u64 dropped, told; /* records that did not fit, and how many of them dropped_file has */
	struct ring_buffer *ring;
	int error; /* the first error of writing */
	void (*watch)(const struct tsem_record *record, void *data);
	void *watch_data;
	u64 taken;
};

int journal__directory(void)
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

int journal__file(u32 id, const char *kind, int flags)
{
	int directory = journal__directory(), fd, err;
	struct stat st;
	char name[32];

	if (directory < 0)
		return directory;
	snprintf(name, sizeof(name), "%u.%s", id, kind);
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

bool journal__has_room(u64 used, u64 limit, const void *record, size_t size)
{
	bool log = size >= TSEM_RECORD_HEADER_SIZE && ((const struct tsem_record *)record)->kind == TSEM_RECORD_LOG;

	return used + size <= (log ? limit / 2 : limit);
}

static void append(struct journal *journal, const void *data, size_t size)
{
	const char *p = data;

	if (!journal__has_room(journal->used, journal->limit, data, size)) {
		journal->dropped++;
		return;
	}
	while (size && !journal->error) {
		ssize_t n = write(journal->file, p, size);

		if (n < 0 && errno != EINTR)
			journal->error = -errno;
		if (n > 0) {
			p += n;
			size -= n;
			journal->used += n;
		}
	}
}

/* What is asked again was described before. */
static int take(void *context, void *data, size_t size)
{
	struct journal *journal = context;
	const struct tsem_record *record = data;

	if (size < TSEM_RECORD_HEADER_SIZE)
		return 0;
	if (journal->watch)
		journal->watch(record, journal->watch_data);
	if (!(record->flags & TSEM_RECORD_AGAIN))
		append(journal, data, size);
	/* libbpf has taken the record, and returns. Who watches has other things to do, too. */
	return journal->watch && ++journal->taken % DRAIN_MAX == 0 ? -EAGAIN : 0;
}

void journal__watch(struct journal *journal, void (*watch)(const struct tsem_record *record, void *data), void *data)
{
	journal->watch = watch;
	journal->watch_data = data;
}

void journal__keep(struct journal *journal, const struct tsem_record *record)
{
	append(journal, record, record->size);
}

/* The number in dropped_file; 0 if there is none. */
static u64 dropped_read(int fd)
{
	char text[32] = "";

	return fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) > 0 ? strtoull(text, NULL, 10) : 0;
}

/* The number only rises, so the new text covers the old one. */
static void dropped_write(struct journal *journal)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)journal->dropped);

	if (journal->dropped != journal->told && pwrite(journal->dropped_file, text, size, 0) == size)
		journal->told = journal->dropped;
}

/* Opens the files and takes the lock. */
static int files_open(struct journal *journal, u32 id)
{
	struct stat st;

	journal->file = journal__file(id, "events", O_CREAT | O_RDWR | O_APPEND);
	if (journal->file < 0)
		return journal->file;
	if (flock(journal->file, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	journal->dropped_file = journal__file(id, "dropped", O_CREAT | O_RDWR);
	if (journal->dropped_file < 0)
		return journal->dropped_file;
	if (fstat(journal->file, &st))
		return -errno;
	journal->used = st.st_size;
	journal->dropped = journal->told = dropped_read(journal->dropped_file);
	return 0;
}

int journal__collect(struct tsem *tsem, u32 id, struct journal **out)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	u32 ring_id;
	int ring = -1, err;

	*out = NULL;
	if (!journal)
		return -ENOMEM;
	journal->file = journal->dropped_file = -1;
	journal->limit = JOURNAL_LIMIT;
	err = files_open(journal, id);
	if (!err && bpf_map_lookup_elem(tsem->rings, &id, &ring_id))
		err = -errno;
	if (!err) {
		ring = bpf_map_get_fd_by_id(ring_id);
		err = ring < 0 ? -errno : 0;
	}
	if (!err) {
		journal->ring = ring_buffer__new(ring, take, journal, NULL);
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

void journal__limit(struct journal *journal, u64 bytes)
{
	journal->limit = bytes;
}

int journal__pollable(const struct journal *journal)
{
	return ring_buffer__epoll_fd(journal->ring);
}

int journal__drain(struct journal *journal)
{
	int n = ring_buffer__consume(journal->ring);

	dropped_write(journal);
	return journal->error ?: n == -EAGAIN ? DRAIN_MAX : n;
}

u64 journal__dropped(u32 id)
{
	int fd = journal__file(id, "dropped", O_RDONLY);
	u64 dropped = dropped_read(fd);

	if (fd >= 0)
		close(fd);
	return dropped;
}

void journal__close(struct journal *journal)
{
	if (!journal)
		return;
	ring_buffer__free(journal->ring);
	if (journal->file >= 0)
		close(journal->file);
	if (journal->dropped_file >= 0)
		close(journal->dropped_file);
	free(journal);
}

void journal__remove(u32 id)
{
	static const char *const kinds[] = { "events", "dropped", "agent", "attach" };
	char path[64];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(path, sizeof(path), JOURNAL_DIRECTORY "/%u.%s", id, kinds[i]);
		unlink(path);
	}
}

int journal__read(u32 id, char **text, size_t *size)
{
	int fd = journal__file(id, "events", O_RDONLY), err = 0;
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
