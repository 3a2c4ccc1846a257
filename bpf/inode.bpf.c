// SPDX-License-Identifier: GPL-2.0
/* Inodes: names, attributes and extended attributes. */
#include "guard.bpf.h"

#define ATTR_MODE (1 << 0)
#define ATTR_UID (1 << 1)
#define ATTR_GID (1 << 2)
#define ATTR_SIZE (1 << 3)

/* Names in a pseudo filesystem are not modeled. */
static __always_inline bool directory_modeled(struct inode *dir)
{
	return !filesystem_pseudo(dir->i_sb->s_magic);
}

/*
 * The event of what makes a new inode: INODE of the directory, and the DENTRY as it will be. The inode is counted in
 * any filesystem, since events that are modeled in all (inode_getattr) name it.
 */
static __always_inline struct tsem_task *creation_event(u32 event, struct inode *dir, struct dentry *dentry,
							int *verdict)
{
	struct tsem_task *t = event_begin(event, verdict);

	if (!t)
		return NULL;
	creation_begin(t, dir, dentry);
	if (!directory_modeled(dir)) {
		event_skip(t);
		return NULL;
	}
	cell_inode(t, dir);
	cell_path(t, 0, dentry, NULL);
	return t;
}

SEC("lsm/inode_create")
int BPF_PROG(tsem_inode_create, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int verdict;
	struct tsem_task *t;

	if (guard_pins(dir->i_sb))
		return guard_deny();
	t = creation_event(TSEM_EVENT_inode_create, dir, dentry, &verdict);
	if (!t)
		return verdict;
	cell_u16(t, mode);
	return event_end(t);
}

SEC("lsm/inode_mkdir")
int BPF_PROG(tsem_inode_mkdir, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int verdict;
	struct tsem_task *t;

	if (guard_pins(dir->i_sb))
		return guard_deny();
	t = creation_event(TSEM_EVENT_inode_mkdir, dir, dentry, &verdict);
	if (!t)
		return verdict;
	cell_u16(t, mode);
	return event_end(t);
}

SEC("lsm/inode_mknod")
int BPF_PROG(tsem_inode_mknod, struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int verdict;
	struct tsem_task *t = creation_event(TSEM_EVENT_inode_mknod, dir, dentry, &verdict);

	if (!t)
		return verdict;
	cell_u16(t, mode);
	cell_u32(t, dev);
	return event_end(t);
}

SEC("lsm/inode_symlink")
int BPF_PROG(tsem_inode_symlink, struct inode *dir, struct dentry *dentry, const char *old_name)
{
	int verdict;
	struct tsem_task *t;

	if (guard_pins(dir->i_sb))
		return guard_deny();
	t = creation_event(TSEM_EVENT_inode_symlink, dir, dentry, &verdict);
	if (!t)
		return verdict;
	cell_string(t, address_of(t, old_name));
	return event_end(t);
}

/*
 * Marks of what was made: a directory, a link or a special file when its dentry gets the inode, a regular file by
 * tsem_file_open or, after mknod(2), here.
 */
SEC("lsm/d_instantiate")
int BPF_PROG(tsem_created, struct dentry *dentry, struct inode *inode)
{
	struct tsem_task *t = modeled_task();

	if (!t || !inode || !address_of(t, inode) || t->creating != (u64)dentry)
		return 0;
	if ((inode->i_mode & S_IFMT) == S_IFREG)
		return 0;
	creation_mark(t, inode, t->created_instance);
	t->creating = 0;
	return 0;
}

SEC("lsm/path_post_mknod")
int BPF_PROG(tsem_created_regular, struct mnt_idmap *idmap, struct dentry *dentry)
{
	struct tsem_task *t = modeled_task();
	struct inode *inode;

	if (!t || t->creating != (u64)dentry)
		return 0;
	inode = dentry->d_inode;
	if (inode && address_of(t, inode))
		creation_mark(t, inode, t->created_instance);
	t->creating = 0;
	return 0;
}

