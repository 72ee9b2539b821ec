// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * iort.c - reads the nodes of the table, and follows a requester id from its root complex to an
 * SMMUv3, as Linux does (drivers/acpi/arm64/iort.c, 6.12 to 7.3).
 *
 * Linux does not check that a node's mappings lie inside the node: it believes their count, and
 * uses the node's length only to find the next node. So this file reads mappings behind the end of
 * their node, too. It stops at the end of the table, and at a budget: the time that firmware's
 * table costs must not depend on what the table says.
 */
#include "iort.h"

#define TABLE_HEADER_BYTES 48u
#define NODE_HEADER_BYTES 16u
#define MAPPING_BYTES 20u
#define MAPPING_SINGLE 1u
#define RMR_NODE_BYTES 28u
#define RMR_DESC_BYTES 20u
#define IORT_RMR_REVISION 5u /* E.d: earlier drafts had other RMR nodes */
#define HOPS 8u		     /* more than kinds of nodes: a table that leads on is a loop */
#define OVERLAP_MAPPINGS 512u
#define OVERLAP_LOOKS (4u << 20) /* 16 nodes of that many; of more, an overlap goes unsaid */

enum iort_node_type {
	IORT_NAMED_COMPONENT = 1,
	IORT_ROOT_COMPLEX = 2,
	IORT_SMMU = 3,
	IORT_SMMU_V3 = 4,
	IORT_PMCG = 5,
	IORT_RMR = 6,
};

/* Bytes of a node without mappings, as far as they are read here or by Linux. */
static u32 least_bytes(u8 type)
{
	switch (type) {
	case IORT_ROOT_COMPLEX: return 32;
	case IORT_SMMU_V3: return 28;
	case IORT_RMR: return RMR_NODE_BYTES;
	default: return NODE_HEADER_BYTES;
	}
}

struct table {
	const u8 *p;
	size_t len;
};

struct node {
	const u8 *p;
	u32 at;
	u32 len; /* as it says */
	u8 type;
};

struct mapping {
	u32 first, count, out, ref, flags; /* count: of ids, minus one */
};

/* Are there @bytes bytes at @at? */
static bool holds(const struct table *t, u64 at, u32 bytes)
{
	return at <= t->len && t->len - at >= bytes;
}

static bool open_table(const u8 *iort, size_t len, struct table *ret)
{
	ret->p = iort;
	ret->len = len;
	return len >= TABLE_HEADER_BYTES && !memcmp(iort, "IORT", 4);
}

static bool node_at(const struct table *t, u32 at, struct node *ret)
{
	if (at < TABLE_HEADER_BYTES || !holds(t, at, NODE_HEADER_BYTES))
		return false;
	ret->p = t->p + at;
	ret->at = at;
	ret->type = ret->p[0];
	ret->len = core_ld16(ret->p + 1);
	return true;
}

/* As node_at(), and what is read of a node of its type is there. */
static bool whole(const struct table *t, const struct node *n)
{
	return holds(t, n->at, least_bytes(n->type));
}

struct cursor {
	u32 left, at;
	u32 seen;
	bool cut; /* there are more nodes than are looked at */
};

static struct cursor first_node(const struct table *t)
{
	return (struct cursor){ .left = core_ld32(t->p + 36), .at = core_ld32(t->p + 40) };
}

static bool next_node(const struct table *t, struct cursor *c, struct node *ret)
{
	if (!c->left || !node_at(t, c->at, ret))
		return false;
	c->cut = c->seen == IORT_NODES;
	if (c->cut)
		return false;
	c->seen++;
	/* Behind a node without length comes that node again. */
	c->left = ret->len ? c->left - 1 : 0;
	c->at += ret->len;
	return true;
}

/* Mapping @i of the node; false behind the end of the table. */
static bool mapping_of(const struct table *t, const struct node *n, u32 i, struct mapping *ret)
{
	u64 at = (u64)n->at + core_ld32(n->p + 12) + (u64)i * MAPPING_BYTES;

	if (!holds(t, at, MAPPING_BYTES))
		return false;
	ret->first = core_ld32(t->p + at);
	ret->count = core_ld32(t->p + at + 4);
	ret->out = core_ld32(t->p + at + 8);
	ret->ref = core_ld32(t->p + at + 12);
	ret->flags = core_ld32(t->p + at + 16);
	return true;
}

static u32 mapping_count(const struct node *n)
{
	return core_ld32(n->p + 12) ? core_ld32(n->p + 8) : 0;
}

/* A PMCG without an interrupt line uses its first mapping for its own MSI. */
static bool own_msi(const struct table *t, const struct node *n, u32 i)
{
	return !i && n->type == IORT_PMCG && holds(t, n->at, 28) && !core_ld32(n->p + 24);
}

