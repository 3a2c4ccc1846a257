// SPDX-License-Identifier: GPL-2.0
/* tun_dev_attach_queue STEPS: 1 makes a tun device, 2 opens it a second time, 3 takes that queue off and on again. */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <sys/ioctl.h>

static int queue(void)
{
	struct ifreq r = { .ifr_name = "tsem0", .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE };
	int fd = open("/dev/net/tun", O_RDWR);

	return ioctl(fd, TUNSETIFF, &r) ? -1 : fd;
}

static int set_queue(int fd, short flags)
{
	struct ifreq r = { .ifr_flags = flags };

	return ioctl(fd, TUNSETQUEUE, &r);
}

int main(int argc, char **argv)
{
	int steps = argc < 2 ? 0 : atoi(argv[1]), fd;

	if (steps < 1)
		return 2;
	if (queue() < 0)
		return 1;
	if (steps == 1)
		return 0;
	fd = queue();
	if (fd < 0)
		return 1;
	return steps > 2 && (set_queue(fd, IFF_DETACH_QUEUE) || set_queue(fd, IFF_ATTACH_QUEUE));
}