/* The mark of a file without a name; its instance. Not inline: the stack of its caller is deep. */
static __noinline u64 creation_unnamed(struct tsem_task *t, struct inode *inode)
{
	u64 instance = creation_next(t, 0);

	if (!instance)
		event_unmodeled(t, TSEM_LOSS_STORAGE);
	creation_mark(t, inode, instance);
	return instance;
}

/*
 * inode_create of a file without a name (O_TMPFILE), the only hook that knows of it: its open does not come to
 * file_post_open. It cannot be refused any more. A task whose model has it not gets the file, but is not trusted from
 * then on: it can neither give it a name nor execute it.
 */
SEC("lsm/inode_post_create_tmpfile")
int BPF_PROG(tsem_created_unnamed, struct mnt_idmap *idmap, struct inode *inode)
{
	void *name = (void *)inode->i_dentry.first - dentry_alias_offset();
	struct dentry *dentry = bpf_core_cast(name, struct dentry);
	struct tsem_task *t;
	int verdict;
	u64 instance;

	t = event_begin(TSEM_EVENT_inode_create, &verdict);
	if (!t)
		return 0;
	instance = creation_unnamed(t, inode);
	if (filesystem_pseudo(inode->i_sb->s_magic)) {
		event_skip(t);
		return 0;
	}
	cell_inode(t, dentry->d_parent->d_inode);
	owned_by(t, instance, t->task_id);
	cell_path(t, 0, dentry, NULL);
	cell_u16(t, inode->i_mode);
	event_end(t);
	return 0;
}

SEC("lsm/inode_free_security")
int BPF_PROG(tsem_directory_free, struct inode *inode)
{
	struct tsem_directory *d;

	if ((inode->i_mode & S_IFMT) != S_IFDIR)
		return 0;
	d = bpf_inode_storage_get(&tsem_directories, inode, 0, 0);
	if (d)
		creation_forget(d);
	return 0;
}

/* The event of what removes a name: INODE of the directory, DENTRY. */
static __always_inline int removal_event(u32 event, struct inode *dir, struct dentry *dentry)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	if (!directory_modeled(dir))
		return event_skip(t);
	cell_inode(t, dir);
	cell_dentry(t, 0, dentry, NULL);
	return event_end(t);
}

SEC("lsm/inode_unlink")
int BPF_PROG(tsem_inode_unlink, struct inode *dir, struct dentry *dentry)
{
	if (guard_pins(dir->i_sb))
		return guard_deny();
	return removal_event(TSEM_EVENT_inode_unlink, dir, dentry);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(tsem_inode_rmdir, struct inode *dir, struct dentry *dentry)
{
	if (guard_pins(dir->i_sb))
		return guard_deny();
	return removal_event(TSEM_EVENT_inode_rmdir, dir, dentry);
}

SEC("lsm/inode_link")
int BPF_PROG(tsem_inode_link, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)
{
	struct tsem_task *t;
	int verdict;

	if (guard_pins(dir->i_sb))
		return guard_deny();
	t = event_begin(TSEM_EVENT_inode_link, &verdict);
	if (!t)
		return verdict;
	if (!directory_modeled(dir))
		return event_skip(t);
	cell_dentry(t, 0, old_dentry, NULL);
	cell_inode(t, dir);
	cell_dentry(t, 1, new_dentry, NULL);
	return event_end(t);
}

SEC("lsm/inode_rename")
int BPF_PROG(tsem_inode_rename, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
	     struct dentry *new_dentry)
{
	struct tsem_task *t;
	int verdict;

	if (guard_pins(old_dir->i_sb))
		return guard_deny();
	t = event_begin(TSEM_EVENT_inode_rename, &verdict);
	if (!t)
		return verdict;
	if (!directory_modeled(old_dir))
		return event_skip(t);
	cell_inode(t, old_dir);
	cell_dentry(t, 0, old_dentry, NULL);
	cell_inode(t, new_dir);
	cell_dentry(t, 1, new_dentry, NULL);
	return event_end(t);
}

SEC("lsm/inode_killpriv")
int BPF_PROG(tsem_inode_killpriv, struct mnt_idmap *idmap, struct dentry *dentry)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_inode_killpriv, &verdict);
	if (!t)
		return verdict;
	cell_dentry(t, 0, dentry, NULL);
	return event_end(t);
}

