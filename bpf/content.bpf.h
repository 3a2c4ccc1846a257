/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FILE, and the digest of a file's content.
 *
 * IMA takes the digest; inode storage keeps it. A kept digest is valid while size, ctime and i_version of the inode
 * that has the pages (below an overlay) do not change and no writer is open. The state also has to be some time old
 * when the digest is taken, because a write within the same clock tick does not move the ctime. The patched kernel's
 * function says whether i_version alone is enough.
 */
#ifndef TSEM_CONTENT_BPF_H
#define TSEM_CONTENT_BPF_H

#include "inherited.bpf.h"
#include "dentry.bpf.h"

/* The minimum age of a file's state before its digest is kept: two ticks at HZ=100. */
#define CONTENT_SETTLED_NS 20000000ULL
#define HASH_ALGO_SHA256 4
#define I_CTIME_QUERIED (1U << 31)
#define I_VERSION_QUERIED 1
#define SB_I_IMA_UNVERIFIABLE_SIGNATURE 0x20

/* Is `real` the file that a stacked filesystem has opened below `user`? Safe with any value. */
static __always_inline bool file_backs(void *real, struct dentry *user)
{
	struct backing_file *backing = bpf_core_cast(real, struct backing_file);

	return backing->user_path.dentry == user;
}

/*
 * The inode that has the pages of a file's content. On an overlay it is that of the layer below, because writes there
 * do not change the overlay's own inode. The layer may itself be an overlay, but not deeper
 * (FILESYSTEM_MAX_STACK_DEPTH). NULL: unknown, so no digest may be kept. `magic` is that of the file's filesystem.
 *
 * overlayfs has the file below in private_data; since 6.13 (87a8a76c34a2) in a struct whose first member it is.
 * overlayfs is a module that may be loaded after us. So its BTF is not available, and this checks the pointers
 * themselves.
 */
