// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * snap.c - gives the words of a stored entry their meaning.
 */
#include "snap.h"

static void load(const u8 *raw, u32 bytes, u64 *words)
{
	u32 i;

	for (i = 0; i < bytes / 8; i++)
		words[i] = core_ld64(raw + i * 8);
}

static void save(const u64 *words, u32 bytes, u8 *raw)
{
	u32 i;

	for (i = 0; i < bytes / 8; i++)
		core_st64(raw + i * 8, words[i]);
}

int snap_add_stream(struct store *s, const struct snap_stream *stream)
{
	u64 w[SNAP_STREAM_WORDS];

	w[0] = stream->ste_addr;
	w[1] = stream->cd_addr;
	w[2] = stream->ste_entry | (u64)stream->cd_entry << 16 | (u64)stream->has_cd << 32;
	load(stream->ste, SMMU_STE_BYTES, w + 3);
	load(stream->cd, SMMU_CD_BYTES, w + 3 + SMMU_STE_BYTES / 8);
	return store_add(s, stream->sid, w);
}

void snap_get_stream(const struct store *s, u32 i, struct snap_stream *ret)
{
	u64 w[SNAP_STREAM_WORDS] = { 0 };

	store_get(s, i, w);
	ret->sid = store_key(s, i);
	ret->ste_addr = w[0];
	ret->cd_addr = w[1];
	ret->ste_entry = (u16)CORE_GET(w[2], 15, 0);
	ret->cd_entry = (u16)CORE_GET(w[2], 31, 16);
	ret->has_cd = CORE_GET(w[2], 32, 32);
	save(w + 3, SMMU_STE_BYTES, ret->ste);
	save(w + 3 + SMMU_STE_BYTES / 8, SMMU_CD_BYTES, ret->cd);
}

int snap_add_cd(struct store *s, const struct snap_cd *cd)
{
	u64 w[SNAP_CD_WORDS];

	w[0] = cd->ssid;
	w[1] = cd->addr;
	load(cd->raw, SMMU_CD_BYTES, w + 2);
	return store_add(s, cd->sid, w);
}

void snap_get_cd(const struct store *s, u32 i, struct snap_cd *ret)
{
	u64 w[SNAP_CD_WORDS] = { 0 };

	store_get(s, i, w);
	ret->sid = store_key(s, i);
	ret->ssid = (u32)w[0];
	ret->addr = w[1];
	save(w + 2, SMMU_CD_BYTES, ret->raw);
}
