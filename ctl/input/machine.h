/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machine.h - the story of this machine, for the verbs that tell about it.
 */
#ifndef CTL_INPUT_MACHINE_H
#define CTL_INPUT_MACHINE_H

#include "ctl/input/options.h"
#include "lib/report/report.h"

void records_free(struct story *story);
#define _cleanup_story_ _cleanup_(records_free)

/*
 * What daemon and helper have left below the root, and what the helper tells
 * now. *ret_source: one of REPORT_FROM_*. Says on stderr what cannot be read.
 * Returns 0 or a negative errno.
 */
int records_of_machine(const struct ctl *ctl, struct story *story, const char **ret_source);
/* A negative errno of it, in words. */
const char *records_why(int error);

#endif
