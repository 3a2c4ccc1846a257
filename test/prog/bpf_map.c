// SPDX-License-Identifier: GPL-2.0
/* bpf_map TYPE [FLAGS]: makes a map of one element. */
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	union bpf_attr attr = { .key_size = 4, .value_size = 4, .max_entries = 1 };

	attr.map_type = atoi(argv[1]);
	attr.map_flags = argc < 3 ? 0 : atoi(argv[2]);
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) < 0;
}
