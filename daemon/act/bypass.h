/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bypass.h - makes a dump possible when the SMMU has no driver at all.
 *
 * This happens when the capture kernel's command line keeps the built-in driver away, and the
 * adopting driver is not in the image, is built for another kernel, or failed. The SMMU then still
 * translates by the crashed kernel's table, but drivers use physical addresses, so that the dump
 * fails. So bypass_run() stops all devices that may do DMA, switches the SMMU off, and waits for
 * the kernel, which defers the probes of devices behind a missing SMMU until
 * deferred_probe_timeout= has passed.
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
/* One SMMU: at most three waits for an answer (smmu_off.h), and the mapping of its registers. */
#define BYPASS_SMMU_MS 5000u
/* All SMMUs together; the dump waits for this. */
#define BYPASS_ALL_MS 15000u
/*
 * The kernel's deferral if the command line does not set it, the longest one that we wait for, and
 * a reserve.
 */
#define BYPASS_DEFER_DEFAULT_MS 10000u
#define BYPASS_DEFER_MAX_MS 60000u
#define BYPASS_DEFER_SLACK_MS 500u

enum bypass_outcome {
	BYPASS_NOTHING = 0, /* there is no SMMUv3 without a driver */
	BYPASS_DONE = 1,    /* at least one was switched off, or was off */
};

/* Called with a sentence for the log; the journal gets it as a finding. */
typedef void (*bypass_say_fn)(enum rec_severity severity, const char *text);

struct bypass {
	const struct fsroot *root;
	const struct config *config;
	struct journal *journal; /* opened, not begun */
	bypass_say_fn say;
};

/*
 * Returns enum bypass_outcome, or a negative errno with @err: -EBUSY: another SMMU has a driver;
 * -EAGAIN: the probe of an SMMU's driver is deferred (nothing was touched in both cases); -EIO: no
 * SMMU could be switched off.
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
