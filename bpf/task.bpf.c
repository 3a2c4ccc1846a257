// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: inheritance and the life of a namespace, exec and its TASK_ID, and the hooks of task, credential and
 * capability calls.
 */
#include "content.bpf.h"

/* A child is in its parent's namespace and trusted like the parent; a thread has the number of its process. */
SEC("lsm.s/task_alloc")
int BPF_PROG(tsem_task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_task *parent = task_adopted(), *child;
	struct tsem_globals *g = globals();
	struct tsem_namespace *ns;
	u32 id;

	if (!parent || !g)
		return 0;
	id = parent->ns;
	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (!ns)
		return -EPERM;
	child = bpf_task_storage_get(&tsem_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	/* Its scratch, empty: memory is available here, but may be short in a hook that must not sleep. */
	if (!child || !bpf_task_storage_get(&tsem_scratch, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE)) {
		__sync_fetch_and_add(&g->fork_failures, 1);
		__sync_fetch_and_add(&ns->lost[TSEM_LOSS_STORAGE], 1);
		return -ENOMEM;
	}
	child->ns = id;
	child->untrusted = parent->untrusted;
	child->number = __sync_fetch_and_add(&g->next_task_number, 1);
	child->parent_number = parent->number;
	child->digest = parent->digest;
	child->content = parent->content;
	child->encoding = parent->encoding;
	child->nsref = parent->nsref;
	child->scope = parent->scope;
	child->digest_size = parent->digest_size;
	__builtin_memcpy(child->empty, parent->empty, TSEM_DIGEST_MAX);
	__builtin_memcpy(child->task_id, parent->task_id, TSEM_DIGEST_MAX);
	__builtin_memcpy(child->parent_task_id, clone_flags & CLONE_THREAD ? parent->parent_task_id : parent->task_id,
			 TSEM_DIGEST_MAX);
	__sync_fetch_and_add(&ns->live_tasks, 1);
	if (child->untrusted)
		__sync_fetch_and_add(&ns->untrusted_tasks, 1);
	return 0;
}

SEC("lsm/task_free")
int BPF_PROG(tsem_task_free, struct task_struct *task)
{
	struct tsem_namespace *ns;
	struct tsem_scratch *e;
	struct tsem_task *t;
	u32 id;

	t = task_storage(task);
	if (!t)
		return 0;
	e = bpf_task_storage_get(&tsem_scratch, task, 0, 0);
	if (e && e->text)
		text_end(e->text);
	id = t->ns;
	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (ns)
		__sync_fetch_and_add(&ns->live_tasks, -1);
	return 0;
}

/* Sets next_task_id to the TASK_ID of this exec. 1: the memo had it; 0: it was hashed, or cannot be. */
__noinline int exec_map(struct tsem_scratch *e __arg_nonnull)
{
	int known = -EINVAL;

	if (!e->unmodeled) {
		memo_key(e, memo_kind(e, 1));
		known = coefficient_map(e, 1);
	}
	/* No model has this TASK_ID. */
	if (known < 0)
		digest_fault(e, e->next_task_id);
	return known > 0;
}

/* Keeps the TASK_ID of an exec whose event is valid. */
__noinline int exec_keep(struct tsem_scratch *e __arg_nonnull)
{
	u64 uses;

	memo_key(e, memo_kind(e, 0));
	if (!memo_owned(e, &uses))
		return 0;
	memo_key(e, memo_kind(e, 1));
	return memo_put(e, MEMO_NOBODYS, 1);
}

/*
 * The event of an exec is decided here, because bprm_committing_creds cannot deny. The current credentials are the same
 * at both hooks.
 */
SEC("lsm.s/bprm_creds_from_file")
int BPF_PROG(tsem_bprm_committing_creds, struct linux_binprm *bprm, struct file *file)
{
	struct tsem_scratch *e;
	int verdict, known;

	e = event_begin(TSEM_EVENT_bprm_committing_creds, &verdict);
	if (!e)
		return verdict;
	cell_file(e, bprm->file, CONTENT_CODE);
	known = exec_map(e);
	verdict = event_end(e, DESCRIBED, WAITS);
	if (!verdict && !known)
		exec_keep(e);
	return verdict;
}

/* Past the point of no return: the task gets the identity of its new program. */
SEC("lsm/bprm_committing_creds")
int BPF_PROG(tsem_task_id, struct linux_binprm *bprm)
{
	struct tsem_task *t = task_modeled();
	struct tsem_scratch *e;

	if (!t)
		return 0;
	e = scratch_of(bpf_get_current_task_btf());
	if (e && e->busy)
		return 0;
	if (!e) {
		__builtin_memcpy(t->task_id, digest_ones, TSEM_DIGEST_MAX);
		return 0;
	}
	__builtin_memcpy(t->task_id, e->next_task_id, TSEM_DIGEST_MAX);
	/* Used once: a later exec that is not described must not get this identity. */
	digest_fault(e, e->next_task_id);
	e->generation = 0;
	return 0;
}

/*
 * Cross-namespace signals: without the control capability, a task may not signal a task of another namespace, nor a
 * task that holds the capability. Signals of the kernel do not reach this hook.
 */
static __always_inline bool signal_allowed(struct tsem_task *sender, struct tsem_task *target,
					   struct task_struct *target_task)
{
	u32 from = sender ? sender->ns : 0, to = target ? target->ns : 0;
	struct task_struct *current = bpf_get_current_task_btf();

	if (current->tgid == target_task->tgid)
		return true;
	if (!from && task_controls(current))
		return true;
	return from == to && !(from && task_controls(target_task)) && (from || !task_controls(target_task));
}

SEC("lsm/task_kill")
int BPF_PROG(tsem_task_kill, struct task_struct *target, struct kernel_siginfo *info, int sig, const struct cred *cred)
{
	struct tsem_task *sender = task_confined(), *to = task_storage(target);
	struct tsem_scratch *e;
	struct tsem_globals *g;
	int verdict;
	bool allowed;

	allowed = signal_allowed(sender, to, target);
	e = event_begin(TSEM_EVENT_task_kill, &verdict);
	if (e) {
		cell_task(e, target);
		cell_u32_pair(e, sig, (to ? to->ns : 0) != e->record.ns);
		verdict = event_end(e, DESCRIBED, WAITS_NOT);
	}
	if (!verdict && !allowed) {
		g = globals();
		if (g)
			__sync_fetch_and_add(&g->cross_namespace_signals, 1);
	}
	return hook_return(verdict || !allowed);
}

TSEM_EVENT_PROGRAM("lsm/ptrace_access_check", ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	cell_task(e, child);
	cell_u32(e, mode);
	return DESCRIBED;
}

/* The event of hooks that only name a task. */
static __always_inline int task_describe(struct tsem_scratch *e, struct task_struct *task)
{
	cell_task(e, task);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/ptrace_traceme", ptrace_traceme, struct task_struct *parent)
{
	return task_describe(e, parent);
}

TSEM_EVENT_PROGRAM("lsm/task_getpgid", task_getpgid, struct task_struct *task)
{
	return task_describe(e, task);
}

TSEM_EVENT_PROGRAM("lsm/task_getsid", task_getsid, struct task_struct *task)
{
	return task_describe(e, task);
}

TSEM_EVENT_PROGRAM("lsm/task_getioprio", task_getioprio, struct task_struct *task)
{
	return task_describe(e, task);
}

TSEM_EVENT_PROGRAM("lsm/task_setscheduler", task_setscheduler, struct task_struct *task)
{
	return task_describe(e, task);
}

TSEM_EVENT_PROGRAM("lsm/task_getscheduler", task_getscheduler, struct task_struct *task)
{
	return task_describe(e, task);
}

TSEM_EVENT_PROGRAM("lsm/capget", capget, const struct task_struct *target, kernel_cap_t *effective,
		   kernel_cap_t *inheritable, kernel_cap_t *permitted)
{
	cell_task(e, (struct task_struct *)target);
	cell_u64(e, effective->val);
	cell_u64(e, inheritable->val);
	cell_u64(e, permitted->val);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/capset", capset, struct cred *new, const struct cred *old, const kernel_cap_t *effective,
		   const kernel_cap_t *inheritable, const kernel_cap_t *permitted)
{
	cell_u64(e, effective->val);
	cell_u64(e, inheritable->val);
	cell_u64(e, permitted->val);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/capable", capable, const struct cred *cred, struct user_namespace *ns, int cap,
		   unsigned int opts)
{
	cell_u32_pair(e, cap, opts);
	cell_u32(e, !ns->level);
	return DESCRIBED;
}

/* The task with this number in the current task's pid namespace; release it. NULL: none, or unknown. */
static __always_inline struct task_struct *task_from_vpid(int pid)
{
	if (!bpf_get_current_task_btf()->thread_pid->level)
		return bpf_task_from_pid(pid);
	return bpf_task_from_vpid ? bpf_task_from_vpid(pid) : NULL;
}

/* The process whose group is joined; mostly the task itself. The hook has its number in the caller's pid namespace. */
TSEM_EVENT_PROGRAM("lsm/task_setpgid", task_setpgid, struct task_struct *task, int pgid)
{
	struct task_struct *leader = NULL;

	cell_task64(e, task);
	if (pgid)
		leader = task_from_vpid(pgid);
	if (leader) {
		cell_task64(e, leader);
		bpf_task_release(leader);
	} else {
		cell_task64(e, task);
	}
	return DESCRIBED;
}

/* An event with a task and a number. */
static __always_inline int task_number_describe(struct tsem_scratch *e, struct task_struct *task, u32 number)
{
	cell_task64(e, task);
	cell_u32(e, number);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/task_setnice", task_setnice, struct task_struct *task, int nice)
{
	return task_number_describe(e, task, nice);
}

TSEM_EVENT_PROGRAM("lsm/task_setioprio", task_setioprio, struct task_struct *task, int ioprio)
{
	return task_number_describe(e, task, ioprio);
}

TSEM_EVENT_PROGRAM("lsm/task_prlimit", task_prlimit, const struct cred *cred, const struct cred *tcred,
		   unsigned int flags)
{
	cell_creds(e, cred);
	cell_creds(e, tcred);
	cell_u32(e, flags);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/task_setrlimit", task_setrlimit, struct task_struct *task, unsigned int resource,
		   struct rlimit *new_rlim)
{
	cell_task(e, task);
	cell_u32(e, resource);
	cell_u64(e, new_rlim->rlim_cur);
	cell_u64(e, new_rlim->rlim_max);
	return DESCRIBED;
}

#define PR_GET_PDEATHSIG 2
#define PR_GET_DUMPABLE 3
#define PR_GET_UNALIGN 6
#define PR_GET_KEEPCAPS 7
#define PR_GET_FPEMU 10
#define PR_GET_FPEXC 12
#define PR_GET_TIMING 13
#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_GET_ENDIAN 19
#define PR_GET_SECCOMP 21
#define PR_GET_TSC 25
#define PR_GET_SECUREBITS 27
#define PR_GET_TIMERSLACK 30
#define PR_TASK_PERF_EVENTS_DISABLE 31
#define PR_TASK_PERF_EVENTS_ENABLE 32
#define PR_SET_CHILD_SUBREAPER 36
#define PR_GET_CHILD_SUBREAPER 37
#define PR_GET_TID_ADDRESS 40
#define PR_SET_PTRACER 0x59616d61

/*
 * Options, a bit each: those whose second argument is the address of a name or of a result, or is not read; and those
 * that do not read the fourth and fifth. Such arguments differ in every run: libc passes whatever was in the registers.
 */
#define OPTION(n) (1ULL << (n))
#define PRCTL_ARG2_UNREAD                                                                                        \
	(OPTION(PR_GET_PDEATHSIG) | OPTION(PR_GET_DUMPABLE) | OPTION(PR_GET_UNALIGN) | OPTION(PR_GET_KEEPCAPS) | \
	 OPTION(PR_GET_FPEMU) | OPTION(PR_GET_FPEXC) | OPTION(PR_GET_TIMING) | OPTION(PR_SET_NAME) |             \
	 OPTION(PR_GET_NAME) | OPTION(PR_GET_ENDIAN) | OPTION(PR_GET_SECCOMP) | OPTION(PR_GET_TSC) |             \
	 OPTION(PR_GET_SECUREBITS) | OPTION(PR_GET_TIMERSLACK) | OPTION(PR_TASK_PERF_EVENTS_DISABLE) |           \
	 OPTION(PR_TASK_PERF_EVENTS_ENABLE) | OPTION(PR_GET_CHILD_SUBREAPER) | OPTION(PR_GET_TID_ADDRESS))
/* All options up to PR_TASK_PERF_EVENTS_ENABLE, and these. */
#define PRCTL_REST_UNREAD                                                                \
	((OPTION(PR_TASK_PERF_EVENTS_ENABLE + 1) - 1) | OPTION(PR_SET_CHILD_SUBREAPER) | \
	 OPTION(PR_GET_CHILD_SUBREAPER) | OPTION(PR_GET_TID_ADDRESS))

static __always_inline bool prctl_among(u32 option, u64 options)
{
	return option < 64 && options >> option & 1;
}

TSEM_EVENT_PROGRAM("lsm.s/task_prctl", task_prctl, int option, unsigned long arg2, unsigned long arg3,
		   unsigned long arg4, unsigned long arg5)
{
	bool rest = option != PR_SET_PTRACER && !prctl_among(option, PRCTL_REST_UNREAD);
	cell_u32(e, option);
	cell_u64(e, prctl_among(option, PRCTL_ARG2_UNREAD) ? 0 : arg2);
	told_u64(e, arg3);
	cell_u64(e, rest ? arg4 : 0);
	cell_u64(e, rest ? arg5 : 0);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/userns_create", userns_create, const struct cred *cred)
{
	cell_creds(e, cred);
	return DESCRIBED;
}

TSEM_GENERIC(task_fix_setuid)
TSEM_GENERIC(task_fix_setgid)
TSEM_GENERIC(task_fix_setgroups)
TSEM_GENERIC(task_movememory)
