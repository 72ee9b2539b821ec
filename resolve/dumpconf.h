/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dumpconf.h - the dump path of a healthy machine, as configuration for its capture image. */
#ifndef RESOLVE_DUMPCONF_H
#define RESOLVE_DUMPCONF_H

#include <stdio.h>

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"
#include "lib/machine/config.h"

/*
 * Resolve @n @targets; when there are none, those configured; when none is
 * configured, those found in kdump's own files. Print a drop-in that names the endpoints of all.
 * Returns 0, or a negative errno with @err when one cannot be resolved; nothing is printed then,
 * for a drop-in that lacks a device would keep it from the dump.
 */
int dumpconf_print(const struct fsroot *root, const struct config *config,
		   const char *const *targets, size_t n, FILE *out, struct errbuf *err);

#endif
