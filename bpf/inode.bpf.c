// SPDX-License-Identifier: GPL-2.0
/* Inodes: names, attributes and extended attributes. */
#include "guard.bpf.h"
#include "inherited.bpf.h"

#define ATTR_MODE (1 << 0)
#define ATTR_UID (1 << 1)
#define ATTR_GID (1 << 2)
#define ATTR_SIZE (1 << 3)

/*
 * Hooks that make a new inode: INODE of the directory, and the future DENTRY. The inode is counted in every filesystem,
 * since events that are modeled everywhere (inode_getattr) name it.
 */
static __always_inline int creation_describe(struct tsem_scratch *e, struct inode *dir, struct dentry *dentry)
{
	creation_begin(e, dir, dentry);
	if (!filesystem_modeled(e, plain(dir)->i_sb->s_magic))
		return NOT_MODELED;
	cell_inode(e, dir);
	cell_path(e, dentry, NULL, PATH_NEW);
	return DESCRIBED;
}

/*
 * May the file be there? The kernel has yet to look. A filesystem that opens by itself (atomic_open) may create the
 * file in the same look: there d_instantiate does not tell which it was.
 */
static __always_inline bool creation_in_doubt(struct inode *dir, struct dentry *dentry)
{
	return dentry_in_lookup(dentry) && !plain(dir)->i_op->atomic_open;
}

TSEM_GUARDED_PROGRAM("lsm.s/inode_create", inode_create, guard_name(plain(dir)->i_sb, dentry), struct inode *dir,
		     struct dentry *dentry, umode_t mode)
{
	int described = creation_describe(e, dir, dentry);

	e->pending = creation_in_doubt(dir, dentry) ? PENDING : 0;
	cell_u16(e, mode);
	return described;
}

TSEM_PATCHED_GUARDED_PROGRAM("lsm/inode_mkdir", inode_mkdir, guard_name(plain(dir)->i_sb, dentry), struct inode *dir,
			     struct dentry *dentry, umode_t mode)
{
	int described = creation_describe(e, dir, dentry);

	cell_u16(e, mode);
	return described;
}

/* A special file is modeled in every filesystem. */
TSEM_GUARDED_PROGRAM("lsm.s/inode_mknod", inode_mknod, guard_run(dentry), struct inode *dir, struct dentry *dentry,
		     umode_t mode, dev_t dev)
{
	creation_begin(e, dir, dentry);
	cell_inode(e, dir);
	cell_path(e, dentry, NULL, PATH_NEW);
	cell_u16(e, mode);
	cell_u32(e, dev);
	return DESCRIBED;
}

TSEM_GUARDED_PROGRAM("lsm.s/inode_symlink", inode_symlink, guard_name(plain(dir)->i_sb, dentry), struct inode *dir,
		     struct dentry *dentry, const char *old_name)
{
	int described = creation_describe(e, dir, dentry);

	cell_string(e, address_of(e, old_name));
	return described;
}

/* If this is a pseudoterminal that a namespace makes, notes whose it is, for terminal_made_outside(). */
static __always_inline void terminal_note(struct inode *inode)
{
	struct tsem_task *t = task_confined();
	struct tsem_inode *r;

	if (!t || inode->i_sb->s_magic != DEVPTS_SUPER_MAGIC)
		return;
	r = inode_record(inode);
	if (r)
		r->terminal = t->ns;
}

/*
 * The announced inode was made: its dentry gets the inode. A dentry that is still being looked up gets the inode of a
 * file that was there. (One that such a filesystem has just created gets its mark at file_post_open.)
 */
SEC("lsm/d_instantiate")
int BPF_PROG(tsem_created, struct dentry *dentry, struct inode *inode)
{
	struct tsem_scratch *e;

	if (!task_modeled())
		return 0;
	e = scratch_of(bpf_get_current_task_btf());
	if (!e || !inode || !address_of(e, inode))
		return 0;
	terminal_note(inode);
	if (!creation_announced(e, dentry))
		return 0;
	if (!dentry_in_lookup(dentry)) {
		creation_commit(e, address_of(e, inode));
	} else if (e->pending) {
		e->creating = 0;
		creation_undo(e);
	}
	return 0;
}

/*
 * inode_create of a file without a name (O_TMPFILE). This is the only hook for it, because its open does not reach
 * file_post_open. It cannot be refused any more. A file that is not in the model gets no mark, so its inode_link, its
 * exec and its mapping as code are outside of the model too.
 */
