/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ptw.h - walking the translation tables behind an STE or a CD (Arm DDI 0487,
 * D8: VMSAv8-64; IHI 0070 3.4, 5.2, 5.4).
 *
 * Stage 1 and stage 2; granules of 4, 16 and 64 KiB; 48-bit descriptors and
 * both 52-bit forms. The tables are the crashed kernel's: every pointer may be
 * wrong, and a part of them may be left out of a dump. So "not mapped", "table
 * not in RAM", "table left out of the dump" and "bad entry" are different
 * answers, and the visit has budgets and a fixed stack.
 */
#ifndef SMMU_CORE_PTW_H
#define SMMU_CORE_PTW_H

#include "smmu_mem.h"
#include "geom.h"

#define PTW_MAX_LEVELS 5 /* -1, 0, 1, 2, 3 */

/* Where a descriptor keeps address bits 51:48. */
enum ptw_form {
	PTW_FORM_48 = 0, /* nowhere */
	PTW_FORM_LPA,	 /* 64 KiB granule: bits 15:12 */
	PTW_FORM_DS,	 /* 4, 16 KiB granule, "LPA2": bits 49:48 in place, 51:50 in bits 9:8 */
};

enum ptw_geom_odd {
	PTW_ODD_GRANULE = 1 << 0, /* reserved granule; fatal */
	PTW_ODD_INPUT = 1 << 1,	  /* T0SZ or T1SZ impossible, or over 48 bits without DS; fatal */
	PTW_ODD_LEVEL = 1 << 2,	  /* stage 2: SL0 does not fit T0SZ and granule; fatal */
	PTW_ODD_ROOT = 1 << 3,	  /* root is null or beyond the output size; fatal */
	PTW_ODD_ALIGN = 1 << 4,	  /* root not aligned to its size; hardware ignores the low bits */
	PTW_ODD_OUTPUT = 1 << 5,  /* reserved output size; taken as the largest */
	PTW_ODD_AA32 = 1 << 6,	  /* AArch32 tables; fatal */
};
#define PTW_ODD_FATAL \
	(PTW_ODD_GRANULE | PTW_ODD_INPUT | PTW_ODD_LEVEL | PTW_ODD_ROOT | PTW_ODD_AA32)

struct ptw_geom {
	u64 root;
	u64 input_base; /* lowest input address: 0, or for TTB1 the upper part of the space */
	u32 odd;	/* enum ptw_geom_odd */
	u8 granule_shift;
	u8 input_bits;
	u8 output_bits;
	u8 form;   /* enum ptw_form */
	u8 levels; /* 1..5; the root's level is 4 - levels */
	u8 s2;	   /* stage 2 */
	u8 big_endian;
	u8 hw_dirty;  /* CD.HD: a read-only entry with DBM is writable */
	u8 hw_access; /* CD.HA or AFFD: a clear access flag does not fault */
	u8 no_hier;   /* CD.HAD: attributes of table descriptors do not count */
};

enum ptw_setup {
	PTW_USABLE = 0,
	PTW_UNUSED = 1, /* walks are disabled (EPD), or the entry has no such stage */
	PTW_ODD = 2,	/* a fatal oddity; see geom.odd */
};

/*
 * What the context descriptor @cd (SMMU_CD_BYTES) says about TTB0 (@upper
 * false) or TTB1. @geom may be NULL. Returns an enum ptw_setup.
 */
int ptw_from_cd(const u8 *cd, const struct smmu_geom *geom, bool upper, struct ptw_geom *ret);
/* The stage 2 of @ste (SMMU_STE_BYTES), likewise. */
int ptw_from_ste(const u8 *ste, const struct smmu_geom *geom, struct ptw_geom *ret);
/* Fill in levels, alignment and checks from the other fields; used by both. */
int ptw_finish(struct ptw_geom *g, int start_level);

/* log2 of the bytes one entry of @level covers. */
unsigned int ptw_level_shift(const struct ptw_geom *g, int level);
int ptw_start_level(const struct ptw_geom *g);
/* Entries of the root table: up to 16 tables are concatenated in stage 2. */
u32 ptw_root_entries(const struct ptw_geom *g);

