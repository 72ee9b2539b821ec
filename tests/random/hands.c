// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * hands.c - struct act_ops on a machine in memory: what daemon/act/hands.c promises, and every way
 * in which it may come out.
 *
 * Who is slow is slow by the lock of the device, which somebody else has for a time: round the
 * deadline to the millisecond, for long, for ever. What a child could not do in time it does when
 * it gets the lock. The worker may be killed before and after each operation; a dead one goes on
 * to its end, but what it does has no effect, so that its memory is given back as always.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/random/world.h"

#define GRACE_MS 300 /* after a probe without a bind */

static struct world_device *device_of(struct world *w, const struct inv_device *dev)
{
	return &w->devices[world_find(w, dev->name)];
}

static u32 index_of(const struct world *w, const struct world_device *dev)
{
	return (u32)(dev - w->devices);
}

/* The worker waits; its supervisor may not. False: it is dead. */
static bool spend(struct world *w, u64 until)
{
	if (w->dead)
		return false;
	if (until > w->deadline_ns) {
		world_advance(w, w->deadline_ns);
		world_die(w, END_DEADLINE);
		return false;
	}
	world_advance(w, until);
	return true;
}

static void lock_for(struct world *w, struct world_device *dev, u64 ms)
{
	u64 until = w->now_ns + clock_ms((uint32_t)ms);

	if (dev->locked_until_ns < until)
		dev->locked_until_ns = until;
}

/* What goes wrong with an operation for which @wait_ms is waited. Returns 0 or an error at once. */
static int trouble(struct world *w, struct world_device *dev, uint32_t wait_ms)
{
	static const int errors[] = { -EAGAIN, -EACCES, -ENOSPC, -ENOMEM };
	struct chance *c = &w->chance;

	if (!chance_percent(c, dev->trouble))
		return 0;
	switch (chance_below(c, 9)) {
	case 0: world_event(w, EVENT_GONE, index_of(w, dev), BY_OTHERS, w->now_ns); break;
	case 1: dev->answers = false; break;
	case 2:
	case 3: lock_for(w, dev, wait_ms + chance_below(c, 3) - (wait_ms > 0)); break;
	case 4: lock_for(w, dev, chance_below(c, 10 * wait_ms + 1)); break;
	case 5:
		if (chance_percent(c, 30))
			dev->locked_until_ns = WORLD_NEVER;
		break;
	default: return CHANCE_OF(c, errors);
	}
	world_advance(w, w->now_ns);
	return 0;
}

/*
 * Our turn with the lock of @dev within @wait_ms: 0, or -ETIMEDOUT; then a child is left behind
 * that does @late when it has it.
 */
static int take_lock(struct world *w, struct world_device *dev, uint32_t wait_ms,
		     enum world_event_kind late)
{
	u64 until = w->now_ns + clock_ms(wait_ms);

	/* Whoever waited before us comes first, and may keep it for as long again. */
	while (world_locked(w, dev)) {
		if (dev->locked_until_ns > until || !spend(w, dev->locked_until_ns))
			break;
	}
	if (!world_locked(w, dev) && !w->dead)
		return 0;
	if (!w->dead)
		spend(w, until);
	if (late != EVENT_NONE)
		world_event(w, late, index_of(w, dev), BY_WORKER, dev->locked_until_ns);
	return -ETIMEDOUT;
}

static int end_op(struct world *w, const char *op, const struct world_device *dev, int rc)
{
	if (w->dead)
		return -ENODEV;
	world_trace(w, "%s %s: %d", op, dev->name, rc);
	return world_tick(w) ? -ENODEV : rc;
}

static u64 op_now(void *priv)
{
	const struct world *w = priv;

	/* The dead have no time left. */
	return w->dead ? w->deadline_ns + clock_ms(1000) : w->now_ns;
}

static void op_sleep(void *priv, uint32_t ms)
{
	struct world *w = priv;

	spend(w, w->now_ns + clock_ms(ms));
}

/* ---- hold, release ---- */

/* @pin: it has a driver, and is to be marked. */
static int hold_one(struct world *w, struct world_device *dev, bool pin, uint32_t patience_ms)
{
	bool held;
	int rc = trouble(w, dev, patience_ms);

	if (rc)
		return rc;
	if (!dev->there)
		return -ENODEV;
	if (dev->bound && !pin)
		return ACT_BOUND;
	if (dev->override == OVERRIDE_FOREIGN)
		return ACT_FOREIGN;
	held = dev->override == OVERRIDE_OURS;
	rc = take_lock(w, dev, patience_ms, EVENT_HOLD);
	if (rc)
		return rc;
	if (!dev->there)
		return -ENODEV;
	/* A probe had the lock, perhaps. */
	if (dev->bound && !pin)
		return ACT_BOUND;
	world_set_override(w, index_of(w, dev), OVERRIDE_OURS);
	dev->held_by_run = w->runs;
	return held ? ACT_HELD : 0;
}

