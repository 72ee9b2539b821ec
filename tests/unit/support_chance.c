// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_chance.c - chance is xorshift64. */
#include "tests/unit/cmocka_all.h"

#include <string.h>

#include "core/rec.h"
#include "tests/unit/support_chance.h"

static u64 state_of_chance = 88172645463325252ull;

u64 chance_seed;

void chance_begin(u64 seed)
{
	chance_seed = seed;
	state_of_chance = 88172645463325252ull ^ seed << 20;
}

u64 chance(u64 below)
{
	state_of_chance ^= state_of_chance << 13;
	state_of_chance ^= state_of_chance >> 7;
	state_of_chance ^= state_of_chance << 17;
	return state_of_chance % below;
}

void mutant_take_apart(u8 *stream, size_t len, struct frames *ret)
{
	struct rec_iter it = { .data = stream, .len = len };
	size_t at = 0;
	struct rec rec;

	*ret = (struct frames){ .bytes = stream };
	while (ret->n < MUTANT_FRAMES && rec_next(&it, &rec) == REC_OK) {
		ret->frame[ret->n].at = at;
		ret->frame[ret->n++].len = it.offset - at;
		at = it.offset;
	}
	assert_true(ret->n > 1);
}

/* A value that a field had better not have. */
static void spoil(u8 *frame, size_t len)
{
	static const u64 odd[] = { 0, 1, 2, 0xff, 0xffffffff, ~(u64)0, (u64)1 << 63 };
	size_t payload = len - REC_HEADER_BYTES, at;
	u64 value = odd[chance(sizeof(odd) / sizeof(odd[0]))];
	u32 used = core_ld32(frame + 8);

	switch (chance(4)) {
	case 0: core_st64(frame + 24, value); break; /* its time */
	case 1:
		at = payload ? REC_HEADER_BYTES + chance(payload) : 24;
		frame[at] ^= (u8)(1 << chance(8));
		break;
	case 2:
		at = payload >= 8 ? REC_HEADER_BYTES + chance(payload / 4 - 1) * 4 : 24;
		core_st32(frame + at, (u32)value);
		break;
	default: /* a text, or part of one */
		at = payload >= 8 ? REC_HEADER_BYTES + chance(payload - 4) : 24;
		memcpy(frame + at, chance(2) ? "\033[3m" : "\"\xc3\n<", 4);
	}
	core_st32(frame + 12, 0);
	core_st32(frame + 12, rec_crc32(0, frame, REC_HEADER_BYTES + used));
}

size_t mutant_of_records(const struct frames *from, u8 *to, size_t cap)
{
	size_t order[2 * MUTANT_FRAMES], n, i, k, len = 0;
	u64 changes;

	for (n = 0; n < from->n; n++)
		order[n] = n;
	for (changes = chance(4); changes && n; changes--) {
		i = chance(n);
		k = chance(n);
		switch (chance(4)) {
		case 0: order[i] = order[--n]; break;
		case 1: order[n++] = order[i]; break;
		case 2: order[i] = order[k]; break;
		default: n = chance(8) ? n : 1 + i; break;
		}
	}
	for (i = 0; i < n && len + from->frame[order[i]].len <= cap; i++) {
		memcpy(to + len, from->bytes + from->frame[order[i]].at, from->frame[order[i]].len);
		if (!chance(n < 8 ? 4 : n / 2))
			spoil(to + len, from->frame[order[i]].len);
		len += from->frame[order[i]].len;
	}
	if (len && !chance(16))
		to[chance(len)] ^= (u8)(1 << chance(8));
	return chance(32) ? len : len - len / 3;
}

/* Lines that are missing, doubled, changed over, cut or damaged. */
size_t mutant_of_log(const char *text, char *to, size_t cap)
{
	const char *line[512];
	size_t n = 0, len = 0, i, k, one;

	for (; *text && n < 512; n++) {
		line[n] = text;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	assert_true(n);
	for (i = 0; i < n; i++) {
		k = chance(10) ? i : chance(n);
		one = strcspn(line[k], "\n") + 1;
		if (!chance(12) || len + one > cap)
			continue;
		memcpy(to + len, line[k], one - 1);
		if (!chance(12))
			to[len + chance(one)] = (char)chance(256);
		if (!chance(40))
			one = 1 + chance(one);
		len += one;
		to[len - 1] = '\n';
		if (!chance(100))
			break;
	}
	return len;
}
