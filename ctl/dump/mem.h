/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mem.h - the crashed machine's physical memory, out of a dump.
 *
 * Three answers are kept apart everywhere: read, not stored in the dump, not RAM. If the headers
 * promise bytes that the file does not hold (a cut copy), they are "not stored", never zeros.
 * ELF dumps and kdump-compressed ones are read by our own code, also flattened. A kdump-compressed
 * dump that our code does not know is left to libkdumpfile, in a child process.
 */
#ifndef CTL_DUMP_MEM_H
#define CTL_DUMP_MEM_H

#include <stdbool.h>

#include "core/smmu_mem.h"
#include "ctl/dump/dump.h"
#include "ctl/dump/dump_file.h"

/* Zero-initialise with = { 0 }. Ends with memdump_close(). */
struct memdump {
	struct smmu_mem mem;	   /* for core/; its functions and priv are the reader's */
	void (*close)(void *priv); /* of the reader */
	struct dump_file *file;	   /* that it was opened of */
	struct dump_info info;
	const char *format; /* "ELF", "kdump-compressed" */
	u64 ram_bytes;	    /* as the headers say; 0 unknown */
	u32 bad_loads;	    /* PT_LOADs that cannot be, and are left out */
	u64 cut_bytes;	    /* promised by the headers, beyond the end of the file */
	struct errbuf
		problem; /* what the last failed read found, when it can tell more than an errno */
};

/*
 * Open the dump @file, which is borrowed until memdump_close(); @name is for
 * messages. Returns 0 or a negative errno with @err: as dump_file_whole(), dump_parse(),
 * dump_elf_phdrs() and dump_kdump_check_pages(); -ENOTSUP for pages packed by what this program
 * lacks.
 */
int memdump_open(struct dump_file *file, const char *name, struct memdump *ret, struct errbuf *err);
void memdump_close(struct memdump *dump);
#define _cleanup_memdump_ _cleanup_(memdump_close)

/* As memdump_open(), but kdump-compressed dumps by libkdumpfile: for comparing the two. */
int memdump_open_library(struct dump_file *file, const char *name, struct memdump *ret,
			 struct errbuf *err);

/*
 * What the dump lacks of the memory that its headers promise, in words: the first reason for @i 0,
 * the next one for 1. NULL: no more. Without any the dump is complete.
 */
#define MEMDUMP_LACKS_BYTES 160
const char *memdump_lacks(const struct memdump *dump, u32 i, char buf[MEMDUMP_LACKS_BYTES]);

/* Why a read failed with @error, a negative errno. */
const char *memdump_why(const struct memdump *dump, int error);

/* The kinds, of which memdump_open() chooses by ret->info. */
int mem_elf_open(struct dump_file *file, struct memdump *ret, struct errbuf *err);
int mem_kdpages_open(struct dump_file *file, struct memdump *ret, struct errbuf *err);
/* By libkdumpfile. */
int mem_kdump_open(struct dump_file *file, struct memdump *ret, struct errbuf *err);

/*
 * As dump_file_read(), but what a cut flattened dump lacks is an outcome, too: an enum
 * smmu_mem_outcome, or a negative errno.
 */
int mem_file_read(struct dump_file *file, u64 offset, void *buf, size_t len);

#endif