static int op_hold(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		   int *results)
{
	struct world *w = priv;
	u64 limit = w->now_ns + clock_ms(wait_ms);
	size_t i;

	if (world_tick(w))
		return -EIO;
	if (chance_percent(&w->chance, w->trouble / 4)) {
		world_trace(w, "hold: no child");
		return -EAGAIN;
	}
	for (i = 0; i < n; i++) {
		struct world_device *dev = device_of(w, devs[i]);
		uint32_t left = clock_left_ms(w->now_ns, limit);

		results[i] = -ETIMEDOUT;
		if (left && !w->dead)
			results[i] = hold_one(w, dev, devs[i]->bound,
					      left < WORLD_PATIENCE_MS ? left : WORLD_PATIENCE_MS);
		results[i] = end_op(w, "hold", dev, results[i]);
	}
	return 0;
}

/* Older kernels read it under the device's lock. */
static int see_hold(struct world *w, struct world_device *dev, uint32_t patience_ms)
{
	int rc = chance_percent(&w->chance, dev->trouble / 4) ? -EACCES : 0;

	if (rc == 0 && w->kernel < 7)
		rc = take_lock(w, dev, patience_ms, EVENT_NONE);
	if (rc)
		return rc;
	if (!dev->there)
		return -ENODEV;
	return dev->override == OVERRIDE_OURS ? ACT_HELD : dev->override ? ACT_FOREIGN : 0;
}

static int op_held(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		   int *results)
{
	struct world *w = priv;
	u64 limit = w->now_ns + clock_ms(wait_ms);
	bool no_child = world_tick(w) || chance_percent(&w->chance, w->trouble / 4);
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t left = clock_left_ms(w->now_ns, limit);

		results[i] = -ETIME;
		if (!no_child && left)
			results[i] = see_hold(w, device_of(w, devs[i]),
					      left < WORLD_SEE_PATIENCE_MS ? left
									   : WORLD_SEE_PATIENCE_MS);
	}
	return no_child ? -EAGAIN : 0;
}

static int op_driver(void *priv, const struct inv_device *inv, char *driver)
{
	struct world *w = priv;
	const struct world_device *dev = device_of(w, inv);

	if (w->dead || !dev->there)
		return w->dead ? 0 : -ENODEV;
	snprintf(driver, ACT_DRIVER_BYTES, "drv%u", dev->module);
	return dev->bound;
}

static int release_it(struct world *w, struct world_device *dev)
{
	int rc = trouble(w, dev, WORLD_PATIENCE_MS);

	if (rc)
		return rc;
	if (!dev->there)
		return 0;
	if (dev->override == OVERRIDE_FOREIGN)
		return ACT_FOREIGN;
	rc = take_lock(w, dev, WORLD_PATIENCE_MS, EVENT_CLEAR_ASK);
	if (rc)
		return rc;
	world_set_override(w, index_of(w, dev), OVERRIDE_NONE);
	if (world_tick(w))
		return 0;
	world_ask_bus(w, index_of(w, dev), BY_WORKER);
	take_lock(w, dev, WORLD_PATIENCE_MS, EVENT_NONE);
	return 0;
}

static int op_release(void *priv, const struct inv_device *inv)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	return world_tick(w) ? -ENODEV : end_op(w, "release", dev, release_it(w, dev));
}

static int op_let_go(void *priv, const struct inv_device *inv)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	if (world_tick(w))
		return -ENODEV;
	if (chance_percent(&w->chance, dev->trouble / 4))
		return end_op(w, "let go", dev, -EAGAIN);
	world_event(w, EVENT_CLEAR_ASK, index_of(w, dev), BY_WORKER, dev->locked_until_ns);
	return end_op(w, "let go", dev, 0);
}

/* ---- config space ---- */

static u16 config_word(const struct world *w, const struct world_device *dev, unsigned int offset)
{
	if (!dev->answers)
		return 0xffff;
	switch (offset) {
	case 0x00: return 0x8086;
	case 0x04: return dev->master ? 0x0007 : 0x0403;
	case 0x06: return dev->express ? 0x0010 : 0;
	case 0x34: return 0x0040;
	case 0x40: return 0x0010;
	case 0x4a: return world_pending(w, dev) ? 0x20 : 0;
	default: return 0;
	}
}

static int op_config_read(void *priv, const struct inv_device *inv, unsigned int offset,
			  uint8_t *buf, size_t len)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	(void)len;
	if (world_tick(w) || !dev->there)
		return -ENODEV;
	if (chance_below(&w->chance, 3000) < dev->trouble)
		return -EIO;
	core_st16(buf, config_word(w, dev, offset));
	return 0;
}