SEC("lsm/inode_getattr")
int BPF_PROG(tsem_inode_getattr, const struct path *path)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_inode_getattr, &verdict);
	if (!t)
		return verdict;
	cell_dentry(t, 0, path->dentry, path->mnt);
	return event_end(t);
}

/* What `valid` does not name is left uninitialized by the caller: it counts as zero. */
SEC("lsm/inode_setattr")
int BPF_PROG(tsem_inode_setattr, struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	struct tsem_task *t;
	unsigned int valid;
	int verdict;

	if (guard_pins(dentry->d_sb))
		return guard_deny();
	t = event_begin(TSEM_EVENT_inode_setattr, &verdict);
	if (!t)
		return verdict;
	valid = attr->ia_valid;
	cell_dentry(t, 0, dentry, NULL);
	cell_u32_pair(t, valid, valid & ATTR_MODE ? attr->ia_mode : 0);
	cell_u32_pair(t, valid & ATTR_UID ? id_of_user(t, attr->ia_uid.val) : 0,
		      valid & ATTR_GID ? id_of_group(t, attr->ia_gid.val) : 0);
	cell_u64(t, valid & ATTR_SIZE ? attr->ia_size : 0);
	return event_end(t);
}

SEC("lsm/inode_setxattr")
int BPF_PROG(tsem_inode_setxattr, struct mnt_idmap *idmap, struct dentry *dentry, const char *name, u64 unused,
	     size_t size, int flags)
{
	struct tsem_task *t;
	int verdict;
	u32 *length;

	t = event_begin(TSEM_EVENT_inode_setxattr, &verdict);
	if (!t)
		return verdict;
	cell_dentry(t, 0, dentry, NULL);
	cell_string(t, address_of(t, name));
	length = cell_room(t, sizeof(*length));
	if (length) {
		*length = size;
		cell_unhashed(t, sizeof(*length));
	}
	cell_bytes(t, hook_argument(ctx, 3), size > TSEM_CELL_MAX ? TSEM_CELL_MAX + 1 : size);
	cell_u32(t, flags);
	return event_end(t);
}

/* The event of what names an extended attribute: DENTRY, STR. */
static __always_inline int xattr_event(u32 event, struct dentry *dentry, const char *name)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(event, &verdict);
	if (!t)
		return verdict;
	cell_dentry(t, 0, dentry, NULL);
	cell_string(t, address_of(t, name));
	return event_end(t);
}

SEC("lsm/inode_getxattr")
int BPF_PROG(tsem_inode_getxattr, struct dentry *dentry, const char *name)
{
	return xattr_event(TSEM_EVENT_inode_getxattr, dentry, name);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(tsem_inode_removexattr, struct mnt_idmap *idmap, struct dentry *dentry, const char *name)
{
	return xattr_event(TSEM_EVENT_inode_removexattr, dentry, name);
}

SEC("lsm/inode_listxattr")
int BPF_PROG(tsem_inode_listxattr, struct dentry *dentry)
{
	struct tsem_task *t;
	int verdict;

	t = event_begin(TSEM_EVENT_inode_listxattr, &verdict);
	if (!t)
		return verdict;
	cell_dentry(t, 0, dentry, NULL);
	return event_end(t);
}

/* Lists of access control are extended attributes that do not reach the hooks of these. */
TSEM_GENERIC(inode_set_acl)
TSEM_GENERIC(inode_remove_acl)
/* file_setattr(2), which is no ioctl. */
TSEM_GENERIC(inode_file_setattr)
