/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel_log.h - read a kernel log, which most machines leave: kdump-utils' kexec-dmesg.log and
 * vmcore-dmesg.txt, or a capture of a console or of netconsole. It is read line by line, whatever
 * its size.
 */
#ifndef CTL_INPUT_KERNEL_LOG_H
#define CTL_INPUT_KERNEL_LOG_H

#include "ctl/input/options.h"
#include "lib/base/errbuf.h"
#include "lib/story/klog.h"

/* Bytes beyond this limit are not read, and a message tells so. */
#define KERNEL_LOG_BYTES_MAX (1ull << 30)

/*
 * Called for each line that is recognised. @file: the file's name, NULL when there is only one
 * file.
 */
typedef void (*kernel_log_fn)(void *priv, const char *file, u64 number, const struct logline *line,
			      const struct klog_match *match);

struct kernel_log_sink {
	kernel_log_fn fn; /* NULL: the counts are enough */
	void *priv;
};

enum kernel_log_from {
	KERNEL_LOG_FILE,   /* @name must be a file */
	KERNEL_LOG_FOLDER, /* @name must be a crash folder; vmcore-dmesg.txt is read first */
};

/*
 * Read @name into @ret, which must be zero-initialised and ends with klog_free(). Returns 1 when
 * it is a kernel log; @err then has a warning, or is empty. Returns 0 when it is no kernel log:
 * not text, a folder in place of a file or the other way round, a folder without logs. Returns
 * -EINVAL for UTF-16 and for a file of zeros, or another negative errno; @err then tells the file
 * and the reason.
 */
int kernel_log_read(const struct ctl *ctl, const char *name, enum kernel_log_from from,
		    const struct kernel_log_sink *sink, struct klog *ret, struct errbuf *err);

/* As kernel_log_read(), for bytes in memory that are known to be a log. For tests. */
int kernel_log_bytes(const u8 *data, size_t len, struct klog *ret);

#endif
