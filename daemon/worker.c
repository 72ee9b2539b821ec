// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * worker.c - runs the stage from the helper's records to the last step: read, hold, inventory,
 * plan, act.
 *
 * Nothing is held and nothing is quiesced unless an SMMU is known to be adopted: without adoption
 * the kernel has already cut off all DMA, and without the helper the state of the SMMUs is not
 * known. In both cases the worker stands aside, and records why.
 */
#include "daemon/worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/plan/dryrun.h"
#include "lib/plan/inventory.h"
#include "lib/plan/late.h"
#include "lib/story/names.h"
#include "lib/plan/drivers.h"
#include "lib/plan/plan.h"
#include "lib/plan/prepare.h"
#include "daemon/act/resume.h"
#include "daemon/act/bound.h"
#include "daemon/act/driverless.h"
#include "daemon/act/early.h"
#include "daemon/giveback.h"
#include "lib/plan/outlook.h"
#include "lib/story/story.h"

#define LATE_ROUNDS 3
#define LATE_TOLD_MAX 32

static void status(struct stage *stage, const char *text)
{
	if (stage->status)
		stage->status(stage->status_priv, text);
}

static void finding_about(struct stage *stage, enum rec_severity severity,
			  enum rec_finding_code code, const struct inv_device *dev,
			  const char *text)
{
	const struct journal_about about = inv_about(dev, severity, code);

	log_line(severity == REC_SEV_ERROR     ? LOG_LEVEL_ERR
		 : severity == REC_SEV_WARNING ? LOG_LEVEL_WARNING
					       : LOG_LEVEL_NOTICE,
		 "%s", text);
	journal_finding(&stage->shared->journal, &about, "%s", text);
}

static void finding(struct stage *stage, enum rec_severity severity, enum rec_finding_code code,
		    const char *text)
{
	finding_about(stage, severity, code, NULL, text);
}

static void inventory_finding(void *priv, enum rec_finding_code code, const struct inv_device *dev,
			      const char *text)
{
	finding_about(priv, REC_SEV_WARNING, code, dev, text);
}

/*
 * Give back the early holds that this run does not need, so that those devices behave as without
 * us. @inv NULL: this run needs none. Returns false when some holds are left.
 */
static bool give_back_early(struct stage *stage, const struct inventory *inv,
			    const struct resume *resume)
{
	struct hold_tally tally;
	struct errbuf err = { .text = "" };
	char text[160];
	int rc = early_give_back(stage->root, inv, resume, &tally, &err);

	if (tally.released) {
		log_info("gave back %zu early holds", tally.released);
		journal_stage(
			&stage->shared->journal, REC_STAGE_EARLY, rc, "%zu holds given back%s",
			tally.released,
			inv ? ": these devices are not behind an adopted SMMU, or a rule leaves "
			      "them alone"
			    : "");
	}
	if (rc == 0 && !tally.failed && !tally.stuck)
		return true;
	snprintf(text, sizeof(text),
		 "some early holds may still be there: %zu failed, %zu in a running probe or not "
		 "reached in time%s%.40s",
		 tally.failed, tally.stuck, rc < 0 ? "; " : "", err.text);
	finding(stage, REC_SEV_WARNING, REC_FIND_EARLY, text);
	return false;
}

/*
 * Holds of an earlier run must be given back as well, since no later part would do it. Returns 0,
 * or -EBUSY: some holds may be left, which the supervisor releases.
 */
static int stand_aside(struct stage *stage, const char *why)
{
	const struct resume nobody = { 0 };
	bool all_back = give_back_early(stage, NULL, &nobody);

	log_notice("standing aside: %s", why);
	journal_stage(&stage->shared->journal, REC_STAGE_ASIDE, 0, "%s", why);
	status(stage, why);
	return all_back ? 0 : -EBUSY;
}

static void on_step(void *priv, const struct plan_step *step, const struct inv_device *dev,
		    const struct rec_result *result)
{
	struct stage *stage = priv;
	const char *action = rec_action_name(step->action);
	char text[96];

	if (!result) {
		snprintf(text, sizeof(text), "%s %s", action, dev->name);
		status(stage, text);
		return;
	}
	stage->shared->steps_done++;
	snprintf(text, sizeof(text), "%s %s: %s", action, dev->name,
		 rec_outcome_name(result->outcome));
	status(stage, text);
	log_line(result->outcome == REC_STEP_FAILED || result->outcome == REC_STEP_TIMEOUT
			 ? LOG_LEVEL_WARNING
			 : LOG_LEVEL_INFO,
		 "%s %s: %s in %llu ms (%s)", action, dev->name, rec_outcome_name(result->outcome),
		 (result->took_ns / CLOCK_NS_PER_MS), result->detail);
}

