// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: inheritance and the life of a namespace, exec and its TASK_ID, and the hooks of task, credential and
 * capability calls.
 */
#include "path.bpf.h"

/* A child is in the namespace of its parent, as trusted as that; a thread is its process. */
SEC("lsm.s/task_alloc")
int BPF_PROG(tsem_task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_task *parent = current_task(), *child;
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
	__builtin_memcpy(child->task_id, parent->task_id, TSEM_DIGEST_SIZE);
	__builtin_memcpy(child->parent_task_id, clone_flags & CLONE_THREAD ? parent->parent_task_id : parent->task_id,
			 TSEM_DIGEST_SIZE);
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
		__builtin_memset(t->next_task_id, 0xff, TSEM_DIGEST_SIZE);
	return event_end(t);
}

/* Past the point of no return: the task is now what it executes. */
SEC("lsm/bprm_committing_creds")
int BPF_PROG(tsem_task_id, struct linux_binprm *bprm)
{
	struct tsem_task *t = current_task();

	if (!t || t->busy)
		return 0;
	__builtin_memcpy(t->task_id, t->next_task_id, TSEM_DIGEST_SIZE);
	/* Of use once: an exec that was not described has an identity of no model. */
	__builtin_memset(t->next_task_id, 0xff, TSEM_DIGEST_SIZE);
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
		if (to) {
			cell_digest(t, to->task_id);
			prf_digest(t, to->task_id);
		} else {
			u64 none[TSEM_DIGEST_SIZE / 8] = {};

			cell_digest(t, (u8 *)none);
			prf_word(t, 0);
		}
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

TSEM_GENERIC(ptrace_access_check)
TSEM_GENERIC(ptrace_traceme)
TSEM_GENERIC(capget)
TSEM_GENERIC(capset)
TSEM_GENERIC(capable)
TSEM_GENERIC(task_setpgid)
TSEM_GENERIC(task_getpgid)
TSEM_GENERIC(task_getsid)
TSEM_GENERIC(task_getioprio)
TSEM_GENERIC(task_setscheduler)
TSEM_GENERIC(task_getscheduler)
TSEM_GENERIC(task_setnice)
TSEM_GENERIC(task_setioprio)
TSEM_GENERIC(task_prlimit)
TSEM_GENERIC(task_setrlimit)
TSEM_GENERIC(task_prctl)
TSEM_GENERIC(userns_create)
