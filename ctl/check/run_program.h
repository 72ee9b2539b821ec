/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run_program.h - ask another program, and take what it prints.
 */
#ifndef CTL_CHECK_RUN_PROGRAM_H
#define CTL_CHECK_RUN_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/strbuf.h"

/*
 * Run @argv, looked for in PATH where it names no folder, for at most @ms and @max bytes of
 * stdout, which come into @answer; stderr goes nowhere. Returns its exit code, or a negative errno:
 * -ENOENT there is no such program, -ETIMEDOUT, -E2BIG, -EINTR it was killed.
 */
int run_program(const char *const *argv, uint32_t ms, size_t max, struct strbuf *answer);

#endif
