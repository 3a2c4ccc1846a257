// SPDX-License-Identifier: GPL-2.0
/* sb_statfs PATH */
#include <sys/vfs.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct statfs s;

	return statfs(argv[1], &s) != 0;
}
