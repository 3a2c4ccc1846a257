// SPDX-License-Identifier: GPL-2.0
/* sb_remount DIRECTORY FLAGS */
#include <stdlib.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : mount(NULL, argv[1], NULL, MS_REMOUNT | strtoul(argv[2], NULL, 0), NULL) != 0;
}
