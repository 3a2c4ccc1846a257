// SPDX-License-Identifier: GPL-2.0
/* The kernel itself: code and data that it loads, its log and clock, BPF, perf and io_uring. */
#include "content.bpf.h"
#include "guard.bpf.h"

SEC("lsm.s/kernel_read_file")
int BPF_PROG(tsem_kernel_read_file, struct file *file, enum kernel_read_file_id id, bool contents)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_kernel_read_file, &verdict);
	if (!t)
		return verdict;
	cell_file(t, file);
	cell_u32_pair(t, id, contents);
	return event_end(t);
}

SEC("lsm/kernel_load_data")
int BPF_PROG(tsem_kernel_load_data, enum kernel_load_data_id id, bool contents)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_kernel_load_data, &verdict);
	if (!t)
		return verdict;
	cell_u32_pair(t, id, contents);
	return event_end(t);
}

SEC("lsm/kernel_module_request")
int BPF_PROG(tsem_kernel_module_request, char *name)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_kernel_module_request, &verdict);
	if (!t)
		return verdict;
	cell_string(t, address_of(t, name));
	return event_end(t);
}

SEC("lsm/syslog")
int BPF_PROG(tsem_syslog, int type)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_syslog, &verdict);
	if (!t)
		return verdict;
	cell_u32(t, type);
	return event_end(t);
}

/* Either may be NULL, which the verifier of 6.12 does not know: hence the tests of the addresses. */
SEC("lsm/settime")
int BPF_PROG(tsem_settime, const struct timespec64 *ts, const struct timezone *tz)
{
	struct tsem_task *t;
	u64 time, zone;
	int verdict;

	t = event_begin(TSEM_EVENT_settime, &verdict);
	if (!t)
		return verdict;
	time = address_of(t, ts);
	if (time) {
		struct timespec64 *now = bpf_core_cast((void *)time, struct timespec64);

		t->record.shape |= TSEM_SHAPE_FIRST;
		cell_u64(t, now->tv_sec);
		cell_u64(t, now->tv_nsec);
	}
	zone = address_of(t, tz);
	if (zone) {
		struct timezone *now = bpf_core_cast((void *)zone, struct timezone);

		t->record.shape |= TSEM_SHAPE_SECOND;
		cell_u32_pair(t, now->tz_minuteswest, now->tz_dsttime);
	}
	return event_end(t);
}

SEC("lsm/bpf")
int BPF_PROG(tsem_bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_bpf, &verdict);
	if (!t)
		return verdict;
	cell_u32_pair(t, cmd, size);
	return event_end(t);
}

SEC("lsm/bpf_map")
int BPF_PROG(tsem_bpf_map, struct bpf_map *map, fmode_t mode)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_bpf_map, &verdict);
	if (!t)
		return verdict;
	cell_u32_pair(t, map->map_type, mode);
	return event_end(t);
}

SEC("lsm/bpf_prog")
int BPF_PROG(tsem_bpf_prog, struct bpf_prog *prog)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_bpf_prog, &verdict);
	if (!t)
		return verdict;
	cell_u32_pair(t, prog->type, prog->expected_attach_type);
	return event_end(t);
}

SEC("lsm/perf_event_open")
int tsem_perf_event_open(void *ctx)
{
	if (guard_perf(ctx))
		return guard_deny();
	return event_generic(TSEM_EVENT_perf_event_open);
}

TSEM_GENERIC(uring_override_creds)
TSEM_GENERIC(uring_sqpoll)
TSEM_GENERIC(uring_cmd)
