// SPDX-License-Identifier: GPL-2.0
/* tty_push TERMINAL CHARACTER: as if it had been typed there. Exits with errno. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	return argc < 3 ? 255 : ioctl(open(argv[1], O_RDWR | O_NOCTTY), TIOCSTI, argv[2]) ? errno : 0;
}
