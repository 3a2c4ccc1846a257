// SPDX-License-Identifier: GPL-2.0
/*
 * The control program, which changes a namespace's state for user space. The loader runs it with BPF_PROG_RUN and a
 * struct tsem_control. A concurrent event sees each verb completely or not at all.
 */
#include "inherited.bpf.h"
#include "model.bpf.h"

static __always_inline int control_state(struct tsem_control *c, struct tsem_namespace *ns)
{
	struct tsem_coefficient_key key = {};
	struct tsem_coefficient new = { .valid = 1 }, *undone;
	struct tsem_tail tail;
	long err;

	if (ns->mode != TSEM_MODE_FREE)
		return -EBUSY;
	if (ns->id && !room_take(ns->id, TSEM_ROOM_COEFFICIENTS))
		return -E2BIG;
	key.ns = c->ns;
	__builtin_memcpy(key.coefficient, c->value, TSEM_KEY_SIZE);
	__builtin_memcpy(tail.bytes, c->value + TSEM_KEY_SIZE, sizeof(tail));
	new.sequence = __sync_fetch_and_add(&ns->next_sequence, 1);
	err = ns->digest_size > TSEM_KEY_SIZE ? bpf_map_update_elem(&tsem_tails, &key, &tail, BPF_ANY) : 0;
	err = err ?: bpf_map_update_elem(&tsem_coefficients, &key, &new, BPF_NOEXIST);
	/* It was there, and has its room. */
	if (err && ns->id)
		room_give(ns->id, TSEM_ROOM_COEFFICIENTS);
	if (err == -EEXIST) {
		undone = bpf_map_lookup_elem(&tsem_coefficients, &key);
		if (!undone || __sync_val_compare_and_swap(&undone->sequence, TSEM_UNDONE, new.sequence) != TSEM_UNDONE)
			return 0;
		undone->valid = 1;
		err = 0;
	}
	if (!err)
		__sync_fetch_and_add(&ns->coefficients, 1);
	return err;
}

static __always_inline int control_base(struct tsem_control *c, struct tsem_namespace *ns)
{
	if (ns->mode != TSEM_MODE_FREE)
		return -EBUSY;
	if (ns->coefficients)
		return -EEXIST;
	__builtin_memcpy(ns->base, c->value, TSEM_DIGEST_MAX);
	ns->has_base = 1;
	return 0;
}

static __always_inline int control_pseudonym(struct tsem_control *c, struct tsem_namespace *ns)
{
	struct tsem_pseudonym_key key = {};
	struct tsem_tail tail;
	long err;

	if (ns->mode != TSEM_MODE_FREE)
		return -EBUSY;
	key.ns = c->ns;
	__builtin_memcpy(key.digest, c->value, TSEM_KEY_SIZE);
	__builtin_memcpy(tail.bytes, c->value + TSEM_KEY_SIZE, sizeof(tail));
	err = bpf_map_update_elem(&tsem_pseudonyms, &key, &tail, BPF_NOEXIST);
	if (err == -EEXIST)
		return 0;
	if (err)
		return err;
	__sync_fetch_and_add(&ns->pseudonyms, 1);
	settings_changed();
	return 0;
}

/* A checked pattern, or directory with strict names: its sizes match its text. */
static __always_inline bool pattern_plausible(const struct tsem_pattern *p)
{
	if (p->flags & TSEM_PATTERN_STRICT && (p->prefix_size != p->size || p->suffix_size))
		return false;
	return p->size && p->size <= TSEM_PATTERN_MAX && p->prefix_size <= p->size && p->suffix_size <= p->size;
}

static __always_inline int control_pattern(struct tsem_control *c, struct tsem_namespace *ns)
{
	struct tsem_pattern_key key = { .ns = c->ns, .index = ns->patterns };
	const u64 *from = (const u64 *)&c->pattern;
	struct tsem_pattern *pattern;
	struct tsem_hashing *s;
	long err;

	if (ns->mode != TSEM_MODE_FREE)
		return -EBUSY;
	if (key.index >= TSEM_PATTERNS_MAX)
		return -E2BIG;
	/* The caller's bytes are only read at fixed offsets. */
	s = bpf_task_storage_get(&tsem_hashing, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!s)
		return -ENOMEM;
	pattern = (struct tsem_pattern *)s->message;
#pragma unroll
	for (u32 i = 0; i < sizeof(*pattern) / 8; i++)
		((u64 *)pattern)[i] = from[i];
	if (!pattern_plausible(pattern))
		return -EINVAL;
	err = bpf_map_update_elem(&tsem_patterns, &key, pattern, BPF_NOEXIST);
	if (err)
		return err;
	__sync_fetch_and_add(&ns->patterns, 1);
	settings_changed();
	return 0;
}

