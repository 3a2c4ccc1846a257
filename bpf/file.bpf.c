// SPDX-License-Identifier: GPL-2.0
/* Files: open, map, and what is done with an open file. */
#include "path.bpf.h"

/* The event file_open: at file_post_open, since the content of a file cannot be read any earlier. */
SEC("lsm.s/file_post_open")
int BPF_PROG(tsem_file_open, struct file *file, int mask)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_file_open, &verdict);
	if (!t)
		return verdict;
	if (!file_modeled(file))
		return event_skip(t);
	cell_file(t, file);
	return event_end(t);
}

#define PROT_EXEC 0x4

/*
 * `file` is NULL for an anonymous mapping. The verifier of kernel 6.12 takes it for a pointer that never is, and would
 * drop the test: hence the test of the number. Newer ones want the test of the pointer (__nullable in bpf_lsm.c).
 */
SEC("lsm.s/mmap_file")
int BPF_PROG(tsem_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_mmap_file, &verdict);
	if (!t)
		return verdict;
	if (!file || !address_of(t, file)) {
		if (!(prot & PROT_EXEC))
			return event_skip(t);
	} else {
		if (!file_modeled(file))
			return event_skip(t);
		t->record.shape |= TSEM_SHAPE_FILE;
		cell_file(t, file);
	}
	cell_u32_pair(t, prot, flags);
	return event_end(t);
}

TSEM_GENERIC(file_receive)
TSEM_GENERIC(file_ioctl)
TSEM_GENERIC(file_lock)
TSEM_GENERIC(file_fcntl)