static void report_config(struct stage *stage)
{
	const struct config *config = stage->config;
	char text[64];
	size_t i;

	for (i = 0; i < config->n_notes; i++)
		finding(stage, REC_SEV_WARNING, REC_FIND_CONFIG, config->notes[i]);
	if (config->n_lost_notes) {
		snprintf(text, sizeof(text), "%zu more problems in the configuration",
			 config->n_lost_notes);
		finding(stage, REC_SEV_WARNING, REC_FIND_CONFIG, text);
	}
}

/* Only the kernel log has the driver's reason for a reset; the helper's records do not. */
static void tell_refusals(struct stage *stage, const struct story *story)
{
	size_t i;

	for (i = 0; i < story->n_findings; i++) {
		const struct rec_finding *f = &story->findings[i];
		const struct journal_about about = {
			.smmu = f->smmu,
			.sid = f->sid,
			.severity = f->severity,
			.code = f->code,
		};

		if (f->code == REC_FIND_DRIVER_REFUSED)
			journal_finding(&stage->shared->journal, &about, "%s", f->text);
	}
}

/* Helper's records into @story and into our copy. Returns as prepare_story(). */
static int read_helper(struct stage *stage, struct story *story, struct prepare_why *why)
{
	struct recread_copy copy = { .fd = -1 };
	struct errbuf err = { .text = "" };
	_cleanup_close_ int fd = -1;
	int rc;

	/* The copy is of the daemon's start. */
	if (stage->give_back)
		return prepare_story(stage->root, story, NULL, &err, why);
	fd = fsroot_openat(stage->root, O_WRONLY | O_CREAT | O_TRUNC, 0600, "%s.new",
			   PATH_HELPER_COPY);
	copy.fd = fd;
	rc = prepare_story(stage->root, story, &copy, &err, why);
	if (rc < 0)
		return rc;
	if (fd >= 0)
		outlook_keep_copy(stage->root, rc == 0 && !copy.error);
	if (fd < 0 || copy.error)
		log_warning("/%s: %s", PATH_HELPER_COPY, strerror(fd < 0 ? -fd : -copy.error));
	tell_refusals(stage, story);
	if (rc || err.text[0])
		finding(stage, rc ? REC_SEV_ERROR : REC_SEV_WARNING, REC_FIND_HELPER, err.text);
	return rc;
}

static int hold(struct act *act, struct inventory *inv, u32 last_number, u32 *ret_last)
{
	struct plan plan = { .last_number = last_number };
	u32 next = 0;
	int rc;

	rc = plan_hold(&plan, inv);
	if (rc == 0) {
		resume_plan(act->resume, &plan, 0, inv);
		act_journal_plan(act, &plan, 0);
		rc = act_run(act, &plan, &next);
	}
	*ret_last = plan.last_number;
	plan_clear(&plan);
	return rc;
}

static void take_times(struct stage *stage, const struct act *act)
{
	struct stage_shared *shared = stage->shared;

	/* Keep the first time: late devices, and devices that are given back, come later. */
	if (act->quiesced_ns && !shared->quiesced_ms)
		shared->quiesced_ms = clock_left_ms(shared->start_ns, act->quiesced_ns);
	if (act->dump_path_ns && !shared->dump_path_ms)
		shared->dump_path_ms = clock_left_ms(shared->start_ns, act->dump_path_ns);
}

static void giveback_finding(void *priv, const struct inv_device *dev, const char *text)
{
	finding_about(priv, REC_SEV_WARNING, REC_FIND_GIVEN_BACK, dev, text);
}

