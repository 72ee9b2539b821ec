/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * logline.h - takes a line of a kernel log apart, whichever program wrote the log: dmesg with its
 * options, /dev/kmsg, netconsole (plain and extended), pstore, journalctl, syslog, a terminal
 * server with its own stamps. The meaning of the messages is not judged here.
 */
#ifndef LIB_BASE_LOGLINE_H
#define LIB_BASE_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/port.h"

/* Longer lines are cut: no kernel writes them. */
#define LOGLINE_MAX 4096u

struct logline {
	char *whole; /* the line as people see it: printable ASCII, NUL-terminated */
	char *text;  /* the message in it, behind stamps, levels and the names of host and kernel */
	size_t whole_len, text_len;
	bool has_time;
	u64 ns;	    /* the kernel's clock */
	bool piece; /* a later part of a message that netconsole cut in pieces */
};

/*
 * Take @line, of @len bytes without its newline, apart. It is changed: NULs, carriage returns and
 * the terminal's escape sequences go, what else is not printable ASCII becomes '?', a tab a blank.
 * @line has room for @len + 1 bytes. The result points into it.
 */
void logline_parse(char *line, size_t len, struct logline *ret);

#endif
