// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * iort_map.c - core/iort.c for model.py. On standard input, little-endian words: length and
 * bytes of a table, the number of questions, and for each a segment and a requester id, or
 * ~0 and an SMMU's base for its reserved memory. One line of text for each answer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/iort.h"

#define TABLE_MAX (1u << 20)
#define ASKS_RMRS 0xffffffffu

static u32 word(void)
{
	u8 raw[4];

	if (fread(raw, 1, sizeof(raw), stdin) != sizeof(raw))
		exit(feof(stdin) ? 0 : 1);
	return core_ld32(raw);
}

static int on_rmr(void *priv, const struct iort_rmr *rmr)
{
	(void)priv;
	printf(" %x+%x:%llx+%llx:%x", rmr->sid_first, rmr->sid_count, rmr->base, rmr->bytes,
	       rmr->flags);
	return 0;
}

static void answer(const u8 *t, size_t len, u32 segment, u32 value)
{
	u64 base = 0;
	u32 sid = 0;
	int r;

	if (segment == ASKS_RMRS) {
		printf("rmrs");
		r = iort_rmrs(t, len, value, on_rmr, NULL);
		printf(" %d\n", r);
		return;
	}
	r = iort_map_rid(t, len, segment, value, &base, &sid);
	if (r)
		printf("%d\n", r);
	else
		printf("%llx %x\n", base, sid);
}

int main(void)
{
	u32 len, n, segment;
	u8 *t;

	for (;;) {
		len = word();
		t = len && len <= TABLE_MAX ? malloc(len) : NULL;
		if (!t || fread(t, 1, len, stdin) != len)
			return 1;
		printf("odd %x\n", iort_odd(t, len));
		for (n = word(); n; n--) {
			segment = word();
			answer(t, len, segment, word());
		}
		free(t);
	}
}
