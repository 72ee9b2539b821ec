/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_shared.h - the standard machine, whose NIC is held, with the memory that supervisor and
 * worker share and the clock of support_clock.h.
 */
#ifndef TESTS_SUPPORT_SHARED_H
#define TESTS_SUPPORT_SHARED_H

#include "daemon/supervise.h"
#include "tests/unit/support_machine.h"

/* Start the clock, make @m and the memory, and begin the journal. */
struct stage_shared *shared_set_up(struct machine *m);
void shared_tear_down(struct machine *m, struct stage_shared *shared);

#endif
