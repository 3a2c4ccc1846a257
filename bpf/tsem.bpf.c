// SPDX-License-Identifier: GPL-2.0
/*
 * All programs, as one object. The families are compiled together and not linked from objects of their own, since
 * libbpf's linker (1.5) cannot join two objects that declare the same kernel function, and every loop needs three.
 */
#include "common.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#include "control.bpf.c"
#include "guard.bpf.c"
#include "file.bpf.c"
#include "inode.bpf.c"
#include "ipc.bpf.c"
#include "kernel.bpf.c"
#include "key.bpf.c"
#include "sb.bpf.c"
#include "socket.bpf.c"
#include "task.bpf.c"
