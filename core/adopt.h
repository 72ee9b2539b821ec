/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * adopt.h - was the crashed kernel's stream table adopted? Decided from what
 * the hardware says, never from log lines.
 *
 * An adopting driver leaves STRTAB_BASE alone and installs a command queue of
 * its own; a resetting one replaces both. So the pair (where the stream table
 * lies, where the command queue lies) tells the two apart on every kernel
 * version. Each answer carries the evidence it rests on.
 */
#ifndef SMMU_CORE_ADOPT_H
#define SMMU_CORE_ADOPT_H

#include "smmu_regs.h"

/* Where an address lies, as seen from the capture kernel. */
enum adopt_place {
	PLACE_UNKNOWN = 0,
	PLACE_OLD_RAM = 1,     /* RAM of the crashed kernel: inside a PT_LOAD of the elfcorehdr */
	PLACE_CAPTURE_RAM = 2, /* System RAM of the running kernel */
	PLACE_ELSEWHERE = 3,   /* neither */
};

enum adopt_state {
	ADOPT_UNKNOWN = 0,
	ADOPT_ADOPTED = 1,
	ADOPT_RESET = 2,       /* the capture kernel's driver installed a fresh table */
	ADOPT_DISABLED = 3,    /* SMMUEN=0 */
	ADOPT_UNPROBED = 4,    /* enabled by the crashed kernel, no driver has taken it yet */
	ADOPT_ABSENT = 5,      /* no SMMUv3 at all; only in reports */
	ADOPT_NOT_CAPTURE = 6, /* an ordinary kernel with its own table */
};

/* Bits that the decision rests on; all of them are stated in reports. */
enum adopt_evidence {
	ADOPT_EV_KDUMP = 1 << 0,	  /* this is a kdump capture kernel */
	ADOPT_EV_REGS = 1 << 1,		  /* registers could be read */
	ADOPT_EV_SMMUEN = 1 << 2,	  /* CR0.SMMUEN = 1 */
	ADOPT_EV_CMDQEN = 1 << 3,	  /* CR0.CMDQEN = 1 */
	ADOPT_EV_STRTAB_OLD = 1 << 4,	  /* stream table in old RAM */
	ADOPT_EV_STRTAB_CAPTURE = 1 << 5, /* stream table in capture RAM */
	ADOPT_EV_CMDQ_OLD = 1 << 6,
	ADOPT_EV_CMDQ_CAPTURE = 1 << 7,
	ADOPT_EV_DRIVER = 1 << 8,   /* an SMMU driver is bound */
	ADOPT_EV_COHERENT = 1 << 9, /* firmware declares the SMMU coherent */
	ADOPT_EV_SFM = 1 << 10,	    /* service failure mode active */
	ADOPT_EV_GBPA_ABORT = 1 << 11,
	ADOPT_EV_EVTQEN = 1 << 12,
	ADOPT_EV_STRTAB_ELSEWHERE = 1 << 13,
	ADOPT_EV_CMDQ_ELSEWHERE = 1 << 14,
	ADOPT_EV_LOG = 1 << 15, /* the reason is from the kernel log; in a record never the state */
};

/* Why the state is what it is; one sentence each in names.c. */
enum adopt_reason {
	ADOPT_WHY_NONE = 0,
	ADOPT_WHY_TABLE_KEPT,	 /* old table, new command queue */
	ADOPT_WHY_FRESH_TABLE,	 /* fresh table; nothing tells why the driver reset */
	ADOPT_WHY_NOT_COHERENT,	 /* fresh table, and firmware says non-coherent */
	ADOPT_WHY_SFM,		 /* service failure mode */
	ADOPT_WHY_SMMU_OFF,	 /* SMMUEN=0 */
	ADOPT_WHY_NO_DRIVER,	 /* nothing of the capture kernel touched it */
	ADOPT_WHY_NO_REGS,	 /* registers could not be read (suspended, no resource) */
	ADOPT_WHY_PLACE_UNKNOWN, /* table or queue lies in no memory we know */
	ADOPT_WHY_ORDINARY,	 /* not a capture kernel */
	/* After a reset, by the driver's own word (adopt_log.h): */
	ADOPT_WHY_STOCK,    /* it resets always, or was not asked to adopt */
	ADOPT_WHY_FALLBACK, /* it gave adoption up, for a reason that it did not say */
	ADOPT_WHY_GEOMETRY, /* the table's registers or L1 descriptors are bad */
	ADOPT_WHY_SCAN,	    /* the scan for ASIDs and VMIDs met a bad entry */
};

struct adopt_facts {
	bool kdump;
	bool regs_valid;
	bool driver_bound;
	bool coherent;
	enum adopt_place strtab_place;
	enum adopt_place cmdq_place;
};

struct adopt_verdict {
	enum adopt_state state;
	enum adopt_reason reason;
	u32 evidence; /* enum adopt_evidence */
};

void adopt_judge(const struct smmu_regs *regs, const struct adopt_facts *facts,
		 struct adopt_verdict *ret);

#endif
