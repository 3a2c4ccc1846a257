// SPDX-License-Identifier: GPL-2.0
/* settime MINUTES: the zone, whose only other use here is none. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct timezone zone = { atoi(argv[1]), 0 };

	return syscall(SYS_settimeofday, NULL, &zone) != 0;
}
