// SPDX-License-Identifier: GPL-2.0
/* quotactl TYPE: synchronizes all quotas of this type. */
#include <errno.h>
#include <stdlib.h>
#include <sys/quota.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	return quotactl(QCMD(Q_SYNC, atoi(argv[1])), NULL, 0, NULL) && errno == EPERM;
}
