// SPDX-License-Identifier: GPL-2.0
/* task_fix_setgroups [X]: uses CAP_SETGID, and with X for the supplementary groups as well. */
#include <errno.h>
#include <grp.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	gid_t group = 0;

	(void)argv;
	if (setgid(0))
		return errno;
	return argc > 1 && setgroups(1, &group) ? errno : 0;
}
