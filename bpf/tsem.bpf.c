// SPDX-License-Identifier: GPL-2.0
/*
 * All programs in one object. The families are compiled together, because libbpf's linker (1.5) cannot link two objects
 * that declare the same kernel function, and every loop needs three of these.
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