/*
 * Where the node sends @id, 0 nowhere; @id becomes the id there. Tables exist that have the
 * number of ids where "minus one" is meant, and so ranges that overlap by one: a match at the
 * end of a range yields to a range that starts there, and to no other.
 */
static u32 map_id(const struct table *t, const struct node *n, u32 *id)
{
	u32 i, in = *id, at_end = 0, count = mapping_count(n);
	struct mapping m;

	for (i = 0; i < count && i < IORT_MAPPINGS && mapping_of(t, n, i, &m); i++) {
		if (!i && !m.ref)
			return 0;
		if (own_msi(t, n, i))
			continue;
		if (m.flags & MAPPING_SINGLE) {
			if (n->type != IORT_ROOT_COMPLEX && n->type != IORT_NAMED_COMPONENT)
				continue;
			*id = m.out;
			return m.ref;
		}
		if (in < m.first || in > (u32)(m.first + m.count) || (at_end && in != m.first))
			continue;
		*id = m.out + (in - m.first);
		if (!m.count || in != (u32)(m.first + m.count))
			return m.ref;
		at_end = m.ref;
	}
	return at_end;
}

static bool find_root_complex(const struct table *t, u32 segment, struct node *ret)
{
	struct cursor c = first_node(t);

	while (next_node(t, &c, ret))
		if (ret->type == IORT_ROOT_COMPLEX && whole(t, ret) &&
		    core_ld32(ret->p + 28) == segment)
			return true;
	return false;
}

/* Linux makes a device of every SMMU node that it meets one after the other, and of no other. */
static bool is_device(const struct table *t, const struct node *smmu)
{
	struct cursor c = first_node(t);
	struct node n;

	while (next_node(t, &c, &n))
		if (n.at == smmu->at)
			return whole(t, smmu);
	return false;
}

int iort_map_rid(const u8 *iort, size_t len, u32 segment, u32 rid, u64 *ret_smmu_base, u32 *ret_sid)
{
	struct table t;
	struct node n;
	u32 hops, id = rid;

	if (!open_table(iort, len, &t))
		return -EINVAL;
	if (!find_root_complex(&t, segment, &n))
		return 1;
	for (hops = 0; hops < HOPS && n.type != IORT_SMMU && n.type != IORT_SMMU_V3; hops++)
		if (!node_at(&t, map_id(&t, &n, &id), &n))
			return 1;
	if (n.type != IORT_SMMU_V3 || !is_device(&t, &n))
		return 1;
	*ret_smmu_base = core_ld64(n.p + 16);
	*ret_sid = id;
	return 0;
}

bool iort_has_segment(const u8 *iort, size_t len, u32 segment)
{
	struct table t;
	struct node n;

	return open_table(iort, len, &t) && find_root_complex(&t, segment, &n);
}

int iort_smmus(const u8 *iort, size_t len, int (*fn)(void *priv, u64 base, u32 flags), void *priv)
{
	struct cursor c;
	struct table t;
	struct node n;
	int r;

	if (!open_table(iort, len, &t))
		return -EINVAL;
	for (c = first_node(&t); next_node(&t, &c, &n);) {
		if (n.type != IORT_SMMU_V3 || !whole(&t, &n))
			continue;
		r = fn(priv, core_ld64(n.p + 16), core_ld32(n.p + 24));
		if (r)
			return r;
	}
	return c.cut ? -E2BIG : 0;
}

/* ---- reserved memory ---- */

struct rmr_visit {
	struct table t;
	u64 smmu_base;
	u32 looked_at; /* mappings and ranges */
	int (*fn)(void *priv, const struct iort_rmr *rmr);
	void *priv;
};

static int show_descriptors(struct rmr_visit *v, const struct node *n, const struct mapping *m)
{
	u32 descs = core_ld32(n->p + 20), offset = core_ld32(n->p + 24), i;
	struct iort_rmr rmr = { .sid_first = m->out,
				.sid_count = m->count + 1,
				.flags = core_ld32(n->p + 16) };
	u64 at = (u64)n->at + offset;
	int r;

	for (i = 0; offset && i < descs && holds(&v->t, at, RMR_DESC_BYTES); i++) {
		if (++v->looked_at > IORT_RMR_RANGES)
			return -E2BIG;
		rmr.base = core_ld64(v->t.p + at);
		rmr.bytes = core_ld64(v->t.p + at + 8);
		r = v->fn(v->priv, &rmr);
		if (r)
			return r;
		at += RMR_DESC_BYTES;
	}
	return 0;
}

