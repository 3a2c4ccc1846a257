/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building blocks of descriptions that name files: INODE, PATH and the content digest.
 *
 * A path is walked here, from the file up to the root of the mount namespace, and not fetched by bpf_d_path(): that one
 * stops at the task's root, so that a chroot would rename every file, it works in few hooks, and it costs more. A
 * rename or a change of mounts during the walk moves a global sequence count; the walk is then done again, so that a
 * path is never a mix of two.
 *
 * The digest of a file is taken by IMA and kept in inode storage. It is good while size, ctime and i_version of the
 * inode that holds the pages (below an overlay) are what they were, as long as no writer is open, and only if this
 * state had been seen a while before the digest was taken: a write within the clock tick of the ctime would not move
 * it.
 */
#ifndef TSEM_PATH_BPF_H
#define TSEM_PATH_BPF_H

#include "event.bpf.h"

#define PROC_SUPER_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572
#define DEBUGFS_MAGIC 0x64626720
#define DEVPTS_SUPER_MAGIC 0x1cd1
#define BINFMTFS_MAGIC 0x42494e4d
#define SECURITYFS_MAGIC 0x73636673
#define SELINUX_MAGIC 0xf97cff8c
#define SMACK_MAGIC 0x43415d53
#define CGROUP_SUPER_MAGIC 0x27e0eb
#define CGROUP2_SUPER_MAGIC 0x63677270
#define NSFS_MAGIC 0x6e736673
#define EFIVARFS_MAGIC 0xde5e81e4

#define PIPEFS_MAGIC 0x50495045
#define SOCKFS_MAGIC 0x534f434b
#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446
#define DMA_BUF_MAGIC 0x444d4142

/* Where a path that is walked from its end ends in the message, and the least place where it may begin. */
#define PATH_END (TSEM_PATH_MAX + 512)
#define PATH_BEGIN 512
#define PATH_COMPONENTS_MAX 2100
#define PATH_TRIES 8
#define NAME_MAX 255

/* The digest of a file counts as racily clean for this long after its state was first seen: two ticks at HZ=100. */
#define CONTENT_SETTLED_NS 20000000ULL
#define HASH_ALGO_SHA256 4
#define I_CTIME_QUERIED (1U << 31)

static __always_inline bool filesystem_pseudo(u64 magic)
{
	switch (magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TMPFS_MAGIC:
	case DEVPTS_SUPER_MAGIC:
	case BINFMTFS_MAGIC:
	case SECURITYFS_MAGIC:
	case SELINUX_MAGIC:
	case SMACK_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case NSFS_MAGIC:
	case EFIVARFS_MAGIC:
		return true;
	}
	return false;
}

static __always_inline u32 names_sequence(void)
{
	u32 sum = 0;

	if (&rename_lock)
		sum += bpf_core_cast(&rename_lock, struct seqcount)->sequence;
	if (&mount_lock)
		sum += bpf_core_cast(&mount_lock, struct seqcount)->sequence;
	return sum;
}

/*
 * Walks from walk_dentry, by its mount if walk_mnt is not 0, up to the root, and leaves the pathname in
 * message[path_start .. path_start + path_size). 0, or -E2BIG if it is longer than PATH_MAX.
 *
 * What changes from component to component lives in the scratch: to the verifier it is then the same unknown in every
 * turn of the loop, which it has to follow once only.
 */
