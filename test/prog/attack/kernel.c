// SPDX-License-Identifier: GPL-2.0
/* The kernel itself: its knobs, code for it, its memory, its clock and names. */
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#include "attack.h"

#ifndef BPF_F_PATH_FD
#define BPF_F_PATH_FD (1U << 14)
#endif

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load_program(int type, int attach, const struct bpf_insn *code, int count)
{
	union bpf_attr attr = { .prog_type = type,
				.expected_attach_type = attach,
				.insns = (uintptr_t)code,
				.insn_cnt = count,
				.license = (uintptr_t)"GPL" };

	return bpf(BPF_PROG_LOAD, &attr);
}

/* Programs that return 1, which for those of control groups is: go on. */
static const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
					   { .code = BPF_JMP | BPF_EXIT } };

static int program(const struct attempt *a)
{
	TRY(load_program(a->number, 0, nothing, 2));
	return 0;
}

/* A program that reads any memory by the format %s. */
static int printer(const struct attempt *a)
{
	struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 10 },
				   { .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = -8 },
				   { .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8, .imm = 0x7325 },
				   { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 8 },
				   { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3 },
				   { .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_trace_printk },
				   { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
				   { .code = BPF_JMP | BPF_EXIT } };

	if (!scene.attacking)
		return program(a);
	TRY(load_program(a->number, 0, code, sizeof(code) / sizeof(code[0])));
	return 0;
}

/* A program that reads any memory, by a function of the kernel (kfunc), whatever helpers are refused to it. */
static int reader_prepare(const struct attempt *a)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int function = btf ? btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) : -1;
	int type = btf ? btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT) : -1;

	(void)a;
	btf__free(btf);
	if (function < 0 || type < 0)
		return UNSUPPORTED;
	snprintf(scene.message, sizeof(scene.message), "%d %d", function, type);
	return 0;
}

static int reader(const struct attempt *a)
{
	struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1 },
				   { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2 },
				   { .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL },
				   { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
				   { .code = BPF_JMP | BPF_EXIT } };

	if (!scene.attacking)
		return program(a);
	sscanf(scene.message, "%d %d", &code[2].imm, &code[1].imm);
	TRY(load_program(a->number, 0, code, 5));
	return 0;
}

static int next_id(const struct attempt *a)
{
	union bpf_attr attr = {};

	TRY(bpf(a->number, &attr));
	attr.map_id = attr.next_id;
	attr.next_id = 0;
	TRY(bpf(a->number == BPF_MAP_GET_NEXT_ID    ? BPF_MAP_GET_FD_BY_ID
		: a->number == BPF_PROG_GET_NEXT_ID ? BPF_PROG_GET_FD_BY_ID
						    : BPF_LINK_GET_FD_BY_ID,
		&attr));
	return 0;
}

/* Is there anything of this kind? Without tsem-bpf loaded there may be none. */
static int next_prepare(const struct attempt *a)
{
	union bpf_attr attr = {};

	return bpf(a->number, &attr) ? UNSUPPORTED : 0;
}

#define PIN "/sys/fs/bpf/tsem/maps/tsem_globals"

static int pin_get(const struct attempt *a)
{
	union bpf_attr attr = { .pathname = (uintptr_t)a->path };

	TRY(bpf(BPF_OBJ_GET, &attr));
	return 0;
}

static int pin_prepare(const struct attempt *a)
{
	return access(a->path, F_OK) ? UNSUPPORTED : 0;
}

/* A program at the root of the control groups decides for every process of the machine. */
static int group_attach(int type, int attach, const struct bpf_insn *code, int count)
{
	union bpf_attr attr = {};

	attr.attach_bpf_fd = TRY(load_program(type, attach, code, count));
	attr.target_fd = TRY(open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY));
	attr.attach_type = attach;
	TRY(bpf(BPF_PROG_ATTACH, &attr));
	return 0;
}

static const struct {
	int type, attach;
} group_programs[] = {
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
};

static int group_program(const struct attempt *a)
{
	return group_attach(group_programs[a->number].type, group_programs[a->number].attach, nothing, 2);
}

static int group_prepare(const struct attempt *a)
{
	(void)a;
	return access("/sys/fs/cgroup/cgroup.procs", F_OK) ? UNSUPPORTED : 0;
}

static bool group_attached(const struct attempt *a)
{
	union bpf_attr attr = {};
	uint32_t ids[8];

	attr.query.target_fd = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY);
	attr.query.attach_type = group_programs[a->number].attach;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = 8;
	return !bpf(BPF_PROG_QUERY, &attr) && attr.query.prog_cnt;
}

static void group_restore(const struct attempt *a)
{
	union bpf_attr attr = {};

	attr.target_fd = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY);
	attr.attach_type = group_programs[a->number].attach;
	bpf(BPF_PROG_DETACH, &attr);
}