enum ptw_outcome {
	PTW_MAPPED = 0,
	PTW_NOT_RAM = SMMU_MEM_NOT_RAM,	  /* a table lies in no memory */
	PTW_EXCLUDED = SMMU_MEM_EXCLUDED, /* a table is not in the dump */
	PTW_UNMAPPED = 3,
	PTW_BAD_ENTRY = 4, /* reserved encoding, or address beyond the output size */
	PTW_RANGE = 5,	   /* input address outside the region */
	PTW_LOOP = 6,	   /* visit: a table leads back to one above it */
	PTW_BUDGET = 7,	   /* visit: too much of something */
};

enum ptw_kind {
	PTW_KIND_INVALID = 0,
	PTW_KIND_TABLE,
	PTW_KIND_BLOCK,
	PTW_KIND_PAGE,
	PTW_KIND_RESERVED, /* a block where none is allowed, or level 3 with bit 1 clear */
	PTW_KIND_BEYOND,   /* address beyond the output size */
};

/* What an access may do; 0 is possible. Unprivileged access is judged separately. */
enum ptw_flags {
	PTW_READ = 1 << 0,
	PTW_WRITE = 1 << 1,
	PTW_PRIV = 1 << 2,  /* stage 1: privileged access only */
	PTW_NO_AF = 1 << 3, /* access flag clear: the first access faults */
	PTW_CONT = 1 << 4,  /* contiguous hint */
	PTW_EXEC = 1 << 5,
};

struct ptw_step {
	u64 addr; /* of the descriptor */
	u64 raw;
	u64 target; /* address that it holds */
	int level;
	u8 kind; /* enum ptw_kind */
};

struct ptw_walk {
	struct ptw_step step[PTW_MAX_LEVELS];
	u8 steps;   /* descriptors read */
	u32 flags;  /* enum ptw_flags, when mapped */
	u64 phys;   /* of the input address itself, when mapped */
	u64 bytes;  /* size of the page or block */
	u64 failed; /* address that could not be read: not RAM, excluded */
};

/* Translate @input. Returns an enum ptw_outcome, or a negative errno of the callback. */
int ptw_walk(const struct smmu_mem *mem, const struct ptw_geom *g, u64 input, struct ptw_walk *ret);

struct ptw_extent {
	u64 input, phys, bytes;
	u32 flags;
};

struct ptw_visit_ops {
	/* Contiguous in input and output, equal flags but PTW_CONT. Ascending input. */
	int (*extent)(void *priv, const struct ptw_extent *extent);
	/* Optional. [@input, @input + @bytes) could not be visited: @why is an enum ptw_outcome. */
	int (*trouble)(void *priv, int why, u64 input, u64 bytes, u64 addr);
	void *priv;
};

struct ptw_budget {
	u64 max_bytes; /* table bytes that may be read */
	u8 *scratch;   /* split evenly among PTW_MAX_LEVELS; at least 8 bytes for each */
	size_t scratch_len;
	u64 bytes;  /* out: table bytes read */
	u64 tables; /* out */
	u64 leaves; /* out: valid leaf entries */
};

/*
 * Visit everything that is mapped. A callback's non-zero return ends the visit
 * and is returned. Returns 0, PTW_BUDGET, the callback's value or a negative
 * errno of the read callback; -EINVAL for a fatal geometry or no scratch.
 */
int ptw_visit(const struct smmu_mem *mem, const struct ptw_geom *g, struct ptw_budget *budget,
	      const struct ptw_visit_ops *ops);

/* Used by both: judge one descriptor. */
void ptw_decode(const struct ptw_geom *g, int level, u64 raw, struct ptw_step *ret);
/* Flags of a leaf below tables that had @limits (as ptw_limits() makes them). */
u32 ptw_leaf_flags(const struct ptw_geom *g, u64 raw, u32 limits);
/* Add what the table descriptor @raw takes away. */
u32 ptw_limits(const struct ptw_geom *g, u64 raw, u32 limits);
/* The descriptor at @bytes, in the byte order of the tables. */
static inline u64 ptw_load(const struct ptw_geom *g, const u8 *bytes)
{
	u64 v = core_ld64(bytes), swapped = 0;
	int i;

	if (!g->big_endian)
		return v;
	for (i = 0; i < 8; i++, v >>= 8)
		swapped = swapped << 8 | (v & 0xff);
	return swapped;
}

#endif
