/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * machine.h - the story of this machine, for the verbs that work on it.
 */
#ifndef CTL_INPUT_MACHINE_H
#define CTL_INPUT_MACHINE_H

#include "ctl/input/options.h"
#include "lib/report/report.h"

void records_free(struct story *story);
#define _cleanup_story_ _cleanup_(records_free)

/*
 * Read the files of daemon and helper below the root, and the helper's current records.
 * A message tells what cannot be read. Returns 0 or a negative errno.
 */
int records_of_machine(const struct ctl *ctl, struct story *story,
		       struct report_source *ret_source);
/* The meaning of a negative errno of records_of_machine(), in words. */
const char *records_why(int error);

#endif