static int op_config_write(void *priv, const struct inv_device *inv, unsigned int offset,
			   const uint8_t *buf, size_t len)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	(void)len;
	if (world_tick(w) || !dev->there)
		return -ENODEV;
	if (dev->write_refused)
		return end_op(w, "write", dev, -EPERM);
	if (chance_below(&w->chance, 300) < dev->trouble)
		return end_op(w, "write", dev, -EIO);
	if (offset == 0x04 && !(core_ld16(buf) & 4) && dev->answers)
		world_master_off(w, index_of(w, dev));
	return end_op(w, "write", dev, 0);
}

static int op_master_off(void *priv, const struct inv_device *inv)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	if (world_tick(w) || !dev->there)
		return -ENODEV;
	if (!w->helper_calls)
		return end_op(w, "off", dev, -ENOENT);
	if (chance_percent(&w->chance, dev->trouble))
		return end_op(w, "off", dev, -EBUSY);
	world_master_off(w, index_of(w, dev));
	return end_op(w, "off", dev, 0);
}

/* ---- domain, reset ---- */

static int make_domain(struct world *w, struct world_device *dev, uint32_t wait_ms)
{
	int rc = w->helper_calls ? trouble(w, dev, wait_ms) : -ENOENT;

	if (rc)
		return rc;
	rc = take_lock(w, dev, wait_ms, EVENT_NONE);
	if (rc)
		return rc;
	if (!dev->there)
		return -ENODEV;
	dev->group |= dev->gives_group;
	return dev->gives_group ? 0 : -ENXIO;
}

static int op_domain_make(void *priv, const struct inv_device *inv, uint32_t wait_ms)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	return world_tick(w) ? -ENODEV : end_op(w, "make", dev, make_domain(w, dev, wait_ms));
}

static int translate(struct world *w, struct world_device *dev, uint32_t wait_ms)
{
	int rc = trouble(w, dev, wait_ms);

	if (rc)
		return rc;
	if (!dev->there || !dev->group)
		return ACT_NO_TYPE;
	if (!dev->identity)
		return 0;
	rc = take_lock(w, dev, wait_ms, EVENT_NONE);
	if (rc)
		return rc;
	dev->identity = false;
	return ACT_CHANGED;
}

static int op_translate(void *priv, const struct inv_device *inv, uint32_t wait_ms)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	return world_tick(w) ? -ENODEV : end_op(w, "translate", dev, translate(w, dev, wait_ms));
}

static int op_flush(void *priv, const struct inv_device *inv)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	if (world_tick(w))
		return -ENODEV;
	return end_op(w, "flush", dev, w->helper_calls ? trouble(w, dev, 0) : -ENOENT);
}

static int reset_it(struct world *w, struct world_device *dev, uint32_t wait_ms)
{
	int rc = trouble(w, dev, wait_ms);

	if (rc)
		return rc;
	if (!dev->there)
		return -ENODEV;
	if (!dev->flr)
		return ACT_NO_RESET;
	if (chance_percent(&w->chance, dev->trouble / 2)) {
		/* The kernel waits up to a minute for a device that does not come back. */
		lock_for(w, dev, chance_below(&w->chance, 2) ? 60000 : wait_ms);
	} else {
		lock_for(w, dev, 100);
	}
	rc = take_lock(w, dev, wait_ms, EVENT_RESET);
	if (rc == 0)
		world_reset(w, index_of(w, dev));
	return rc;
}

static int op_reset(void *priv, const struct inv_device *inv, uint32_t wait_ms)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	return world_tick(w) ? -ENODEV : end_op(w, "reset", dev, reset_it(w, dev, wait_ms));
}

/* ---- load, bind, unbind ---- */

static int load_it(struct world *w, struct world_device *dev, uint32_t wait_ms)
{
	u64 until = w->now_ns + clock_ms(wait_ms), end;
	int rc = trouble(w, dev, wait_ms);

	if (rc)
		return rc;
	if (!dev->there)
		return -ENODEV;
	switch (dev->driver) {
	case DRIVER_NONE: return ACT_NO_MODULE;
	case DRIVER_BUILTIN: return ACT_BUILTIN;
	case DRIVER_BLACKLISTED: return ACT_BLACKLISTED;
	default: break;
	}
	end = w->now_ns;
	if (chance_percent(&w->chance, dev->trouble)) {
		/* Reading it from a slow medium takes its time. */
		end += clock_ms(wait_ms + chance_below(&w->chance, 3) - (wait_ms > 0));
		if (end > until) {
			world_event(w, EVENT_LOADED, dev->module, BY_WORKER, end);
			spend(w, until);
			return -ETIMEDOUT;
		}
		spend(w, end);
	}
	end = world_load(w, dev->module, BY_WORKER);
	spend(w, end < until ? end : until);
	return end <= until ? 0 : -ETIMEDOUT;
}

