/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the agent's core share: the kernel's integer names, the four functions that a platform has to have,
 * and little-endian integers at any address. The core reads frames and records by these functions only: it runs on
 * machines of either byte order, and on those that cannot read unaligned words.
 */
#ifndef TMA_BYTES_H
#define TMA_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "tsem_types.h"

#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
#endif

static inline u16 tma_get16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static inline u32 tma_get32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static inline u64 tma_get64(const u8 *p)
{
	return tma_get32(p) | (u64)tma_get32(p + 4) << 32;
}

static inline void tma_put16(u8 *p, u16 value)
{
	p[0] = (u8)value;
	p[1] = (u8)(value >> 8);
}

static inline void tma_put32(u8 *p, u32 value)
{
	p[0] = (u8)value;
	p[1] = (u8)(value >> 8);
	p[2] = (u8)(value >> 16);
	p[3] = (u8)(value >> 24);
}

static inline void tma_put64(u8 *p, u64 value)
{
	tma_put32(p, (u32)value);
	tma_put32(p + 4, (u32)(value >> 32));
}

/* Are the bytes the same? Takes the same time whatever they are. */
static inline bool tma_same(const u8 *a, const u8 *b, size_t size)
{
	volatile u8 differ = 0;

	for (size_t i = 0; i < size; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/* Overwrites a secret; the compiler cannot leave it out. */
static inline void tma_erase(void *secret, size_t size)
{
	volatile u8 *p = secret;

	while (size--)
		*p++ = 0;
}

#endif