__noinline int path_walk_once(struct tsem_task *t __arg_nonnull)
{
	u32 i;

	t->path_start = PATH_END;
	bpf_for(i, 0, PATH_COMPONENTS_MAX) {
		u64 here = *(volatile u64 *)&t->walk_dentry, mnt = *(volatile u64 *)&t->walk_mnt, parent;
		struct dentry *d = bpf_core_cast((void *)here, struct dentry);
		u32 start = *(volatile u32 *)&t->path_start, size;

		if (mnt) {
			struct vfsmount *m = bpf_core_cast((void *)mnt, struct vfsmount);

			if (here == (u64)m->mnt_root) {
				struct mount *at = bpf_core_cast((void *)mnt - bpf_core_field_offset(struct mount, mnt),
								 struct mount);
				u64 up = (u64)at->mnt_parent + bpf_core_field_offset(struct mount, mnt);

				if (up == mnt)
					break;
				t->walk_dentry = (u64)at->mnt_mountpoint;
				t->walk_mnt = up;
				continue;
			}
		}
		parent = (u64)d->d_parent;
		/* A root that is mounted nowhere has no name, but that of a file without a directory (memfd). */
		if (parent == here && (start != PATH_END || !mnt))
			break;
		size = d->d_name.len;
		if (!at_most(size, NAME_MAX))
			size = NAME_MAX;
		if (start < PATH_BEGIN + NAME_MAX + 1)
			return -E2BIG;
		start -= size;
		if (!at_most(start, PATH_END))
			return -E2BIG;
		bpf_probe_read_kernel(t->message + start, size, d->d_name.name);
		start--;
		t->message[start] = '/';
		t->path_start = start;
		if (parent == here)
			break;
		t->walk_dentry = parent;
	}
	if (*(volatile u32 *)&t->path_start == PATH_END) {
		t->path_start = PATH_END - 1;
		t->message[PATH_END - 1] = '/';
	}
	t->path_size = PATH_END - t->path_start;
	return t->path_size < TSEM_PATH_MAX ? 0 : -E2BIG;
}

/* The same, again until no name changed under the walk. */
__noinline int path_walk(struct tsem_task *t __arg_nonnull, u64 dentry, u64 mnt)
{
	u32 i;

	bpf_for(i, 0, PATH_TRIES) {
		u32 sequence = names_sequence();
		int err;

		t->walk_dentry = dentry;
		t->walk_mnt = mnt;
		err = path_walk_once(t);

		if (names_sequence() == sequence)
			return err;
	}
	return -EBUSY;
}

static __always_inline void path_fixed(struct tsem_task *t, const char *name, u32 size)
{
	bpf_probe_read_kernel(t->message + PATH_BEGIN, size, name);
	t->path_start = PATH_BEGIN;
	t->path_size = size;
}

/*
 * The pathname of a filesystem without a device, by its magic: what its d_dname gives up to the first colon, which BPF
 * cannot call. Every d_dname of kernels 6.12 to 7.3 is here but those of mounted filesystems, which have a device.
 */
__noinline int path_nodev(struct tsem_task *t __arg_nonnull, u64 magic)
{
	if (magic == PIPEFS_MAGIC)
		path_fixed(t, "pipe:/", 6);
	else if (magic == SOCKFS_MAGIC)
		path_fixed(t, "socket:/", 8);
	else if (magic == ANON_INODE_FS_MAGIC || magic == PID_FS_MAGIC)
		path_fixed(t, "anon_inode:/", 12);
	else if (magic == DMA_BUF_MAGIC)
		path_fixed(t, "/dmabuf:/", 9);
	else
		path_fixed(t, "nodev:/", 7);
	return 0;
}

/* PATH number `n` (0 or 1) of the event. `mnt` is 0 where the hook gives a dentry only. */
static __always_inline void cell_path(struct tsem_task *t, int n, struct dentry *dentry, struct vfsmount *mnt)
{
	struct super_block *sb = dentry->d_sb;
	u32 dev = sb->s_dev, start;
	int err = 0;

	if (dev >> 20 || sb->s_root->d_inode->i_op->rename) {
		cell_u32_pair(t, dev >> 20, dev & 0xfffff);
		cell_local(t, 2 * sizeof(u32));
		t->record.shape |= n ? TSEM_SHAPE_DEVICE1 : TSEM_SHAPE_DEVICE0;
		err = path_walk(t, address_of(t, dentry), address_of(t, mnt));
	} else {
		path_nodev(t, sb->s_magic);
	}
	start = t->path_start;
	if (err || start >= TSEM_MESSAGE_SIZE) {
		event_unmodeled(t, TSEM_LOSS_PATH);
		return;
	}
	cell_str(t, t->message + start, t->path_size);
}

