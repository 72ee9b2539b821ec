/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * port.h - the one place that knows whether core/ is built for the kernel or
 * for user space.
 *
 * Everything in core/ is compiled into smmu_adopt.ko, smmu-adoptd and
 * smmu-adoptctl. It needs fixed-width types, errno numbers and
 * memcpy/memset/memcmp, nothing else; no other file has an environment #ifdef.
 *
 * Foreign bytes are never cast to structs: they are loaded and stored here,
 * little-endian, at any alignment.
 */
#ifndef SMMU_CORE_PORT_H
#define SMMU_CORE_PORT_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64; /* as in the kernel: one type, printed by %llu */
typedef int32_t s32;
#endif

/* A mask of bits hi..lo of a 64-bit word, and the field it selects. */
#define CORE_MASK(hi, lo) ((~(u64)0 >> (63 - (hi))) & (~(u64)0 << (lo)))
#define CORE_GET(word, hi, lo) (((u64)(word)&CORE_MASK(hi, lo)) >> (lo))
#define CORE_BIT(n) ((u64)1 << (n))

static inline u16 core_ld16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static inline u32 core_ld32(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static inline u64 core_ld64(const u8 *p)
{
	return (u64)core_ld32(p) | (u64)core_ld32(p + 4) << 32;
}

static inline void core_st16(u8 *p, u16 v)
{
	p[0] = (u8)(v & 0xff);
	p[1] = (u8)(v >> 8);
}

static inline void core_st32(u8 *p, u32 v)
{
	core_st16(p, (u16)(v & 0xffff));
	core_st16(p + 2, (u16)(v >> 16));
}

static inline void core_st64(u8 *p, u64 v)
{
	core_st32(p, (u32)(v & 0xffffffff));
	core_st32(p + 4, (u32)(v >> 32));
}

#endif
