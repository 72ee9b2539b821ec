/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_resolve.h - run smmu-adopt-resolve on a machine; and be root in namespaces of one's
 * own, for what needs another network or other files in /etc.
 */
#ifndef TESTS_SUPPORT_RESOLVE_H
#define TESTS_SUPPORT_RESOLVE_H

#include <stdbool.h>

#include "tests/unit/support_mkmachine.h"
#include "tests/unit/support_run.h"

/* As built beside the test. */
const char *resolve_program(void);

/* @args ends with NULL; "--root" of @m is put in front. Skips the test where trees cannot be
 * entered. */
void run_resolve(struct machine *m, const char *const *args, struct run *ret);

/* What is found for @target, NULL: for nothing that is named; and @doubts, all of them. */
void expect_resolved(struct machine *m, const char *target, const char *devices,
		     const char *doubts);
/* The lines of mkmachine(), and what is found then: "finds [TARGET] -> DEVICES [; DOUBTS]". */
void resolve_text(struct machine *m, const char *text);

/*
 * Call @fn in a child that is root in new namespaces of users, mounts and networks. Returns its
 * exit code; skips the test where that is not allowed.
 */
int run_apart(int (*fn)(void *priv), void *priv);

#endif
