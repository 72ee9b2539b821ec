// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdpages.c - kdump-compressed dumps, read as makedumpfile wrote them.
 *
 * Who walks tables says which ones a table leads to, before he reads them one by one. Of these a
 * batch of pages is read at once, in the order of the file. A table below announces tables of its
 * own: so there is a list for each level, and the walk comes back to the list above.
 */
#include <stdlib.h>

#include "ctl/dump/kdfetch.h"

#define LEVELS 4u	       /* a walk's, without the last: that one leads to no tables */
#define WANTED_MAX 8192u       /* entries of the largest table */
#define BATCH_BYTES (2u << 20) /* of pages */
#define LOOK 64u	       /* announced pages that may be left out by a walk, in a row */
#define KEPT 16u	       /* pages that nobody announced */
#define NO_PFN (~0ull)

struct ahead {
	u32 n, next; /* announced; the first of these that is not in the batch */
	u64 wanted[WANTED_MAX];
	/* The batch. */
	u32 held, at; /* pages; where the next one is expected */
	u64 pfn[KDFETCH_MAX];
	s32 outcome[KDFETCH_MAX];
	u8 *data;
};

struct kdpages {
	struct kdfetch fetch;
	struct errbuf *problem;
	u32 batch; /* pages */
	u32 depth; /* of level[] in use */
	bool over; /* a read came: the next announcement is another table's */
	struct ahead level[LEVELS];
	u64 kept[KEPT];
	u8 *kept_data;
};

static int place_of(const struct ahead *a, u64 pfn)
{
	u32 i;

	for (i = a->at; i < a->held; i++)
		if (a->pfn[i] == pfn)
			return (int)i;
	for (i = 0; i < a->at && i < a->held; i++)
		if (a->pfn[i] == pfn)
			return (int)i;
	return -1;
}

/* Read the next batch of @a, which begins with @pfn. False: that page is not announced, or no
 * memory. */
static bool fetch_batch(struct kdpages *k, struct ahead *a, u64 pfn)
{
	u32 shift = k->fetch.map.shift, i, end = a->next + LOOK < a->n ? a->next + LOOK : a->n;

	for (i = a->next; i < end && a->wanted[i] != pfn; i++)
		;
	if (i >= end)
		return false;
	if (!a->data)
		a->data = malloc((size_t)k->batch << shift);
	if (!a->data)
		return false;
	a->at = a->held = 0;
	for (; i < a->n && a->held < k->batch; i++) {
		/* A page larger than a table has several, in any order. */
		if (shift > 12 && place_of(a, a->wanted[i]) >= 0)
			continue;
		a->pfn[a->held++] = a->wanted[i];
	}
	a->next = i;
	kdfetch(&k->fetch, a->pfn, a->held, a->data, a->outcome);
	return true;
}

/* The page among those announced, NULL: it is not, or there is something to be said about it. */
static const u8 *find_ahead(struct kdpages *k, u64 pfn)
{
	struct ahead *a;
	int place;

	for (; k->depth; k->depth--) {
		a = &k->level[k->depth - 1];
		place = place_of(a, pfn);
		if (place < 0 && fetch_batch(k, a, pfn))
			place = 0;
		if (place < 0)
			continue;
		a->at = (u32)place;
		if (a->outcome[place])
			return NULL;
		return a->data + ((size_t)place << k->fetch.map.shift);
	}
	return NULL;
}

/* The page, wherever it comes from; NULL: *ret_outcome says why not. */
static const u8 *page_of(struct kdpages *k, u64 pfn, int *ret_outcome)
{
	const u8 *found = find_ahead(k, pfn);
	u8 *data = k->kept_data + ((pfn % KEPT) << k->fetch.map.shift);

	*ret_outcome = SMMU_MEM_OK;
	if (found)
		return found;
	if (k->kept[pfn % KEPT] == pfn)
		return data;
	k->kept[pfn % KEPT] = NO_PFN;
	*ret_outcome = kdfetch_page(&k->fetch, pfn, data, k->problem);
	if (*ret_outcome)
		return NULL;
	k->kept[pfn % KEPT] = pfn;
	return data;
}

static int kdpages_read(void *priv, u64 addr, void *buf, size_t len)
{
	struct kdpages *k = priv;
	u64 page = 1ull << k->fetch.map.shift, at, some;
	const u8 *data;
	u8 *p = buf;
	int r;

	k->over = true;
	for (; len; p += some, addr += some, len -= some) {
		at = addr & (page - 1);
		some = page - at < len ? page - at : len;
		data = page_of(k, addr >> k->fetch.map.shift, &r);
		if (!data)
			return r;
		memcpy(p, data + at, some);
	}
	return SMMU_MEM_OK;
}

static void kdpages_will_need(void *priv, u64 addr, size_t len)
{
	struct kdpages *k = priv;
	u64 pfn = addr >> k->fetch.map.shift, last = (addr + len - 1) >> k->fetch.map.shift;
	struct ahead *a;

	if (k->over || !k->depth) {
		k->depth += k->depth < LEVELS;
		a = &k->level[k->depth - 1];
		a->n = a->next = a->held = a->at = 0;
		k->over = false;
	}
	a = &k->level[k->depth - 1];
	for (; len && pfn <= last && a->n < WANTED_MAX; pfn++)
		a->wanted[a->n++] = pfn;
}

static void kdpages_close(void *priv)
{
	struct kdpages *k = priv;
	u32 i;

	for (i = 0; i < LEVELS; i++)
		free(k->level[i].data);
	free(k->kept_data);
	kdfetch_free(&k->fetch);
	free(k);
}

static int set_up(struct kdpages *k, struct dump_file *file, const struct dump_info *info,
		  struct errbuf *err)
{
	int r = kdmap_open(&k->fetch.map, file, info, err);
	u32 i, shift = k->fetch.map.shift;

	if (r < 0)
		return r;
	k->fetch.packed = malloc(KDFETCH_RUN);
	k->kept_data = malloc((size_t)KEPT << shift);
	if (!k->fetch.packed || !k->kept_data)
		return -ENOMEM;
	for (i = 0; i < KEPT; i++)
		k->kept[i] = NO_PFN;
	k->batch = BATCH_BYTES >> shift < KDFETCH_MAX ? BATCH_BYTES >> shift : KDFETCH_MAX;
	return 0;
}

int mem_kdpages_open(struct dump_file *file, struct memdump *ret, struct errbuf *err)
{
	struct kdpages *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	r = set_up(k, file, &ret->info, err);
	if (r < 0) {
		kdpages_close(k);
		return r;
	}
	k->problem = &ret->problem;
	ret->format = "kdump-compressed";
	ret->mem = (struct smmu_mem){ kdpages_read, k, kdpages_will_need };
	ret->close = kdpages_close;
	ret->cut_bytes = kdmap_cut_bytes(&k->fetch.map);
	return 0;
}
