// SPDX-License-Identifier: GPL-2.0
/* quotactl TYPE [DEVICE]: synchronizes all quotas of this type; the format of those of a device. */
#include <errno.h>
#include <stdlib.h>
#include <sys/quota.h>

int main(int argc, char **argv)
{
	unsigned int format;

	if (argc < 2)
		return 2;
	if (argc > 2)
		return quotactl(QCMD(Q_GETFMT, atoi(argv[1])), argv[2], 0, (caddr_t)&format) && errno == EPERM;
	return quotactl(QCMD(Q_SYNC, atoi(argv[1])), NULL, 0, NULL) && errno == EPERM;
}