static int op_load(void *priv, const struct inv_device *inv, uint32_t wait_ms, char *detail)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);
	int rc;

	if (world_tick(w))
		return -ENODEV;
	rc = load_it(w, dev, wait_ms);
	if (rc >= 0 && rc != ACT_NO_MODULE)
		snprintf(detail, ACT_DETAIL_BYTES, "mod%u", dev->module);
	return end_op(w, "load", dev, rc);
}

static int bind_it(struct world *w, struct world_device *dev, uint32_t wait_ms)
{
	u64 until = w->now_ns + clock_ms(wait_ms), over;
	int rc = trouble(w, dev, wait_ms);

	if (rc)
		return rc;
	rc = take_lock(w, dev, wait_ms, EVENT_CLEAR_ASK);
	if (rc)
		return rc;
	if (!dev->there)
		return -ENODEV;
	if (dev->override == OVERRIDE_OURS)
		world_set_override(w, index_of(w, dev), OVERRIDE_NONE);
	if (world_tick(w)) {
		/* The child that does it outlives the worker. */
		world_ask_bus(w, index_of(w, dev), BY_WORKER);
		return -EIO;
	}
	world_ask_bus(w, index_of(w, dev), BY_WORKER);
	while (!dev->bound) {
		over = dev->locked_until_ns;
		if (!world_locked(w, dev))
			over = dev->deferred_once ? w->next_event_ns
						  : w->now_ns + clock_ms(GRACE_MS);
		if (over > until)
			return spend(w, until) ? -ETIMEDOUT : -EIO;
		if (!spend(w, over))
			return -EIO;
		if (!dev->there)
			return -ENODEV;
		if (!dev->bound && !world_locked(w, dev) && !dev->deferred_once)
			return -ENXIO;
	}
	return dev->group ? 0 : -ENOTCONN;
}

static int op_bind(void *priv, const struct inv_device *inv, uint32_t wait_ms, char *detail)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);
	int rc;

	if (world_tick(w))
		return -ENODEV;
	rc = bind_it(w, dev, wait_ms);
	if (dev->bound)
		snprintf(detail, ACT_DETAIL_BYTES, "drv%u", dev->module);
	return end_op(w, "bind", dev, rc);
}

static int unbind_it(struct world *w, struct world_device *dev, uint32_t wait_ms)
{
	int rc = trouble(w, dev, wait_ms);

	if (rc)
		return rc;
	rc = take_lock(w, dev, wait_ms, EVENT_UNBIND);
	if (rc)
		return rc;
	if (!dev->there)
		return -ENODEV;
	world_unbind(w, index_of(w, dev));
	return 0;
}

static int op_unbind(void *priv, const struct inv_device *inv, uint32_t wait_ms)
{
	struct world *w = priv;
	struct world_device *dev = device_of(w, inv);

	return world_tick(w) ? -ENODEV : end_op(w, "unbind", dev, unbind_it(w, dev, wait_ms));
}

/* ---- look ---- */

static void see(struct world *w, const struct world_device *dev, struct act_sight *ret)
{
	struct rec rec;
	u32 i;

	if (!dev->there)
		return;
	world_tell_device(w, dev, &rec);
	ret->device = rec.device;
	ret->has_device = true;
	for (i = 0; i < dev->n_sids; i++) {
		world_tell_ste(w, dev, i, REC_PHASE_NOW, &rec);
		ret->ste[ret->n_stes++] = rec.ste;
	}
	ret->asids = w->asids;
}

static int op_look(void *priv, const char *smmu, const struct inv_device *const *devs, size_t n,
		   struct act_sight *ret)
{
	struct world *w = priv;
	const struct world_device *first = device_of(w, devs[0]);
	size_t i;

	(void)smmu;
	memset(ret, 0, n * sizeof(*ret));
	if (world_tick(w))
		return -EIO;
	/* Sixty thousand entries take a third of a second. */
	if (chance_percent(&w->chance, w->trouble) &&
	    !spend(w, w->now_ns + clock_ms(WORLD_LOOK_MS)))
		return -EIO;
	if (chance_percent(&w->chance, first->trouble / 2))
		return end_op(w, "look", first, -EIO);
	for (i = 0; i < n; i++)
		see(w, device_of(w, devs[i]), &ret[i]);
	return end_op(w, "look", first, 0);
}

const struct act_ops world_ops = {
	.now_ns = op_now,
	.sleep_ms = op_sleep,
	.hold = op_hold,
	.held = op_held,
	.driver = op_driver,
	.release = op_release,
	.let_go = op_let_go,
	.config_read = op_config_read,
	.config_write = op_config_write,
	.master_off = op_master_off,
	.domain_make = op_domain_make,
	.domain_translate = op_translate,
	.flush = op_flush,
	.reset = op_reset,
	.load = op_load,
	.bind = op_bind,
	.unbind = op_unbind,
	.look = op_look,
};
