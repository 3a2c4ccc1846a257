// SPDX-License-Identifier: GPL-2.0
/* Superblocks, mounts and quota. */
#include "event.bpf.h"

TSEM_GENERIC(sb_statfs)
TSEM_GENERIC(sb_mount)
TSEM_GENERIC(sb_umount)
TSEM_GENERIC(sb_remount)
TSEM_GENERIC(sb_pivotroot)
TSEM_GENERIC(move_mount)
TSEM_GENERIC(quotactl)
TSEM_GENERIC(quota_on)
