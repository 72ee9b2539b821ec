/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel_log.h - what most machines leave: a text log, such as kdump-utils' kexec-dmesg.log and
 * vmcore-dmesg.txt, a capture of a console or of netconsole. Read line by line, whatever its size.
 */
#ifndef CTL_INPUT_KERNEL_LOG_H
#define CTL_INPUT_KERNEL_LOG_H

#include "ctl/input/options.h"
#include "lib/base/errbuf.h"
#include "lib/story/klog.h"

/* More is not read, which is said: a disk full of log is no log of a crash. */
#define KERNEL_LOG_BYTES_MAX (1ull << 30)

/* Called for each line that tells something; the file's name, NULL where there is one only. */
typedef void (*kernel_log_fn)(void *priv, const char *file, u64 number, const struct logline *line,
			      const struct klog_match *match);

struct kernel_log_sink {
	kernel_log_fn fn; /* NULL: the counts are enough */
	void *priv;
};

enum kernel_log_from {
	KERNEL_LOG_FILE,   /* @name is a file */
	KERNEL_LOG_FOLDER, /* the logs in crash folder @name; vmcore-dmesg.txt first */
};

/*
 * Read @name into @ret, which is zero-initialised and ends with klog_free(). Returns
 * 1 when it is a kernel log; @err then has what is to be said of it, or is empty.
 * 0 when it is none: not text, a folder where a file is meant, a folder without logs.
 * -EINVAL for text that is not read (UTF-16) and for a file of zeros; another negative errno;
 * @err says which file and why.
 */
int kernel_log_read(const struct ctl *ctl, const char *name, enum kernel_log_from from,
		    const struct kernel_log_sink *sink, struct klog *ret, struct errbuf *err);

/* The same for bytes in memory, which are taken for a log: for tests. */
int kernel_log_bytes(const u8 *data, size_t len, struct klog *ret);

#endif
