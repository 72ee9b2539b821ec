// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tally_json.c - writes the counts as JSON. Only numbers and names from our own tables go out,
 * reasons excepted: those come from the log and are reduced to [A-Za-z0-9_].
 *
 * Times are seconds since the crash. What was never seen is absent, not 0.
 */
#include "tally.h"

#include <ctype.h>
#include <inttypes.h>

static const char *sep(bool *first)
{
	const char *s = *first ? "" : ",";

	*first = false;
	return s;
}

static void put_time(const struct tally *t, FILE *f, const char *key, int64_t us)
{
	if (us >= 0 && t->crash_us >= 0)
		fprintf(f, ",\"%s\":%.6f", key, (double)(us - t->crash_us) / 1e6);
}

static uint64_t total(const struct tally_sid *s, enum tally_kind k, bool after_crash)
{
	uint64_t n = 0;

	for (int p = after_crash ? PHASE_BEFORE : 0; p < PHASE_MAX; p++)
		for (int w = 0; w < WHERE_MAX; w++)
			n += s->count[k][p][w];
	return n;
}

static void put_kind(const struct tally_sid *s, FILE *f, enum tally_kind k)
{
	bool first = true;

	fprintf(f, ",\"%s\":{\"total\":%" PRIu64 ",\"phase\":{", tally_kind_names[k],
		total(s, k, true));
	for (int p = PHASE_BEFORE; p < PHASE_MAX; p++) {
		uint64_t n = 0;

		for (int w = 0; w < WHERE_MAX; w++)
			n += s->count[k][p][w];
		fprintf(f, "%s\"%s\":%" PRIu64, sep(&first), tally_phase_names[p], n);
	}
	fputs("}", f);
	if (k == KIND_REFUSED) { /* went nowhere */
		fputs("}", f);
		return;
	}
	fprintf(f, ",\"where\":{");
	first = true;
	for (int w = 0; w < WHERE_MAX; w++) {
		uint64_t n = 0;

		for (int p = PHASE_BEFORE; p < PHASE_MAX; p++)
			n += s->count[k][p][w];
		if (w != WHERE_NOWHERE)
			fprintf(f, "%s\"%s\":%" PRIu64, sep(&first), tally_where_names[w], n);
	}
	fprintf(f, "}}");
}

static void put_stale(const struct tally *t, const struct tally_sid *s, FILE *f)
{
	fprintf(f, ",\"stale\":[");
	for (unsigned int i = 0; i < s->n_stale; i++)
		fprintf(f,
			"%s{\"time\":%.6f,\"iova\":\"0x%" PRIx64 "\",\"addr\":\"0x%" PRIx64 "\"}",
			i ? "," : "", (double)(s->stale[i].time_us - t->crash_us) / 1e6,
			s->stale[i].iova, s->stale[i].addr);
	fprintf(f, "]");
}

static void put_sid(const struct tally *t, const struct tally_sid *s, FILE *f)
{
	fprintf(f, "\"0x%x\":{\"translated_before_crash\":%" PRIu64, s->sid,
		total(s, KIND_TRANSLATED, false) - total(s, KIND_TRANSLATED, true));
	for (int k = 0; k < KIND_MAX; k++)
		put_kind(s, f, k);
	fprintf(f,
		",\"cfgi_ste\":%" PRIu64 ",\"old_ram_after_crash\":%" PRIu64
		",\"old_ram_after_handover\":%" PRIu64,
		s->cfgi_ste, s->old_ram_after_crash, s->old_ram_after_handover);
	fprintf(f, ",\"handed_over\":%s", s->handover_us >= 0 ? "true" : "false");
	if (s->handover_us >= 0)
		fprintf(f, ",\"handover_phase\":\"%s\"", tally_phase_names[s->handover_phase]);
	put_time(t, f, "handover_time", s->handover_us);
	if (s->master_known)
		fprintf(f, ",\"bus_master_at_crash\":%s,\"bus_master_at_end\":%s",
			s->master_at_crash ? "true" : "false", s->master ? "true" : "false");
	if (s->master_at_crash) {
		fprintf(f, ",\"quiesced\":%s", s->quiesced_us >= 0 ? "true" : "false");
		if (s->handover_us >= 0)
			fprintf(f, ",\"quiesced_before_handover\":%s",
				s->quiesced_first ? "true" : "false");
		if (s->quiesced_us >= 0)
			fprintf(f, ",\"after_quiesce\":%" PRIu64, s->after_quiesce);
	}
	put_time(t, f, "quiesced_time", s->quiesced_us);
	put_time(t, f, "last_old_ram_time", s->last_old_ram_us);
	for (int k = 0; k < KIND_MAX; k++) {
		char key[32];

		snprintf(key, sizeof(key), "first_%s_time", tally_kind_names[k]);
		put_time(t, f, key, s->first_us[k]);
		snprintf(key, sizeof(key), "last_%s_time", tally_kind_names[k]);
		put_time(t, f, key, s->last_us[k]);
	}
	put_stale(t, s, f);
	fprintf(f, "}");
}