/* INODE. `identity` stands for the names of the superblock in the memo key. */
static __always_inline void cell_inode(struct tsem_task *t, struct inode *inode, u64 identity)
{
	u32 uid = inode->i_uid.val, gid = inode->i_gid.val, n = t->inodes;
	u32 *p = cell_room(t, 64);

	if (!p || n >= TSEM_INODES_MAX) {
		event_unmodeled(t, TSEM_LOSS_CELL);
		return;
	}
	if (t->nsref == TSEM_NSREF_CURRENT) {
		struct user_namespace *user_ns = bpf_get_current_task_btf()->cred->user_ns;

		if (user_ns->level) {
			uid = id_from_kernel(address_of(t, &user_ns->uid_map), uid);
			gid = id_from_kernel(address_of(t, &user_ns->gid_map), gid);
		}
	}
	p[0] = uid;
	p[1] = gid;
	p[2] = inode->i_mode;
	p[3] = inode->i_sb->s_magic;
	prf_word(t, uid | (u64)gid << 32);
	prf_word(t, inode->i_mode | (u64)inode->i_sb->s_magic << 32);
	prf_word(t, identity);
	t->sb = (u64)inode->i_sb;
	t->inode_at[n] = t->record.cell_size - 48;
	t->inodes = n + 1;
	cell_local(t, 48);
}

