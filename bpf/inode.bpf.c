// SPDX-License-Identifier: GPL-2.0
/* Inodes: names, attributes and extended attributes. */
#include "event.bpf.h"

TSEM_GENERIC(inode_create)
TSEM_GENERIC(inode_mkdir)
TSEM_GENERIC(inode_unlink)
TSEM_GENERIC(inode_rmdir)
TSEM_GENERIC(inode_link)
TSEM_GENERIC(inode_symlink)
TSEM_GENERIC(inode_mknod)
TSEM_GENERIC(inode_rename)
TSEM_GENERIC(inode_killpriv)
TSEM_GENERIC(inode_listxattr)
TSEM_GENERIC(inode_getattr)
TSEM_GENERIC(inode_setattr)
TSEM_GENERIC(inode_setxattr)
TSEM_GENERIC(inode_getxattr)
TSEM_GENERIC(inode_removexattr)
