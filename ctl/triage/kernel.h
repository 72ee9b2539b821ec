/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel.h - the crashed kernel's own view of memory: its image, page tables and symbols, as far as
 * VMCOREINFO tells. Its tables are walked as a stream's are, by core/ptw.h.
 */
#ifndef CTL_TRIAGE_KERNEL_H
#define CTL_TRIAGE_KERNEL_H

#include "ctl/triage/triage.h"

/* Ends with kernel_close(). */
struct kernel {
	char *info;	      /* VMCOREINFO; NULL: the dump has none, or it cannot be read */
	bool known;	      /* the next four are: VMCOREINFO has the lines */
	u64 text, tables;     /* physical: _stext, swapper_pg_dir */
	u64 voffset;	      /* of the image: virtual minus physical */
	struct ptw_geom geom; /* levels 0: how the tables are built is not told */
};

void kernel_open(const struct triage *t, struct kernel *ret);
void kernel_close(struct kernel *k);
#define _cleanup_kernel_ _cleanup_(kernel_close)

/* May the tables be walked? */
bool kernel_has_tables(const struct kernel *k);

/* An address of kernel space, of whatever kernel? Tags in the top byte do not count. */
bool kernel_is_virtual(u64 addr);

/*
 * Where @addr is in memory, and how many bytes from there on are contiguous. 0; -ENOENT: it is not
 * mapped; -ENODATA: cannot be told. The latter two with @err.
 */
int kernel_translate(const struct triage *t, const struct kernel *k, u64 addr, u64 *ret_phys,
		     u64 *ret_bytes, struct errbuf *err);

#endif
