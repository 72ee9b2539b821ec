// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * loan.c - decides when held devices are given back.
 *
 * The grace begins at the hand-over. The capture environment begins its wait earlier, at about the
 * daemon's start, and ends it after a fixed time. After a long stage the grace would end later
 * than this wait. So there is a last moment: twice the grace after the daemon's start, but not
 * before the hand-over. Then the devices are given back even if the dump makes progress.
 */
#include "daemon/loan.h"

#include "lib/base/clock.h"

static u64 later(u64 a, u64 b)
{
	return a > b ? a : b;
}

int loan_decide(const struct loan *loan, u64 now_ns, bool progress)
{
	u64 grace = clock_ms(loan->grace_ms);
	u64 last = later(loan->start_ns + 2 * grace, loan->handover_ns);
	u64 due = loan->handover_ns + grace;
	uint32_t left;

	if (loan->grace_ms == CONFIG_GRACE_NEVER || !loan->lent || loan->dump_begun)
		return LOAN_NEVER;
	if (due > last)
		due = last;
	if (now_ns < due)
		return (int)clock_left_ms(now_ns, due);
	if (!progress || now_ns >= last)
		return LOAN_GIVE_BACK;
	left = clock_left_ms(now_ns, last);
	return (int)(left < LOAN_LOOK_MS ? left : LOAN_LOOK_MS);
}

uint32_t loan_grace_ms(uint32_t configured, bool systemd)
{
	if (configured != CONFIG_GRACE_AUTO)
		return configured;
	return systemd ? LOAN_GRACE_SYSTEMD_MS : LOAN_GRACE_MS;
}
