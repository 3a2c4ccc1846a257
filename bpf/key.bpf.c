// SPDX-License-Identifier: GPL-2.0
/* Keys. */
#include "event.bpf.h"

TSEM_GENERIC(key_alloc)
TSEM_GENERIC(key_permission)
