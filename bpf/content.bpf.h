/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FILE, and the digest of a file's content.
 *
 * The digest is taken by IMA and kept in inode storage. It is good while size, ctime and i_version of the inode that
 * holds the pages (below an overlay) are what they were, as long as no writer is open, and only if this state had been
 * seen a while before the digest was taken: a write within the clock tick of the ctime would not move it. The patched
 * kernel's own function tells where i_version alone is enough.
 */
#ifndef TSEM_CONTENT_BPF_H
#define TSEM_CONTENT_BPF_H

#include "inherited.bpf.h"
#include "path.bpf.h"

/* The digest of a file counts as racily clean for this long after its state was first seen: two ticks at HZ=100. */
#define CONTENT_SETTLED_NS 20000000ULL
#define HASH_ALGO_SHA256 4
#define I_CTIME_QUERIED (1U << 31)
#define I_VERSION_QUERIED 1
#define SB_I_IMA_UNVERIFIABLE_SIGNATURE 0x20

/* Is `real` the file that a filesystem has opened below the one at `user`? Safe with any value. */
static __always_inline bool file_backs(void *real, struct dentry *user)
{
	struct backing_file *backing = bpf_core_cast(real, struct backing_file);

	return backing->user_path.dentry == user;
}

/*
 * The inode that holds the pages of a file's content: on an overlay that of the layer below, which can be written to
 * without the overlay's own inode telling. That may be an overlay itself, no more (FILESYSTEM_MAX_STACK_DEPTH). NULL:
 * it cannot be told, and no digest may be kept. `magic`: of its filesystem.
 *
 * overlayfs keeps the file below in private_data, since 6.13 (87a8a76c34a2) in a box whose first member it is. It is a
 * module, which may be loaded after us: its types cannot be asked, what lies there can.
 */
static __always_inline struct inode *content_host(struct file *file, u64 magic)
{
	struct file *real = file;

	if (magic != OVERLAYFS_SUPER_MAGIC)
		return bpf_core_cast(file->f_mapping->host, struct inode);
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
	return bpf_core_cast(real->f_mapping->host, struct inode);
}

/*
 * Does a process serve the content (FUSE), so that it may be another at each reading, or be given never while our
 * program waits for it? The kernel marks it as nothing to rely on for signatures; what the hypervisor serves is meant
 * to be.
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

/* A copy of the inode record into e->inode that no writer touched meanwhile; false: none could be had. */
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

/* Publishes what e->inode says of the content, unless another task is at it. */
static __always_inline void inode_record_publish(struct tsem_scratch *e, struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock;
	u64 *to = &r->host;
	const u64 *from = &e->inode.host;

	if (lock & 1 || __sync_val_compare_and_swap(&r->lock, lock, lock + 1) != lock)
		return;
	/* From `host` to `digest`. */
#pragma unroll
	for (u32 i = 0; i < 7 + TSEM_DIGEST_MAX / 8; i++)
		to[i] = from[i];
	r->digest_valid = e->inode.digest_valid;
	__sync_fetch_and_add(&r->lock, 1);
}

/* Appends cell[from .. to), the STR of the path, to the message that will be hashed, by its length. */
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
 * Is the last path one of the namespace's pseudonyms? A pseudonym is of the real pathname, whatever that was hashed as.
 * The look-up is not kept: only namespaces with pseudonyms pay for it.
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

/* Does the pattern that the last path matches leave the content out? */
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
 * Hashes the content of `file` into e->inode.digest. e->version: what i_version says, marked as queried, where the
 * kernel vouches that every later change of the content moves it; else 0. Sleeps. 0, or -EINVAL.
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

/*
 * May the helper give a digest that it has kept, while somebody writes? It does so where an IMA policy is loaded.
 */
static __always_inline bool content_cached(struct inode *host)
{
	if (bpf_ksym_exists(bpf_tsem_hash_file) || !&ima_policy_flag || host->i_writecount.counter <= 0)
		return false;
	/* A struct of one number serves as its type. */
	return bpf_core_cast(&ima_policy_flag, struct seqcount)->sequence != 0;
}

/* What a digest of the content is for. */
enum content_use {
	CONTENT_DATA, /* the file is read, written or asked about */
	CONTENT_CODE, /* it is executed: what the namespace made counts too */
	CONTENT_ATOMIC, /* data, where the hook must not sleep */
};

/* The content cannot be hashed. As data on tmpfs it then counts as nothing; else the event is outside of every model.
 */
static __always_inline void content_none(struct tsem_scratch *e, struct file *file, u32 use)
{
	if (use != CONTENT_CODE && file->f_inode->i_sb->s_magic == TMPFS_MAGIC) {
		__builtin_memcpy(e->inode.digest, e->empty, TSEM_DIGEST_MAX);
		return;
	}
	digest_fault(e, e->inode.digest);
	event_unmodeled(e, TSEM_LOSS_CONTENT);
}

