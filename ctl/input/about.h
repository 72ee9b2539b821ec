/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * about.h - read what a crash folder tells about the crash besides our records: the machine, the
 * reason of the panic, the size of the dump. Any of these may be missing.
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
 * @name: a FILE argument, a crash folder or a file in it. @log: the kernel log that was read from
 * @name, or NULL.
 */
void about_read(const struct ctl *ctl, const char *name, const struct klog *log, struct about *ret);

#endif
