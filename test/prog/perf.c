// SPDX-License-Identifier: GPL-2.0
/* perf own|cpu|task PID|uprobe FILE OFFSET: a counter of these, a breakpoint in all that map FILE. Exits with errno. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned int uprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
	unsigned int type;

	return file && fscanf(file, "%u", &type) == 1 ? type : ~0U;
}

int main(int argc, char **argv)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
					.type = PERF_TYPE_SOFTWARE,
					.config = PERF_COUNT_SW_CPU_CLOCK };
	int pid = -1, cpu = -1;

	if (argc > 3 && !strcmp(argv[1], "uprobe")) {
		attr.type = uprobe_type();
		attr.config = 0;
		attr.config1 = (unsigned long)argv[2];
		attr.config2 = strtoul(argv[3], NULL, 0);
		cpu = 0;
	} else if (argc > 2 && !strcmp(argv[1], "task")) {
		pid = atoi(argv[2]);
	} else if (argc > 1 && !strcmp(argv[1], "own")) {
		pid = 0;
	} else {
		cpu = 0;
	}
	return syscall(SYS_perf_event_open, &attr, pid, cpu, -1, 0) < 0 ? errno : 0;
}
