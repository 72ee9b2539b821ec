/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mem.h - the crashed machine's physical memory, out of a dump.
 *
 * Three answers are kept apart everywhere: read, not stored in the dump, not RAM. If the headers
 * promise bytes that the file does not hold (a cut copy), they are "not stored", never zeros.
 * Plain ELF dumps and kdump-compressed ones are read by our own code. A kdump-compressed dump that
 * our code does not know is left to libkdumpfile, in a child process.
 */
#ifndef CTL_DUMP_MEM_H
#define CTL_DUMP_MEM_H

#include <stdbool.h>

#include "core/smmu_mem.h"
#include "ctl/dump/dump.h"

/* Zero-initialise with = { 0 }. Ends with memdump_close(). */
struct memdump {
	struct smmu_mem mem;	   /* for core/; its functions and priv are the reader's */
	void (*close)(void *priv); /* of the reader */
	struct dump_info info;
	const char *format; /* "ELF", "kdump-compressed" */
	u64 ram_bytes;	    /* as the headers say; 0 unknown */
	u32 bad_loads;	    /* PT_LOADs that cannot be, and are left out */
	u64 cut_bytes;	    /* promised by the headers, beyond the end of the file */
	struct errbuf
		problem; /* what the last failed read found, when it can tell more than an errno */
};

/*
 * Open the dump @fd, which is borrowed until memdump_close(); @name is for
 * messages. Returns 0 or a negative errno with @err: as dump_parse(), dump_elf_phdrs() and
 * dump_kdump_check_pages(); -ENOTSUP for pages packed by what this program lacks.
 */
int memdump_open(int fd, const char *name, struct memdump *ret, struct errbuf *err);
void memdump_close(struct memdump *dump);
#define _cleanup_memdump_ _cleanup_(memdump_close)

/* As memdump_open(), but kdump-compressed dumps by libkdumpfile: for comparing the two. */
int memdump_open_library(int fd, const char *name, struct memdump *ret, struct errbuf *err);

/* Why a read failed with @error, a negative errno. */
const char *memdump_why(const struct memdump *dump, int error);

/* The kinds, of which memdump_open() chooses by ret->info. */
int mem_elf_open(int fd, struct memdump *ret, struct errbuf *err);
int mem_kdpages_open(int fd, struct memdump *ret, struct errbuf *err);
/* By libkdumpfile. */
int mem_kdump_open(int fd, struct memdump *ret, struct errbuf *err);

/* Read all of it or say why not: 0, -EIO (short: the file ends) or another errno. */
int mem_pread(int fd, u64 offset, void *buf, size_t len);

/*
 * A file that may be read for the first time, from a disk where a read waits long but many are done
 * at once. While reads have to wait, the file system is told of those to come.
 */
struct mem_file {
	int fd;
	u32 cold; /* a read had to wait for the disk not more than this many reads ago */
};

/* As mem_pread(). */
int mem_file_read(struct mem_file *file, u64 offset, void *buf, size_t len);
/* These bytes will be read soon. */
void mem_file_ahead(const struct mem_file *file, u64 offset, u64 len);

#endif
