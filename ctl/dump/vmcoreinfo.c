// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vmcoreinfo.c - the note is found by its owner, in ELF dumps among the notes, in
 * kdump-compressed ones where the sub-header says.
 */
#include "ctl/dump/vmcoreinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/dump/dump.h"
#include "ctl/dump/dump_note.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#define OWNER "VMCOREINFO"
#define TEXT_MAX 65536u

static bool find_note(struct dump_src *src, const struct dump_info *info, u64 *at, u64 *len)
{
	u64 cursor = info->notes, end = info->notes + info->notes_len;
	char owner[sizeof(OWNER)];
	struct dump_note note;
	struct errbuf err;

	while (dump_note_next(src, end, &cursor, &note, &err) == NOTE_OK) {
		if (note.body - note.offset < NOTE_HEADER_BYTES + sizeof(owner) ||
		    dump_read(src, note.offset + NOTE_HEADER_BYTES, owner, sizeof(owner), &err) <
			    0 ||
		    memcmp(owner, OWNER, sizeof(owner)) != 0)
			continue;
		*at = note.body;
		*len = note.body_len;
		return true;
	}
	return false;
}

char *vmcoreinfo_read(int fd, u64 size)
{
	struct dump_src src = {
		.read = dump_read_fd, .priv = &fd, .size = size, .budget = DUMP_FIND_BUDGET
	};
	_cleanup_free_ char *text = NULL;
	struct dump_info info;
	struct errbuf err;
	u64 at = 0, len = 0;

	if (dump_parse(&src, &info, &err) < 0)
		return NULL;
	if (info.format == DUMP_KDUMP && info.kdump.info_len) {
		at = info.kdump.info;
		len = info.kdump.info_len;
	} else if (!find_note(&src, &info, &at, &len)) {
		return NULL;
	}
	len = len < TEXT_MAX ? len : TEXT_MAX;
	text = calloc(1, len + 1);
	if (!text || dump_read(&src, at, text, len, &err) < 0)
		return NULL;
	return steal_ptr(text);
}

/* The value behind "KEY=" at the start of a line. */
static bool value_of(const char *text, const char *key, char buf[32])
{
	size_t len = strlen(key), n;
	const char *p;

	for (p = text; (p = strstr(p, key)); p++) {
		if ((p != text && p[-1] != '\n') || p[len] != '=')
			continue;
		n = strcspn(p + len + 1, "\n");
		if (n >= 32)
			return false;
		memcpy(buf, p + len + 1, n);
		buf[n] = 0;
		return true;
	}
	return false;
}

bool vmcoreinfo_symbol(const char *text, const char *name, u64 *ret)
{
	char key[64], value[32], hex[40];

	(void)snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	if (!value_of(text, key, value))
		return false;
	(void)snprintf(hex, sizeof(hex), "0x%s", value);
	return parse_u64(hex, 0, UINT64_MAX, ret) >= 0;
}

bool vmcoreinfo_number(const char *text, const char *key, u64 *ret)
{
	char value[32];

	return value_of(text, key, value) && parse_u64(value, 0, UINT64_MAX, ret) >= 0;
}
