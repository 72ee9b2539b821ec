/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file.h - the records that a FILE argument stands for, as bytes and as a story.
 *
 * FILE is a record file, a crash folder, or a dump: its note, else the records
 * beside it. Every verb that tells a story from records opens it here, so that
 * all of them say the same of the same damage.
 */
#ifndef CTL_INPUT_FILE_H
#define CTL_INPUT_FILE_H

#include "ctl/input/options.h"
#include "ctl/input/bytes.h"
#include "lib/story/story.h"

/* Zero-initialise with = { 0 }. Ends with recfile_close(). */
struct recfile {
	struct input input;
	struct story story;
	bool partial; /* torn, or a note of the dump is broken */
};

/* Returns 0, or a negative errno with @err saying which file and why; no message is shown. */
int recfile_read(const struct ctl *ctl, const char *name, struct recfile *ret, struct errbuf *err);

/* The same with messages, those about torn records included. */
int recfile_open(const struct ctl *ctl, const char *name, struct recfile *ret);

void recfile_close(struct recfile *file);
#define _cleanup_recfile_ _cleanup_(recfile_close)

/* "<folder of NAME>/smmu-adopt.rec", into @buf. */
void recfile_beside(const char *name, char *buf, size_t cap);

#endif