static __always_inline int control_action(struct tsem_control *c, struct tsem_namespace *ns)
{
	struct tsem_action_of *of = (struct tsem_action_of *)c->value;
	u32 event = of->event, i;

	if (!of->action || of->action >= TSEM_ACTION_END || event >= TSEM_EVENT_END)
		return -EINVAL;
	bpf_for(i, 0, TSEM_EVENT_ROOM) {
		if (at_most(i, TSEM_EVENT_ROOM - 1) && (!event || i == event))
			ns->action[i] = of->action;
	}
	return 0;
}

/* Records everything and refuses nothing. */
static __always_inline int control_audit(struct tsem_control *c, struct tsem_namespace *ns)
{
	u32 i;

	if (ns->mode == TSEM_MODE_FREE)
		return -EINVAL;
	bpf_for(i, 0, TSEM_EVENT_ROOM) {
		if (at_most(i, TSEM_EVENT_ROOM - 1))
			ns->action[i] = TSEM_ACTION_LOG;
	}
	ns->mode = TSEM_MODE_SEALED;
	return 0;
}

static __always_inline int control_verdict(struct tsem_control *c, struct tsem_namespace *ns)
{
	struct tsem_answer *value = (struct tsem_answer *)c->value;
	struct tsem_answer answer = {
		.number = value->number,
		.task_number = value->task_number,
		.verdict = value->verdict,
	};

	return question_answer(ns, &answer, &c->result);
}

static __always_inline int control_lock(struct tsem_globals *g)
{
	return __sync_val_compare_and_swap(&g->locked, 0, 1) ? -EALREADY : 0;
}

/* Notes the open file in slot `fd`, if there is one. -E2BIG: there is no room. */
static __always_inline int inherit_one(u32 ns, struct fdtable *table, u32 fd)
{
	struct tsem_inherited_key key = { .ns = ns };
	struct tsem_inherited what = { .stream = fd < 3 ? fd : 3 };
	struct file *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	if (!file)
		return 0;
	key.file = (u64)file;
	what.inode = (u64)BPF_CORE_READ(file, f_inode);
	what.cred = (u64)BPF_CORE_READ(file, f_cred);
	/* A file that is more than one stream counts as the first. */
	return bpf_map_update_elem(&tsem_inherited, &key, &what, BPF_NOEXIST) == -E2BIG ? -E2BIG : 0;
}

/* Notes the open files of the joining process as inherited. The process waits until the loader has returned. */
__noinline int control_inherit(u32 pid, u32 ns)
{
	struct task_struct *task = bpf_task_from_pid(pid);
	struct tsem_scratch *e;
	struct fdtable *table;
	u32 fd, room;
	int err = 0;

	if (!task)
		return -ENOENT;
	/*
	 * It may have been a task of the root: with an empty scratch, its next event is described in this namespace.
	 */
	e = bpf_task_storage_get(&tsem_scratch, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!e) {
		bpf_task_release(task);
		return -ENOMEM;
	}
	e->record.magic = 0;
	table = BPF_CORE_READ(task, files, fdt);
	room = BPF_CORE_READ(table, max_fds);
	bpf_for(fd, 0, INHERITED_MAX) {
		if (fd >= room || err)
			break;
		err = inherit_one(ns, table, fd);
	}
	bpf_task_release(task);
	return err;
}

static __always_inline int control_join(struct tsem_control *c, struct tsem_namespace *ns, struct tsem_globals *g)
{
	struct tsem_join *join = (struct tsem_join *)c->value;
	int err = join->pid ? control_inherit(join->pid, c->ns) : 0;

	if (err)
		return err;
	__sync_fetch_and_add(&ns->live_tasks, 1);
	c->result = __sync_fetch_and_add(&g->next_task_number, 1);
	return 0;
}

static __always_inline int control_forget(struct tsem_control *c, struct tsem_namespace *ns)
{
	struct tsem_coefficient_key key = {};
	struct tsem_coefficient *known;

	key.ns = c->ns;
	__builtin_memcpy(key.coefficient, c->value, TSEM_KEY_SIZE);
	known = bpf_map_lookup_elem(&tsem_coefficients, &key);
	if (!known)
		return -ENOENT;
	known->described = 0;
	/* Else the memo would skip the decide step. */
	__sync_fetch_and_add(&ns->epoch, 1);
	settings_changed();
	return 0;
}

static __always_inline int control_mode(struct tsem_namespace *ns, u32 mode)
{
	u32 old = ns->mode;

	/* A mode can only be raised. */
	if (old >= mode)
		return -EALREADY;
	return __sync_val_compare_and_swap(&ns->mode, old, mode) == old ? 0 : -EBUSY;
}

