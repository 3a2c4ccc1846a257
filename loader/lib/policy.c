// SPDX-License-Identifier: GPL-2.0
/* The file is in the directory of the journals, which no task of a namespace can access. */
#include "policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"

#define NAME "trust-anchor"
#define NEW NAME ".new"

int policy__pin_anchor(const char *anchor)
{
	int at = journal__directory(), fd, err = 0;
	size_t size = POLICY_ANCHOR_SIZE - 1;

	if (at < 0)
		return at;
	unlinkat(at, NEW, 0);
	fd = openat(at, NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		err = -errno;
	else if (write(fd, anchor, size) != (ssize_t)size)
		err = -EIO;
	if (fd >= 0)
		close(fd);
	if (!err && renameat(at, NEW, at, NAME))
		err = -errno;
	close(at);
	return err;
}

int policy__anchor(char *anchor)
{
	int at = journal__directory(), fd;
	ssize_t size;

	if (at < 0)
		return at;
	fd = openat(at, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(at);
	if (fd < 0)
		return -errno;
	size = read(fd, anchor, POLICY_ANCHOR_SIZE - 1);
	close(fd);
	anchor[POLICY_ANCHOR_SIZE - 1] = 0;
	return size == POLICY_ANCHOR_SIZE - 1 ? 0 : -EBADMSG;
}

void policy__unpin_anchor(void)
{
	unlink(JOURNAL_DIRECTORY "/" NAME);
	rmdir(JOURNAL_DIRECTORY);
}

int policy__check(struct tsem *tsem, const struct sign_signer *signer)
{
	char anchor[POLICY_ANCHOR_SIZE];

	if (!tsem__policy(tsem, TSEM_POLICY_SIGNED_MODELS))
		return 0;
	if (!*signer->fingerprint)
		return -EKEYREJECTED;
	return policy__anchor(anchor) || strcmp(anchor, signer->anchor) ? -EXDEV : 0;
}
