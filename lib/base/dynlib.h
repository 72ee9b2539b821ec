/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dynlib.h - loads a shared library when it is used for the first time, if it is there.
 *
 * A capture image and its memory are small. So a library is not linked when one process needs it
 * for a moment only, or when only a convenience needs it.
 */
#ifndef LIB_BASE_DYNLIB_H
#define LIB_BASE_DYNLIB_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/errbuf.h"

struct dynlib_symbol {
	const char *name;
	void *where; /* address of the function pointer to set */
};

/*
 * Load @soname and set all of @symbols. Returns 0; or -ENOENT with @err, and then
 * no pointer is set. It stays loaded.
 */
int dynlib_load(const char *soname, const struct dynlib_symbol *symbols, size_t count,
		struct errbuf *err);

/*
 * Says in the program file what is loaded, for package builders and image builders
 * (systemd's "ELF dlopen metadata": note of owner FDO). @priority is "required",
 * "recommended" or "suggested".
 */
#define DYNLIB_NOTE_TYPE 0x407c0c0a
#define DYNLIB_JSON(feature, description, priority, soname)            \
	"[{\"feature\":\"" feature "\",\"description\":\"" description \
	"\",\"priority\":\"" priority "\",\"soname\":[\"" soname "\"]}]"
#define DYNLIB_NOTE(name, json)                                                          \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct { \
		uint32_t owner_bytes, text_bytes, type;                                  \
		char owner[4], text[sizeof(json)] __attribute__((aligned(4)));           \
	} name = { 4, sizeof(json), DYNLIB_NOTE_TYPE, "FDO", json }

#endif