/* Prepares a hash function of the kernel. */
static __always_inline int control_hash(struct tsem_control *c)
{
	struct tsem_kernel_hash *h;
	struct bpf_tsem_hash *hash;
	struct tsem_hashing *s;
	u32 type = c->ns;
	int err = 0;

	if (!bpf_ksym_exists(bpf_tsem_hash_create))
		return -ENOENT;
	h = bpf_map_lookup_elem(&tsem_hashes, &type);
	if (!h)
		return -EINVAL;
	if (h->hash)
		return 0;
	/* Not on the stack: the hash functions below root_extend() need it. */
	s = bpf_task_storage_get(&tsem_hashing, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!s)
		return -ENOMEM;
	__builtin_memcpy(s->message, c->value, TSEM_DIGEST_MAX);
	hash = bpf_tsem_hash_create((const char *)s->message, TSEM_DIGEST_MAX, &err);
	if (!hash)
		return err;
	hash = bpf_kptr_xchg(&h->hash, hash);
	if (hash)
		bpf_tsem_hash_release(hash);
	return 0;
}

/* Extends, and returns what the kernel's queue has done so far. */
static __always_inline int control_extend(struct tsem_control *c)
{
	struct tsem_extend *answer = (struct tsem_extend *)c->value;
	int err = root_extend();

	if (!err)
		root_status(answer);
	return err;
}

/* The agent reports: it has extended the entry at `extended`, or the TPM has refused it this time. */
static __always_inline int control_extended(struct tsem_control *c)
{
	struct tsem_extend *done = (struct tsem_extend *)c->value;
	struct tsem_root *r = root_state();
	u64 at = done->extended;

	if (!r || !root_next(r))
		return -EINVAL;
	if (!done->error)
		return __sync_val_compare_and_swap(&r->extended, at, at + 1) == at ? 0 : -EINVAL;
	r->error = done->error;
	__sync_fetch_and_add(&r->failed, 1);
	return 0;
}

/* The namespace may be half made, or half removed. */
static __always_inline int control_gone(struct tsem_control *c, struct tsem_globals *g)
{
	struct tsem_namespace *ns = namespace_of(c->ns);

	if (ns && ns->live_tasks)
		return -EBUSY;
	if (ns)
		room_leave(ns, g);
	settings_changed();
	return 0;
}

static __always_inline int control_run(struct tsem_control *c, struct tsem_globals *g)
{
	struct tsem_namespace *ns;
	u32 id = c->ns;

	if (task_confined() || !task_controls(bpf_get_current_task_btf()))
		return -EPERM;
	if (c->verb == TSEM_CONTROL_NEW) {
		c->result = __sync_fetch_and_add(&g->next_namespace, 1) + 1;
		return 0;
	}
	if (c->verb == TSEM_CONTROL_HASH)
		return control_hash(c);
	if (c->verb == TSEM_CONTROL_EXTEND)
		return control_extend(c);
	if (c->verb == TSEM_CONTROL_EXTENDED)
		return control_extended(c);
	if (c->verb == TSEM_CONTROL_GONE)
		return control_gone(c, g);
	if (c->verb == TSEM_CONTROL_LOCK)
		return control_lock(g);
	ns = bpf_map_lookup_elem(&tsem_namespaces, &id);
	if (!ns)
		return -ENOENT;
	switch (c->verb) {
	case TSEM_CONTROL_JOIN:
		return control_join(c, ns, g);
	case TSEM_CONTROL_LEAVE:
		__sync_fetch_and_add(&ns->live_tasks, -1);
		return 0;
	case TSEM_CONTROL_SEAL:
		return control_mode(ns, TSEM_MODE_SEALED);
	case TSEM_CONTROL_ENFORCE:
		return control_mode(ns, TSEM_MODE_ENFORCING);
	case TSEM_CONTROL_STATE:
		return control_state(c, ns);
	case TSEM_CONTROL_BASE:
		return control_base(c, ns);
	case TSEM_CONTROL_PSEUDONYM:
		return control_pseudonym(c, ns);
	case TSEM_CONTROL_FORGET:
		return control_forget(c, ns);
	case TSEM_CONTROL_PATTERN:
		return control_pattern(c, ns);
	case TSEM_CONTROL_ACTION:
		return control_action(c, ns);
	case TSEM_CONTROL_AUDIT:
		return control_audit(c, ns);
	case TSEM_CONTROL_VERDICT:
		return control_verdict(c, ns);
	}
	return -EINVAL;
}

SEC("syscall")
int tsem_control(struct tsem_control *c)
{
	struct tsem_globals *g = globals();

	c->error = g ? control_run(c, g) : -EINVAL;
	return 0;
}
