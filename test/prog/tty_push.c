// SPDX-License-Identifier: GPL-2.0
/* tty_push TERMINAL|- CHARACTER: as if it had been typed there, or on standard input. Exits with errno. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	int terminal;

	if (argc < 3)
		return 255;
	terminal = strcmp(argv[1], "-") ? open(argv[1], O_RDWR | O_NOCTTY) : 0;
	return terminal < 0 || ioctl(terminal, TIOCSTI, argv[2]) ? errno : 0;
}
