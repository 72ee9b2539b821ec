/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * channels.h - the channels by which the records leave this machine. Each is independent of the
 * others, and its state is recorded.
 */
#ifndef DAEMON_CHANNELS_H
#define DAEMON_CHANNELS_H

#include "lib/base/fsroot.h"
#include "lib/machine/journal.h"

/* Record the state of @channel (enum rec_channel_id); @error negative errno or 0. */
void channels_say(struct journal *journal, enum rec_channel_id channel,
		  enum rec_channel_state state, int error, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Check the channels that need no dump (note, kernel log, journal) and record their state. */
void channels_look(struct journal *journal, const struct fsroot *root);

#endif
