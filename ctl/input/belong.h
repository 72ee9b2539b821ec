/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * belong.h - do these records belong to this dump? The one place where that is decided.
 *
 * Records lie beside dumps as files, files get copied, and an answer made of the entries of one
 * crash and the memory of another is wrong without looking so.
 */
#ifndef CTL_INPUT_BELONG_H
#define CTL_INPUT_BELONG_H

#include "ctl/input/options.h"
#include "lib/story/story.h"

enum belong_verdict {
	BELONG_UNKNOWN = 0, /* nothing tells; taken for yes */
	BELONG_YES,
	BELONG_NO,
};

struct belong {
	enum belong_verdict verdict;
	char why[160]; /* BELONG_NO: "the dump's ... , the records' ..." */
};

/*
 * @story is finished. What cannot be read tells nothing: there is no error. With ctl->quick the
 * memory in the dump is left alone, and only its notes are read.
 */
void belong_judge(const struct ctl *ctl, const char *dump, const struct story *story,
		  struct belong *ret);

#endif
