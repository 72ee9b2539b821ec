/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * at_load.h - which entries of the snapshot are not the crashed kernel's.
 *
 * A device that was attached before the helper was loaded has an entry of the capture
 * kernel's own by then, in the table that was adopted: its context descriptor, or its
 * stage 2 tables, lie in the capture kernel's memory, which the crashed kernel could not
 * use. What it had at the crash is not known. A damaged entry may lead there as well; so a
 * device of which the records say that it was attached later keeps what the snapshot has.
 */
#ifndef LIB_STORY_AT_LOAD_H
#define LIB_STORY_AT_LOAD_H

#include "lib/story/story.h"

/* Sets own_at_load of all streams, and has_crash by it. Part of story_finish(), after the links. 0
 * or -ENOMEM. */
int at_load_mark(struct story *story);

#endif
