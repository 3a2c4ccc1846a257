// SPDX-License-Identifier: GPL-2.0
/* fuse_serve DIRECTORY: mounts a filesystem there with a file f, whose content it gives to nobody, until it is ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void answer(int fd, unsigned long unique, int error, const void *data, size_t size)
{
	struct fuse_out_header header = { .len = sizeof(header) + size, .error = -error, .unique = unique };
	char message[512];

	memcpy(message, &header, sizeof(header));
	if (size)
		memcpy(message + sizeof(header), data, size);
	if (write(fd, message, header.len) < 0)
		perror("fuse_serve");
}

static struct fuse_attr attributes(unsigned long inode)
{
	struct fuse_attr a = { .ino = inode, .nlink = 1, .blksize = 4096, .mode = S_IFDIR | 0755 };

	if (inode != FUSE_ROOT_ID) {
		a.mode = S_IFREG | 0755;
		a.size = 4096;
		a.blocks = 8;
	}
	return a;
}

static void serve(int fd, const struct fuse_in_header *in)
{
	struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 4096 };
	struct fuse_entry_out entry = { .nodeid = 2, .entry_valid = 1000, .attr_valid = 1000, .attr = attributes(2) };
	struct fuse_attr_out attr = { .attr_valid = 1000, .attr = attributes(in->nodeid) };
	struct fuse_open_out open = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		answer(fd, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		if (strcmp((const char *)(in + 1), "f"))
			answer(fd, in->unique, ENOENT, NULL, 0);
		else
			answer(fd, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		answer(fd, in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(fd, in->unique, 0, &open, sizeof(open));
		break;
	case FUSE_READ:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(fd, in->unique, ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static union {
		struct fuse_in_header in;
		char bytes[1 << 17];
	} request;
	char options[80];
	int fd = open("/dev/fuse", O_RDWR);

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (argc < 2 || fd < 0 || mount("fuse_serve", argv[1], "fuse", 0, options)) {
		perror("fuse_serve");
		return 1;
	}
	for (;;) {
		ssize_t got = read(fd, &request, sizeof(request) - 1);

		if (got <= 0)
			return got < 0 && errno != ENODEV;
		request.bytes[got] = 0;
		serve(fd, &request.in);
	}
}
