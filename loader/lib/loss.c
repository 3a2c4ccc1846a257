// SPDX-License-Identifier: GPL-2.0
#include "loss.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const names[TSEM_LOSS_END] = {
	[TSEM_LOSS_RING] = "ring",       [TSEM_LOSS_LOG] = "log",   [TSEM_LOSS_MAP_FULL] = "map_full",
	[TSEM_LOSS_CONTENT] = "content", [TSEM_LOSS_PATH] = "path", [TSEM_LOSS_CELL] = "cell",
	[TSEM_LOSS_STORAGE] = "storage", [TSEM_LOSS_HASH] = "hash",
};

const char *loss__name(u32 loss)
{
	return loss < TSEM_LOSS_END ? names[loss] : NULL;
}

int loss__parse(const char *name)
{
	for (int i = 0; i < TSEM_LOSS_END; i++) {
		if (!strcmp(names[i], name))
			return i;
	}
	return -EINVAL;
}
