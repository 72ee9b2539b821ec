/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * about.h - what a crash folder tells of the crash beside our records: the machine, why it
 * panicked, how large the dump is. All of it may be missing.
 */
#ifndef CTL_INPUT_ABOUT_H
#define CTL_INPUT_ABOUT_H

#include "core/port.h"
#include "ctl/input/options.h"
#include "lib/story/klog.h"

struct about {
	char host[128];
	char panic[160]; /* the kernel's own words */
	u64 dump_bytes;	 /* 0: no dump */
};

/*
 * @name: as a FILE argument, a folder or a file in it. @log: what it was read as, where it is a
 * kernel log, else NULL.
 */
void about_read(const struct ctl *ctl, const char *name, const struct klog *log, struct about *ret);

#endif
