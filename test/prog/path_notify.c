// SPDX-License-Identifier: GPL-2.0
/* path_notify FILE MASK: watches the file by inotify. */
#include <stdlib.h>
#include <sys/inotify.h>

int main(int argc, char **argv)
{
	return argc < 3 || inotify_add_watch(inotify_init(), argv[1], strtoul(argv[2], NULL, 0)) < 0;
}