static int handover(struct stage *stage, struct act *act, u32 last_number)
{
	struct plan plan = { .last_number = last_number };
	struct journal *journal = &stage->shared->journal;
	u32 next = 0;
	int rc;

	rc = plan_handover(&plan, act->inv, stage->config);
	if (rc == 0)
		rc = act_take_up(act);
	if (rc == 0) {
		resume_plan(act->resume, &plan, 0, act->inv);
		/* The hold steps count, too, as in the text at the end. */
		journal_stage(journal, REC_STAGE_PLAN, 0, "%u steps, policy %s",
			      stage->shared->steps_total + plan.count,
			      config_policy_name(act->inv->policy));
		act_journal_plan(act, &plan, 0);
		stage->shared->steps_total += plan.count;
		journal_stage(journal, REC_STAGE_ACT, 0,
			      "DMA is stopped first, then devices are handed over");
		rc = act_run(act, &plan, &next);
		if (rc == 0 && stage->give_back)
			rc = act_give_back(act, &plan, &next);
		stage->shared->steps_total += plan.count - next;
	}
	if (rc == 0 && stage->give_back)
		giveback_tell(act, &plan, giveback_finding, stage);
	take_times(stage, act);
	plan_clear(&plan);
	return rc;
}

static void bound_finding(void *priv, enum rec_severity severity, const struct inv_device *dev,
			  const char *text)
{
	finding_about(priv, severity, REC_FIND_EARLY, dev, text);
}

static void tell_asids(struct stage *stage, const struct act *act)
{
	char text[160];

	act_tell_asids(act, text, sizeof(text));
	if (text[0])
		finding(stage, act->inv->attach_flush ? REC_SEV_INFO : REC_SEV_WARNING,
			REC_FIND_ASIDS_REUSED, text);
}

static void driver_finding(void *priv, enum rec_severity severity, const struct inv_device *dev,
			   const char *text)
{
	finding_about(priv, severity, REC_FIND_NO_DRIVER, dev, text);
}

/*
 * Which live devices does the image have no driver for? This comes last, so that it delays no
 * quiescing and no driver of the dump path. It costs a child some milliseconds, and the stage at
 * most what it has left.
 */
static void find_driverless(struct stage *stage, struct act *act)
{
	uint32_t left = clock_left_ms(clock_now_ns(), stage->end_ns);

	if (left)
		drivers_look_up(stage->root, act->inv, left < DRIVERS_MS ? left : DRIVERS_MS);
	driverless_tell(act, driver_finding, stage);
}

/* Count the devices held by prediction, and note network cards that the dump may wait for. */
static void note_loan(struct stage *stage, const struct act *act)
{
	struct loan *loan = &stage->shared->loan;
	u32 d;

	for (d = 0; d < act->inv->count; d++) {
		const struct inv_device *dev = &act->inv->devices[d];

		/* In a run for late devices the settled ones are counted already. */
		if (dev->settled)
			continue;
		loan->lent += act->devices[d].lent;
		if (!dev->dump_path || dev->class_code >> 16 != 0x02 ||
		    loan->n_nics == LOAN_NICS_MAX)
			continue;
		memcpy(loan->nics[loan->n_nics].bus, dev->bus, sizeof(dev->bus));
		memcpy(loan->nics[loan->n_nics++].name, dev->name, sizeof(dev->name));
	}
}

/* In a run that gives back: hold no device that is free or is given back now. */
static void prepare_rest(struct stage *stage, struct inventory *inv, const struct story *story,
			 const struct resume *resume, inv_complain_fn complain)
{
	prepare_details(inv, stage->root, story, stage->config, complain, stage);
	resume_inventory(resume, inv);
	if (stage->give_back) {
		/* Most devices have a driver by now: what the first run saw counts. */
		inv->groups_early |= stage->shared->loan.groups_early;
		inv->may_prepare |= inv->groups_early;
	}
	/* The prediction was wrong: any of the devices may be the dump's. */
	if (stage->give_back || resume->gave_back) {
		inv->policy = CONFIG_PROBE_ALL;
		inv->dump_certain = false;
	}
}

static void say_late(struct stage *stage, const struct inv_device *dev, int error)
{
	bool free = dev->bound || error;
	char text[160];

	snprintf(text, sizeof(text), "%s appeared after the holds were taken%s", dev->name,
		 dev->bound ? "; a driver was bound before it could be held"
		 : error    ? "; it could not be held"
			    : "; it is held now");
	finding_about(stage, free && dev->live != INV_NOT_LIVE ? REC_SEV_WARNING : REC_SEV_INFO,
		      REC_FIND_LATE, dev, text);
}

