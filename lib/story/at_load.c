// SPDX-License-Identifier: LGPL-2.1-or-later
/* at_load.c - see at_load.h. */
#include "lib/story/at_load.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

/* Ranges of the capture kernel's memory, by their start; each with the largest end up to it. */
struct capture_ram {
	struct span {
		u64 start, end;
	} * spans;
	size_t n;
};

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int find_capture_ram(const struct story *story, struct capture_ram *ret)
{
	size_t i;

	*ret = (struct capture_ram){ .spans = calloc(story->n_ranges + 1, sizeof(*ret->spans)) };
	if (!ret->spans)
		return -ENOMEM;
	for (i = 0; i < story->n_ranges; i++) {
		const struct rec_range *r = &story->ranges[i];

		if (r->kind == REC_RANGE_CAPTURE_RAM && r->bytes <= ~(u64)0 - r->start)
			ret->spans[ret->n++] = (struct span){ r->start, r->start + r->bytes };
	}
	if (ret->n)
		qsort(ret->spans, ret->n, sizeof(*ret->spans), by_start);
	for (i = 1; i < ret->n; i++)
		if (ret->spans[i].end < ret->spans[i - 1].end)
			ret->spans[i].end = ret->spans[i - 1].end;
	return 0;
}

static bool holds(const struct capture_ram *ram, u64 addr)
{
	size_t low = 0, high = ram->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ram->spans[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && addr < ram->spans[low - 1].end;
}

/* Does this entry, which translates, lead to tables in the capture kernel's memory? */
static bool leads_there(const struct capture_ram *ram, const struct rec_ste *ste)
{
	struct ste_view view;

	(void)ste_decode(ste->raw, sizeof(ste->raw), NULL, &view);
	if (ste_has_s1(&view) && holds(ram, view.s1_ctx_ptr))
		return true;
	return ste_has_s2(&view) && holds(ram, view.s2_ttb);
}

/*
 * Was the device attached later than the load, or not yet? Then its entry at load was the crashed
 * kernel's.
 */
static bool attached_later(const struct story *story, const struct story_stream *stream)
{
	const struct story_device *d = story_stream_device(story, stream);

	return d && ((d->first.flags & REC_DEV_DEFERRED) || d->attach_ns > stream->crash_ns);
}

int at_load_mark(struct story *story)
{
	_cleanup_free_ struct span *spans = NULL;
	const struct story_smmu *smmu;
	struct capture_ram ram;
	size_t i;
	int r = find_capture_ram(story, &ram);

	if (r < 0)
		return r;
	spans = ram.spans;
	for (i = 0; i < story->n_streams; i++) {
		struct story_stream *s = &story->streams[i];

		/* Records that came since may change the answer. */
		s->has_crash |= s->own_at_load;
		smmu = story_stream_smmu(story, s);
		s->own_at_load = ram.n && s->has_crash && !(smmu && smmu->own_table) &&
				 s->crash_effect == STE_EFFECT_TRANSLATED &&
				 leads_there(&ram, &s->crash) && !attached_later(story, s);
		s->has_crash &= !s->own_at_load;
	}
	return 0;
}