/* Takes the digest of `file` into e->inode.digest. `r` is its record, or NULL: nothing is kept. Sleeps. */
static __noinline void content_take(struct tsem_scratch *e, struct file *file, struct tsem_inode *r, u32 use)
{
	struct inode *host = content_host(file, file->f_inode->i_sb->s_magic);
	struct tsem_content *before = &e->before, *after = &e->after;
	u64 now = bpf_ktime_get_boot_ns();
	bool seen;

	if (!host)
		r = NULL;
	if (r)
		content_state_read(before, host);
	seen = r && content_state_same(&e->inode, before);
	e->inode.content = e->record.content;
	/* What the kernel itself cannot read has no content, and can be executed by nobody. */
	if (!file->f_op->read_iter) {
		__builtin_memcpy(e->inode.digest, e->empty, TSEM_DIGEST_MAX);
		return;
	}
	/* What was written in a layer beside the overlay can be read, but is not hashed: the overlay has the old size.
	 */
	if ((host && (host->i_size != file->f_inode->i_size || content_served(host) || content_cached(host))) ||
	    content_hash(e, file)) {
		content_none(e, file, use);
		return;
	}
	if (!r)
		return;
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
}

static __always_inline void cell_digest_empty(struct tsem_scratch *e)
{
	cell_digest(e, e->empty);
}

/* The kept digest of the content, if it is good. What is read without a lock is read again if a writer came between. */
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

/* Does the content of the file count, so that it has to be hashed? Its PATH has just been described. */
static __always_inline bool content_counts(struct tsem_scratch *e, struct file *file, u64 magic, u32 use)
{
	struct inode *inode = file->f_inode;

	if ((inode->i_mode & S_IFMT) != S_IFREG || filesystem_generated(magic) || !filesystem_modeled(e, magic))
		return false;
	if (use != CONTENT_CODE && (pattern_any_content(e) || (e->file_look && inode_created(e, inode))))
		return false;
	return !e->pseudonyms || !path_pseudonym(e);
}

/* The record of an inode, made if need be; NULL: no memory. */
static __always_inline struct tsem_inode *inode_record(struct inode *inode)
{
	return bpf_inode_storage_get(&tsem_inodes, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/*
 * The current task is about to map the file as code. Until it is seen again, which is when the mapping is there, nobody
 * gets the file open for writing (guard_text). `host`: the inode that holds the pages. False: there is no room.
 */
static __always_inline bool text_begin(struct tsem_scratch *e, struct inode *host)
{
	u64 address = (u64)host;
	u32 none = 0, *tasks, i;

	bpf_for(i, 0, 8) {
		bpf_map_update_elem(&tsem_texts, &address, &none, BPF_NOEXIST);
		tasks = bpf_map_lookup_elem(&tsem_texts, &address);
		/* One that is being removed is made anew. */
		if (tasks && !(__sync_fetch_and_add(tasks, 1) & TEXT_GONE)) {
			e->text = address;
			event_due(e);
			return true;
		}
	}
	return false;
}

/* What is executed is what was hashed: nobody may be writing, now or meanwhile. */
static __always_inline void cell_code_fault(struct tsem_scratch *e)
{
	digest_fault(e, e->inode.digest);
	event_unmodeled(e, TSEM_LOSS_CONTENT);
	cell_digest(e, e->inode.digest);
}

/* The digest of the content of a file whose content counts. Sleeps. */
static __always_inline void cell_content(struct tsem_scratch *e, struct file *file, u64 magic, u32 use)
{
	struct inode *host = content_host(file, magic);
	u64 size = host ? host->i_size : file->f_inode->i_size;
	struct tsem_inode *r;

	if (!size) {
		cell_digest_empty(e);
		return;
	}
	r = inode_record(file->f_inode);
	if (use == CONTENT_CODE && host) {
		if (r)
			r->executed = 1;
		/* In this order: who opens it for writing is counted before his guard looks for us. */
		if (!r || !text_begin(e, host) || host->i_writecount.counter > 0) {
			cell_code_fault(e);
			return;
		}
	}
	if (r && host && content_kept(e, host, size, r))
		return;
	if (!r || !inode_record_copy(e, r)) {
		r = NULL;
		e->inode.digest_valid = 0;
	}
	content_take(e, file, r, use);
	if (use == CONTENT_CODE && host && (host->i_writecount.counter > 0 || (u64)host->i_size != size))
		cell_code_fault(e);
	else
		cell_digest(e, e->inode.digest);
}

/*
 * The digest where the hook must not sleep: the one that was taken last, as a rule when the file was opened; 32 bytes
 * of 0xff if none ever was.
 */
static __always_inline void cell_content_atomic(struct tsem_scratch *e, struct file *file)
{
	struct tsem_inode *r;

	if (!file->f_inode->i_size || !file->f_op->read_iter) {
		cell_digest_empty(e);
		return;
	}
	r = bpf_inode_storage_get(&tsem_inodes, file->f_inode, 0, 0);
	if (!r || !inode_record_copy(e, r) || !e->inode.seen || e->inode.content != e->record.content)
		digest_fault(e, e->inode.digest);
	cell_digest(e, e->inode.digest);
}

/* FILE of a file that is not inherited: flags, INODE, PATH, and the digest of its content. */
static __always_inline void cell_file(struct tsem_scratch *e, struct file *file, u32 use)
{
	u64 magic = file->f_inode->i_sb->s_magic;

	cell_u32(e, file->f_flags);
	cell_inode(e, file->f_inode);
	cell_path(e, file->f_path.dentry, file->f_path.mnt, 0);
	if (!content_counts(e, file, magic, use))
		cell_digest_empty(e);
	else if (use == CONTENT_ATOMIC)
		cell_content_atomic(e, file);
	else
		cell_content(e, file, magic, use);
}

#endif
