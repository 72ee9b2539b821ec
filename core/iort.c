// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * iort.c - root complex nodes and their ID mappings. One step from the root
 * complex to the SMMUv3: no chain to follow, so no loop to fear.
 */
#include "iort.h"

#define TABLE_HEADER_BYTES 48u
#define NODE_HEADER_BYTES 16u
#define MAPPING_BYTES 20u
#define MAPPING_SINGLE 1u

enum iort_node_type {
	IORT_ROOT_COMPLEX = 2,
	IORT_SMMU_V3 = 4,
};

struct node {
	const u8 *p;
	u32 len;
	u8 type;
};

/* The node at @offset with its bounds checked; at least the common header fits. */
static int open_node(const u8 *iort, size_t len, u32 offset, struct node *ret)
{
	if (offset < TABLE_HEADER_BYTES || offset > len || len - offset < NODE_HEADER_BYTES)
		return -EINVAL;
	ret->p = iort + offset;
	ret->type = ret->p[0];
	ret->len = core_ld16(ret->p + 1);
	if (ret->len < NODE_HEADER_BYTES || ret->len > len - offset)
		return -EINVAL;
	return 0;
}

static int map_in_node(const u8 *iort, size_t len, const struct node *rc, u32 rid,
		       u64 *ret_smmu_base, u32 *ret_sid)
{
	u32 count = core_ld32(rc->p + 8), offset = core_ld32(rc->p + 12), i;
	struct node smmu;
	const u8 *m;

	if (offset > rc->len || count > (rc->len - offset) / MAPPING_BYTES)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		m = rc->p + offset + i * MAPPING_BYTES;
		/* The table holds the number of ids minus one. */
		if (rid < core_ld32(m) || rid - core_ld32(m) > core_ld32(m + 4) ||
		    (core_ld32(m + 16) & MAPPING_SINGLE))
			continue;
		if (open_node(iort, len, core_ld32(m + 12), &smmu))
			return -EINVAL;
		if (smmu.type != IORT_SMMU_V3)
			continue;
		if (smmu.len < NODE_HEADER_BYTES + 8)
			return -EINVAL;
		*ret_smmu_base = core_ld64(smmu.p + 16);
		*ret_sid = core_ld32(m + 8) + (rid - core_ld32(m));
		return 0;
	}
	return 1;
}

int iort_map_rid(const u8 *iort, size_t len, u32 segment, u32 rid, u64 *ret_smmu_base, u32 *ret_sid)
{
	u32 count, offset, i;
	struct node n;
	int r;

	if (len < TABLE_HEADER_BYTES || memcmp(iort, "IORT", 4))
		return -EINVAL;
	count = core_ld32(iort + 36);
	offset = core_ld32(iort + 40);
	for (i = 0; i < count; i++) {
		r = open_node(iort, len, offset, &n);
		if (r)
			return r;
		if (n.type == IORT_ROOT_COMPLEX) {
			if (n.len < 32)
				return -EINVAL;
			r = core_ld32(n.p + 28) != segment
				    ? 1
				    : map_in_node(iort, len, &n, rid, ret_smmu_base, ret_sid);
			if (r <= 0)
				return r;
		}
		offset += n.len;
	}
	return 1;
}
