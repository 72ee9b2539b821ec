/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_fuzz.h - what is fuzzed: functions that take any bytes, must return, and
 * abort when something that always holds does not. tests/fuzz runs them with
 * libFuzzer, test_fuzz.c with mutated seeds.
 */
#ifndef TESTS_SUPPORT_FUZZ_H
#define TESTS_SUPPORT_FUZZ_H

#include "core/port.h"

struct fuzz_target {
	const char *name;
	void (*run)(const u8 *data, size_t len);
};

#define FUZZ_TARGETS 8
extern const struct fuzz_target fuzz_targets[FUZZ_TARGETS];

#endif
