/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mutants.h - the program broken on purpose, to see that each invariant can be broken.
 */
#ifndef TESTS_RANDOM_MUTANTS_H
#define TESTS_RANDOM_MUTANTS_H

#include "tests/random/world.h"

enum mutant {
	MUTANT_NONE,
	MUTANT_KEEPS_DUMP,    /* the plan keeps the dump's device instead of binding it */
	MUTANT_DUMP_LAST,     /* the dump's device has its turn when all others have had theirs */
	MUTANT_FORGETS,	      /* a release is said, and not done */
	MUTANT_NO_RELEASE,    /* the supervisor does not clean up */
	MUTANT_NO_KEEP,	      /* what stays held is not told */
	MUTANT_NO_QUIESCE,    /* nothing is quiesced before drivers come */
	MUTANT_QUIESCES_LATE, /* the dump's driver comes first */
	MUTANT_WAITS_LONGER,  /* a bind is waited for twice as long */
	MUTANT_NO_FINDINGS,   /* findings are dropped */
	MUTANT_ALWAYS_DONE,   /* each result says "done" */
	MUTANT_NO_LOAN,	      /* what is lent is never given back */
	MUTANT_BLIND,	      /* who gives back sees no hold */
	MUTANT_GIVES_ALL,     /* what stays held is said to be given back */
	MUTANT_LETS_LOOSE,    /* what must not have a driver is given back */
	MUTANT_TAKES_OVER,    /* a hold that is there is not written anew */
	MUTANT_TEARS,	      /* the rest of a torn record stays in the journal */
	MUTANTS,
};

extern const struct mutant_info {
	const char *name;
	enum invariant breaks;
} mutants[MUTANTS];

/* The one in force. */
extern enum mutant mutant;

/* What it makes of a record before it is written. */
void mutant_record(struct rec *rec);
/* The hands that go with it. */
const struct act_ops *mutant_ops(void);

#endif
