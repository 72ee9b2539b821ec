/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the test programs share: expectations, what the driver says, fake registers. */
#ifndef DRIVER_HARNESS_H
#define DRIVER_HARNESS_H

#include "shim.h"

extern unsigned int failed;
extern bool kdump;

#define EXPECT(name, actual, expected) expect(name, (long)(actual), (long)(expected))
void expect(const char *name, long actual, long expected);
/* The program's exit code: 0 if all expectations were met. Sanitizers have others than UNMET */
#define UNMET 10
int verdict(void);

/* Called for each write before it is done; NULL: none */
extern void (*on_write)(void *reg, u32 value);

#endif /* DRIVER_HARNESS_H */
