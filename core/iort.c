// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * iort.c - root complex nodes and their ID mappings. One step from the root
 * complex to the SMMUv3: no chain to follow, so no loop to fear.
 */
#include "iort.h"

#define TABLE_HEADER_BYTES 48u
#define NODE_HEADER_BYTES 16u
#define MAPPING_BYTES 20u
#define SMMU_NODE_BYTES 28u
#define MAPPING_SINGLE 1u
#define RMR_NODE_BYTES 28u
#define RMR_DESC_BYTES 20u
#define IORT_RMR_REVISION 5u /* E.d: earlier drafts had other RMR nodes */

enum iort_node_type {
	IORT_ROOT_COMPLEX = 2,
	IORT_SMMU_V3 = 4,
	IORT_RMR = 6,
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

int iort_smmus(const u8 *iort, size_t len, int (*fn)(void *priv, u64 base, u32 flags), void *priv)
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
		if (!r && n.type == IORT_SMMU_V3)
			r = n.len < SMMU_NODE_BYTES
				    ? -EINVAL
				    : fn(priv, core_ld64(n.p + 16), core_ld32(n.p + 24));
		if (r)
			return r;
		offset += n.len;
	}
	return 0;
}

struct rmr_visit {
	const u8 *iort;
	size_t len;
	u64 smmu_base;
	int (*fn)(void *priv, const struct iort_rmr *rmr);
	void *priv;
};

static int show_descriptors(const struct rmr_visit *v, const struct node *n, u32 sid, u32 count)
{
	u32 descs = core_ld32(n->p + 20), offset = core_ld32(n->p + 24), i;
	struct iort_rmr rmr = { .sid_first = sid, .sid_count = count };
	int r;

	if (offset > n->len || descs > (n->len - offset) / RMR_DESC_BYTES)
		return -EINVAL;
	rmr.flags = core_ld32(n->p + 16);
	for (i = 0; i < descs; i++) {
		rmr.base = core_ld64(n->p + offset + i * RMR_DESC_BYTES);
		rmr.bytes = core_ld64(n->p + offset + i * RMR_DESC_BYTES + 8);
		r = v->fn(v->priv, &rmr);
		if (r)
			return r;
	}
	return 0;
}

static int visit_rmr(const struct rmr_visit *v, const struct node *n)
{
	u32 count, offset, i;
	struct node smmu;
	const u8 *m;
	int r;

	if (n->len < RMR_NODE_BYTES)
		return -EINVAL;
	count = core_ld32(n->p + 8);
	offset = core_ld32(n->p + 12);
	if (offset > n->len || count > (n->len - offset) / MAPPING_BYTES)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		m = n->p + offset + i * MAPPING_BYTES;
		if (open_node(v->iort, v->len, core_ld32(m + 12), &smmu))
			return -EINVAL;
		if (smmu.type != IORT_SMMU_V3 || smmu.len < NODE_HEADER_BYTES + 8 ||
		    core_ld64(smmu.p + 16) != v->smmu_base || core_ld32(m + 4) == ~(u32)0)
			continue;
		r = show_descriptors(v, n, core_ld32(m + 8), core_ld32(m + 4) + 1);
		if (r)
			return r;
	}
	return 0;
}

int iort_rmrs(const u8 *iort, size_t len, u64 smmu_base,
	      int (*fn)(void *priv, const struct iort_rmr *rmr), void *priv)
{
	struct rmr_visit v = { iort, len, smmu_base, fn, priv };
	u32 count, offset, i;
	struct node n;
	int r;

	if (len < TABLE_HEADER_BYTES || memcmp(iort, "IORT", 4))
		return -EINVAL;
	if (iort[8] < IORT_RMR_REVISION)
		return 1;
	count = core_ld32(iort + 36);
	offset = core_ld32(iort + 40);
	for (i = 0; i < count; i++) {
		r = open_node(iort, len, offset, &n);
		if (!r && n.type == IORT_RMR)
			r = visit_rmr(&v, &n);
		if (r)
			return r;
		offset += n.len;
	}
	return 0;
}
