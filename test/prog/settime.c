// SPDX-License-Identifier: GPL-2.0
/* settime MINUTES [SECONDS]: the zone, whose only other use here is none; instead of it the time, and 5 ns. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	struct timezone zone = { atoi(argv[1]), 0 };
	struct timespec time = { argc > 2 ? atol(argv[2]) : 0, 5 };

	if (argc > 2)
		return clock_settime(CLOCK_REALTIME, &time) != 0;
	return syscall(SYS_settimeofday, NULL, &zone) != 0;
}
