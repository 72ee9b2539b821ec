/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * held.h - derives from the steps for a device: does it exist, is it held, may it do DMA?
 */
#ifndef LIB_STORY_HELD_H
#define LIB_STORY_HELD_H

#include "lib/story/story.h"

bool held_outcome_is(const struct story_step *step, u16 outcome); /* @step may be NULL */
bool held_is_gone(const struct story *story, const struct story_device *device);
/* The keep step of a device for which no bind was tried later; NULL: none. */
const struct story_step *held_keep(const struct story *story, const char *name);
/* Did the daemon hold all devices before the SMMU had a driver? */
bool held_early(const struct story *story);
/* Was the device kept on purpose, and is neither a driver nor a release recorded since? */
bool held_is(const struct story *story, const char *name);
/*
 * The device's bus master bit: 1, 0, or -1 not known. It is the bit at the last look; if there was
 * no look since it was switched off, it counts as off unless a step may have switched it on.
 */
int held_bus_master(const struct story *story, const struct story_device *device);
/*
 * It was quiesced, and nothing stops it any more: the last look found its bus master bit set, or
 * its hold was given back while it had a driver. When it was given back is in @ret_ns, else 0.
 * Never true for a device that a bind step has handed to its driver.
 */
bool held_on_again(const struct story *story, const struct story_device *device, u64 *ret_ns);

#endif
