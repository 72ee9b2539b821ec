// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fleet_table.c - see fleet_table.h. The widths of the columns depend on all rows, so rows are
 * kept until the end.
 */
#include "ctl/fleet_table.h"

#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "lib/base/duration.h"
#include "lib/report/text.h"

/* The date of the crash, else of its records, to the minute. */
static const char *date_of(char buf[32], const struct story *s)
{
	const struct rec_file *any = s->has_daemon ? &s->daemon : &s->helper;

	(void)snprintf(buf, 32, "%.16s",
		       DATE(s->crashed.crash_s ? s->crashed.crash_s : any->wall_s));
	return buf[0] ? buf : "-";
}

/* The words of the cause that no other column tells. */
static void cause_of(const struct crash *c, struct strbuf *ret)
{
	const char *word = strbuf_text(&c->cause), *end;

	for (; *word; word = end + (*end == ' ')) {
		end = word + strcspn(word, " ");
		if (!strncmp(word, "state=", 6))
			continue;
		strbuf_puts(ret, ret->len ? " " : "");
		strbuf_putn(ret, word, (size_t)(end - word));
	}
}

void fleet_table_add(struct fleet_table *t, const struct crash *c)
{
	const struct report_totals *totals = &c->verdict.totals;
	struct term_table *rows = &t->rows[c->verdict.level];
	_cleanup_strbuf_ struct strbuf cause = { 0 };
	size_t loose = totals->n_missed + totals->on_again;
	char date[32];

	cause_of(c, &cause);
	t->by_level[c->verdict.level]++;
	t->hosts += c->host[0] != 0;
	t->folders += !c->host[0];
	term_cell(rows, TERM_NORMAL, "%s", date_of(date, c->story));
	/* Without a host's name the folder tells which crash it is. */
	term_cell(rows, TERM_BOLD, "%s", c->host[0] ? c->host : c->folder);
	term_cell(rows, report_level_style(c->verdict.level), "%s",
		  verdict_level_name(c->verdict.level));
	term_cell(rows, TERM_NORMAL, "%s", adopt_state_name(totals->state));
	t->causes |= cause.len != 0;
	t->counted |= totals->counted;
	if (totals->counted)
		term_cell(rows, loose ? TERM_BAD : TERM_NORMAL, "%zu of %zu", loose, totals->live);
	else
		term_cell(rows, TERM_NORMAL, "unknown");
	term_cell(rows, TERM_NORMAL, "%s", cause.len ? strbuf_text(&cause) : "-");
}

int fleet_table_print(const struct term *term, struct fleet_table *t)
{
	const char *where = !t->folders ? "HOST" : t->hosts ? "HOST OR FOLDER" : "FOLDER";
	_cleanup_table_ struct term_table table = { .titles = { "DATE (UTC)", where, "VERDICT",
								"STATE", "NOT-STOPPED", "CAUSE" } };
	size_t all = 0, level;
	const char *separator = ": ";
	int rc;

	for (level = VERDICT_OK; level <= VERDICT_FAILED; level++)
		all += t->by_level[level];
	term_printf(term, TERM_BOLD, "%zu crash%s", all, all == 1 ? "" : "es");
	for (level = VERDICT_OK; level <= VERDICT_FAILED; level++) {
		if (!t->by_level[level])
			continue;
		term_put(term, TERM_NORMAL, separator);
		term_printf(term, report_level_style(level), "%zu %s", t->by_level[level],
			    verdict_level_name(level));
		separator = ", ";
	}
	term_put(term, TERM_NORMAL, "\n");
	for (level = VERDICT_FAILED + 1; level-- > VERDICT_OK;) {
		const struct term_table *rows = &t->rows[level];

		strbuf_putn(&table.text, strbuf_text(&rows->text), rows->text.len);
		strbuf_putn(&table.styles, strbuf_text(&rows->styles), rows->styles.len);
		if (rows->text.error || rows->styles.error)
			return -ENOMEM;
	}
	rc = all ? term_table_print(term, &table, 0, true) : 0;
	if (t->counted)
		term_field(term, 0, "NOT-STOPPED", "live devices not stopped in time, or on again");
	if (t->causes)
		term_field(term, 0, "CAUSE",
			   "words of smmu-adoptctl(8); a device is named by vendor:class");
	return rc < 0 ? rc : term_end(term);
}

void fleet_table_clear(struct fleet_table *t)
{
	size_t level;

	for (level = VERDICT_OK; level <= VERDICT_FAILED; level++)
		term_table_free(&t->rows[level]);
}
