/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* triage_private.h - between triage.c and triage_collect.c. */
#ifndef CTL_TRIAGE_TRIAGE_PRIVATE_H
#define CTL_TRIAGE_TRIAGE_PRIVATE_H

#include "ctl/triage/triage.h"

/* Fill in t->streams and t->roots from the story and the memory. 0 or -ENOMEM. */
int triage_collect(struct triage *t);

#endif
