// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dynlib.c - a library counts only if it has all symbols: an old one that lacks a symbol is
 * treated as missing.
 */
#include "lib/base/dynlib.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

int dynlib_load(const char *soname, const struct dynlib_symbol *symbols, size_t count,
		struct errbuf *err)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_NODELETE), *address;
	size_t i;

	if (!library) {
		errbuf_set(err, "%s", dlerror());
		return -ENOENT;
	}
	for (i = 0; i < count; i++) {
		if (dlsym(library, symbols[i].name))
			continue;
		errbuf_set(err, "%s has no %s", soname, symbols[i].name);
		return -ENOENT;
	}
	for (i = 0; i < count; i++) {
		address = dlsym(library, symbols[i].name);
		memcpy(symbols[i].where, &address, sizeof(address));
	}
	return 0;
}