static __always_inline struct inode *content_host(struct file *file, u64 magic)
{
	struct file *real = plain(file);

	if (magic != OVERLAYFS_SUPER_MAGIC)
		return plain(real->f_mapping->host);
#pragma unroll
	for (u32 depth = 0; depth < 2; depth++) {
		struct dentry *dentry = real->f_path.dentry;
		void *below = real->private_data;

		if (real->f_inode->i_sb->s_magic != OVERLAYFS_SUPER_MAGIC)
			break;
		if (!file_backs(below, dentry) &&
		    (bpf_probe_read_kernel(&below, sizeof(below), below) || !file_backs(below, dentry)))
			return NULL;
		real = bpf_core_cast(below, struct file);
	}
	if (real->f_inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		return NULL;
	return plain(real->f_mapping->host);
}

/*
 * Does a process serve the content (FUSE)? Then it may differ at each read, or our program may wait for it forever. The
 * kernel marks such filesystems as not verifiable for signatures. Content from the hypervisor (virtiofs) is accepted.
 */
static __always_inline bool content_served(struct inode *host)
{
	char type[16] = {};

	if (!(host->i_sb->s_iflags & SB_I_IMA_UNVERIFIABLE_SIGNATURE))
		return false;
	bpf_probe_read_kernel_str(type, sizeof(type), host->i_sb->s_type->name);
	return bpf_strncmp(type, sizeof(type), "virtiofs");
}

static __always_inline void content_state_read(struct tsem_content *s, struct inode *host)
{
	s->host = (u64)host;
	s->size = host->i_size;
	s->ctime_sec = host->i_ctime_sec;
	s->ctime_nsec = host->i_ctime_nsec & ~I_CTIME_QUERIED;
	s->change = host->i_version.counter;
	s->writers = host->i_writecount.counter;
}

static __always_inline bool content_state_same(const struct tsem_inode *r, const struct tsem_content *s)
{
	return r->host == s->host && r->size == s->size && r->ctime_sec == s->ctime_sec &&
	       r->ctime_nsec == s->ctime_nsec && r->change == s->change;
}

/* Copies the inode record to e->inode. False: writers interfered. */
static __always_inline bool inode_record_copy(struct tsem_scratch *e, struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock;

	if (lock & 1)
		return false;
	read_fence();
	__builtin_memcpy(&e->inode, r, sizeof(*r));
	read_fence();
	return *(volatile u32 *)&r->lock == lock;
}

/* Writes the content state in e->inode to the record, unless another task writes it now. */
static __always_inline void inode_record_publish(struct tsem_scratch *e, struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock;
	u64 *to = &r->host;
	const u64 *from = &e->inode.host;

	if (lock & 1 || __sync_val_compare_and_swap(&r->lock, lock, lock + 1) != lock)
		return;
	/* All fields from `host` to `digest`. */
#pragma unroll
	for (u32 i = 0; i < 7 + TSEM_DIGEST_MAX / 8; i++)
		to[i] = from[i];
	r->digest_valid = e->inode.digest_valid;
	__sync_fetch_and_add(&r->lock, 1);
}

/* Appends the STR at cell[at], its length included, to the message. */
static __always_inline int message_add_str(struct tsem_hashing *s, struct tsem_scratch *e, u32 at)
{
	u32 size;

	if (!at_most(at, TSEM_CELL_MAX))
		return -EINVAL;
	size = *(u32 *)(e->record.cell + at);
	if (!at_most(size, TSEM_PATH_MAX))
		return -EINVAL;
	return message_add_cell(s, e, at, at + sizeof(u32) + size);
}

/*
 * Is the last path one of the namespace's pseudonyms? A pseudonym is the digest of the real pathname as a STR, whatever
 * form the path is hashed in. The result is not cached: only namespaces with pseudonyms pay for the look-up.
 */
__noinline int path_pseudonym(struct tsem_scratch *e __arg_nonnull)
{
	struct tsem_pseudonym_key *key = (struct tsem_pseudonym_key *)&e->key;
	struct tsem_hashing *s = hashing(e);

	if (!s || message_add_str(s, e, e->path_at) || digest_message(s, e->record.digest))
		return 0;
	key->ns = e->record.ns;
	__builtin_memcpy(key->digest, s->digest, TSEM_KEY_SIZE);
	return bpf_map_lookup_elem(&tsem_pseudonyms, key) != NULL;
}

/* Does the last path match a pattern with content=any? */
static __always_inline bool pattern_any_content(struct tsem_scratch *e)
{
	struct tsem_pattern_key key = { .ns = e->record.ns, .index = e->pattern - 1 };
	struct tsem_pattern *p;

	if (!e->pattern)
		return false;
	p = bpf_map_lookup_elem(&tsem_patterns, &key);
	return p && p->flags & TSEM_PATTERN_ANY;
}

/*
 * Hashes the content of `file` into e->inode.digest. Sets e->version to the queried i_version if the kernel guarantees
 * that every later change of the content moves it; else to 0. Sleeps. 0 or -EINVAL.
 */
static __always_inline int content_hash(struct tsem_scratch *e, struct file *file)
{
	struct bpf_tsem_hash *hash;
	int got;

	e->version = 0;
	__builtin_memset(e->inode.digest, 0, TSEM_DIGEST_MAX);
	if (bpf_ksym_exists(bpf_tsem_hash_file)) {
		hash = kernel_hash_get(e->record.content);
		if (!hash)
			return -EINVAL;
		got = bpf_tsem_hash_file(hash, file, e->inode.digest, TSEM_DIGEST_MAX, &e->version);
		bpf_tsem_hash_release(hash);
		return got > 0 ? 0 : -EINVAL;
	}
	return bpf_ima_file_hash(file, e->inode.digest, TSEM_DIGEST_MAX) == HASH_ALGO_SHA256 ? 0 : -EINVAL;
}

/* May the helper return a cached digest while somebody writes? It does so if an IMA policy is loaded. */
static __always_inline bool content_cached(struct inode *host)
{
	u64 flag = tsem_symbols.ima_policy_flag;

	if (bpf_ksym_exists(bpf_tsem_hash_file) || !flag || host->i_writecount.counter <= 0)
		return false;
	/* Any struct with one number will do as its type. */
	return bpf_core_cast((void *)flag, struct seqcount)->sequence != 0;
}

/* The use of a content digest. */
enum content_use {
	CONTENT_DATA, /* the file is read, written or queried */
	CONTENT_CODE, /* it is executed: then files of the namespace's own making count too */
	CONTENT_ATOMIC, /* data, in a hook that must not sleep */
	CONTENT_NONE, /* does not count: the file is not open yet, and nothing can read it */
};

/* Content that cannot be hashed: data on tmpfs, or in huge pages, counts as empty; else the event is in no model. */
static __always_inline void content_none(struct tsem_scratch *e, u32 use)
{
	u32 magic = e->inode_magic;

	if (use != CONTENT_CODE && (magic == TMPFS_MAGIC || magic == HUGETLBFS_MAGIC)) {
		__builtin_memcpy(e->inode.digest, e->empty, TSEM_DIGEST_MAX);
		return;
	}
	digest_fault(e, e->inode.digest);
	event_unmodeled(e, TSEM_LOSS_CONTENT);
}

/*
 * Is this a file in memory that is too long to hash? In such a file a hole of any length costs its owner nothing, and
 * nothing stops the kernel from reading all of it.
 */
#define CONTENT_MEMORY_MAX (4ULL << 30)

static __always_inline bool content_endless(struct tsem_scratch *e, struct inode *inode)
{
	return filesystem_volatile(e->inode_magic) && (u64)inode->i_size > CONTENT_MEMORY_MAX;
}

/*
 * Takes the digest of `file`, whose INODE has just been described, into e->inode.digest. `r` is its record, or NULL:
 * keep nothing. Sleeps.
 */
__noinline int content_take(struct tsem_scratch *e __arg_nonnull, struct file *file __arg_trusted, struct tsem_inode *r,
			    u32 use)
{
	struct inode *host = content_host(file, e->inode_magic), *inode = file->f_inode;
	struct tsem_content *before = &e->before, *after = &e->after;
	u64 now = bpf_ktime_get_boot_ns();
	bool seen;

	if (!host)
		r = NULL;
	if (r)
		content_state_read(before, host);
	seen = r && content_state_same(&e->inode, before);
	e->inode.content = e->record.content;
	/* A file that the kernel cannot read has no content, and nobody can execute it. */
	if (!plain(file)->f_op->read_iter) {
		__builtin_memcpy(e->inode.digest, e->empty, TSEM_DIGEST_MAX);
		return 0;
	}
	/* After a write to a layer beside the overlay, the overlay has the old size: the file cannot be hashed. */
	if ((host && (host->i_size != inode->i_size || content_served(host) || content_cached(host))) ||
	    content_endless(e, inode) || content_hash(e, file)) {
		content_none(e, use);
		return 0;
	}
	if (!r)
		return 0;
	content_state_read(after, host);
	e->inode.digest_valid = e->version ||
				(seen && now - e->inode.seen > CONTENT_SETTLED_NS && before->writers <= 0 &&
				 after->writers <= 0 && after->host == before->host && after->size == before->size &&
				 after->ctime_sec == before->ctime_sec && after->ctime_nsec == before->ctime_nsec &&
				 after->change == before->change);
	if (e->version) {
		e->inode.host = before->host;
		e->inode.size = before->size;
		e->inode.ctime_sec = before->ctime_sec;
		e->inode.ctime_nsec = before->ctime_nsec;
		e->inode.change = e->version << 1 | I_VERSION_QUERIED;
		e->inode.seen = now;
	} else if (!seen) {
		e->inode.host = before->host;
		e->inode.size = before->size;
		e->inode.ctime_sec = before->ctime_sec;
		e->inode.ctime_nsec = before->ctime_nsec;
		e->inode.change = before->change;
		e->inode.seen = now;
	}
	inode_record_publish(e, r);
	return 0;
}

static __always_inline void cell_digest_empty(struct tsem_scratch *e)
{
	cell_digest(e, e->empty);
}

/* Is the kept digest of the content valid? Reads without a lock, and again if a writer interfered. */
static __always_inline bool content_kept(struct tsem_scratch *e, struct inode *host, u64 host_size,
					 struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock, size = e->record.hashed_size;

	read_fence();
	if (lock & 1 || !r->digest_valid || r->content != e->record.content || host->i_writecount.counter > 0 ||
	    r->host != (u64)host || r->size != host_size || r->ctime_sec != (u64)host->i_ctime_sec ||
	    r->ctime_nsec != (host->i_ctime_nsec & ~I_CTIME_QUERIED) || r->change != (u64)host->i_version.counter)
		return false;
	cell_digest(e, r->digest);
	read_fence();
	if (*(volatile u32 *)&r->lock != lock) {
		e->record.hashed_size = size;
		return false;
	}
	return true;
}

/*
 * Does the content of the file count, so that it has to be hashed? Its PATH has just been described. Who opens a file
 * for writing only, as a log, cannot learn its content.
 */
static __always_inline bool content_counts(struct tsem_scratch *e, struct file *file, struct inode *inode, u32 use)
{
	u32 magic = e->inode_magic;

	if (use != CONTENT_CODE && !(file->f_mode & FMODE_READ))
		return false;
	if ((inode->i_mode & S_IFMT) != S_IFREG || filesystem_generated(magic) || !filesystem_modeled(e, magic))
		return false;
	if (use != CONTENT_CODE && (pattern_any_content(e) || (e->file_look && inode_created(e, inode))))
		return false;
	return !e->pseudonyms || !path_pseudonym(e);
}

/* The record of an inode; makes it if needed. NULL: no memory. */
static __always_inline struct tsem_inode *inode_record(struct inode *inode)
{
	return bpf_inode_storage_get(&tsem_inodes, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/*
 * The current task will map the file as code. Until its next event, when the mapping exists, guard_text refuses to open
 * the file for writing. `host`: the inode that has the pages. False: there is no room.
 */
__noinline int text_begin(struct tsem_scratch *e __arg_nonnull, u64 host)
{
	struct tsem_text none = { .ns = e->record.ns }, *text;
	u32 i;

	bpf_for(i, 0, 8) {
		text = bpf_map_lookup_elem(&tsem_texts, &host);
		if (!text) {
			if (!room_take(none.ns, TSEM_ROOM_TEXTS))
				return false;
			if (bpf_map_update_elem(&tsem_texts, &host, &none, BPF_NOEXIST))
				room_give(none.ns, TSEM_ROOM_TEXTS);
			text = bpf_map_lookup_elem(&tsem_texts, &host);
		}
		/* If the entry is being removed, make a new one. */
		if (text && !(__sync_fetch_and_add(&text->tasks, 1) & TEXT_GONE)) {
			e->text = host;
			event_due(e);
			return true;
		}
	}
	return false;
}

/* May others open the file for writing? While a program is executed the kernel itself says ETXTBSY. */
static __always_inline bool text_open(struct inode *inode)
{
	return inode->i_writecount.counter >= 0;
}

/* Somebody may write to code between its hashing and its use: the event is outside of every model. */
static __always_inline void cell_code_fault(struct tsem_scratch *e)
{
	digest_fault(e, e->inode.digest);
	event_unmodeled(e, TSEM_LOSS_CONTENT);
	cell_digest(e, e->inode.digest);
}

/*
 * Appends the kept digest of data in a file that has its own pages: the common case. The verifier trusts this inode, so
 * each load costs 7 instructions less than one through content_host(). False: look closer.
 */
static __always_inline bool cell_content_own(struct tsem_scratch *e, struct file *file, u32 use)
{
	struct inode *inode = file->f_inode;
	struct tsem_inode *r;

	if (use == CONTENT_CODE || (u64)file->f_mapping != (u64)inode + bpf_core_field_offset(struct inode, i_data))
		return false;
	r = bpf_inode_storage_get(&tsem_inodes, inode, 0, 0);
	return r && content_kept(e, inode, inode->i_size, r);
}

/* The digest of the content of a file whose content counts. Its INODE has just been described. Sleeps. */
__noinline int cell_content(struct tsem_scratch *e __arg_nonnull, struct file *file __arg_trusted, u32 use)
{
	struct inode *host, *inode = file->f_inode;
	struct tsem_inode *r;
	u64 size;

	if (cell_content_own(e, file, use))
		return 0;
	host = content_host(file, e->inode_magic);
	size = host ? host->i_size : inode->i_size;
	if (!size) {
		cell_digest_empty(e);
		return 0;
	}
	r = inode_record(inode);
	if (use == CONTENT_CODE && host) {
		if (r)
			r->executed = 1;
		/* Keep this order: a writer is counted in i_writecount before its guard looks for our entry. */
		if (!r || (text_open(inode) && !text_begin(e, address_of(e, host))) || host->i_writecount.counter > 0) {
			cell_code_fault(e);
			return 0;
		}
	}
	/* A mapping can change a file in memory without a trace, so hash its code anew. */
	if (r && host && !(use == CONTENT_CODE && filesystem_volatile(e->inode_magic)) &&
	    content_kept(e, host, size, r))
		return 0;
	if (!r || !inode_record_copy(e, r)) {
		r = NULL;
		e->inode.digest_valid = 0;
	}
	content_take(e, file, r, use);
	if (use == CONTENT_CODE && host && (host->i_writecount.counter > 0 || (u64)host->i_size != size))
		cell_code_fault(e);
	else
		cell_digest(e, e->inode.digest);
	return 0;
}

/*
 * The digest in a hook that must not sleep: the last one, usually taken when the file was opened; bytes of 0xff if
 * there is none.
 */
static __always_inline void cell_content_atomic(struct tsem_scratch *e, struct file *file)
{
	struct inode *inode = file->f_inode;
	struct tsem_inode *r;

	if (!inode->i_size || !plain(file)->f_op->read_iter) {
		cell_digest_empty(e);
		return;
	}
	r = bpf_inode_storage_get(&tsem_inodes, inode, 0, 0);
	if (!r || !inode_record_copy(e, r) || !e->inode.seen || e->inode.content != e->record.content)
		digest_fault(e, e->inode.digest);
	cell_digest(e, e->inode.digest);
}

/* FILE of a file that is not inherited: flags, INODE, PATH, and the digest of its content. */
static __always_inline void cell_file(struct tsem_scratch *e, struct file *file, u32 use)
{
	struct inode *inode = file->f_inode;

	/* The kernel removes these flags when the file is open. */
	cell_u32(e, file->f_flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC));
	cell_inode(e, inode);
	cell_path(e, file->f_path.dentry, file->f_path.mnt, 0);
	if (use == CONTENT_NONE || !content_counts(e, file, inode, use))
		cell_digest_empty(e);
	else if (use == CONTENT_ATOMIC)
		cell_content_atomic(e, file);
	else
		cell_content(e, file, use);
}

#endif
