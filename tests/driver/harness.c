// SPDX-License-Identifier: LGPL-2.1-or-later
/* Expectations, what the driver says, fake registers. */
#include "harness.h"

unsigned int failed, warnings, resched_count, devres_released;
bool kdump;
void (*on_write)(void *reg, u32 value);

void expect(const char *name, long actual, long expected)
{
	if (actual == expected)
		return;
	failed++;
	printf("    %s: %ld instead of %ld\n", name, actual, expected);
}

int verdict(void)
{
	EXPECT("warnings of the driver", warnings, 0);
	return failed ? UNMET : 0;
}

void said(const struct device *dev, const char *text, ...)
{
	va_list args;

	(void)dev;
	va_start(args, text);
	if (getenv("HARNESS_VERBOSE"))
		vprintf(text, args);
	va_end(args);
}

bool is_kdump_kernel(void)
{
	return kdump;
}

u32 readl(const void *reg)
{
	return *(const volatile u32 *)reg;
}

void writel(u32 value, void *reg)
{
	if (on_write)
		on_write(reg, value);
	*(volatile u32 *)reg = value;
}

void written_q(void *reg)
{
	if (on_write)
		on_write(reg, 0);
}
