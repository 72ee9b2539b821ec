/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * at_load.h - finds entries of the snapshot that are not the crashed kernel's.
 *
 * A device that was attached before the helper was loaded has an entry of the capture kernel's own
 * by then, in the table that was adopted: its context descriptor, or its stage 2 tables, lie in
 * the capture kernel's memory, which the crashed kernel could not use. So its entry at the crash
 * is not known. A damaged entry of the crashed kernel may point into that memory as well; so for a
 * device that was attached later, according to the records, the snapshot's entry counts.
 */
#ifndef LIB_STORY_AT_LOAD_H
#define LIB_STORY_AT_LOAD_H

#include "lib/story/story.h"

/* Sets own_at_load of all streams, and has_crash by it. Part of story_finish(), after the links. 0
 * or -ENOMEM. */
int at_load_mark(struct story *story);

#endif
