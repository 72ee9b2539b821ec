// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_diff.c - "diff A B": print in what two crashes differ, as a table or as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/crash_diff.h"
#include "ctl/ctl.h"
#include "lib/base/jsonw.h"
#include "lib/report/report.h"
#include "lib/report/text.h"

/* ---- for people ---- */

struct rows {
	const struct term *term;
	struct term_table table;
	const struct crash_side *alone; /* the side whose findings are printed now */
	bool of_b, absent;		/* absent: a row has this word */
	size_t n, reasons,
		findings; /* n: rows of the table, or lines of the list that is printed now */
};

static bool is_sentence(const struct fact *a, const struct fact *b)
{
	const struct fact *f = a ? a : b;

	return f->about == FACT_FINDING ? !(a && b) : !strcmp(f->key, "reason");
}

static void add_row(void *priv, const struct fact *a, const struct fact *b)
{
	struct rows *r = priv;
	const struct fact *f = a ? a : b;
	_cleanup_strbuf_ struct strbuf what = { 0 }, key = { 0 };
	const char *p;

	/* Findings and reasons are sentences; they are printed below the table. */
	if (is_sentence(a, b)) {
		r->findings += f->about == FACT_FINDING;
		r->reasons += f->about != FACT_FINDING;
		return;
	}
	/* Skip facts of a thing that only one crash has, if they are empty or its name. */
	if (!(a && b) && (!strcmp(f->value, "-") || !strcmp(f->key, "name")))
		return;
	strbuf_puts(&what, fact_about_name(f->about));
	if (f->name[0])
		strbuf_printf(&what, " %s", f->name);
	if (f->sid != REC_NO_SID)
		strbuf_printf(&what, " SID 0x%x", f->sid);
	if (f->smmu[0])
		strbuf_printf(&what, " %s", f->smmu);
	for (p = f->key; *p; p++)
		strbuf_putc(&key, *p == '_' ? ' ' : *p);
	term_cell(&r->table, TERM_BOLD, "%s", strbuf_text(&what));
	term_cell(&r->table, TERM_NORMAL, "%s", strbuf_text(&key));
	term_cell(&r->table, TERM_NORMAL, "%s", a ? a->value : "absent");
	term_cell(&r->table, TERM_NORMAL, "%s", b ? b->value : "absent");
	r->absent |= !a || !b;
	r->n++;
}

static void add_reason(void *priv, const struct fact *a, const struct fact *b)
{
	struct rows *r = priv;
	const struct fact *f = a ? a : b;

	if (f->about == FACT_FINDING || !is_sentence(a, b))
		return;
	term_put(r->term, TERM_BOLD, r->n++ ? "" : "\nWhy\n");
	if (a)
		term_field(r->term, 2, "A", "%s: %s", CLEAN(a->name), a->value);
	if (b)
		term_field(r->term, 2, "B", "%s: %s", CLEAN(b->name), b->value);
}

static void add_finding(void *priv, const struct fact *a, const struct fact *b)
{
	struct rows *r = priv;
	const struct fact *f = r->of_b ? b : a;

	if (!f || f->about != FACT_FINDING || (a && b))
		return;
	if (!r->n++)
		term_printf(r->term, TERM_BOLD, "\nFindings only in %s\n", r->of_b ? "B" : "A");
	report_finding_text(r->term, r->alone->verdict.story, f->finding);
}

static void put_side(const struct term *term, const char *label, const char *name,
		     const struct crash_side *side)
{
	_cleanup_strbuf_ struct strbuf verdict = { 0 };

	report_verdict(side->verdict.story, &side->verdict.totals, &verdict);
	term_field(term, 0, label, "%s", name);
	term_field(term, 0, "", "%s: %s", verdict_level_name(side->verdict.level),
		   strbuf_text(&verdict));
}

