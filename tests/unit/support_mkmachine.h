/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_mkmachine.h - sysfs, /proc and /etc of a machine from readable text.
 *
 * One line is one thing, or one change; a line that begins with a blank is one more line of the
 * file above it.
 *
 *	pci PATH KEY=VALUE...	a device on a bus (platform and virtio, too). PATH is below the
 *				device that it begins with the name of, or else below sys/devices;
 *				its last part is the name; each KEY is a file in its folder
 *	block PATH ...		the same of a class (net, nvme and fc_host, too)
 *	file PATH LINE		no LINE: it is empty
 *	link PATH TARGET
 *	rm PATH
 */
#ifndef TESTS_SUPPORT_MKMACHINE_H
#define TESTS_SUPPORT_MKMACHINE_H

#include "tests/unit/support_machine.h"

/* What a test does with lines of its own; false: @word is not known. */
typedef bool (*mkmachine_fn)(struct machine *m, const char *word, char *rest);

/* The lines of @text one after the other; @other takes those that begin with none of the words
 * above, NULL: there are none. */
void mkmachine(struct machine *m, const char *text, mkmachine_fn other);

#endif
