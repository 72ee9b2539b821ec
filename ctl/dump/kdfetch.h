/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kdfetch.h - pages of a kdump-compressed dump, many at once and in the order of
 * the file.
 */
#ifndef CTL_DUMP_KDFETCH_H
#define CTL_DUMP_KDFETCH_H

#include "ctl/dump/kdcodec.h"
#include "ctl/dump/mem_kdmap.h"

#define KDFETCH_MAX 512u	 /* pages of one call */
#define KDFETCH_RUN (256u << 10) /* bytes read at once; at least a page */

/* Bytes of the file: a descriptor, then the page that it names. */
struct kdfetch_piece {
	u64 offset;
	u32 bytes, flags;
	u32 index; /* of the page in the call */
};

/* Zero-initialise; set map and packed. Ends with kdfetch_free(). */
struct kdfetch {
	struct kdmap map;
	struct kdcodec codec;
	u8 *packed; /* KDFETCH_RUN bytes */
	struct kdfetch_piece piece[KDFETCH_MAX];
};

/*
 * Read the pages @pfn[0] to @pfn[@n - 1], page i to @data + (i << map.shift). @outcome[i]: an enum
 * smmu_mem_outcome; -EBADMSG: damaged, -ENOTSUP: packed by what this program lacks, or as read().
 */
void kdfetch(struct kdfetch *f, const u64 *pfn, u32 n, u8 *data, s32 *outcome);

/* One page. An enum smmu_mem_outcome, or -EIO and @why. */
int kdfetch_page(struct kdfetch *f, u64 pfn, u8 *data, struct errbuf *why);

void kdfetch_free(struct kdfetch *f);

#endif
