// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dbus_object.c - the D-Bus object: properties and methods, which read /run at each call, and
 * signals. Every connection has the same object.
 */
#include "daemon/dbus_private.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/story/facts.h"
#include "lib/story/names.h"
#include "daemon/publish.h"
#include "lib/report/report.h"

static int load_story(const struct dbus *bus, struct story *story)
{
	int rc, finished;

	fsroot_follow(bus->root);
	rc = publish_read_story(bus->root, story);
	finished = story_finish(story);
	return rc ? rc : finished;
}

static int write_status(FILE *out, const struct story *story, const char *format, u64 now_ns)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	int rc = verdict_decide(story, &verdict);

	if (rc < 0)
		return rc;
	if (strcmp(format, REPORT_FORMAT_JSON) == 0)
		return report_status_json(out, &verdict, REPORT_SOURCE(REPORT_FROM_DAEMON));
	if (strcmp(format, REPORT_FORMAT_TEXT) == 0)
		return report_status_text(&TERM_PLAIN(out), &verdict,
					  REPORT_SOURCE(REPORT_FROM_DAEMON), now_ns, false);
	if (strcmp(format, REPORT_FORMAT_VERBOSE) == 0)
		return report_status_text(&TERM_PLAIN(out), &verdict,
					  REPORT_SOURCE(REPORT_FROM_DAEMON), now_ns, true);
	if (strcmp(format, REPORT_FORMAT_ONELINE) == 0) {
		report_verdict_text(&TERM_PLAIN(out), &verdict);
		return ferror(out) ? -EIO : 0;
	}
	fprintf(out, "%d", (int)verdict.code);
	return ferror(out) ? -EIO : 0;
}

static int status_text(const struct dbus *bus, const char *format, char **ret)
{
	struct story story = { 0 };
	size_t len;
	FILE *out;
	int rc;

	*ret = NULL;
	out = open_memstream(ret, &len);
	if (!out)
		return -ENOMEM;
	rc = load_story(bus, &story);
	if (rc == 0)
		rc = write_status(out, &story, format, bus->root->real ? clock_now_ns() : 0);
	if (fclose(out) != 0 && rc == 0)
		rc = -ENOMEM;
	story_clear(&story);
	/* The supervisor stays for the whole dump: give the story's memory back. */
	malloc_trim(0);
	return rc;
}

static int method_get_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	_cleanup_free_ char *text = NULL;
	const char *format;
	int rc;

	rc = sd_bus_message_read(m, "s", &format);
	if (rc < 0)
		return rc;
	if (strcmp(format, REPORT_FORMAT_JSON) && strcmp(format, REPORT_FORMAT_TEXT) &&
	    strcmp(format, REPORT_FORMAT_EXIT) && strcmp(format, REPORT_FORMAT_VERBOSE) &&
	    strcmp(format, REPORT_FORMAT_ONELINE))
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "unknown format \"%.32s\"", format);
	rc = status_text(userdata, format, &text);
	if (rc < 0)
		return rc;
	return sd_bus_reply_method_return(m, "s", text);
}

static int get_version(sd_bus *connection, const char *path, const char *interface,
		       const char *property, sd_bus_message *reply, void *userdata,
		       sd_bus_error *error)
{
	(void)connection, (void)path, (void)interface, (void)property, (void)userdata, (void)error;
	return sd_bus_message_append(reply, "s", SMMU_ADOPT_VERSION);
}

static int append_verdict(sd_bus_message *reply, const char *property, const struct story *story)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_strbuf_ struct strbuf sentence = { 0 };
	int rc = verdict_decide(story, &verdict);

	if (rc < 0)
		return rc;
	if (strcmp(property, "VerdictLevel") == 0)
		return sd_bus_message_append(reply, "s", verdict_level_name(verdict.level));
	report_verdict(story, &verdict.totals, &sentence);
	return sentence.error ? sentence.error
			      : sd_bus_message_append(reply, "s", strbuf_text(&sentence));
}

static const char *last_stage(const struct story *story)
{
	return story->n_stages ? rec_stage_name(story->stages[story->n_stages - 1].stage.stage)
			       : "unknown";
}

