/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel_log.h - read a kernel log, which most machines leave: kdump-utils' kexec-dmesg.log and
 * vmcore-dmesg.txt, or a capture of a console or of netconsole. It is read line by line, whatever
 * its size. The crashed kernel's is in each dump, too, in the memory of that kernel.
 */
#ifndef CTL_INPUT_KERNEL_LOG_H
#define CTL_INPUT_KERNEL_LOG_H

#include "ctl/dump/kernel.h"
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

/*
 * Read the text file @name into @ret, which must be zero-initialised and ends with klog_free().
 * Returns 1 when it is a kernel log; @err then has a warning, or is empty. Returns 0 when it is no
 * kernel log: not text, or no file. Returns -EINVAL for UTF-16 and for a file of zeros, or another
 * negative errno; @err then tells the file and the reason.
 */
int kernel_log_read(const struct ctl *ctl, const char *name, const struct kernel_log_sink *sink,
		    struct klog *ret, struct errbuf *err);

/*
 * Read the logs of the crash @name, in this order: that of the crashed kernel, that of the capture
 * kernel. If @name is a folder they are looked for in it by their names. @dump, which may be NULL,
 * is read when no file tells why the kernel crashed. Returns as kernel_log_read(), 0 when there is
 * no log; @err then tells why @dump has none, or is empty.
 */
int kernel_log_crash(const struct ctl *ctl, const char *name, struct kernel_file *dump,
		     const struct kernel_log_sink *sink, struct klog *ret, struct errbuf *err);

/* As kernel_log_read(), for bytes in memory that are known to be a log. For tests. */
int kernel_log_bytes(const u8 *data, size_t len, struct klog *ret);

#endif
