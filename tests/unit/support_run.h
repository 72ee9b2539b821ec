/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_run.h - run smmu-adoptctl inside the test and keep what it says; a
 * temporary folder; record streams from tests/golden.
 */
#ifndef TESTS_SUPPORT_RUN_H
#define TESTS_SUPPORT_RUN_H

#include <stddef.h>

#include "core/port.h"

struct run {
	int code;
	char *out, *err; /* what it wrote; freed by run_free() */
};

/* @args ends with NULL; the program's name is put in front. */
void run_ctl(const char *const *args, struct run *ret);
void run_free(struct run *run);
/* @args fails with exit code 1 and one line, which has @message and @path; nothing on stdout. */
void run_is_refused(const char *path, const char *message, const char *const *args);

/* A fresh folder that scratch_free() removes with all that is in it. */
char *scratch_new(void);
void scratch_free(char *path);

void file_write(const char *path, const void *data, size_t len);
/* The whole file, with a NUL behind it; NULL when it does not exist. */
char *file_read(const char *path, size_t *ret_len);

/* The stream of tests/golden/@name.rec, or made from @name.rectxt. The caller frees it. */
u8 *golden_stream(const char *name, size_t *ret_len);
/* Compare @text with tests/golden/@file; with UPDATE=1 in the environment, write it. */
void golden_compare(const char *file, const char *text);

#endif
