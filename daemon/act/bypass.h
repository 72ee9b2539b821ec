/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bypass.h - a way to a dump when the SMMU has no driver at all.
 *
 * The capture kernel's command line keeps the built-in driver away; the adopting one is not in the
 * image, or of another kernel, or failed. The SMMU then goes on translating by the crashed
 * kernel's table, drivers use physical addresses, and the dump is lost. So all that may do DMA
 * is stopped, the SMMU is switched off, and the kernel is waited for: it defers the probes of
 * devices behind a missing SMMU, and lets them go on without one after deferred_probe_timeout=.
 */
#ifndef DAEMON_ACT_BYPASS_H
#define DAEMON_ACT_BYPASS_H

#include "core/rec_types.h"
#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"
#include "lib/machine/config.h"
#include "lib/machine/journal.h"

/* Stopping all devices, before the SMMU is touched. */
#define BYPASS_STOP_MS 5000u
#define BYPASS_RESET_MS 10000u
/* One SMMU: three answers at most (smmu_off.h), and what maps its registers. */
#define BYPASS_SMMU_MS 5000u
/* All of them: the dump waits for it. */
#define BYPASS_ALL_MS 15000u
/* The kernel's own patience without a word for it, the most we wait for, and a reserve. */
#define BYPASS_DEFER_DEFAULT_MS 10000u
#define BYPASS_DEFER_MAX_MS 60000u
#define BYPASS_DEFER_SLACK_MS 500u

enum bypass_outcome {
	BYPASS_NOTHING = 0, /* there is no SMMUv3 without a driver */
	BYPASS_DONE = 1,    /* at least one was switched off, or was off */
};

/* A sentence on what was found or done, for the log; in the journal it is a finding. */
typedef void (*bypass_say_fn)(enum rec_severity severity, const char *text);

struct bypass {
	const struct fsroot *root;
	const struct config *config;
	struct journal *journal; /* opened, not begun */
	bypass_say_fn say;
};

/*
 * Returns enum bypass_outcome, or a negative errno with @err: -EBUSY another SMMU has a driver,
 * -EAGAIN a driver is there and waits for something else: nothing was touched; or none could
 * be switched off.
 */
int bypass_run(const struct bypass *bypass, struct errbuf *err);

/*
 * The longest that the kernel defers probes from now on, by its command line below @root;
 * UINT32_MAX: for ever.
 */
uint32_t bypass_defer_ms(const struct fsroot *root);
/* The longest that bypass_run() takes there. */
uint32_t bypass_most_ms(const struct fsroot *root);

#endif
