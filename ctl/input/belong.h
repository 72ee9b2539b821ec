/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * belong.h - do these records belong to this dump? Only this file decides it.
 *
 * Records are files beside dumps, and files get copied. An answer made of the entries of one
 * crash and the memory of another would be wrong but look right.
 */
#ifndef CTL_INPUT_BELONG_H
#define CTL_INPUT_BELONG_H

#include "ctl/dump/dump_file.h"
#include "lib/story/story.h"

enum belong_verdict {
	BELONG_UNKNOWN = 0, /* it cannot be decided; treated as yes */
	BELONG_YES,
	BELONG_NO,
};

struct belong {
	enum belong_verdict verdict;
	char why[160]; /* BELONG_NO: "the dump's ... , the records' ..." */
};

/*
 * @story must be finished. A dump that cannot be read, or opened, gives BELONG_UNKNOWN, not an
 * error. @quick: only the notes of the dump are read, not its memory.
 */
void belong_judge(struct dump_file *dump, bool quick, const struct story *story,
		  struct belong *ret);

#endif
