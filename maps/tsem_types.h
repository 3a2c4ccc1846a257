/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's integer names for user space, before tsem_abi.h; the BPF side has them from vmlinux.h. */
#ifndef TSEM_TYPES_H
#define TSEM_TYPES_H

#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;

#include "tsem_abi.h"

#endif