static int visit_rmr(struct rmr_visit *v, const struct node *n)
{
	u32 i, count = mapping_count(n);
	struct mapping m;
	struct node smmu;
	int r;

	for (i = 0; i < count && mapping_of(&v->t, n, i, &m); i++) {
		if (++v->looked_at > IORT_RMR_RANGES)
			return -E2BIG;
		if (!node_at(&v->t, m.ref, &smmu) || smmu.type != IORT_SMMU_V3 ||
		    !whole(&v->t, &smmu) || core_ld64(smmu.p + 16) != v->smmu_base ||
		    m.count == ~(u32)0)
			continue;
		r = show_descriptors(v, n, &m);
		if (r)
			return r;
	}
	return 0;
}

int iort_rmrs(const u8 *iort, size_t len, u64 smmu_base,
	      int (*fn)(void *priv, const struct iort_rmr *rmr), void *priv)
{
	struct rmr_visit v = { .smmu_base = smmu_base, .fn = fn, .priv = priv };
	struct cursor c;
	struct node n;
	int r;

	if (!open_table(iort, len, &v.t))
		return -EINVAL;
	if (iort[8] < IORT_RMR_REVISION)
		return 1;
	for (c = first_node(&v.t); next_node(&v.t, &c, &n);) {
		r = n.type == IORT_RMR && whole(&v.t, &n) ? visit_rmr(&v, &n) : 0;
		if (r)
			return r;
	}
	return c.cut ? -E2BIG : 0;
}

/* ---- what is odd ---- */

/*
 * Does another range of the node start where this one ends? Each range is held against all others
 * of its node, so the whole table has @left such looks.
 */
static bool overlaps(const struct table *t, const struct node *n, u32 i, const struct mapping *m,
		     u32 *left)
{
	u32 k, count = mapping_count(n);
	struct mapping other;

	if (!m->count || count > OVERLAP_MAPPINGS || *left < count)
		return false;
	*left -= count;
	for (k = 0; k < count && mapping_of(t, n, k, &other); k++)
		if (k != i && other.first == (u32)(m->first + m->count) &&
		    !(other.flags & MAPPING_SINGLE))
			return true;
	return false;
}

/* Looks at what lies in the node alone, so that many nodes cannot share one long list. */
static u32 odd_mappings(const struct table *t, const struct node *n, u32 *left)
{
	u32 offset = core_ld32(n->p + 12), count = mapping_count(n), ret = 0, i;
	u32 room = offset < n->len ? (n->len - offset) / MAPPING_BYTES : 0;
	struct mapping m;
	struct node to;

	/* Linux follows those behind the node, too; of regions iort_rmrs() keeps count. */
	if (count > IORT_MAPPINGS && n->type != IORT_RMR && mapping_of(t, n, IORT_MAPPINGS, &m))
		ret = IORT_ODD_LARGE;
	if (count > room) {
		ret |= IORT_ODD_MAPPINGS;
		count = room;
	}
	for (i = 0; i < count && mapping_of(t, n, i, &m); i++) {
		if (!node_at(t, m.ref, &to))
			ret |= IORT_ODD_REFERENCE;
		if (n->type == IORT_ROOT_COMPLEX && !(m.flags & MAPPING_SINGLE) &&
		    overlaps(t, n, i, &m, left))
			ret |= IORT_ODD_OVERLAP;
	}
	return ret;
}

static u32 odd_node(const struct table *t, const struct node *n, u32 *left)
{
	u32 ret = odd_mappings(t, n, left);
	u64 end;

	if (n->len < least_bytes(n->type) || !holds(t, n->at, n->len))
		ret |= IORT_ODD_NODE;
	if (n->type != IORT_RMR || !whole(t, n))
		return ret;
	if (t->p[8] < IORT_RMR_REVISION)
		return ret | IORT_ODD_RMR;
	end = core_ld32(n->p + 24) + (u64)core_ld32(n->p + 20) * RMR_DESC_BYTES;
	return end > n->len ? ret | IORT_ODD_MAPPINGS : ret;
}

u32 iort_odd(const u8 *iort, size_t len)
{
	struct table t;
	struct cursor c;
	struct node n;
	u32 ret = 0, left = OVERLAP_LOOKS;

	if (!open_table(iort, len, &t))
		return ~(u32)0;
	c = first_node(&t);
	if (core_ld32(iort + 4) != len || (c.left && c.at < TABLE_HEADER_BYTES))
		ret |= IORT_ODD_HEADER;
	while (next_node(&t, &c, &n))
		ret |= odd_node(&t, &n, &left);
	if (c.cut)
		return ret | IORT_ODD_LARGE;
	return c.seen < core_ld32(iort + 36) ? ret | IORT_ODD_COUNT : ret;
}
