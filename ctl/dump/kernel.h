/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel.h - read the crashed kernel's own memory in a dump, by its virtual addresses. They are
 * translated by its image and page tables, as far as VMCOREINFO tells where they are. core/ptw.h
 * walks its tables like a stream's.
 */
#ifndef CTL_DUMP_KERNEL_H
#define CTL_DUMP_KERNEL_H

#include "core/ptw.h"
#include "ctl/dump/mem.h"
#include "lib/base/cleanup.h"

/* Ends with kernel_close(). */
struct kernel {
	const struct smmu_mem *mem; /* of the dump */
	char *info;		    /* VMCOREINFO; NULL: the dump has none, or it cannot be read */
	bool known;		    /* the next three lines are valid: VMCOREINFO has them */
	u64 text, tables;	    /* physical: _stext, swapper_pg_dir */
	u64 voffset;		    /* of the image: virtual minus physical */
	struct ptw_geom geom;	    /* levels 0: VMCOREINFO does not tell the layout */
};

/* @dump, opened of @file, is borrowed until kernel_close(). */
void kernel_open(const struct memdump *dump, struct dump_file *file, struct kernel *ret);
void kernel_close(struct kernel *k);
#define _cleanup_kernel_ _cleanup_(kernel_close)

/*
 * The kernel in the dump @file. It is opened when it is first asked for, as the bitmaps of a
 * kdump-compressed dump of a large machine are long. Ends with kernel_file_close().
 */
struct kernel_file {
	const char *name;	/* for messages */
	struct dump_file *file; /* borrowed */
	int rc;			/* 1: opened; 0: not asked for; else it cannot be, and @why */
	struct errbuf why;
	struct memdump dump;
	struct kernel kernel;
};

/* Returns NULL with @err when the dump cannot be opened. */
const struct kernel *kernel_file_open(struct kernel_file *f, struct errbuf *err);
void kernel_file_close(struct kernel_file *f);
#define _cleanup_kernel_file_ _cleanup_(kernel_file_close)

/* Can the tables be walked? */
bool kernel_has_tables(const struct kernel *k);

/* Is @addr an address of kernel space, of any kernel? The tag in the top byte is ignored. */
bool kernel_is_virtual(u64 addr);

/*
 * Find where @addr is in memory, and how many bytes from there on are contiguous. Returns 0;
 * -ENOENT when it is not mapped; -ENODATA when that cannot be known. The latter two with @err.
 */
int kernel_translate(const struct kernel *k, u64 addr, u64 *ret_phys, u64 *ret_bytes,
		     struct errbuf *err);

/* The place of the last read: reads near it need no walk. Zero-initialise with = { 0 }. */
struct kernel_place {
	u64 first, phys, bytes;
};

/*
 * Read @len bytes at @addr, all of them. Returns 0; as kernel_translate(), -ENODATA also when the
 * memory is not in the dump; or another negative errno of the dump's reader. All with @err.
 */
int kernel_read(const struct kernel *k, struct kernel_place *place, u64 addr, void *buf, size_t len,
		struct errbuf *err);

/* The host's name, printable; false: it cannot be found, or is none that tells a machine. */
bool kernel_host(const struct kernel *k, char *buf, size_t cap);

#endif
