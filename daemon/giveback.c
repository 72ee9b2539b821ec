// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * giveback.c - see giveback.h. The supervisor may see the dump begin at any moment and notes that
 * in the shared memory. So this looks twice, the second time right before it acts.
 */
#include "daemon/giveback.h"

#include <stdio.h>
#include <string.h>

#include "daemon/netwait.h"
#include "daemon/vmcore.h"
#include "daemon/waits.h"
#include "lib/base/clock.h"

#define TEXT_BYTES sizeof(((struct rec_finding *)0)->text)
#define LISTS_MAX 4
#define STAYS_MAX 16

static bool negotiates(const struct stage *stage)
{
	const struct loan *loan = &stage->shared->loan;
	uint32_t i;

	for (i = 0; i < loan->n_nics; i++)
		if (netwait_is_negotiating(stage->root, loan->nics[i].bus, loan->nics[i].name))
			return true;
	return false;
}

static void say_why(const struct stage *stage, char *buf, size_t cap)
{
	const struct loan *loan = &stage->shared->loan;
	u64 since = clock_now_ns() - loan->handover_ns;
	char waits[TEXT_BYTES];
	int n;

	waits_look(stage->root, stage->root->real ? "systemctl" : NULL, GIVEBACK_WAITS_MS, waits,
		   sizeof(waits));
	n = snprintf(buf, cap, "%s %llu s after the %s%s%s",
		     loan->opened ? "/proc/vmcore had only been looked into, and no dump ran"
				  : "the dump had not begun",
		     (since / CLOCK_NS_PER_MS / 1000),
		     loan->real_root ? "switch to the real root" : "hand-over",
		     waits[0] ? "; " : "", waits);
	if (n >= (int)cap)
		memcpy(buf + cap - 4, "...", 4);
}

/* The environment waits: neither the configuration nor a rule gives a device more time. */
static void limit_deadlines(struct config *config)
{
	size_t i;

	if (config->device_deadline_ms > GIVEBACK_DEVICE_MS)
		config->device_deadline_ms = GIVEBACK_DEVICE_MS;
	for (i = 0; i < config->n_rules; i++)
		if (config->rules[i].deadline_ms > GIVEBACK_DEVICE_MS)
			config->rules[i].deadline_ms = GIVEBACK_DEVICE_MS;
}

int giveback_run(struct stage *stage)
{
	struct loan *loan = &stage->shared->loan;
	struct config config = *stage->config;
	char why[TEXT_BYTES];
	int verdict;

	if (vmcore_is_open(stage->root))
		loan->dump_begun = true;
	verdict =
		loan_decide(loan, clock_now_ns(),
			    loan->opened || waits_root_is_there(stage->root) || negotiates(stage));
	if (verdict == LOAN_GIVE_BACK)
		say_why(stage, why, sizeof(why));
	loan->verdict = loan->dump_begun ? LOAN_NEVER : verdict;
	if (loan->verdict != LOAN_GIVE_BACK)
		return 0;
	limit_deadlines(&config);
	stage->config = &config;
	stage->give_back = why;
	return stage_run(stage);
}

static u32 rank(const struct inv_device *dev)
{
	switch (dev->class_code >> 16) {
	case 0x01: return 3; /* mass storage */
	case 0x0c: return 2; /* serial buses: USB, Fibre Channel */
	case 0x02: return 1; /* network */
	default: return 0;
	}
}

void giveback_order(struct inventory *inv)
{
	u32 d;

	for (d = 0; d < inv->count; d++)
		inv->devices[d].priority = inv->devices[d].priority * 4 + rank(&inv->devices[d]);
}

/* ---- what became of it ---- */

struct telling {
	const struct act *act;
	giveback_fn fn;
	void *priv;
	char list[TEXT_BYTES]; /* devices given back, reported when the list is full */
	u32 lists, more;
	u32 stays;
};

static void tell_list(struct telling *t)
{
	if (t->list[0])
		t->fn(t->priv, NULL, t->list);
	t->lists += t->list[0] != 0;
	t->list[0] = 0;
}

static void add_given(struct telling *t, const struct inv_device *dev)
{
	size_t len = strlen(t->list);

	if (len + 2 + strlen(dev->name) >= sizeof(t->list)) {
		tell_list(t);
		len = 0;
	}
	if (t->lists == LISTS_MAX) {
		t->more++;
		return;
	}
	snprintf(t->list + len, sizeof(t->list) - len, "%s%s",
		 len ? ", " : "given back: ", dev->name);
}

static void add_staying(struct telling *t, const struct inv_device *dev, const char *what,
			const char *why)
{
	char text[TEXT_BYTES];

	if (t->stays++ >= STAYS_MAX)
		return;
	snprintf(text, sizeof(text), "%.47s %.20s%.90s", dev->name, what, why);
	t->fn(t->priv, dev, text);
}

/* Why is the device still held? */
static void say_stay(const struct act *act, const struct plan *plan, u32 device, char *buf,
		     size_t cap)
{
	const struct act_device *state = &act->devices[device];
	const struct plan_step *keep = plan_keeps(plan, device);

	if (keep)
		plan_reason(act->inv, keep, buf, cap);
	else if (state->no_driver)
		snprintf(buf, cap, "%s", state->no_driver);
	else if (state->back_error)
		snprintf(buf, cap, "giving the hold back failed: %s", strerror(-state->back_error));
	else
		snprintf(buf, cap, "two runs of the daemon died while they gave it back");
}

/*
 * Report a device that was held when the run began: by what sysfs shows after the run, not by the
 * results of its steps. A device that the run never tried is reported as seen at the begin.
 */
static void tell_device(struct telling *t, const struct plan *plan, u32 device)
{
	const struct inv_device *dev = &t->act->inv->devices[device];
	const struct act_device *state = &t->act->devices[device];
	bool untouched = !state->unseen && plan_keeps(plan, device);
	char reason[TEXT_BYTES];

	if (!dev->held || dev->gone || state->sight == -ENODEV)
		return;
	if (state->sight == ACT_OK || state->sight == ACT_FOREIGN) {
		if (!state->unseen)
			add_given(t, dev);
	} else if (state->stuck && !untouched && !state->back_error) {
		add_staying(t, dev, "is given back ", "when the earlier operation on it ends");
	} else if (state->sight == ACT_HELD || untouched) {
		say_stay(t->act, plan, device, reason, sizeof(reason));
		add_staying(t, dev, "stays held: ", reason);
	} else {
		snprintf(reason, sizeof(reason), "driver_override cannot be read: %s",
			 strerror(-state->sight));
		add_staying(t, dev, "may still be held: ", reason);
	}
}

void giveback_tell(const struct act *act, const struct plan *plan, giveback_fn fn, void *priv)
{
	struct telling t = { .act = act, .fn = fn, .priv = priv };
	char text[TEXT_BYTES];
	u32 d;

	for (d = 0; d < act->inv->count; d++)
		tell_device(&t, plan, d);
	tell_list(&t);
	if (t.more) {
		snprintf(text, sizeof(text), "given back: %u more devices", t.more);
		fn(priv, NULL, text);
	}
	if (t.stays > STAYS_MAX) {
		snprintf(text, sizeof(text), "%u more devices stay held", t.stays - STAYS_MAX);
		fn(priv, NULL, text);
	}
}
