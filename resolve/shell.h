/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * shell.h - what a shell makes of a file of variables. kdump-tools and SUSE's kdump source
 * theirs: quotes, variables, included files and conditions count, and only a shell knows
 * all of that.
 */
#ifndef RESOLVE_SHELL_H
#define RESOLVE_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"

#define SHELL_MS 10000u /* for a file */
#define SHELL_VALUE_BYTES 4096

struct shell_variable {
	const char *name;
	char value[SHELL_VALUE_BYTES]; /* "" also where it is not set */
};

/*
 * Source @file, a path without "/" before it, in @shell ("sh", "bash"), and read @n variables.
 * @environment: "NAME=value" that is set before, NULL nothing. On a machine of its own the
 * shell is the one of the tree, as far as this machine has it, and confined (tree.h). Returns 0;
 * -ENOENT when there is no such file; or a negative errno with @err, also when the shell did not
 * get past the file's end.
 */
int shell_read(const struct fsroot *root, const char *shell, const char *file,
	       const char *environment, struct shell_variable *variables, size_t n,
	       struct errbuf *err);

#endif
