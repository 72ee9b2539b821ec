/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resolve_run.h - ask smmu-adopt-resolve for the dump path. So "check" tells what the image would
 * get, and smmu-adoptctl needs none of that program's libraries.
 */
#ifndef CTL_CHECK_RESOLVE_RUN_H
#define CTL_CHECK_RESOLVE_RUN_H

#include "ctl/input/options.h"
#include "lib/base/errbuf.h"
#include "lib/base/strbuf.h"
#include "lib/machine/config.h"

#define RESOLVE_RUN_MS 120000u

/*
 * Run it for @target; NULL: for the configured target. @ret gets the drop-in; @how, which may be
 * NULL, gets the path of each target in words. Returns 0; -ENOENT when the program is not
 * installed, or another negative errno; each with @err.
 */
int resolve_run(const struct ctl *ctl, const char *target, struct config *ret, struct strbuf *how,
		struct errbuf *err);

#endif
