// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dryrun.c - makes the same calls as the stage, but does not act; and writes the result in two
 * ways, as text and as JSON.
 */
#include "lib/plan/dryrun.h"

#include <errno.h>
#include <string.h>

#include "lib/base/jsonw.h"
#include "lib/base/printable.h"
#include "lib/story/facts.h"
#include "lib/story/names.h"
#include "lib/plan/drivers.h"
#include "lib/plan/outlook.h"

static void complain(void *priv, enum rec_finding_code code, const struct inv_device *dev,
		     const char *text)
{
	(void)code, (void)dev;
	strbuf_join(priv, "\n", text);
}

static int make_steps(struct dryrun *run, const struct fsroot *root, const struct config *config)
{
	int rc = plan_hold(&run->plan, &run->inv);

	if (rc < 0)
		return rc;
	prepare_details(&run->inv, root, &run->story, config, complain, &run->warnings);
	drivers_look_up(root, &run->inv, DRIVERS_MS);
	return plan_handover(&run->plan, &run->inv, config);
}

int dryrun_make(struct dryrun *run, const struct fsroot *root, const struct config *config)
{
	struct errbuf err = { .text = "" };
	size_t i;
	int rc;

	for (i = 0; i < config->n_notes; i++)
		strbuf_join(&run->warnings, "\n", config->notes[i]);
	run->resets_detach = outlook_resets_detach(root);
	rc = prepare_story(root, &run->story, NULL, &err, &run->why);
	if (rc >= 0 && err.text[0])
		strbuf_join(&run->warnings, "\n", err.text);
	if (rc == 0)
		rc = prepare_inventory(&run->inv, &run->story, config, &run->why);
	if (rc == 0)
		rc = make_steps(run, root, config);
	run->aside = rc == PREPARE_ASIDE;
	return rc < 0 ? rc : run->warnings.error;
}

void dryrun_clear(struct dryrun *run)
{
	plan_clear(&run->plan);
	inv_clear(&run->inv);
	story_clear(&run->story);
	strbuf_free(&run->warnings);
}

/* Call @fn for each warning, which is cut out of the text for it. */
static void each_warning(const struct dryrun *run, void (*fn)(void *priv, const char *text),
			 void *priv)
{
	const char *p = strbuf_text(&run->warnings);
	char line[256];

	while (*p) {
		size_t len = strcspn(p, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)(len < 255 ? len : 255), p);
		fn(priv, line);
		p += len + (p[len] == '\n');
	}
}

/*
 * Returns whether the step would be done, with the reason in @buf. A real run finds out only
 * before a reset that the reset would end adoption; here the same records tell it.
 */
static bool is_done(const struct dryrun *run, const struct plan_step *step, char *buf, size_t cap)
{
	const struct inv_device *dev = &run->inv.devices[step->device];
	const struct story_device *seen = story_find_device(&run->story, dev->name);

	if (step->action == REC_ACT_FLR && run->resets_detach && seen &&
	    (seen->last.flags & REC_DEV_ATS)) {
		snprintf(buf, cap, "the device has ATS: a reset by this kernel would end adoption");
		return false;
	}
	plan_reason(&run->inv, step, buf, cap);
	return !plan_step_is_skip(step);
}

static void warning_text(void *priv, const char *text)
{
	fputs("warning: ", priv);
	printable_put(priv, text, strlen(text), PRINTABLE_UTF8);
	putc('\n', priv);
}

int dryrun_text(const struct dryrun *run, FILE *out)
{
	char text[160];
	bool done;
	u32 i;

	each_warning(run, warning_text, out);
	if (run->aside) {
		fprintf(out, NAME_DAEMON " would stand aside: %s\n", CLEAN(run->why.text));
		return ferror(out) ? -EIO : 0;
	}
	outlook_text(&run->inv, text, sizeof(text));
	fprintf(out, "%s\n", text);
	for (i = 0; i < run->plan.count; i++) {
		const struct plan_step *step = &run->plan.steps[i];

		done = is_done(run, step, text, sizeof(text));
		fprintf(out, "%4u  %-7s  %-16s  %s%s\n", step->number,
			rec_action_name(step->action), CLEAN(run->inv.devices[step->device].name),
			done ? "" : "skipped: ", CLEAN(text));
	}
	if (!run->plan.count)
		fprintf(out, "nothing to do\n");
	return ferror(out) ? -EIO : 0;
}

static void warning_json(void *priv, const char *text)
{
	jsonw_string(priv, NULL, text);
}

static void put_steps(struct jsonw *w, const struct dryrun *run)
{
	char reason[160];
	bool done;
	u32 i;

	jsonw_array_begin(w, "steps");
	for (i = 0; i < run->plan.count; i++) {
		const struct plan_step *step = &run->plan.steps[i];
		const struct inv_device *dev = &run->inv.devices[step->device];

		done = is_done(run, step, reason, sizeof(reason));
		jsonw_object_begin(w, NULL);
		jsonw_u64(w, "step", step->number);
		jsonw_string(w, "action", rec_action_name(step->action));
		jsonw_string(w, "device", dev->name);
		jsonw_bool(w, "dump_path", dev->dump_path && !dev->supplier);
		jsonw_bool(w, "skipped", !done);
		jsonw_u64(w, "deadline_ms", step->deadline_ms);
		jsonw_string(w, "reason", reason);
		if (dev->in_image != INV_DRIVER_UNKNOWN)
			jsonw_bool(w, "driver_in_image", dev->in_image == INV_DRIVER_THERE);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

int dryrun_json(const struct dryrun *run, const struct config *config, FILE *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_PLAN);
	jsonw_bool(&w, "acts", !run->aside);
	if (run->aside)
		jsonw_string(&w, "aside", run->why.text);
	jsonw_array_begin(&w, "warnings");
	each_warning(run, warning_json, &w);
	jsonw_array_end(&w);
	if (!run->aside) {
		jsonw_u64(&w, "smmus_known", run->inv.smmus);
		jsonw_u64(&w, "smmus_adopted", run->inv.adopted);
		jsonw_u64(&w, "endpoints", run->inv.count);
		jsonw_string(&w, "policy", config_policy_name(run->inv.policy));
		jsonw_u64(&w, "stage_deadline_ms", config->deadline_ms);
		put_steps(&w, run);
	}
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}
