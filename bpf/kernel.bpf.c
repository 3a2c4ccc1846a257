// SPDX-License-Identifier: GPL-2.0
/* The kernel itself: code and data that it loads, its log and clock, BPF, perf and io_uring. */
#include "event.bpf.h"

TSEM_GENERIC(kernel_read_file)
TSEM_GENERIC(kernel_load_data)
TSEM_GENERIC(kernel_module_request)
TSEM_GENERIC(syslog)
TSEM_GENERIC(settime)
TSEM_GENERIC(bpf)
TSEM_GENERIC(bpf_map)
TSEM_GENERIC(bpf_prog)
TSEM_GENERIC(perf_event_open)
TSEM_GENERIC(uring_override_creds)
TSEM_GENERIC(uring_sqpoll)
TSEM_GENERIC(uring_cmd)
