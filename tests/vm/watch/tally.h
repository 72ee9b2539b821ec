/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tally.h - counts what QEMU's SMMU did, line by line.
 *
 * Two streams of text go in: QEMU's log (trace events and guest errors) and the guest's console.
 * Out come counts per StreamID, phase and destination. Pure: no I/O, no allocation, no clock; both
 * streams are untrusted, a line that does not parse is counted and skipped.
 *
 * Terms
 *   hand-over    the first CFGI_STE of a StreamID after the crash: the capture kernel has written
 *                an STE of its own. QEMU caches an STE until that command, so order in the log is
 *                exact: whatever comes later must not reach the dead kernel's memory.
 *   quiescing  the first configuration write after the crash that clears Bus Master Enable of
 *                the function whose requester id is the StreamID (they are equal on this machine).
 */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_MAX_SIDS 256
#define TALLY_MAX_NAMES 256
#define TALLY_MAX_REASONS 24
#define TALLY_MAX_SAMPLES 8
#define TALLY_NAME_LEN 48

enum tally_kind {
	KIND_REFUSED,
	KIND_BYPASSED,
	KIND_TRANSLATED,
	KIND_MAX
};
enum tally_phase {
	PHASE_CRASHED,
	PHASE_BEFORE,
	PHASE_DURING,
	PHASE_AFTER,
	PHASE_MAX
};
enum tally_where {
	WHERE_OLD_RAM,
	WHERE_CAPTURE_RAM,
	WHERE_MSI,
	WHERE_OTHER,
	WHERE_NOWHERE,
	WHERE_MAX
};

extern const char *const tally_kind_names[KIND_MAX];
extern const char *const tally_phase_names[PHASE_MAX];
extern const char *const tally_where_names[WHERE_MAX];

/* What a console line meant to the caller. */
enum tally_mark {
	MARK_NONE,
	MARK_PHASE,
	MARK_FACT,
	MARK_PANIC,
	MARK_CRASHKERNEL,
	MARK_BOOT
};

struct tally_sample {
	int64_t time_us;
	uint64_t iova, addr;
};

struct tally_sid {
	uint32_t sid;
	uint64_t count[KIND_MAX][PHASE_MAX][WHERE_MAX];
	int64_t first_us[KIND_MAX], last_us[KIND_MAX]; /* after the crash, -1 = none */
	int64_t handover_us;			       /* -1 = not handed over */
	enum tally_phase handover_phase;
	uint64_t cfgi_ste; /* CFGI_STE after the crash */
	uint64_t old_ram_after_handover;
	uint64_t old_ram_after_crash;
	int64_t last_old_ram_us;
	struct tally_sample stale[TALLY_MAX_SAMPLES];
	unsigned int n_stale;
	int64_t quiesced_us;	/* -1 = never */
	bool quiesced_first;	/* quiescing came before hand-over */
	uint64_t after_quiesce; /* transactions between quiescing and hand-over */
	bool master_known, master, master_at_crash;
};

struct tally_name {
	char name[TALLY_NAME_LEN];
	uint32_t sid;
};
struct tally_reason {
	char name[TALLY_NAME_LEN];
	uint64_t count;
};

struct tally {
	uint64_t ram_base, ram_size;
	uint64_t capture_start, capture_end; /* [start, end), 0,0 = not seen */
	uint64_t msi_start, msi_end;
	int64_t crash_us, daemon_start_us, daemon_end_us, coldplug_us; /* -1 = not seen */
	bool crash_marked;
	uint64_t lines, transactions, invalidate_all, unparsed, sids_lost;
	uint64_t console_lines;
	uint32_t last_bad_sid; /* of the guest error line before a refusal */
	bool last_bad_sid_valid;
	struct tally_sid sids[TALLY_MAX_SIDS];
	unsigned int n_sids;
	struct tally_name names[TALLY_MAX_NAMES];
	unsigned int n_names;
	struct tally_reason reasons[TALLY_MAX_REASONS]; /* of refusals after the crash */
	unsigned int n_reasons;
};

/* Kinds of log lines, so that the writer of the capped copy can keep the rare ones. */
enum tally_line {
	LINE_TRANSACTION,
	LINE_EVENT,
	LINE_OTHER
};

void tally_init(struct tally *t, uint64_t ram_base, uint64_t ram_size);

/* One line of QEMU's log, NUL-terminated, read at now_us (used when it has no time of its own). */
enum tally_line tally_log_line(struct tally *t, const char *line, int64_t now_us);

/* One console line; *ret_rest points at the text behind a phase or fact marker. */
enum tally_mark tally_console_line(struct tally *t, const char *line, int64_t now_us,
				   const char **ret_rest);

enum tally_phase tally_phase_at(const struct tally *t, int64_t time_us);

/* tally_json.c */
struct tally_output {
	uint64_t log_bytes_total, log_bytes_kept, log_lines_left_out, overlong;
	bool capture_booted;
};
#include <stdio.h>
int tally_write_json(const struct tally *t, const struct tally_output *o, FILE *f);

#endif
