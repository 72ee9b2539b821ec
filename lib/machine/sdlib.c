// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sdlib.c - the table of libsystemd's functions.
 */
#define SDLIB_PLAIN_NAMES
#include "lib/machine/sdlib.h"

#include "lib/base/dynlib.h"

#define SDLIB_SONAME "libsystemd.so.0"

DYNLIB_NOTE(dbus_note, DYNLIB_JSON("bus", "status over D-Bus", "suggested", SDLIB_SONAME));

struct sdlib sdlib;
const unsigned int sdlib_vtable_format = 242;

int sdlib_load(struct errbuf *err)
{
#define SDLIB_SYMBOL(f) { #f, &sdlib.f },
	static const struct dynlib_symbol symbols[] = { SDLIB_FUNCTIONS(SDLIB_SYMBOL) };

	if (sdlib.sd_bus_new)
		return 0;
	return dynlib_load(SDLIB_SONAME, symbols, sizeof(symbols) / sizeof(symbols[0]), err);
}
