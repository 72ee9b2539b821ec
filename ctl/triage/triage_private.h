/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* triage_private.h - what triage.c and triage_collect.c share. */
#ifndef CTL_TRIAGE_TRIAGE_PRIVATE_H
#define CTL_TRIAGE_TRIAGE_PRIVATE_H

#include "ctl/triage/triage.h"

/* Fill in t->streams and t->roots from the story and the memory. Returns 0 or -ENOMEM. */
int triage_collect(struct triage *t);

#endif