static __always_inline void content_state_read(struct tsem_content *s, struct file *file)
{
	struct inode *host = file->f_mapping->host;

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

static __always_inline u64 serial_next(void)
{
	struct tsem_globals *g = globals();

	return g ? __sync_fetch_and_add(&g->next_serial, 1) + 1 : 0;
}

/* A copy of the inode record into t->inode that no writer touched meanwhile; false: none could be had. */
static __always_inline bool inode_record_copy(struct tsem_task *t, struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock;

	if (lock & 1)
		return false;
	__builtin_memcpy(&t->inode, r, sizeof(*r));
	barrier();
	return *(volatile u32 *)&r->lock == lock;
}

/* Publishes t->inode, unless another task is at it. */
static __always_inline void inode_record_publish(struct tsem_task *t, struct tsem_inode *r)
{
	u32 lock = *(volatile u32 *)&r->lock;

	if (lock & 1 || __sync_val_compare_and_swap(&r->lock, lock, lock + 1) != lock)
		return;
	t->inode.lock = lock + 1;
	__builtin_memcpy((void *)r + 8, (void *)&t->inode + 8, sizeof(*r) - 8);
	r->digest_valid = t->inode.digest_valid;
	__sync_fetch_and_add(&r->lock, 1);
}

enum content_kind {
	CONTENT_CACHED = 1, /* its version number stands for it */
	CONTENT_EMPTY = 2,
	CONTENT_FRESH = 3, /* just taken, not kept: absorbed in full */
	CONTENT_PSEUDONYM = 4, /* constant, by decree */
};

/*
 * Is the path at hand one of the namespace's pseudonyms? The answer is kept in the memo, under the key of the event as
 * far as it is described: with it the path, the namespace and the generation of pseudonyms.
 */
__noinline int path_pseudonym(struct tsem_task *t __arg_nonnull)
{
	u64 saved[4] = { t->prf[0], t->prf[1], t->prf[2], t->prf[3] };
	struct tsem_pseudonym_key *key = (struct tsem_pseudonym_key *)&t->key;
	u32 start = t->path_start, size = t->path_size;
	struct tsem_memo_key memo;
	const u8 *known;

	prf_word(t, CONTENT_PSEUDONYM);
	prf_final(t, memo.hash);
	t->prf[0] = saved[0], t->prf[1] = saved[1], t->prf[2] = saved[2], t->prf[3] = saved[3];
	known = bpf_map_lookup_elem(&tsem_memo, &memo);
	if (known)
		return known[0];
	/* The path lies in the message: its length in front of it, all moved to the beginning. */
	start -= 4;
	if (!at_most(start, PATH_END) || !at_most(size, TSEM_PATH_MAX))
		return 0;
	*(u32 *)(t->message + start) = size;
	bpf_probe_read_kernel(t->message, size + 4, t->message + start);
	t->message_size = size + 4;
	if (digest_message(t, t->digest))
		return 0;
	key->ns = t->ns;
	__builtin_memcpy(key->digest, t->digest_out, TSEM_DIGEST_SIZE);
	t->digest_out[0] = bpf_map_lookup_elem(&tsem_pseudonyms, key) != NULL;
	bpf_map_update_elem(&tsem_memo, &memo, t->digest_out, BPF_ANY);
	return t->digest_out[0];
}

/* Takes the digest of `file` into t->inode.digest. `r` is its record, or NULL. Sleeps. */
static __noinline int content_take(struct tsem_task *t, struct file *file, struct tsem_inode *r)
{
	struct tsem_content *before = &t->before, *after = &t->after;
	u64 now = bpf_ktime_get_boot_ns();
	bool seen;

	content_state_read(before, file);
	seen = r && content_state_same(&t->inode, before);
	if (bpf_ima_file_hash(file, t->inode.digest, TSEM_DIGEST_SIZE) != HASH_ALGO_SHA256) {
		__builtin_memset(t->inode.digest, 0xff, TSEM_DIGEST_SIZE);
		event_unmodeled(t, TSEM_LOSS_CONTENT);
		return CONTENT_FRESH;
	}
	content_state_read(after, file);
	if (!r || before->writers > 0 || after->writers > 0 || after->host != before->host ||
	    after->size != before->size || after->ctime_sec != before->ctime_sec ||
	    after->ctime_nsec != before->ctime_nsec || after->change != before->change)
		return CONTENT_FRESH;
	t->inode.digest_valid = seen && now - t->inode.seen > CONTENT_SETTLED_NS;
	t->inode.version = serial_next();
	if (!seen) {
		t->inode.host = before->host;
		t->inode.size = before->size;
		t->inode.ctime_sec = before->ctime_sec;
		t->inode.ctime_nsec = before->ctime_nsec;
		t->inode.change = before->change;
		t->inode.seen = now;
	}
	inode_record_publish(t, r);
	return t->inode.digest_valid ? CONTENT_CACHED : CONTENT_FRESH;
}

/* The content digest of a regular file on a real filesystem, whose INODE and PATH are already described. Sleeps. */
static __always_inline void cell_content(struct tsem_task *t, struct file *file, struct tsem_inode *r)
{
	struct tsem_content *now = &t->before;
	struct tsem_globals *g = globals();
	int kind;

	content_state_read(now, file);
	if (g && g->pseudonyms && path_pseudonym(t))
		kind = CONTENT_PSEUDONYM;
	else if (!now->size)
		kind = CONTENT_EMPTY;
	else if (r && t->inode.digest_valid && now->writers <= 0 && content_state_same(&t->inode, now))
		kind = CONTENT_CACHED;
	else
		kind = content_take(t, file, r);
	if (kind == CONTENT_EMPTY || kind == CONTENT_PSEUDONYM) {
		u32 digest = t->digest;

		if (digest <= TSEM_DIGEST_SM3)
			cell_digest(t, (const u8 *)digest_empty[digest]);
		prf_word(t, kind);
		return;
	}
	cell_digest(t, t->inode.digest);
	prf_word(t, (u64)kind << 56 | (kind == CONTENT_CACHED ? t->inode.version : 0));
	if (kind == CONTENT_FRESH)
		prf_digest(t, t->inode.digest);
}

/* Is an event on this file modeled at all? */
static __always_inline bool file_modeled(struct file *file)
{
	struct inode *inode = file->f_inode;

	return (inode->i_mode & S_IFMT) == S_IFREG && !filesystem_pseudo(inode->i_sb->s_magic);
}

/* FILE. Sleeps. */
static __always_inline void cell_file(struct tsem_task *t, struct file *file)
{
	struct inode *inode = file->f_inode;
	struct tsem_inode *r = NULL;
	bool copied = false, content = file_modeled(file);

	if (content) {
		r = bpf_inode_storage_get(&tsem_inodes, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (r && !r->identity)
			__sync_val_compare_and_swap(&r->identity, 0, serial_next());
		copied = r && inode_record_copy(t, r);
	}
	if (!copied) {
		/* Without a record nothing is kept, and a fresh number keeps the event out of the memo. */
		r = NULL;
		t->inode.identity = serial_next();
		t->inode.digest_valid = 0;
	}
	cell_u32(t, file->f_flags);
	cell_inode(t, inode, t->inode.identity);
	cell_path(t, 0, file->f_path.dentry, file->f_path.mnt);
	if (content) {
		cell_content(t, file, r);
	} else {
		u32 digest = t->digest;

		if (digest <= TSEM_DIGEST_SM3)
			cell_digest(t, (const u8 *)digest_empty[digest]);
	}
}

#endif
