/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * folder.h - the records in a crash folder, as kdump-utils (RHEL, Fedora),
 * kdump-tools (Debian, Ubuntu) and kdump (SUSE) lay it out.
 */
#ifndef CTL_INPUT_FOLDER_H
#define CTL_INPUT_FOLDER_H

#include "ctl/input/bytes.h"

/* Read from the open folder @dir_fd called @name; as input_read(). */
int input_read_dir(int dir_fd, const char *name, struct input *ret, struct errbuf *err);

#endif
