// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vmcoreinfo.c - the note is found by its owner, in ELF dumps among the notes, in
 * kdump-compressed ones where the sub-header says.
 */
#include "ctl/dump/vmcoreinfo.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/dump/dump_note.h"
#include "lib/base/cleanup.h"

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

char *vmcoreinfo_read(struct dump_file *file, const struct dump_info *info)
{
	u64 at = info->kdump.info, len = info->kdump.info_len;
	_cleanup_free_ char *text = NULL;
	struct dump_src src;
	struct errbuf err;

	if (dump_file_notes(file, &src, &err) < 0)
		return NULL;
	if (!len && !find_note(&src, info, &at, &len))
		return NULL;
	len = len < TEXT_MAX ? len : TEXT_MAX;
	text = calloc(1, len + 1);
	if (!text || dump_read(&src, at, text, len, &err) < 0)
		return NULL;
	return steal_ptr(text);
}
