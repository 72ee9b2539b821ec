// SPDX-License-Identifier: LGPL-2.1-or-later
/* fleet_table.c - see fleet_table.h. Rows are kept until all are known, for the columns' widths. */
#include "ctl/fleet_table.h"

#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "lib/base/duration.h"
#include "lib/report/text.h"

/* To the minute. */
static const char *date_of(char buf[32], const struct story *s)
{
	const struct rec_file *any = s->has_daemon ? &s->daemon : &s->helper;

	(void)snprintf(buf, 32, "%.16s", DATE(any->wall_s));
	return buf[0] ? buf : "-";
}

/* The words of the cause that the other columns do not say. */
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
	_cleanup_strbuf_ struct strbuf cause = { 0 };
	char date[32];

	cause_of(c, &cause);
	t->by_level[c->verdict.level]++;
	term_cell(&t->table, TERM_NORMAL, "%s", date_of(date, c->story));
	/* Without a host's name the folder tells which crash it is. */
	term_cell(&t->table, TERM_BOLD, "%s", c->host[0] ? c->host : c->folder);
	term_cell(&t->table, report_level_style(c->verdict.level), "%s",
		  verdict_level_name(c->verdict.level));
	term_cell(&t->table, TERM_NORMAL, "%s", adopt_state_name(totals->state));
	if (totals->counted)
		term_cell(&t->table, totals->n_missed ? TERM_BAD : TERM_NORMAL, "%zu of %zu",
			  totals->n_missed, totals->live);
	else
		term_cell(&t->table, TERM_NORMAL, "unknown");
	term_cell(&t->table, TERM_NORMAL, "%s", cause.len ? strbuf_text(&cause) : "-");
}

int fleet_table_print(const struct term *term, struct fleet_table *t)
{
	static const char *const titles[] = { "DATE (UTC)", "HOST",	   "VERDICT",
					      "STATE",	    "NOT-STOPPED", "CAUSE" };
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
	memcpy(t->table.titles, titles, sizeof(titles));
	rc = all ? term_table_print(term, &t->table, 0, true) : 0;
	return rc < 0 ? rc : term_end(term);
}

void fleet_table_clear(struct fleet_table *t)
{
	term_table_free(&t->table);
}
