/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * invariants.h - what must hold of every machine, whatever happened to it:
 *
 *	free	the dump's device is free to get its driver, within the stage and its cleaning up
 *	holds	every hold is given back, or justified by a word in the records, and after the loan
 *		was due by a finding; what must not have a driver stays held then; no hold is
 *		cleared for a daemon that is no more; and whose driver came while it was held, for
 *		him the bus was asked again
 *	quiet	the worker has no driver bound to a live master, unless its quieting failed and the
 *		records say so
 *	waits	no step and no run takes longer than is stated
 *	words	each result and each word of what was given back says what is so at that moment,
 *		no record hides another, and the report's verdict follows from what became of the
 *		devices
 *
 * The first breach of each is in world->broken.
 */
#ifndef TESTS_RANDOM_INVARIANTS_H
#define TESTS_RANDOM_INVARIANTS_H

#include "tests/random/world.h"

extern const char *const invariant_names[INVARIANTS];

/* A record was written to the journal, just now. */
void word_said(struct world *w, const struct rec *rec);
/* Who waited for an earlier daemon clears a hold that this one counts on, just now. */
void word_broken(struct world *w, const struct world_device *dev);
/* By an act of the worker a driver is about to probe a live master. */
void driver_comes(struct world *w, struct world_device *dev);
/* A daemon begins; the loan is due, and a worker is started to give back, just now. */
void loan_forgotten(struct world *w);
void loan_begins(struct world *w);
/* A run of the daemon has ended, just now. */
void run_ended(struct world *w);
/* All is over. Fills in what is broken; returns whether anything is. */
bool invariants_check(struct world *w);

#endif
