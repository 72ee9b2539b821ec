/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mem.h - the crashed machine's physical memory, out of a dump.
 *
 * Three answers are kept apart everywhere: read, not stored in the dump, not
 * RAM. What the file's headers promise and the file does not hold (a cut copy)
 * is "not stored", never zeros. Plain ELF dumps are read by our own code;
 * kdump-compressed ones through libkdumpfile in a child process.
 */
#ifndef CTL_DUMP_MEM_H
#define CTL_DUMP_MEM_H

#include <stdbool.h>

#include "core/smmu_mem.h"
#include "lib/base/errbuf.h"

struct memdump;

struct memdump_ops {
	/* As smmu_mem.read; @impl is memdump.impl. */
	int (*read)(void *impl, u64 addr, void *buf, size_t len);
	/* As smmu_mem.will_need; optional. */
	void (*will_need)(void *impl, u64 addr, size_t len);
	void (*close)(void *impl);
};

/* Zero-initialise with = { 0 }. Ends with memdump_close(). */
struct memdump {
	struct smmu_mem mem; /* for core/ */
	const struct memdump_ops *ops;
	void *impl;
	const char *format; /* "ELF", "kdump-compressed" */
	u64 ram_bytes;	    /* as the headers say; 0 unknown */
	u64 cut_bytes;	    /* promised by the headers, beyond the end of the file */
	/* What became of the reads so far. */
	u64 reads, not_stored, not_ram;
};

/*
 * Open the dump @fd, which is borrowed until memdump_close(); @name is for
 * messages. Returns 0 or a negative errno with @err: -ENOTSUP for a format that
 * is not read, -EBADMSG for headers that make no sense, -ENOEXEC for what is not of an AArch64
 * kernel.
 */
int memdump_open(int fd, const char *name, struct memdump *ret, struct errbuf *err);
void memdump_close(struct memdump *dump);
#define _cleanup_memdump_ _cleanup_(memdump_close)

/* The two kinds; memdump_open() chooses by the first bytes. */
int mem_elf_open(int fd, u64 size, const char *name, struct memdump *ret, struct errbuf *err);
int mem_kdump_open(int fd, u64 size, const char *name, struct memdump *ret, struct errbuf *err);

/* Read all of it or say why not: 0, -EIO (short: the file ends) or another errno. */
int mem_pread(int fd, u64 offset, void *buf, size_t len);

#endif
