// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: inheritance and the life of a namespace, exec and its TASK_ID, and the hooks of task, credential and
 * capability calls.
 */
#include "content.bpf.h"

/* A child is in the namespace of its parent, as trusted as that; a thread is its process. */
SEC("lsm.s/task_alloc")
int BPF_PROG(tsem_task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_task *parent = event_task(), *child;
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
	if (!child) {
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
	child->model = parent->model;
	child->nsref = parent->nsref;
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
	struct tsem_task *t;
	struct tsem_namespace *ns;
	u32 id;

	if (!task->bpf_storage)
		return 0;
	t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	if (!t)
		return 0;
	id = t->ns;
	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (ns)
		__sync_fetch_and_add(&ns->live_tasks, -1);
	return 0;
}

/*
 * The event of an exec is decided here, where it can still be refused and where the credentials in force are those that
 * are at bprm_committing_creds, a hook that cannot deny.
 */
SEC("lsm.s/bprm_creds_from_file")
int BPF_PROG(tsem_bprm_committing_creds, struct linux_binprm *bprm, struct file *file)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_bprm_committing_creds, &verdict);
	if (!t)
		return verdict;
	cell_file(t, bprm->file);
	if (t->unmodeled || coefficient_map(t, 1))
		digest_fault(t, t->next_task_id);
	return event_end(t);
}

/* Past the point of no return: the task is now what it executes. */
SEC("lsm/bprm_committing_creds")
int BPF_PROG(tsem_task_id, struct linux_binprm *bprm)
{
	struct tsem_task *t = modeled_task();

	if (!t || t->busy)
		return 0;
	__builtin_memcpy(t->task_id, t->next_task_id, TSEM_DIGEST_MAX);
	/* Of use once: an exec that was not described has an identity of no model. */
	digest_fault(t, t->next_task_id);
	t->subject_generation = 0;
	return 0;
}

/*
 * Cross-namespace signals: without the control capability none to a task of another namespace, nor to a task that holds
 * the capability. What the kernel itself sends does not come here.
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
	struct tsem_task *sender = current_task(), *to = NULL, *t;
	struct tsem_globals *g;
	u32 other;
	int verdict;
	bool allowed;

	if (target->bpf_storage)
		to = bpf_task_storage_get(&tsem_tasks, target, 0, 0);
	allowed = signal_allowed(sender, to, target);
	t = event_begin(TSEM_EVENT_task_kill, &verdict);
	if (t) {
		other = (to ? to->ns : 0) != t->ns;
		cell_task(t, target);
		cell_u32_pair(t, sig, other);
		verdict = event_end(t);
	}
	if (!verdict && !allowed) {
		g = globals();
		if (g)
			__sync_fetch_and_add(&g->cross_namespace_signals, 1);
	}
	return hook_return(verdict || !allowed);
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(tsem_ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_ptrace_access_check, &verdict);
	if (!t)
		return verdict;
	cell_task(t, child);
	cell_u32(t, mode);
	return event_end(t);
}

/* The event of what names a task alone. */
static __always_inline int task_event(u32 event, struct task_struct *task)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	cell_task(t, task);
	return event_end(t);
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(tsem_ptrace_traceme, struct task_struct *parent)
{
	return task_event(TSEM_EVENT_ptrace_traceme, parent);
}

SEC("lsm/task_getpgid")
int BPF_PROG(tsem_task_getpgid, struct task_struct *task)
{
	return task_event(TSEM_EVENT_task_getpgid, task);
}

SEC("lsm/task_getsid")
int BPF_PROG(tsem_task_getsid, struct task_struct *task)
{
	return task_event(TSEM_EVENT_task_getsid, task);
}

SEC("lsm/task_getioprio")
int BPF_PROG(tsem_task_getioprio, struct task_struct *task)
{
	return task_event(TSEM_EVENT_task_getioprio, task);
}

SEC("lsm/task_setscheduler")
int BPF_PROG(tsem_task_setscheduler, struct task_struct *task)
{
	return task_event(TSEM_EVENT_task_setscheduler, task);
}

SEC("lsm/task_getscheduler")
int BPF_PROG(tsem_task_getscheduler, struct task_struct *task)
{
	return task_event(TSEM_EVENT_task_getscheduler, task);
}

SEC("lsm/capget")
int BPF_PROG(tsem_capget, const struct task_struct *target, kernel_cap_t *effective, kernel_cap_t *inheritable,
	     kernel_cap_t *permitted)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_capget, &verdict);
	if (!t)
		return verdict;
	cell_task(t, (struct task_struct *)target);
	cell_u64(t, effective->val);
	cell_u64(t, inheritable->val);
	cell_u64(t, permitted->val);
	return event_end(t);
}

SEC("lsm/capset")
int BPF_PROG(tsem_capset, struct cred *new, const struct cred *old, const kernel_cap_t *effective,
	     const kernel_cap_t *inheritable, const kernel_cap_t *permitted)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_capset, &verdict);
	if (!t)
		return verdict;
	cell_u64(t, effective->val);
	cell_u64(t, inheritable->val);
	cell_u64(t, permitted->val);
	return event_end(t);
}

SEC("lsm/capable")
int BPF_PROG(tsem_capable, const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_capable, &verdict);
	if (!t)
		return verdict;
	cell_u32_pair(t, cap, opts);
	return event_end(t);
}