/* Code, and what is executed outside. */
static int module_memory(const struct attempt *a)
{
	static char image[4096];

	(void)a;
	if (syscall(SYS_init_module, image, sizeof(image), "") && errno != ENOEXEC)
		return failed_at("init_module");
	return 0;
}

static int module_file(const struct attempt *a)
{
	(void)a;
	if (syscall(SYS_finit_module, open("open", O_RDONLY), "", 0) && errno != ENOEXEC)
		return failed_at("finit_module");
	return 0;
}

static int modules_prepare(const struct attempt *a)
{
	return access("/proc/modules", F_OK) ? UNSUPPORTED : files_prepare(a);
}

static int module_prepare(const struct attempt *a)
{
	return access("/proc/modules", F_OK) || !module(a->path) ? UNSUPPORTED : 0;
}

static int module_delete(const struct attempt *a)
{
	TRY(syscall(SYS_delete_module, a->path, O_NONBLOCK));
	return 0;
}

static bool module_gone(const struct attempt *a)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", a->path);
	return access(path, F_OK);
}

/* A family that nobody has: the kernel executes modprobe outside. */
static int request_prepare(const struct attempt *a)
{
	if (access("/proc/modules", F_OK) || !module(a->path))
		return UNSUPPORTED;
	TRY(syscall(SYS_delete_module, a->path, O_NONBLOCK));
	return 0;
}

static int module_request(const struct attempt *a)
{
	TRY(socket(a->number, SOCK_SEQPACKET, 0));
	return 0;
}

static bool module_there(const struct attempt *a)
{
	return !module_gone(a);
}

static int kexec(const struct attempt *a)
{
	(void)a;
	TRY(syscall(SYS_kexec_load, 0, 0, NULL, 0));
	return 0;
}

static int kexec_file(const struct attempt *a)
{
	int fd = TRY(open("open", O_RDONLY));

	(void)a;
	if (syscall(SYS_kexec_file_load, fd, -1, 1, "", 8) && errno != ENOEXEC)
		return failed_at("kexec_file_load");
	return 0;
}

static int ports(const struct attempt *a)
{
	TRY(a->number ? iopl(3) : ioperm(0x80, 1, 1));
	return 0;
}

static int probe(const struct attempt *a)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	char type[16];

	TRY_ZERO(get(a->path, type, sizeof(type)));
	attr.type = atoi(type);
	attr.config1 = (uintptr_t)(a->number ? "/bin/true" : "do_nanosleep");
	attr.config2 = a->number;
	TRY(syscall(SYS_perf_event_open, &attr, -1, 0, -1, 8));
	return 0;
}

static int path_prepare(const struct attempt *a)
{
	return access(a->path, F_OK) ? UNSUPPORTED : 0;
}

static int kernel_memory(const struct attempt *a)
{
	char byte;
	int fd = TRY(open(a->path, O_RDONLY));

	TRY(read(fd, &byte, 1));
	return 0;
}

static int knob_open(const struct attempt *a)
{
	TRY(open(a->path, O_WRONLY | O_APPEND));
	return 0;
}

/* Clock, names, log. */
static struct utsname names;

static int name_prepare(const struct attempt *a)
{
	(void)a;
	TRY(uname(&names));
	return 0;
}

static int host_name(const struct attempt *a)
{
	(void)a;
	TRY(sethostname("attacked", 8));
	return 0;
}

static int domain_name(const struct attempt *a)
{
	(void)a;
	TRY(setdomainname("attacked", 8));
	return 0;
}

static bool named(const struct attempt *a)
{
	struct utsname now;

	uname(&now);
	return !strcmp(a->number ? now.domainname : now.nodename, "attacked");
}

static void name_restore(const struct attempt *a)
{
	(void)a;
	if (sethostname(names.nodename, strlen(names.nodename)) ||
	    setdomainname(names.domainname, strlen(names.domainname)))
		perror("the names are not what they were");
}

static int clock_set(const struct attempt *a)
{
	struct timeval now;

	(void)a;
	TRY(gettimeofday(&now, NULL));
	TRY(settimeofday(&now, NULL));
	return 0;
}

static int clock_adjust(const struct attempt *a)
{
	struct timex t = { .modes = ADJ_TICK, .tick = 10000 };

	(void)a;
	TRY(adjtimex(&t));
	return 0;
}

static int log_read(const struct attempt *a)
{
	char text[4096];

	(void)a;
	TRY(klogctl(3, text, sizeof(text)));
	return 0;
}

static int log_level(const struct attempt *a)
{
	(void)a;
	TRY(klogctl(7, NULL, 0));
	return 0;
}

#define KNOB_ATTEMPT(name, path_, text_) \
	{ name, write_path, NULL, knob_prepare, knob_effect, knob_restore, .path = path_, .text = text_ }