/* The copy of the helper's records lacks these devices, so the journal must name them. */
static void tell_late(struct stage *stage, const struct act *act)
{
	const struct story_device *seen;
	struct rec rec = { .type = REC_DEVICE };
	u32 d, told = 0;
	char text[96];

	for (d = 0; d < act->inv->count; d++) {
		const struct inv_device *dev = &act->inv->devices[d];

		if (dev->settled)
			continue;
		seen = story_find_device(act->story, dev->name);
		if (seen) {
			rec.device = seen->last;
			journal_write(act->journal, &rec);
		}
		if (told++ < LATE_TOLD_MAX)
			say_late(stage, dev, act->devices[d].hold_error);
	}
	if (told <= LATE_TOLD_MAX)
		return;
	snprintf(text, sizeof(text), "%u more devices appeared after the holds were taken",
		 told - LATE_TOLD_MAX);
	finding(stage, REC_SEV_INFO, REC_FIND_LATE, text);
}

/* Other complaints were reported in the first pass; only those about late devices are new. */
static void late_complaint(void *priv, enum rec_finding_code code, const struct inv_device *dev,
			   const char *text)
{
	if (dev && !dev->settled)
		inventory_finding(priv, code, dev, text);
}

/*
 * Act on devices that appeared late: they are quiesced, and handed over or kept like the others,
 * which are left as they are. Binding one of them may make more devices appear. A device that
 * appears after the stage is not handled; the report says that it was not quiesced.
 */
static int act_on_late(struct stage *stage, struct act *first, struct story *story,
		       const struct inventory *known, unsigned int rounds)
{
	struct inventory inv = { 0 };
	struct act act = {
		.ops = first->ops,
		.ops_priv = first->ops_priv,
		.inv = &inv,
		.config = first->config,
		.story = story,
		.resume = first->resume,
		.journal = first->journal,
		.end_ns = first->end_ns,
		.ats_reset_detaches = first->ats_reset_detaches,
		.on_step = first->on_step,
		.on_step_priv = first->on_step_priv,
		.asids = first->asids,
	};
	u32 last = stage->shared->journal.last_step;
	int rc = 0;

	if (!rounds || !clock_left_ms(clock_now_ns(), stage->end_ns))
		return 0;
	rc = late_look(&inv, stage->root, story, known);
	if (rc < 0)
		log_warning("cannot look for devices that appeared late: %s", strerror(-rc));
	if (rc <= 0)
		return 0;
	plan_apply_rules(&inv, stage->config);
	rc = hold(&act, &inv, last, &last);
	if (rc == 0) {
		tell_late(stage, &act);
		prepare_rest(stage, &inv, story, act.resume, late_complaint);
		rc = handover(stage, &act, last);
	}
	if (rc == 0)
		note_loan(stage, &act);
	first->done += act.done;
	first->failed += act.failed;
	first->dump_lost |= act.dump_lost;
	first->asids = act.asids;
	if (rc == 0)
		rc = act_on_late(stage, first, story, &inv, rounds - 1);
	act_clear(&act);
	inv_clear(&inv);
	return rc;
}

/* Everything from the first hold on. */
static int act_on(struct stage *stage, struct story *story, struct inventory *inv,
		  const struct resume *resume)
{
	struct act act = {
		.ops = stage->ops,
		.ops_priv = stage->ops_priv,
		.inv = inv,
		.config = stage->config,
		.story = story,
		.resume = resume,
		.journal = &stage->shared->journal,
		.end_ns = stage->end_ns,
		.ats_reset_detaches = outlook_resets_detach(stage->root),
		.on_step = on_step,
		.on_step_priv = stage,
	};
	char text[160];
	u32 last = stage->shared->journal.last_step;
	bool all_back = true;
	int rc = 0;

	if (!stage->give_back) {
		rc = hold(&act, inv, last, &last);
		all_back = give_back_early(stage, inv, resume);
	}
	stage->shared->steps_total = stage->shared->steps_done;
	if (rc == 0) {
		prepare_rest(stage, inv, story, resume, inventory_finding);
		if (stage->give_back)
			giveback_order(inv);
		rc = act_see_holds(&act, stage->give_back ? ACT_SEE_BEGIN : ACT_SEE_SPENT);
		outlook_text(inv, text, sizeof(text));
		log_info("%s", text);
		journal_stage(act.journal, REC_STAGE_INVENTORY, 0, "%s", text);
		outlook_findings(act.journal, stage->root, story, inv);
		if (rc == 0)
			rc = handover(stage, &act, last);
	}
	stage->shared->loan.lent = stage->shared->loan.n_nics = 0;
	stage->shared->loan.groups_early = inv->groups_early;
	if (rc == 0)
		note_loan(stage, &act);
	/* A run that gives back holds nothing again. */
	if (rc == 0 && !stage->give_back)
		rc = act_on_late(stage, &act, story, inv, LATE_ROUNDS);
	if (rc == 0) {
		if (!all_back)
			give_back_early(stage, inv, resume);
		if (!stage->give_back) {
			bound_tell(&act, stage->root, bound_finding, stage);
			find_driverless(stage, &act);
		}
		tell_asids(stage, &act);
		snprintf(text, sizeof(text), "%u steps, %u failed%s", act.done, act.failed,
			 act.dump_lost ? "; the dump path was not handed over" : "");
		log_notice("done: %s", text);
		journal_stage(act.journal, REC_STAGE_DONE, 0, "%s", text);
		status(stage, text);
	}
	act_clear(&act);
	return rc;
}

