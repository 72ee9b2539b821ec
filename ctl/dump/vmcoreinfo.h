/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmcoreinfo.h - the crashed kernel's VMCOREINFO note in a dump; its lines are read
 * by core/vmcoreinfo.h.
 */
#ifndef CTL_DUMP_VMCOREINFO_H
#define CTL_DUMP_VMCOREINFO_H

#include "core/vmcoreinfo.h"
#include "ctl/dump/dump.h"
#include "ctl/dump/dump_file.h"

/*
 * The note of the dump @file, described by @info, as a text, which the caller frees; NULL: it has
 * none, or it cannot be read.
 */
char *vmcoreinfo_read(struct dump_file *file, const struct dump_info *info);

#endif