/* The task with this number in the pid namespace of the caller; the caller here releases it. NULL: none, or unknown. */
static __always_inline struct task_struct *task_from_vpid(int pid)
{
	if (!bpf_get_current_task_btf()->thread_pid->level)
		return bpf_task_from_pid(pid);
	return bpf_task_from_vpid ? bpf_task_from_vpid(pid) : NULL;
}

/* The process whose group is joined. The hook has its number as the caller sees it; mostly it is the task itself. */
SEC("lsm/task_setpgid")
int BPF_PROG(tsem_task_setpgid, struct task_struct *task, int pgid)
{
	struct task_struct *leader = NULL;
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_task_setpgid, &verdict);
	if (!t)
		return verdict;
	cell_task64(t, task);
	if (pgid)
		leader = task_from_vpid(pgid);
	if (leader) {
		cell_task64(t, leader);
		bpf_task_release(leader);
	} else {
		cell_task64(t, task);
	}
	return event_end(t);
}

/* A task and a number. */
static __always_inline int task_number_event(u32 event, struct task_struct *task, u32 number)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	cell_task64(t, task);
	cell_u32(t, number);
	return event_end(t);
}

SEC("lsm/task_setnice")
int BPF_PROG(tsem_task_setnice, struct task_struct *task, int nice)
{
	return task_number_event(TSEM_EVENT_task_setnice, task, nice);
}

SEC("lsm/task_setioprio")
int BPF_PROG(tsem_task_setioprio, struct task_struct *task, int ioprio)
{
	return task_number_event(TSEM_EVENT_task_setioprio, task, ioprio);
}

SEC("lsm/task_prlimit")
int BPF_PROG(tsem_task_prlimit, const struct cred *cred, const struct cred *tcred, unsigned int flags)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_task_prlimit, &verdict);
	if (!t)
		return verdict;
	cell_creds(t, cred);
	cell_creds(t, tcred);
	cell_u32(t, flags);
	return event_end(t);
}

SEC("lsm/task_setrlimit")
int BPF_PROG(tsem_task_setrlimit, struct task_struct *task, unsigned int resource, struct rlimit *new_rlim)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_task_setrlimit, &verdict);
	if (!t)
		return verdict;
	cell_task(t, task);
	cell_u32(t, resource);
	cell_u64(t, new_rlim->rlim_cur);
	cell_u64(t, new_rlim->rlim_max);
	return event_end(t);
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
 * Options, a bit each, whose second argument is the address of a name or of a result, or is not read at all, and those
 * that read no fourth and fifth. What stands there is another value in every run: libc hands on what was in registers.
 */
#define OPTION(n) (1ULL << (n))
#define PRCTL_ARG2_UNREAD                                                                                        \
	(OPTION(PR_GET_PDEATHSIG) | OPTION(PR_GET_DUMPABLE) | OPTION(PR_GET_UNALIGN) | OPTION(PR_GET_KEEPCAPS) | \
	 OPTION(PR_GET_FPEMU) | OPTION(PR_GET_FPEXC) | OPTION(PR_GET_TIMING) | OPTION(PR_SET_NAME) |             \
	 OPTION(PR_GET_NAME) | OPTION(PR_GET_ENDIAN) | OPTION(PR_GET_SECCOMP) | OPTION(PR_GET_TSC) |             \
	 OPTION(PR_GET_SECUREBITS) | OPTION(PR_GET_TIMERSLACK) | OPTION(PR_TASK_PERF_EVENTS_DISABLE) |           \
	 OPTION(PR_TASK_PERF_EVENTS_ENABLE) | OPTION(PR_GET_CHILD_SUBREAPER) | OPTION(PR_GET_TID_ADDRESS))
/* All up to PR_TASK_PERF_EVENTS_ENABLE, and these. */
#define PRCTL_REST_UNREAD                                                                \
	((OPTION(PR_TASK_PERF_EVENTS_ENABLE + 1) - 1) | OPTION(PR_SET_CHILD_SUBREAPER) | \
	 OPTION(PR_GET_CHILD_SUBREAPER) | OPTION(PR_GET_TID_ADDRESS))

static __always_inline bool prctl_among(u32 option, u64 options)
{
	return option < 64 && options >> option & 1;
}

SEC("lsm/task_prctl")
int BPF_PROG(tsem_task_prctl, int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
	     unsigned long arg5)
{
	struct tsem_task *t;
	int verdict;
	bool rest;

	t = event_begin(TSEM_EVENT_task_prctl, &verdict);
	if (!t)
		return verdict;
	rest = option != PR_SET_PTRACER && !prctl_among(option, PRCTL_REST_UNREAD);
	cell_u32(t, option);
	cell_u64(t, prctl_among(option, PRCTL_ARG2_UNREAD) ? 0 : arg2);
	cell_u64_unhashed(t, arg3);
	cell_u64(t, rest ? arg4 : 0);
	cell_u64(t, rest ? arg5 : 0);
	return event_end(t);
}

TSEM_GENERIC(userns_create)
TSEM_GENERIC(task_fix_setuid)
TSEM_GENERIC(task_fix_setgid)
TSEM_GENERIC(task_fix_setgroups)
TSEM_GENERIC(task_movememory)
