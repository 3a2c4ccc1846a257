// SPDX-License-Identifier: GPL-2.0
/* perf_event_open: fails behind the hook. */
#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .exclude_kernel = 1, .freq = 1, .sample_freq = ~0ULL };

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) >= 0 || errno == EPERM;
}
