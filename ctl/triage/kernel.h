/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel.h - translate addresses of the crashed kernel by its image and page tables, as far as
 * VMCOREINFO tells where they are. core/ptw.h walks its tables like a stream's.
 */
#ifndef CTL_TRIAGE_KERNEL_H
#define CTL_TRIAGE_KERNEL_H

#include "ctl/triage/triage.h"

/* Ends with kernel_close(). */
struct kernel {
	char *info;	      /* VMCOREINFO; NULL: the dump has none, or it cannot be read */
	bool known;	      /* the next three lines are valid: VMCOREINFO has them */
	u64 text, tables;     /* physical: _stext, swapper_pg_dir */
	u64 voffset;	      /* of the image: virtual minus physical */
	struct ptw_geom geom; /* levels 0: VMCOREINFO does not tell the layout */
};

void kernel_open(const struct triage *t, struct kernel *ret);
void kernel_close(struct kernel *k);
#define _cleanup_kernel_ _cleanup_(kernel_close)

/* Can the tables be walked? */
bool kernel_has_tables(const struct kernel *k);

/* Is @addr an address of kernel space, of any kernel? The tag in the top byte is ignored. */
bool kernel_is_virtual(u64 addr);

/*
 * Find where @addr is in memory, and how many bytes from there on are contiguous. Returns 0;
 * -ENOENT when it is not mapped; -ENODATA when that cannot be known. The latter two with @err.
 */
int kernel_translate(const struct triage *t, const struct kernel *k, u64 addr, u64 *ret_phys,
		     u64 *ret_bytes, struct errbuf *err);

#endif
