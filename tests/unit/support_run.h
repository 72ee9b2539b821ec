/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_run.h - run smmu-adoptctl inside the test and keep what it says; a
 * temporary folder and files in it; record streams from tests/golden.
 */
#ifndef TESTS_SUPPORT_RUN_H
#define TESTS_SUPPORT_RUN_H

#include <stddef.h>

#include "core/port.h"

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct run {
	int code;
	char *out, *err; /* what it wrote; freed by run_free() */
};

/* @args ends with NULL; the program's name is put in front. */
void run_ctl(const char *const *args, struct run *ret);
void run_free(struct run *run);
/* "log" prints of @path what is in the golden file. */
void run_logs_as(const char *path, const char *golden);
/* @args fails with exit code 1 and one line, which has @message and @path; nothing on stdout. */
void run_is_refused(const char *path, const char *message, const char *const *args);

/* A fresh folder for the running test, which is removed with all that is in it: cmocka's setup and
 * teardown, and what the others call. */
extern char *folder;
int scratch_set_up(void **state);
int scratch_tear_down(void **state);

/* The path of a file in it. */
const char *scratch_path(char buf[512], const char *name);
#define PATH(name) scratch_path((char[512]){ 0 }, name)
/* Make the folders above such a file; write it. */
void scratch_folders(const char *name);
void scratch_put(const char *name, const void *data, size_t len);
void scratch_put_golden(const char *golden, const char *name);

void file_write(const char *path, const void *data, size_t len);
/* The whole file, with a NUL behind it; NULL when it does not exist. */
char *file_read(const char *path, size_t *ret_len);

/* The stream of tests/golden/@name.rec, or made from @name.rectxt. The caller frees it. */
u8 *golden_stream(const char *name, size_t *ret_len);
/* Compare @text with tests/golden/@file; with UPDATE=1 in the environment, write it. */
void golden_compare(const char *file, const char *text);

#endif