static void add_count(struct strbuf *out, size_t n, const char *what)
{
	if (!n)
		return;
	strbuf_join(out, ", ", "");
	strbuf_printf(out, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

/* Print the numbers of rows, reasons and findings that are listed below. */
static void put_counts(const struct term *term, const struct rows *rows, bool differ)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	add_count(&text, rows->n, "fact");
	add_count(&text, rows->reasons, "reason");
	add_count(&text, rows->findings, "finding");
	if (differ)
		term_printf(term, TERM_WARN, "DIFFERENT: %s\n", strbuf_text(&text));
	else
		term_put(term, TERM_GOOD, "SAME: verdict, state, devices, findings and events\n");
}

static int tell(const struct ctl *ctl, char **args, const struct crash_side *a,
		const struct crash_side *b)
{
	struct rows rows = { .term = &ctl->term,
			     .table = { .titles = { "ABOUT", "FACT", "A", "B" } } };
	bool differ = crash_diff(a, b, add_row, &rows);
	int rc = 0;

	put_counts(&ctl->term, &rows, differ);
	if (ctl->oneline) {
		term_table_free(&rows.table);
		return term_end(&ctl->term);
	}
	put_side(&ctl->term, "A", args[0], a);
	put_side(&ctl->term, "B", args[1], b);
	if (rows.n) {
		term_put(&ctl->term, TERM_NORMAL, "\n");
		rc = term_table_print(&ctl->term, &rows.table, 0, true);
		if (rows.absent)
			term_paragraph(&ctl->term, 0, "absent: this crash has no such thing");
	}
	rows.n = 0;
	(void)crash_diff(a, b, add_reason, &rows);
	rows.n = 0;
	rows.alone = a;
	(void)crash_diff(a, b, add_finding, &rows);
	rows.n = 0;
	rows.alone = b;
	rows.of_b = true;
	(void)crash_diff(a, b, add_finding, &rows);
	term_table_free(&rows.table);
	return rc < 0 ? rc : term_end(&ctl->term);
}

/* ---- for programs ---- */

static void put_difference(void *priv, const struct fact *a, const struct fact *b)
{
	struct jsonw *w = priv;
	const struct fact *f = a ? a : b;

	jsonw_object_begin(w, NULL);
	jsonw_string(w, "about", fact_about_name(f->about));
	if (f->name[0])
		jsonw_string(w, "name", f->name);
	if (f->smmu[0])
		jsonw_string(w, "smmu_name", f->smmu);
	if (f->sid != REC_NO_SID)
		jsonw_hex(w, "sid", f->sid);
	jsonw_string(w, "key", f->key);
	if (a)
		jsonw_string(w, "a", a->value);
	if (b)
		jsonw_string(w, "b", b->value);
	if (f->finding && !(a && b))
		jsonw_string(w, "text", f->finding->text);
	jsonw_object_end(w);
}

static void put_crash(struct jsonw *w, const char *key, const char *name,
		      const struct crash_side *side)
{
	_cleanup_strbuf_ struct strbuf verdict = { 0 };

	report_verdict(side->verdict.story, &side->verdict.totals, &verdict);
	jsonw_object_begin(w, key);
	jsonw_string(w, "file", name);
	jsonw_string(w, "verdict", strbuf_text(&verdict));
	jsonw_string(w, "verdict_level", verdict_level_name(side->verdict.level));
	jsonw_string(w, "state", adopt_state_name(side->verdict.totals.state));
	jsonw_bool(w, "partial", side->verdict.partial);
	jsonw_object_end(w);
}

static int write_json(char **args, const struct crash_side *a, const struct crash_side *b)
{
	struct jsonw w;

	jsonw_init(&w, stdout);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_DIFF);
	jsonw_bool(&w, "same", !crash_diff(a, b, NULL, NULL));
	put_crash(&w, "a", args[0], a);
	put_crash(&w, "b", args[1], b);
	jsonw_array_begin(&w, "differences");
	(void)crash_diff(a, b, put_difference, &w);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}

enum exit_code ctl_diff(const struct ctl *ctl, char **args)
{
	_cleanup_side_ struct crash_side a = CRASH_SIDE, b = CRASH_SIDE;
	int rc;

	if (recfile_open(ctl, args[0], &a.file) < 0 || recfile_open(ctl, args[1], &b.file) < 0)
		return EXIT_FAILED;
	rc = crash_side_read(&a, NULL);
	if (rc >= 0)
		rc = crash_side_read(&b, &a);
	if (rc >= 0)
		rc = ctl->json ? write_json(args, &a, &b) : tell(ctl, args, &a, &b);
	if (rc < 0 && rc != -EIO) /* ctl_run() reports -EIO */
		ctl_message("%s and %s were not compared: %s", args[0], args[1], strerror(-rc));
	if (rc < 0)
		return EXIT_FAILED;
	if (crash_diff(&a, &b, NULL, NULL))
		return EXIT_FINDINGS;
	return a.verdict.partial || b.verdict.partial ? EXIT_PARTIAL : EXIT_DONE;
}
