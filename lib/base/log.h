/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log.h - lines for people: on stderr and in the kernel log. Used by main, the
 * supervisor and the worker only; library code reports by return value and
 * errbuf.
 */
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H

#include <stdbool.h>

/* The values of syslog(3). */
enum log_level {
	LOG_LEVEL_ERR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
};

/*
 * Log to stderr, and to @kmsg_path when it is not NULL. With @kmsg_only a line that the kernel log
 * took is not written to stderr, since a service's stderr ends in journald, too.
 */
void log_setup(const char *program, const char *kmsg_path, bool kmsg_only);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...) log_line(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)

#endif
