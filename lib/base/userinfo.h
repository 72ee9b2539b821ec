/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * userinfo.h - removes user names and passwords in front of a host, so that they are neither shown
 * nor recorded nor written into an image.
 */
#ifndef LIB_BASE_USERINFO_H
#define LIB_BASE_USERINFO_H

#include <stddef.h>

/*
 * @text into @cap bytes, without "user:password@" of "scheme://user:password@host/path" and of
 * "user@host:/path". A password may have any character in it, so that the last "@" ends it; only a
 * path keeps its own.
 */
void userinfo_cut(char *buf, size_t cap, const char *text);

#endif
