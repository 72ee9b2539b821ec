// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * verdict.c - makes one list of the findings of records and the findings derived from them, the
 * worst first, and decides level and exit code from it.
 */
#include "lib/story/verdict.h"

#include <string.h>

#include "core/adopt_log.h"
#include "lib/story/refusal.h"

const char *verdict_level_name(enum verdict_level level)
{
	static const char *const names[] = {
		[VERDICT_OK] = "OK",
		[VERDICT_WARNING] = "WARNING",
		[VERDICT_FAILED] = "FAILED",
	};

	return names[level];
}

static struct finding *add_one(struct verdict *v, u32 code)
{
	const struct finding_kind *kind = finding_kind(code);
	struct finding *more;

	if (v->error)
		return NULL;
	if (v->n == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 16;

		more = reallocarray(v->findings, cap, sizeof(*more));
		if (!more) {
			v->error = -ENOMEM;
			return NULL;
		}
		v->findings = more;
		v->cap = cap;
	}
	v->findings[v->n] = (struct finding){
		.code = code,
		.name = kind->name ? kind->name : rec_finding_name(code),
		.severity = kind->severity,
		.advice = kind->advice,
		.sid = REC_NO_SID,
		.order = v->n,
	};
	return &v->findings[v->n++];
}

struct finding *verdict_add(struct verdict *v, u32 code, const char *format, ...)
{
	struct finding *f = add_one(v, code);
	va_list args;
	int n;

	if (!f)
		return NULL;
	va_start(args, format);
	n = vasprintf(&f->own, format, args);
	va_end(args);
	if (n < 0) {
		f->own = NULL;
		v->n--;
		v->error = -ENOMEM;
		return NULL;
	}
	f->text = f->own;
	return f;
}

/* A table that the crashed kernel did not write needs other advice. */
static const char *advice_for(const struct story *story, const struct rec_finding *rec,
			      const struct finding *f)
{
	const struct story_smmu *smmu = story_find_smmu(story, rec->smmu);

	if (f->severity == REC_SEV_INFO)
		return NULL;
	if (report_about_tables(rec->code) && smmu && smmu->own_table)
		return "report this line to the maker of the capture kernel's driver: this "
		       "driver made the table, not the crashed kernel";
	return f->advice;
}

static void add_records(struct verdict *v)
{
	const struct story *s = v->story;
	size_t i;

	for (i = 0; i < s->n_findings; i++) {
		const struct rec_finding *rec = &s->findings[i];
		struct finding *f;

		if (refusal_is_usual(s, rec))
			continue;
		f = add_one(v, rec->code);
		if (!f)
			return;
		if (rec->severity >= REC_SEV_INFO && rec->severity <= REC_SEV_ERROR)
			f->severity = rec->severity;
		f->text = rec->text;
		f->advice = advice_for(s, rec, f);
		f->has_smmu = true;
		f->smmu = rec->smmu;
		f->sid = rec->sid;
		f->sid_count = rec->sid_count;
		f->sid_stride = rec->sid_stride;
		f->addr = rec->addr;
	}
}

static int by_severity(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* A lost dump path counts even if other records are missing. */
static enum exit_code code_of(const struct verdict *v)
{
	if (v->foreign)
		return EXIT_PARTIAL;
	if (v->totals.n_lost || (!v->story->records && !v->story->log))
		return EXIT_FINDINGS;
	/* A log is never complete, but its warnings and errors count. */
	if (v->partial && !(v->story->log && v->warnings + v->errors))
		return EXIT_PARTIAL;
	return v->level == VERDICT_OK ? EXIT_DONE : EXIT_FINDINGS;
}

/*
 * Some drivers log that an entry was bad without its StreamID; another record may have the
 * StreamID.
 */
static void advise_unnamed(struct finding *f)
{
	struct adopt_log_said said;

	if (f->code == REC_FIND_DRIVER_REFUSED && f->sid == REC_NO_SID &&
	    adopt_log_text(f->text, strlen(f->text), &said) && said.reason == ADOPT_WHY_SCAN &&
	    !said.has_sid)
		f->advice = finding_unnamed_advice();
}

int verdict_settle(struct verdict *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		advise_unnamed(&v->findings[i]);
	if (v->n)
		qsort(v->findings, v->n, sizeof(*v->findings), by_severity);
	v->infos = v->warnings = v->errors = 0;
	for (i = 0; i < v->n; i++) {
		switch (v->findings[i].severity) {
		case REC_SEV_INFO: v->infos++; break;
		case REC_SEV_WARNING: v->warnings++; break;
		default: v->errors++; break;
		}
	}
	v->level = v->errors		       ? VERDICT_FAILED
		   : v->warnings || v->partial ? VERDICT_WARNING
					       : VERDICT_OK;
	v->code = code_of(v);
	return v->error;
}

int verdict_decide(const struct story *story, struct verdict *ret)
{
	*ret = (struct verdict){
		.story = story,
		.partial = story->torn || !story->has_helper, /* a log has no helper */
	};
	/* The story could not be finished, for want of memory. */
	if (story->n_devices && !story->devices[0].facts)
		return -ENOMEM;
	report_totals(story, &ret->totals);
	ret->partial |= ret->totals.unowned > 0;
	findings_derive(ret);
	add_records(ret);
	return verdict_settle(ret);
}

void verdict_clear(struct verdict *v)
{
	while (v->n)
		free(v->findings[--v->n].own);
	free(v->findings);
	*v = (struct verdict){ 0 };
}

enum exit_code report_exit_code(const struct story *story)
{
	_cleanup_verdict_ struct verdict v = { 0 };

	return verdict_decide(story, &v) < 0 ? EXIT_FAILED : v.code;
}