static bool interesting(const struct tally_sid *s)
{
	return total(s, KIND_TRANSLATED, false) || total(s, KIND_REFUSED, true) ||
	       total(s, KIND_BYPASSED, true) || s->handover_us >= 0 || s->master_at_crash;
}

static void put_totals(const struct tally *t, FILE *f)
{
	uint64_t kinds[KIND_MAX] = { 0 }, stale = 0, live = 0, unquiesced = 0;

	for (unsigned int i = 0; i < t->n_sids; i++) {
		const struct tally_sid *s = &t->sids[i];
		bool was_live = s->master_at_crash &&
				total(s, KIND_TRANSLATED, false) > total(s, KIND_TRANSLATED, true);

		for (int k = 0; k < KIND_MAX; k++)
			kinds[k] += total(s, k, true);
		stale += s->old_ram_after_handover;
		live += was_live;
		/* Live at the crash and given a new STE without having been stopped first. */
		unquiesced += was_live && s->handover_us >= 0 && !s->quiesced_first;
	}
	for (int k = 0; k < KIND_MAX; k++)
		fprintf(f, ",\"%s\":%" PRIu64, tally_kind_names[k], kinds[k]);
	fprintf(f,
		",\"old_ram_after_handover\":%" PRIu64 ",\"live_masters\":%" PRIu64
		",\"handed_over_unquiesced\":%" PRIu64,
		stale, live, unquiesced);
}

static void put_reasons(const struct tally *t, FILE *f)
{
	fprintf(f, ",\"refused_reasons\":{");
	for (unsigned int i = 0; i < t->n_reasons; i++) {
		fprintf(f, "%s\"", i ? "," : "");
		for (const char *c = t->reasons[i].name; *c; c++)
			fputc(isalnum((unsigned char)*c) ? *c : '_', f);
		fprintf(f, "\":%" PRIu64, t->reasons[i].count);
	}
	fprintf(f, "}");
}

int tally_write_json(const struct tally *t, const struct tally_output *o, FILE *f)
{
	bool first = true;

	fprintf(f, "{\"schema\":\"smmu-adopt-vm-dma/1\",\"crashed\":%s,\"capture_booted\":%s",
		t->crash_us >= 0 ? "true" : "false", o->capture_booted ? "true" : "false");
	if (t->capture_end)
		fprintf(f, ",\"capture_ram\":[\"0x%" PRIx64 "\",\"0x%" PRIx64 "\"]",
			t->capture_start, t->capture_end);
	put_totals(t, f);
	put_reasons(t, f);
	fprintf(f, ",\"invalidate_all\":%" PRIu64, t->invalidate_all);
	put_time(t, f, "daemon_start_time", t->daemon_start_us);
	put_time(t, f, "daemon_end_time", t->daemon_end_us);
	put_time(t, f, "coldplug_time", t->coldplug_us);
	fprintf(f, ",\"sid\":{");
	for (unsigned int i = 0; i < t->n_sids; i++) {
		if (!interesting(&t->sids[i]))
			continue;
		fputs(sep(&first), f);
		put_sid(t, &t->sids[i], f);
	}
	fprintf(f,
		"},\"log\":{\"lines\":%" PRIu64 ",\"unparsed\":%" PRIu64 ",\"overlong\":%" PRIu64
		",\"sids_lost\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"bytes_kept\":%" PRIu64
		",\"lines_left_out\":%" PRIu64 "}}\n",
		t->lines, t->unparsed, o->overlong, t->sids_lost, o->log_bytes_total,
		o->log_bytes_kept, o->log_lines_left_out);
	return ferror(f) ? -1 : 0;
}
