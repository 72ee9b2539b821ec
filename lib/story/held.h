/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * held.h - what the steps for a device amount to: is it there, is it held, may it do DMA?
 */
#ifndef LIB_STORY_HELD_H
#define LIB_STORY_HELD_H

#include "lib/story/story.h"

bool held_outcome_is(const struct story_step *step, u16 outcome); /* @step may be NULL */
bool held_is_gone(const struct story *story, const struct story_device *device);
/* The keep of a device that no bind was tried for later; NULL: none. */
const struct story_step *held_keep(const struct story *story, const char *name);
/* Kept on purpose, not known to have escaped the hold, and not given back since. */
bool held_is(const struct story *story, const char *name);
/*
 * Its bus master bit now: 1, 0, or -1 not known. As its config space said at the last look; where
 * nobody looked since it was switched off, it is off unless something may have switched it on.
 */
int held_bus_master(const struct story *story, const struct story_device *device);
/*
 * It was quiesced, and nothing stops it any more: the last look found its bus master bit set, or
 * its hold was given back while it had a driver. When it was given back is in @ret_ns, else 0.
 * Never of one that a bind of ours has handed to its driver.
 */
bool held_on_again(const struct story *story, const struct story_device *device, u64 *ret_ns);

#endif
