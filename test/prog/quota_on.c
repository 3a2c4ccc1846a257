// SPDX-License-Identifier: GPL-2.0
/* quota_on DEVICE FILE: quotas of users by this file, which need not be one that they can be kept in. */
#include <errno.h>
#include <sys/quota.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	return quotactl(QCMD(Q_QUOTAON, USRQUOTA), argv[1], QFMT_VFS_V0, argv[2]) && errno == EPERM;
}
