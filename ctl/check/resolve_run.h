/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resolve_run.h - ask smmu-adopt-resolve: what "check" says of the dump path is what the image
 * would get, and the libraries it takes are its own.
 */
#ifndef CTL_CHECK_RESOLVE_RUN_H
#define CTL_CHECK_RESOLVE_RUN_H

#include "ctl/input/options.h"
#include "lib/base/errbuf.h"
#include "lib/base/strbuf.h"
#include "lib/machine/config.h"

#define RESOLVE_RUN_MS 120000u

/*
 * Run it for @target, NULL: what is configured. Its drop-in is in @ret, how it came to that,
 * without the names of files for programs, in @how, which may be NULL. Returns 0; -ENOENT when it
 * is not installed, or another negative errno with @err.
 */
int resolve_run(const struct ctl *ctl, const char *target, struct config *ret, struct strbuf *how,
		struct errbuf *err);

#endif
