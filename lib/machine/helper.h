/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * helper.h - reads what smmu_adopt.ko found: the "records" files of all SMMUs in debugfs, as one
 * stream of records.
 */
#ifndef LIB_MACHINE_HELPER_H
#define LIB_MACHINE_HELPER_H

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"
#include "lib/story/rec_fd.h"
#include "lib/story/story.h"

enum helper_outcome {
	HELPER_OK = 0,
	HELPER_MISSING = 1, /* the helper is not loaded: nothing is known */
	HELPER_NONE = 2,    /* the helper is loaded and found no SMMUv3 */
	HELPER_USELESS = 3, /* no records file is usable */
};

struct helper_info {
	size_t smmus;  /* folders */
	size_t failed; /* records file unreadable, or without SMMU record */
	size_t torn;   /* records file with a torn tail */
	u64 bytes;     /* read in all */
};

/*
 * Read every records file once. Each call makes the helper look at the hardware
 * anew. @fn gets every record; @copy as for recread_fd(). Returns an enum
 * helper_outcome with @err set when it is not HELPER_OK, or when a part of the
 * records is missing; or what @fn returned, when negative.
 */
int helper_read(const struct fsroot *root, recread_fn fn, void *priv, struct recread_copy *copy,
		struct helper_info *ret, struct errbuf *err);

/*
 * Read only the records of the SMMU whose folder is @smmu, until @fn returns a positive value to
 * end the reading. Returns 0 or a negative errno: -EIO when the records are not whole, or what @fn
 * returned, when negative.
 */
int helper_read_smmu(const struct fsroot *root, const char *smmu, recread_fn fn, void *priv);

/* The same into a story that the caller finishes. */
int helper_read_story(const struct fsroot *root, struct story *story, struct recread_copy *copy,
		      struct helper_info *ret, struct errbuf *err);

#endif
