/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crash_diff.h - find the differences of two crashes: state, verdict, devices, findings, events.
 *
 * Each crash becomes a list of facts; a fact is a name, a key and a value. The lists are sorted
 * and merged. Times, addresses and texts of findings are not compared, as they differ between any
 * two crashes.
 */
#ifndef CTL_CRASH_DIFF_H
#define CTL_CRASH_DIFF_H

#include "ctl/input/file.h"
#include "lib/story/verdict.h"

enum fact_about {
	FACT_CRASH,
	FACT_SMMU,
	FACT_DEVICE,
	FACT_STREAM, /* was live at the crash, and belongs to no known device */
	FACT_RMR,
	FACT_FINDING,
	FACT_EVENT, /* the crashed kernel had not read it, or a log has it */
};

const char *fact_about_name(enum fact_about about); /* "crash", "smmu", ... */

struct fact {
	enum fact_about about;
	char name[64]; /* SMMU, device, finding or event; the address of an RMR; else "" */
	char smmu[32]; /* the SMMU of a stream, finding or event; "": not known */
	u32 sid;       /* REC_NO_SID: the fact has no stream */
	const char *key;
	char value[96];
	const struct finding *finding; /* FACT_FINDING only */
};

struct facts {
	struct fact *fact;
	size_t n, cap;
	int error; /* 0 or -ENOMEM */
};

/* One of the two crashes. Initialise with CRASH_SIDE, end with crash_side_clear(). */
struct crash_side {
	struct recfile file;
	struct verdict verdict;
	struct facts facts;
	const struct crash_side *like; /* of crash_side_read() */
};
#define CRASH_SIDE                      \
	{                               \
		.file = RECFILE_OR_LOG, \
	}

/*
 * Make the sorted facts of @side, whose file is open. An SMMU has one name under a devicetree and
 * another under ACPI: if @like (may be NULL) has an SMMU at the same address, its name is used.
 * Returns 0 or -ENOMEM.
 */
int crash_side_read(struct crash_side *side, const struct crash_side *like);
void crash_side_clear(struct crash_side *side);
#define _cleanup_side_ _cleanup_(crash_side_clear)

/* Called for each difference, in order. @a or @b is NULL when its side lacks the fact. */
typedef void (*crash_diff_fn)(void *priv, const struct fact *a, const struct fact *b);
/* Returns the number of differences. */
size_t crash_diff(const struct crash_side *a, const struct crash_side *b, crash_diff_fn fn,
		  void *priv);

#endif
