/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run_program.h - run another program and read its output.
 */
#ifndef CTL_CHECK_RUN_PROGRAM_H
#define CTL_CHECK_RUN_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/strbuf.h"

/*
 * Run @argv, at most @ms milliseconds, and read at most @max bytes of its stdout into @answer.
 * Its stderr is thrown away. A program without a folder in its name is found by PATH. Returns its
 * exit code, or a negative errno: -ENOENT there is no such program, -ETIMEDOUT, -E2BIG, -EINTR it
 * was killed.
 */
int run_program(const char *const *argv, uint32_t ms, size_t max, struct strbuf *answer);

#endif
