/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * errbuf.h - one message that gains context on the way up.
 *
 * Library code never logs: it describes the failure in @err, callers put the place in front
 * (errbuf_prefix()), and main or the journal shows the whole message once.
 */
#ifndef LIB_BASE_ERRBUF_H
#define LIB_BASE_ERRBUF_H

struct errbuf {
	char text[224];
};

/* Set the message, replacing what was there. */
void errbuf_set(struct errbuf *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put "context: " in front of the message; it becomes the message when there is none. */
void errbuf_prefix(struct errbuf *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
