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
 * it cannot be told, and no digest may be kept.
 *
 * overlayfs keeps the file below in private_data, since 6.13 (87a8a76c34a2) in a box whose first member it is. It is a
 * module, which may be loaded after us: its types cannot be asked, what lies there can.
 */
static __always_inline struct inode *content_host(struct file *file)
{
	struct file *real = file;

	if (file->f_inode->i_sb->s_magic != OVERLAYFS_SUPER_MAGIC)
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

/* A copy of the inode record into t->inode that no writer touched meanwhile; false: none could be had. */
static __always_inline bool inode_record_copy(struct tsem_task *t, struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock;

	if (lock & 1)
		return false;
	read_fence();
	__builtin_memcpy(&t->inode, r, sizeof(*r));
	read_fence();
	return *(volatile u32 *)&r->lock == lock;
}

/* Publishes what t->inode says of the content, unless another task is at it. */
static __always_inline void inode_record_publish(struct tsem_task *t, struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock;
	u64 *to = &r->host;
	const u64 *from = &t->inode.host;

	if (lock & 1 || __sync_val_compare_and_swap(&r->lock, lock, lock + 1) != lock)
		return;
	/* From `host` to `digest`. */
#pragma unroll
	for (u32 i = 0; i < 7 + TSEM_DIGEST_MAX / 8; i++)
		to[i] = from[i];
	r->digest_valid = t->inode.digest_valid;
	__sync_fetch_and_add(&r->lock, 1);
}

/* What the memo is asked for a path: no event has this number. */
#define MEMO_PSEUDONYM 0xffff

/*
 * Is the path whose STR begins at cell[at] one of the namespace's pseudonyms? The answer is kept in the memo, under the
 * key of the event as far as it is described: with it the path, the namespace and the generation of pseudonyms.
 */
__noinline int path_pseudonym(struct tsem_task *t __arg_nonnull, u32 at)
{
	struct tsem_pseudonym_key *key = (struct tsem_pseudonym_key *)&t->key;
	struct tsem_hashing *s;

	memo_key(t, MEMO_PSEUDONYM);
	if (memo_get(t, key->digest))
		return key->digest[0];
	s = hashing(t);
	if (!s || message_add_cell(s, t, at, t->record.cell_size) || digest_message(s, t->digest))
		return 0;
	key->ns = t->ns;
	__builtin_memcpy(key->digest, s->digest, TSEM_KEY_SIZE);
	s->digest[0] = bpf_map_lookup_elem(&tsem_pseudonyms, key) != NULL;
	memo_put(t, s);
	return s->digest[0];
}

/*
 * Hashes the content of `file` into t->inode.digest. t->version: what i_version says, marked as queried, where the
 * kernel vouches that every later change of the content moves it; else 0. Sleeps. 0, or -EINVAL.
 */
static __always_inline int content_hash(struct tsem_task *t, struct file *file)
{
	struct bpf_tsem_hash *hash;
	int got;

	t->version = 0;
	__builtin_memset(t->inode.digest, 0, TSEM_DIGEST_MAX);
	if (bpf_ksym_exists(bpf_tsem_hash_file)) {
		hash = kernel_hash_get(t->content);
		if (!hash)
			return -EINVAL;
		got = bpf_tsem_hash_file(hash, file, t->inode.digest, TSEM_DIGEST_MAX, &t->version);
		bpf_tsem_hash_release(hash);
		return got > 0 ? 0 : -EINVAL;
	}
	return bpf_ima_file_hash(file, t->inode.digest, TSEM_DIGEST_MAX) == HASH_ALGO_SHA256 ? 0 : -EINVAL;
}

/* Takes the digest of `file` into t->inode.digest. `r` is its record, or NULL: nothing is kept. Sleeps. */
static __noinline void content_take(struct tsem_task *t, struct file *file, struct tsem_inode *r)
{
	struct inode *host = content_host(file);
	struct tsem_content *before = &t->before, *after = &t->after;
	u64 now = bpf_ktime_get_boot_ns();
	bool seen;

	if (!host)
		r = NULL;
	if (r)
		content_state_read(before, host);
	seen = r && content_state_same(&t->inode, before);
	t->inode.content = t->content;
	/* What was written in a layer beside the overlay can be read, but is not hashed: the overlay has the old size.
	 */
	if ((host && (host->i_size != file->f_inode->i_size || content_served(host))) || content_hash(t, file)) {
		digest_fault(t, t->inode.digest);
		event_unmodeled(t, TSEM_LOSS_CONTENT);
		return;
	}
	if (!r)
		return;
	content_state_read(after, host);
	t->inode.digest_valid = t->version ||
				(seen && now - t->inode.seen > CONTENT_SETTLED_NS && before->writers <= 0 &&
				 after->writers <= 0 && after->host == before->host && after->size == before->size &&
				 after->ctime_sec == before->ctime_sec && after->ctime_nsec == before->ctime_nsec &&
				 after->change == before->change);
	if (t->version) {
		t->inode.host = before->host;
		t->inode.size = before->size;
		t->inode.ctime_sec = before->ctime_sec;
		t->inode.ctime_nsec = before->ctime_nsec;
		t->inode.change = t->version << 1 | I_VERSION_QUERIED;
		t->inode.seen = now;
	} else if (!seen) {
		t->inode.host = before->host;
		t->inode.size = before->size;
		t->inode.ctime_sec = before->ctime_sec;
		t->inode.ctime_nsec = before->ctime_nsec;
		t->inode.change = before->change;
		t->inode.seen = now;
	}
	inode_record_publish(t, r);
}

static __always_inline void cell_digest_empty(struct tsem_task *t)
{
	cell_digest(t, t->empty);
}

/* The kept digest of the content, if it is good. What is read without a lock is read again if a writer came between. */
static __always_inline bool content_kept(struct tsem_task *t, struct inode *host, struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock, size = t->record.cell_size;

	read_fence();
	if (lock & 1 || !r->digest_valid || r->content != t->content || host->i_writecount.counter > 0 ||
	    r->host != (u64)host || r->size != (u64)host->i_size || r->ctime_sec != (u64)host->i_ctime_sec ||
	    r->ctime_nsec != (host->i_ctime_nsec & ~I_CTIME_QUERIED) || r->change != (u64)host->i_version.counter)
		return false;
	cell_digest(t, r->digest);
	read_fence();
	if (*(volatile u32 *)&r->lock != lock) {
		t->record.cell_size = size;
		return false;
	}
	return true;
}

/* The content digest of a regular file on a real filesystem, whose PATH begins at cell[path]. Sleeps. */
static __always_inline void cell_content(struct tsem_task *t, struct file *file, struct tsem_inode *r, u32 path)
{
	struct inode *host = content_host(file);
	struct tsem_globals *g = globals();

	if (!(host ? host->i_size : file->f_inode->i_size) || (g && g->pseudonyms && path_pseudonym(t, path))) {
		cell_digest_empty(t);
		return;
	}
	if (r && host && content_kept(t, host, r))
		return;
	/* What the kernel itself cannot read (a message queue) has no content, and can be executed by nobody. */
	if (!file->f_op->read_iter) {
		cell_digest_empty(t);
		return;
	}
	if (!r || !inode_record_copy(t, r)) {
		r = NULL;
		t->inode.digest_valid = 0;
	}
	content_take(t, file, r);
	cell_digest(t, t->inode.digest);
}

/* Is an event on this file modeled at all? */
static __always_inline bool file_modeled(struct file *file)
{
	struct inode *inode = file->f_inode;

	return (inode->i_mode & S_IFMT) == S_IFREG && !filesystem_pseudo(inode->i_sb->s_magic);
}

/* FILE up to its content digest: flags, INODE and PATH, which begins at *path. Does the content count? *r: its record.
 */
static __always_inline bool cell_file_name(struct tsem_task *t, struct file *file, struct tsem_inode **r, u32 *path)
{
	struct inode *inode = file->f_inode;
	bool created = false, content = file_modeled(file);

	cell_u32(t, file->f_flags);
	*r = content ? inode_record(inode) : bpf_inode_storage_get(&tsem_inodes, inode, 0, 0);
	cell_inode(t, inode);
	if (inode_created(t, *r)) {
		created = true;
		owned_by(t, (*r)->instance, (*r)->creator);
	}
	*path = t->record.cell_size;
	cell_path(t, 0, file->f_path.dentry, file->f_path.mnt);
	if (t->record.shape & TSEM_SHAPE_DEVICE0)
		*path += 2 * sizeof(u32);
	return content && !created;
}

/* FILE. Sleeps. */
static __always_inline void cell_file(struct tsem_task *t, struct file *file)
{
	struct tsem_inode *r;
	u32 path;

	if (cell_file_name(t, file, &r, &path))
		cell_content(t, file, r, path);
	else
		cell_digest_empty(t);
}

/*
 * FILE for a hook that must not sleep: the digest is the one that was taken last, as a rule when the file was opened;
 * 32 bytes of 0xff if none ever was (the file was inherited from outside).
 */
static __always_inline void cell_file_atomic(struct tsem_task *t, struct file *file)
{
	struct tsem_globals *g = globals();
	struct tsem_inode *r;
	u32 path;

	if (!cell_file_name(t, file, &r, &path) || !file->f_inode->i_size ||
	    (g && g->pseudonyms && path_pseudonym(t, path))) {
		cell_digest_empty(t);
		return;
	}
	if (!r || !inode_record_copy(t, r) || !t->inode.seen || t->inode.content != t->content)
		digest_fault(t, t->inode.digest);
	cell_digest(t, t->inode.digest);
}

#endif