/* The properties that are made from the records: Stage, State, Verdict, VerdictLevel. */
static int get_from_story(sd_bus *connection, const char *path, const char *interface,
			  const char *property, sd_bus_message *reply, void *userdata,
			  sd_bus_error *error)
{
	struct story story = { 0 };
	int rc;

	(void)connection, (void)path, (void)interface, (void)error;
	rc = load_story(userdata, &story);
	if (rc == 0 && strcmp(property, "Stage") == 0)
		rc = sd_bus_message_append(reply, "s", last_stage(&story));
	else if (rc == 0 && strcmp(property, "State") == 0)
		rc = sd_bus_message_append(reply, "s", adopt_state_name(report_state(&story)));
	else if (rc == 0)
		rc = append_verdict(reply, property, &story);
	story_clear(&story);
	return rc;
}

static int get_steps(sd_bus *connection, const char *path, const char *interface,
		     const char *property, sd_bus_message *reply, void *userdata,
		     sd_bus_error *error)
{
	const struct stage_shared *shared = ((struct dbus *)userdata)->shared;

	(void)connection, (void)path, (void)interface, (void)error;
	return sd_bus_message_append(reply, "u",
				     strcmp(property, "StepsTotal") == 0 ? shared->steps_total
									 : shared->steps_done);
}

/*
 * Only root gets here: the private socket accepts only root, and without
 * SD_BUS_VTABLE_UNPRIVILEGED sd-bus itself asks for the caller's uid and refuses others.
 */
static int method_release(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct dbus *bus = userdata;
	int rc = bus->release ? bus->release(bus->release_priv) : -EOPNOTSUPP;

	if (rc < 0)
		return sd_bus_error_set_errnof(error, -rc, "some holds could not be given back: %s",
					       strerror(-rc));
	return sd_bus_reply_method_return(m, "");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Stage", "s", get_from_story, 0, SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
	SD_BUS_PROPERTY("State", "s", get_from_story, 0, SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
	SD_BUS_PROPERTY("Verdict", "s", get_from_story, 0,
			SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
	SD_BUS_PROPERTY("VerdictLevel", "s", get_from_story, 0,
			SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
	SD_BUS_PROPERTY("StepsTotal", "u", get_steps, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("StepsDone", "u", get_steps, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_METHOD_WITH_ARGS("GetStatus", SD_BUS_ARGS("s", format), SD_BUS_RESULT("s", answer),
				method_get_status, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Release", "", "", method_release, 0),
	SD_BUS_SIGNAL_WITH_ARGS("StageEntered", SD_BUS_ARGS("s", stage, "s", text), 0),
	SD_BUS_SIGNAL_WITH_ARGS("StepBegan", SD_BUS_ARGS("u", step, "s", action, "s", device), 0),
	SD_BUS_SIGNAL_WITH_ARGS("StepEnded",
				SD_BUS_ARGS("u", step, "s", action, "s", device, "s", outcome, "i",
					    error, "t", took_us, "s", detail),
				0),
	SD_BUS_VTABLE_END,
};

int dbus_object_add(sd_bus *connection, struct dbus *bus)
{
	return sd_bus_add_object_vtable(connection, NULL, DBUS_PATH, DBUS_INTERFACE, vtable, bus);
}

int dbus_object_changed(sd_bus *to)
{
	return sd_bus_emit_properties_changed(to, DBUS_PATH, DBUS_INTERFACE, "Stage", "State",
					      "Verdict", "VerdictLevel", "StepsTotal", "StepsDone",
					      NULL);
}

int dbus_object_tell(sd_bus *to, const struct rec *rec)
{
	switch (rec->type) {
	case REC_STAGE:
		return sd_bus_emit_signal(to, DBUS_PATH, DBUS_INTERFACE, "StageEntered", "ss",
					  rec_stage_name(rec->stage.stage), rec->stage.text);
	case REC_STEP:
		return sd_bus_emit_signal(to, DBUS_PATH, DBUS_INTERFACE, "StepBegan", "uss",
					  rec->step.step, rec_action_name(rec->step.action),
					  rec->step.device);
	case REC_RESULT:
		return sd_bus_emit_signal(to, DBUS_PATH, DBUS_INTERFACE, "StepEnded", "usssits",
					  rec->result.step, rec_action_name(rec->result.action),
					  rec->result.device, rec_outcome_name(rec->result.outcome),
					  rec->result.error, rec->result.took_ns / 1000,
					  rec->result.detail);
	default: return 0;
	}
}
