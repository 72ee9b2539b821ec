/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * shell.h - read the variables that a shell file sets. kdump-tools and SUSE's kdump source their
 * configuration: quotes, variables, included files and conditions count, and only a shell can
 * evaluate them.
 */
#ifndef RESOLVE_SHELL_H
#define RESOLVE_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"

#define SHELL_MS 10000u /* the deadline for one file */
#define SHELL_VALUE_BYTES 4096

struct shell_variable {
	const char *name;
	char value[SHELL_VALUE_BYTES]; /* "" also when it is not set */
};

/*
 * Source @file, a path without "/" before it, in @shell ("sh", "bash"), and read @n variables.
 * @environment: one "NAME=value" to set before, NULL: none. For the tree of another machine, the
 * shell is one of this machine, confined to the tree (tree.h). Returns 0; -ENOENT when there is
 * no such file; or a negative errno with @err, also when the shell stopped before the file's end.
 */
int shell_read(const struct fsroot *root, const char *shell, const char *file,
	       const char *environment, struct shell_variable *variables, size_t n,
	       struct errbuf *err);

#endif
