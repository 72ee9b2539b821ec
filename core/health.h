/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * health.h - do the tables look like ones that a driver made?
 *
 * An adopting driver checks the geometry and (later versions) that fields are
 * in range; nobody checks that the addresses are plausible. Here every table,
 * context descriptor and page-table root must lie in the right kernel's RAM,
 * aligned, inside the output address size, and be used as one kind of table;
 * and no entry may combine fields in a way that hardware rejects.
 *
 * The caller visits (strtab.h, cdtab.h) and hands in what it finds. What
 * ste_decode() and cd_decode() flag already is counted, not reported again.
 */
#ifndef SMMU_CORE_HEALTH_H
#define SMMU_CORE_HEALTH_H

#include "adopt.h"
#include "cd.h"
#include "smmu_set.h"
#include "ste.h"

enum health_bit {
	HEALTH_OTHER_RAM = 1 << 0,  /* in the RAM of the other kernel */
	HEALTH_NOWHERE = 1 << 1,    /* in no RAM: a hole, MMIO, or across an end */
	HEALTH_UNALIGNED = 1 << 2,  /* not aligned to the table's own size */
	HEALTH_BEYOND_OAS = 1 << 3, /* reaches beyond the output address size */
	HEALTH_RESERVED = 1 << 4,   /* reserved bits are set */
	HEALTH_SELF = 1 << 5,	    /* points at itself, or is used as two kinds of table */
	HEALTH_SHARED = 1 << 6,	    /* two owners that should not have it in common */
	HEALTH_REJECTED = 1 << 7,   /* a combination that hardware refuses */
	HEALTH_BITS = 8,
};

#define HEALTH_ERRORS                                                                             \
	(HEALTH_OTHER_RAM | HEALTH_NOWHERE | HEALTH_UNALIGNED | HEALTH_BEYOND_OAS | HEALTH_SELF | \
	 HEALTH_REJECTED)

enum health_what {
	HEALTH_STRTAB = 0, /* L1 table or linear table */
	HEALTH_L2 = 1,
	HEALTH_CD_TABLE = 2,
	HEALTH_ROOT = 3,    /* stage-1 page-table root, TTB0 */
	HEALTH_S2_ROOT = 4, /* stage-2 page-table root */
	HEALTH_STE = 5,
	HEALTH_CD = 6,
};

struct health_item {
	enum health_what what;
	u32 bits;      /* enum health_bit */
	u32 sid, ssid; /* sid: first one of a table, ~0 of the stream table */
	u64 addr;
	u32 owner; /* with HEALTH_SHARED or HEALTH_SELF: who had it first, as far as known */
};

#define HEALTH_WORST 4
#define HEALTH_NO_SID 0xffffffffu

struct health_worst {
	u32 sid;
	u32 errors, warnings;
};

struct health_tally {
	u32 checked;				 /* tables, STEs and CDs looked at */
	u32 errors, warnings;			 /* of these: with an error; with a warning only */
	bool unusable;				 /* the stream table cannot be walked */
	struct health_worst worst[HEALTH_WORST]; /* worst first after health_score() */
	u32 worst_n;
};

struct health {
	const struct smmu_regs *regs;
	const struct smmu_geom *geom;
	const struct smmu_mem *mem;
	enum adopt_place (*place)(void *priv, u64 addr, u64 bytes);
	enum adopt_place home; /* where tables must be; PLACE_UNKNOWN: anywhere */
	/* Optional: this stream's tables are the running kernel's, which is as it should be. */
	bool (*attached)(void *priv, u32 sid);
	void (*report)(void *priv, const struct health_item *item);
	void *priv;
	struct smmu_set *tables; /* optional */
	u32 roots_left;		 /* how many page-table roots may still be read */
	struct health_tally tally;
};

void health_strtab(struct health *h);
void health_l2(struct health *h, u32 first_sid, u64 addr);
/* @raw: a valid STE. */
void health_ste(struct health *h, u32 sid, u64 addr, const u8 *raw);
/* @raw: a CD that belongs to @sid. Not valid ones count as errors only for @ssid 0. */
void health_cd(struct health *h, u32 sid, u32 ssid, u64 addr, const u8 *raw);
/* Something else that is wrong with @sid (its CD cannot be read). */
void health_bad_stream(struct health *h, u32 sid);

/* 0..100: the share of what was checked that is sound; below 100 with any warning. */
u32 health_score(struct health_tally *tally);

#endif