SEC("lsm/inode_post_create_tmpfile")
int BPF_PROG(tsem_created_unnamed, struct mnt_idmap *idmap, struct inode *inode)
{
	void *name = (void *)inode->i_dentry.first - dentry_alias_offset();
	struct dentry *dentry = bpf_core_cast(name, struct dentry);
	struct tsem_scratch *e;
	int verdict;

	e = event_begin(TSEM_EVENT_inode_create, &verdict);
	if (!e)
		return 0;
	e->pending = 0;
	__builtin_memset(&e->creation.directory, 0, sizeof(e->creation.directory));
	e->creating_instance = creation_number(e);
	if (!e->creating_instance)
		event_unmodeled(e, TSEM_LOSS_STORAGE);
	if (!filesystem_modeled(e, inode->i_sb->s_magic)) {
		creation_commit(e, address_of(e, inode));
		event_end(e, NOT_MODELED, WAITS_NOT);
		return 0;
	}
	cell_inode(e, dentry->d_parent->d_inode);
	cell_path(e, dentry, NULL, PATH_NEW | PATH_UNNAMED);
	cell_u16(e, inode->i_mode);
	/* A denied event leaves the inode without a mark. */
	if (!event_end(e, DESCRIBED, WAITS_NOT))
		creation_commit(e, address_of(e, inode));
	return 0;
}

/* Removes the mark of a deleted inode. An inode that is only dropped from memory keeps its mark. */
SEC("lsm/inode_free_security")
int BPF_PROG(tsem_inode_free, struct inode *inode)
{
	u64 address = (u64)inode, magic = inode->i_sb->s_magic;

	/* The mark of a file on an overlay belongs to the inode below. */
	if ((inode->i_nlink && !filesystem_volatile(magic)) || magic == OVERLAYFS_SUPER_MAGIC)
		return 0;
	barrier_var(address);
	if (inode_likely(address) || (inode->i_mode & S_IFMT) == S_IFDIR)
		creation_forget(address);
	return 0;
}

/* Hooks that remove a name: INODE of the directory, DENTRY. */
static __always_inline int removal_describe(struct tsem_scratch *e, struct inode *dir, struct dentry *dentry)
{
	if (!filesystem_modeled(e, plain(dir)->i_sb->s_magic))
		return NOT_MODELED;
	cell_inode(e, dir);
	cell_dentry(e, dentry, NULL, 0);
	return DESCRIBED;
}

TSEM_GUARDED_PROGRAM("lsm.s/inode_unlink", inode_unlink, guard_name(plain(dir)->i_sb, dentry), struct inode *dir,
		     struct dentry *dentry)
{
	return removal_describe(e, dir, dentry);
}

TSEM_GUARDED_PROGRAM("lsm.s/inode_rmdir", inode_rmdir, guard_name(plain(dir)->i_sb, dentry) || guard_run_way(dentry),
		     struct inode *dir, struct dentry *dentry)
{
	return removal_describe(e, dir, dentry);
}

TSEM_PATCHED_GUARDED_PROGRAM("lsm/inode_link", inode_link,
			     guard_name(plain(dir)->i_sb, new_dentry) || guard_run(old_dentry),
			     struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)
{
	if (!filesystem_modeled(e, plain(dir)->i_sb->s_magic))
		return NOT_MODELED;
	cell_dentry(e, old_dentry, NULL, 0);
	cell_inode(e, dir);
	cell_dentry(e, new_dentry, NULL, PATH_SECOND | PATH_CHOSEN);
	return DESCRIBED;
}

