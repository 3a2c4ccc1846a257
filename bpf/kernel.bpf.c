// SPDX-License-Identifier: GPL-2.0
/* The kernel: code and data that it loads, its log and clock, BPF, perf, io_uring and binder. */
#include "content.bpf.h"
#include "guard.bpf.h"

TSEM_EVENT_PROGRAM("lsm.s/kernel_read_file", kernel_read_file, struct file *file, enum kernel_read_file_id id,
		   bool contents)
{
	cell_file(e, file, CONTENT_DATA);
	cell_u32_pair(e, id, contents);
	return DESCRIBED;
}

TSEM_PATCHED_PROGRAM("lsm/kernel_load_data", kernel_load_data, enum kernel_load_data_id id, bool contents)
{
	cell_u32_pair(e, id, contents);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/kernel_module_request", kernel_module_request, char *name)
{
	cell_string(e, address_of(e, name));
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/syslog", syslog, int type)
{
	cell_u32(e, type);
	return DESCRIBED;
}

/* Either may be NULL, which the verifier of 6.12 does not know, so the addresses are tested. */
TSEM_EVENT_PROGRAM("lsm.s/settime", settime, const struct timespec64 *ts, const struct timezone *tz)
{
	u64 time, zone;

	time = address_of(e, ts);
	if (time) {
		struct timespec64 *now = bpf_core_cast((void *)time, struct timespec64);

		e->record.shape |= TSEM_SHAPE_FIRST;
		cell_u64(e, now->tv_sec);
		cell_u64(e, now->tv_nsec);
	}
	zone = address_of(e, tz);
	if (zone) {
		struct timezone *now = bpf_core_cast((void *)zone, struct timezone);

		e->record.shape |= TSEM_SHAPE_SECOND;
		cell_u32_pair(e, now->tz_minuteswest, now->tz_dsttime);
	}
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/bpf", bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	cell_u32_pair(e, cmd, size);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/bpf_map", bpf_map, struct bpf_map *map, fmode_t mode)
{
	cell_u32_pair(e, map->map_type, mode);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/bpf_prog", bpf_prog, struct bpf_prog *prog)
{
	cell_u32_pair(e, prog->type, prog->expected_attach_type);
	return DESCRIBED;
}

SEC("lsm/perf_event_open")
int tsem_perf_event_open(void *ctx)
{
	struct tsem_scratch *e;
	int verdict;

	if (guard_perf(ctx))
		return guard_deny();
	e = event_begin(TSEM_EVENT_perf_event_open, &verdict);
	return e ? event_generic(e) : verdict;
}

TSEM_GENERIC(uring_override_creds)
TSEM_GENERIC(uring_sqpoll)
TSEM_GENERIC(uring_cmd)
/* Android's binder: the hooks only get the credentials of both sides. */
TSEM_GENERIC(binder_set_context_mgr)
TSEM_GENERIC(binder_transaction)
TSEM_GENERIC(binder_transfer_binder)
TSEM_GENERIC(binder_transfer_file)
