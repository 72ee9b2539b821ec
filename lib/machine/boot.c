// SPDX-License-Identifier: LGPL-2.1-or-later
/* boot.c - the kernel's boot id, and its age. */
#include "lib/machine/boot.h"

#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "b3a1...-....": 32 digits, dashes between. */
void boot_read_id(const struct fsroot *root, u8 id[BOOT_ID_BYTES])
{
	char text[64];
	size_t digits = 0;
	const char *p;

	memset(id, 0, BOOT_ID_BYTES);
	if (fsroot_read_text(root, text, sizeof(text), "proc/sys/kernel/random/boot_id") < 0)
		return;
	for (p = text; *p && digits < 2 * BOOT_ID_BYTES; p++) {
		if (hex_digit(*p) < 0)
			continue;
		id[digits / 2] = (u8)(id[digits / 2] << 4 | hex_digit(*p));
		digits++;
	}
}

bool boot_id_known(const u8 id[BOOT_ID_BYTES])
{
	static const u8 none[BOOT_ID_BYTES];

	return memcmp(id, none, sizeof(none)) != 0;
}

time_t boot_time(void)
{
	struct timespec up = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &up);
	return time(NULL) - up.tv_sec - 1;
}
