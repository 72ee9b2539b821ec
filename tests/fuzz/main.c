// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * main.c - libFuzzer's entry to the target FUZZ_TARGET, a number.
 */
#include "tests/unit/support_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_targets[FUZZ_TARGET].run(data, len);
	return 0;
}
