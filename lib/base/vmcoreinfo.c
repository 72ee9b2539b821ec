// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vmcoreinfo.c - see vmcoreinfo.h.
 */
#include "lib/base/vmcoreinfo.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/parse.h"

bool vmcoreinfo_value(const char *text, const char *key, char *buf, size_t cap)
{
	size_t len = strlen(key), n;
	const char *p;

	for (p = text; (p = strstr(p, key)); p++) {
		if ((p != text && p[-1] != '\n') || p[len] != '=')
			continue;
		n = strcspn(p + len + 1, "\n");
		if (n >= cap)
			return false;
		memcpy(buf, p + len + 1, n);
		buf[n] = 0;
		return true;
	}
	return false;
}

bool vmcoreinfo_symbol(const char *text, const char *name, uint64_t *ret)
{
	char key[80], value[32], hex[40];

	if (snprintf(key, sizeof(key), "SYMBOL(%s)", name) >= (int)sizeof(key) ||
	    !vmcoreinfo_value(text, key, value, sizeof(value)))
		return false;
	(void)snprintf(hex, sizeof(hex), "0x%s", value);
	return parse_u64(hex, 0, UINT64_MAX, ret) >= 0;
}

bool vmcoreinfo_number(const char *text, const char *key, uint64_t *ret)
{
	char value[32];

	return vmcoreinfo_value(text, key, value, sizeof(value)) &&
	       parse_u64(value, 0, UINT64_MAX, ret) >= 0;
}
