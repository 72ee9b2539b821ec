/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * folder.h - read the records in a crash folder of kdump-utils (RHEL, Fedora), kdump-tools
 * (Debian, Ubuntu) or kdump (SUSE).
 */
#ifndef CTL_INPUT_FOLDER_H
#define CTL_INPUT_FOLDER_H

#include "ctl/input/bytes.h"

/* Read the records in the open folder @dir_fd; @name is for messages. Returns as input_read(). */
int input_read_dir(int dir_fd, const char *name, struct input *ret, struct errbuf *err);

#endif