#define OPEN_ATTEMPT(name, path_) { name, knob_open, NULL, path_prepare, .path = path_ }
#define PROGRAM(name, type) { name, program, .number = type }
#define GROUP_PROGRAM(name, number_) \
	{ name, group_program, NULL, group_prepare, group_attached, group_restore, .number = number_ }

/* A file of the kernel below /proc/PID/net. */
static int pktgen_prepare(const struct attempt *a)
{
	return module("pktgen") && !access(a->path, W_OK) ? 0 : UNSUPPORTED;
}

const struct attempt kernel_attempts[] = {
	KNOB_ATTEMPT("knob-modprobe", "/proc/sys/kernel/modprobe", "/bin/attacked"),
	KNOB_ATTEMPT("knob-poweroff", "/proc/sys/kernel/poweroff_cmd", "/bin/attacked"),
	OPEN_ATTEMPT("knob-ftrace", "/proc/sys/kernel/ftrace_enabled"),
	KNOB_ATTEMPT("knob-dirty", "/proc/sys/vm/dirty_ratio", "21"),
	KNOB_ATTEMPT("knob-forward", "/proc/sys/net/ipv4/ip_forward", "1"),
	KNOB_ATTEMPT("knob-rcu", "/sys/kernel/rcu_expedited", "1"),
	KNOB_ATTEMPT("knob-tracing", "/sys/kernel/tracing/tracing_on", "0"),
	OPEN_ATTEMPT("knob-sysrq", "/proc/sysrq-trigger"),
	OPEN_ATTEMPT("knob-kprobe-events", "/sys/kernel/tracing/kprobe_events"),
	OPEN_ATTEMPT("knob-uprobe-events", "/sys/kernel/tracing/uprobe_events"),
	OPEN_ATTEMPT("knob-module-parameter", "/sys/module/printk/parameters/time"),
	OPEN_ATTEMPT("knob-uevent", "/sys/class/mem/null/uevent"),
	PROGRAM("program-kprobe", BPF_PROG_TYPE_KPROBE),
	PROGRAM("program-tracepoint", BPF_PROG_TYPE_TRACEPOINT),
	PROGRAM("program-raw-tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT),
	PROGRAM("program-perf", BPF_PROG_TYPE_PERF_EVENT),
	PROGRAM("program-writable-tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE),
	PROGRAM("program-socket", BPF_PROG_TYPE_SOCKET_FILTER),
	GROUP_PROGRAM("group-sysctl", 0),
	GROUP_PROGRAM("group-device", 1),
	GROUP_PROGRAM("group-connect", 2),
	GROUP_PROGRAM("group-packets", 3),
	{ "map-by-number", next_id, NULL, next_prepare, .number = BPF_MAP_GET_NEXT_ID },
	{ "program-by-number", next_id, NULL, next_prepare, .number = BPF_PROG_GET_NEXT_ID },
	{ "link-by-number", next_id, NULL, next_prepare, .number = BPF_LINK_GET_NEXT_ID },
	{ "pin-get", pin_get, NULL, pin_prepare, .path = PIN },
	{ "pin-read", kernel_memory, NULL, pin_prepare, .path = "/sys/fs/bpf/tsem/maps/tsem_coefficients" },
	{ "module-memory", module_memory, NULL, modules_prepare },
	{ "module-file", module_file, NULL, modules_prepare },
	{ "module-delete", module_delete, NULL, module_prepare, module_gone, .path = "dummy" },
	{ "module-request", module_request, NULL, request_prepare, module_there, .path = "kcm", .number = 41 },
	{ "kexec", kexec },
	{ "kexec-file", kexec_file, NULL, files_prepare },
	{ "ports", ports },
	{ "ports-level", ports, .number = 1 },
	{ "kprobe", probe, NULL, path_prepare, .path = "/sys/bus/event_source/devices/kprobe/type" },
	{ "uprobe", probe, NULL, path_prepare, .path = "/sys/bus/event_source/devices/uprobe/type", .number = 0x1000 },
	{ "kernel-memory", kernel_memory, NULL, path_prepare, .path = "/dev/mem" },
	{ "kernel-core", kernel_memory, NULL, path_prepare, .path = "/proc/kcore" },
	{ "program-printer", printer, printer, .number = BPF_PROG_TYPE_SCHED_CLS },
	{ "program-reader", reader, reader, reader_prepare, .number = BPF_PROG_TYPE_SCHED_CLS },
	{ "knob-of-network", write_path, read_path, pktgen_prepare, .path = "/proc/net/pktgen/pgctrl",
	  .text = "reset\n" },
	{ "host-name", host_name, NULL, name_prepare, named, name_restore },
	{ "domain-name", domain_name, NULL, name_prepare, named, name_restore, .number = 1 },
	{ "clock-set", clock_set },
	{ "clock-adjust", clock_adjust },
	{ "log-read", log_read },
	{ "log-level", log_level },
	{},
};
