/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crash_diff.h - what two crashes have not in common: state, verdict, devices, findings, events.
 *
 * Each crash becomes a list of facts, all of them a name, a key and a word; the lists are sorted
 * and merged. Nothing is compared that differs between any two crashes, such as times, addresses
 * and texts of findings.
 */
#ifndef CTL_CRASH_DIFF_H
#define CTL_CRASH_DIFF_H

#include "ctl/input/file.h"
#include "lib/story/verdict.h"

enum fact_about {
	FACT_CRASH,
	FACT_SMMU,
	FACT_DEVICE,
	FACT_STREAM, /* live at the crash, and no device has it */
	FACT_RMR,
	FACT_FINDING,
	FACT_EVENT, /* that the crashed kernel had not read, or that a log has */
};

const char *fact_about_name(enum fact_about about); /* "crash", "smmu", ... */

struct fact {
	enum fact_about about;
	char name[64]; /* of the SMMU, device, finding or event; where an RMR is; "" of others */
	char smmu[32]; /* whose stream, finding or event it is; "" of no certain one */
	u32 sid;       /* REC_NO_SID: of no stream */
	const char *key;
	char value[96];
	const struct finding *finding; /* of FACT_FINDING */
};

struct facts {
	struct fact *fact;
	size_t n, cap;
	int error; /* 0 or -ENOMEM */
};

/* A crash. Zero-initialise with CRASH_SIDE. Ends with crash_side_clear(). */
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
 * The facts of @side, whose file was opened, sorted. An SMMU has one name under a devicetree and
 * another under ACPI: one that lies where one of @like does, which may be NULL, is called as that
 * is. 0 or -ENOMEM.
 */
int crash_side_read(struct crash_side *side, const struct crash_side *like);
void crash_side_clear(struct crash_side *side);
#define _cleanup_side_ _cleanup_(crash_side_clear)

/* Called for each difference, in order; one of @a and @b may be NULL. */
typedef void (*crash_diff_fn)(void *priv, const struct fact *a, const struct fact *b);
/* Returns their number. */
size_t crash_diff(const struct crash_side *a, const struct crash_side *b, crash_diff_fn fn,
		  void *priv);

#endif
