// SPDX-License-Identifier: GPL-2.0
/* The key that collector and agent share. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

const char *key__read_fd(int fd, u8 *key)
{
	u8 text[TMA_KEY_TEXT_MAX + 1];
	size_t used = 0;
	ssize_t n;
	bool good;

	memset(key, 0, TMA_KEY_SIZE);
	do {
		n = read(fd, text + used, sizeof(text) - used);
		used += n > 0 ? n : 0;
	} while ((n > 0 && used < sizeof(text)) || (n < 0 && errno == EINTR));
	close(fd);
	good = n >= 0 && tma_key__parse(text, used, key);
	tma_erase(text, sizeof(text));
	if (good)
		return NULL;
	tma_erase(key, TMA_KEY_SIZE);
	return n < 0 ? "cannot be read" : "has no key: write 32 bytes or 64 hexadecimal digits there, and nothing else";
}

const char *key__read_file(const char *path, u8 *key)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	const char *fault = NULL;

	memset(key, 0, TMA_KEY_SIZE);
	if (fd < 0)
		return errno == ENOENT ? "does not exist; write 32 bytes or 64 hexadecimal digits there, with mode 0600"
				       : "cannot be opened; run this as its owner";
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		fault = "is no regular file";
	else if (st.st_uid && st.st_uid != geteuid())
		fault = "belongs to another user; it has to be this user's or root's";
	else if (st.st_mode & 0177)
		fault = "may be read or changed by others; give it mode 0600";
	if (!fault)
		return key__read_fd(fd, key);
	close(fd);
	return fault;
}