TSEM_GUARDED_PROGRAM("lsm.s/inode_rename", inode_rename,
		     guard_name(plain(old_dir)->i_sb, old_dentry) || guard_run(new_dentry) || guard_run_way(old_dentry),
		     struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir, struct dentry *new_dentry)
{
	if (!filesystem_modeled(e, plain(old_dir)->i_sb->s_magic))
		return NOT_MODELED;
	cell_inode(e, old_dir);
	cell_dentry(e, old_dentry, NULL, 0);
	cell_inode(e, new_dir);
	cell_dentry(e, new_dentry, NULL, PATH_SECOND | PATH_CHOSEN);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm/inode_killpriv", inode_killpriv, struct mnt_idmap *idmap, struct dentry *dentry)
{
	cell_dentry(e, dentry, NULL, 0);
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/inode_getattr", inode_getattr, const struct path *path)
{
	if (!cell_inherited_path(e, path))
		cell_dentry(e, path->dentry, path->mnt, 0);
	return DESCRIBED;
}

/* The caller leaves fields that `valid` does not name uninitialized: they count as zero. */
TSEM_GUARDED_PROGRAM("lsm.s/inode_setattr", inode_setattr, guard_name(plain(dentry)->d_sb, dentry),
		     struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;

	cell_dentry(e, dentry, NULL, 0);
	cell_u32_pair(e, valid, valid & ATTR_MODE ? attr->ia_mode : 0);
	cell_u32_pair(e, valid & ATTR_UID ? id_of_user(e, attr->ia_uid.val) : 0,
		      valid & ATTR_GID ? id_of_group(e, attr->ia_gid.val) : 0);
	cell_u64(e, valid & ATTR_SIZE ? attr->ia_size : 0);
	return DESCRIBED;
}

TSEM_GUARDED_PROGRAM("lsm.s/inode_setxattr", inode_setxattr, guard_attribute(dentry), struct mnt_idmap *idmap,
		     struct dentry *dentry, const char *name, u64 unused, size_t size, int flags)
{
	cell_dentry(e, dentry, NULL, 0);
	cell_string(e, address_of(e, name));
	told_u32(e, size);
	cell_bytes(e, hook_argument(ctx, 3), size > TSEM_CELL_MAX ? TSEM_CELL_MAX + 1 : size);
	cell_u32(e, flags);
	return DESCRIBED;
}

/* Hooks that name an extended attribute: DENTRY, STR. */
static __always_inline int xattr_describe(struct tsem_scratch *e, struct dentry *dentry, const char *name)
{
	cell_dentry(e, dentry, NULL, 0);
	cell_string(e, address_of(e, name));
	return DESCRIBED;
}

TSEM_EVENT_PROGRAM("lsm.s/inode_getxattr", inode_getxattr, struct dentry *dentry, const char *name)
{
	return xattr_describe(e, dentry, name);
}

TSEM_PATCHED_GUARDED_PROGRAM("lsm/inode_removexattr", inode_removexattr, guard_attribute(dentry),
			     struct mnt_idmap *idmap, struct dentry *dentry, const char *name)
{
	return xattr_describe(e, dentry, name);
}

TSEM_PATCHED_PROGRAM("lsm/inode_listxattr", inode_listxattr, struct dentry *dentry)
{
	cell_dentry(e, dentry, NULL, 0);
	return DESCRIBED;
}

/* A watch on a file or directory, by inotify, fanotify or dnotify. */
TSEM_GUARDED_PROGRAM("lsm.s/path_notify", path_notify, guard_notify(mask), const struct path *path, u64 mask,
		     unsigned int obj_type)
{
	cell_path(e, plain(path)->dentry, plain(path)->mnt, 0);
	cell_u64(e, mask);
	cell_u32(e, obj_type);
	return DESCRIBED;
}

/* An inode without a file: userfaultfd, io_uring; on newer kernels also memfd and others. */
TSEM_EVENT_PROGRAM("lsm/inode_init_security_anon", anon_inode, struct inode *inode, const struct qstr *name)
{
	cell_string(e, address_of(e, name->name));
	return DESCRIBED;
}

/* Access control lists are extended attributes, but do not reach their hooks. */
TSEM_GUARDED_PROGRAM("lsm/inode_set_acl", inode_set_acl, guard_attribute(dentry), struct mnt_idmap *idmap,
		     struct dentry *dentry)
{
	e->record.flags = TSEM_RECORD_GENERIC;
	return DESCRIBED;
}

TSEM_GUARDED_PROGRAM("lsm/inode_remove_acl", inode_remove_acl, guard_attribute(dentry), struct mnt_idmap *idmap,
		     struct dentry *dentry)
{
	e->record.flags = TSEM_RECORD_GENERIC;
	return DESCRIBED;
}

/* file_setattr(2), which does what was an ioctl. */
TSEM_GUARDED_PROGRAM("lsm/inode_file_setattr", inode_file_setattr, guard_attribute(dentry), struct dentry *dentry)
{
	e->record.flags = TSEM_RECORD_GENERIC;
	return DESCRIBED;
}
