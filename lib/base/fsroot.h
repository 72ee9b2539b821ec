/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fsroot.h - opens all files relative to a root folder, which is "/" on a machine and a fixture in
 * tests (--root).
 *
 * Paths are relative to the root, built by printf format, and never leave it: symbolic links are
 * resolved inside it, ".." is refused.
 */
#ifndef LIB_BASE_FSROOT_H
#define LIB_BASE_FSROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FSROOT_PATH_MAX 512

struct fsroot {
	int fd;
	int proc_fd; /* of "/": its /proc; -1 none */
	bool real;   /* it is the machine's own "/" */
};

#define FSROOT_NONE                      \
	{                                \
		.fd = -1, .proc_fd = -1, \
	}

/* Open @path as root. Returns 0 or a negative errno. */
int fsroot_open(struct fsroot *root, const char *path);
void fsroot_close(struct fsroot *root);

/*
 * When a machine switches from its initramfs to the real root, /sys, /run and /proc leave the old
 * "/". A process that runs on calls this to move @root to the "/" of process 1, for which it needs
 * CAP_SYS_PTRACE. Processes that start later need not.
 */
void fsroot_follow(const struct fsroot *root);

/* All below return a negative errno on failure. */

/* A file descriptor, close-on-exec. */
int fsroot_openat(const struct fsroot *root, int flags, mode_t mode, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The text of a small file, NUL-terminated, without the trailing newline.
 * Returns its length; -E2BIG when it does not fit.
 */
int fsroot_read_text(const struct fsroot *root, char *buf, size_t cap, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Write @text in one write(), as sysfs wants it; the file must exist. Returns 0. */
int fsroot_write_text(const struct fsroot *root, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The last part of a symbolic link's target. Takes no lock in sysfs. Returns its length. */
int fsroot_link_name(const struct fsroot *root, char *buf, size_t cap, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* All of a link's target, which may lead anywhere, into FSROOT_PATH_MAX bytes. Returns its length.
 */
int fsroot_link(const struct fsroot *root, char *buf, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* 1 the path exists, 0 it does not, negative errno: it cannot be told. */
int fsroot_has(const struct fsroot *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for places where a wrong "no" does no harm: false when it cannot be told. */
bool fsroot_exists(const struct fsroot *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Make one folder. Returns 0, also when it exists already. */
int fsroot_mkdir(const struct fsroot *root, mode_t mode, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Call @fn for every name in a folder, sorted, hidden ones left out, at most
 * @max of them (-E2BIG when there are more). Stops when @fn returns non-zero and
 * returns that.
 */
typedef int (*fsroot_name_fn)(void *priv, const char *name);
int fsroot_each(const struct fsroot *root, size_t max, fsroot_name_fn fn, void *priv,
		const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Call @fn for every line of a text file, without its newline, at most @max of them;
 * a line of more than FSROOT_LINE_BYTES comes in parts. Stops when @fn returns
 * non-zero and returns that.
 */
#define FSROOT_LINE_BYTES 4096
typedef int (*fsroot_line_fn)(void *priv, char *line);
int fsroot_each_line(const struct fsroot *root, const char *path, size_t max, fsroot_line_fn fn,
		     void *priv);

/* May @name stand as one part of a path? Names come from records, too. */
bool fsroot_name_ok(const char *name);

#endif