/* Log the plan line by line, so that the kernel log has it as well. */
static void log_plan(struct stage *stage)
{
	_cleanup_free_ char *text = NULL;
	char *line, *save = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct dryrun dry = { 0 };

	if (!out)
		return;
	if (dryrun_make(&dry, stage->root, stage->config) == 0)
		dryrun_text(&dry, out);
	dryrun_clear(&dry);
	if (fclose(out) != 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		log_info("%s", line);
}

/* An unreadable journal counts as an empty one. */
static void take_up(struct stage *stage, struct resume *resume)
{
	int rc = resume_read(resume, stage->root);

	if (rc < 0 && rc != -ENOENT)
		log_warning("cannot read what an earlier run did: %s", strerror(-rc));
	if (resume->runs && !stage->give_back)
		log_notice("going on where an earlier run stopped (%u before this one)",
			   resume->runs);
}

/* Giving back is journalled before anything is done, so that no later run gives back again. */
static void begin(struct stage *stage)
{
	struct journal *journal = &stage->shared->journal;

	if (stage->give_back) {
		journal_stage(journal, REC_STAGE_GIVING_BACK, 0, "%s", stage->give_back);
		finding(stage, REC_SEV_WARNING, REC_FIND_GIVEN_BACK, stage->give_back);
		return;
	}
	journal_stage(journal, REC_STAGE_START, 0, "%s %s%s%s", NAME_DAEMON, SMMU_ADOPT_VERSION,
		      stage->config->target[0] ? ", dump target " : "", stage->config->target);
	report_config(stage);
}

static int run(struct stage *stage, struct story *story, struct inventory *inv,
	       struct resume *resume)
{
	struct prepare_why why;
	int rc;

	take_up(stage, resume);
	begin(stage);
	if (stage->config->mode == CONFIG_MODE_OFF) {
		return stand_aside(stage, "switched off on the kernel command line");
	}
	status(stage, "reading the helper's records");
	rc = read_helper(stage, story, &why);
	if (rc == 0)
		rc = prepare_inventory(inv, story, stage->config, &why);
	/* This run cannot give back in order, so the supervisor must release all holds at once. */
	if (rc == PREPARE_ASIDE && stage->give_back)
		return -ENODATA;
	if (rc == PREPARE_ASIDE)
		return stand_aside(stage, why.text);
	if (rc)
		return rc < 0 ? rc : 0;
	if (stage->config->mode == CONFIG_MODE_PLAN) {
		log_plan(stage);
		return stand_aside(stage, "the kernel command line asks for a plan only");
	}
	return act_on(stage, story, inv, resume);
}

int stage_run(struct stage *stage)
{
	struct story story = { 0 };
	struct inventory inv = { 0 };
	struct resume resume = { 0 };
	struct rusage usage;
	int rc;

	rc = run(stage, &story, &inv, &resume);
	resume_clear(&resume);
	inv_clear(&inv);
	story_clear(&story);
	if (getrusage(RUSAGE_SELF, &usage) == 0 &&
	    (uint32_t)usage.ru_maxrss > stage->shared->worker_rss_kib)
		stage->shared->worker_rss_kib = (uint32_t)usage.ru_maxrss;
	return rc;
}
