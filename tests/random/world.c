// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * world.c - the kernel of a machine in memory: events in the order of time, probes under the
 * lock of their device, what holds and modules do to them.
 *
 * Whoever wants a lock that is held for ever waits for ever: his event is dropped.
 */
#include "tests/random/invariants.h"

#include <stdarg.h>
#include <string.h>

void world_trace(const struct world *w, const char *format, ...)
{
	va_list ap;

	if (!w->trace)
		return;
	fprintf(w->trace, "%9.3f  ", (double)(w->now_ns - w->start_ns) / 1e9);
	va_start(ap, format);
	vfprintf(w->trace, format, ap);
	va_end(ap);
	fputc('\n', w->trace);
}

u32 world_find(const struct world *w, const char *name)
{
	u32 d;

	for (d = 0; d < w->count; d++)
		if (strcmp(w->devices[d].name, name) == 0)
			break;
	return d;
}

/* ---- events ---- */

void world_event(struct world *w, enum world_event_kind kind, u32 device, enum world_by by, u64 ns)
{
	if (ns == WORLD_NEVER || w->n_events == WORLD_EVENTS)
		return;
	w->events[w->n_events++] = (struct world_event){
		.ns = ns,
		.turn = w->turns++,
		.device = device,
		.run = w->runs,
		.kind = (u8)kind,
		.by = (u8)by,
		.writes = chance_percent(&w->chance, 50),
	};
	if (ns < w->next_event_ns)
		w->next_event_ns = ns;
}

static u32 first_event(struct world *w)
{
	u32 i, first = 0;

	for (i = 1; i < w->n_events; i++)
		if (w->events[i].ns < w->events[first].ns ||
		    (w->events[i].ns == w->events[first].ns &&
		     w->events[i].turn < w->events[first].turn))
			first = i;
	return first;
}

bool world_locked(const struct world *w, const struct world_device *dev)
{
	return dev->locked_until_ns > w->now_ns;
}

static void probe_ends(struct world *w, const struct world_event *event)
{
	struct world_device *dev = &w->devices[event->device];

	if (!dev->there || dev->probe == PROBE_FAILS || dev->override == OVERRIDE_OURS) {
		world_trace(w, "         the probe of %s fails", dev->name);
		return;
	}
	if (dev->probe == PROBE_DEFERS && !dev->deferred_once) {
		dev->deferred_once = true;
		world_trace(w, "         the probe of %s is deferred", dev->name);
		world_event(w, EVENT_PROBE_AGAIN, event->device, event->by,
			    w->now_ns + clock_ms(dev->probe_ms * 7));
		return;
	}
	dev->bound = dev->master = dev->was_reset = true;
	dev->bound_ns = w->now_ns;
	dev->group |= dev->gives_group;
	world_trace(w, "         %s is bound", dev->name);
	if (dev->attach == ATTACH_IN_PROBE && dev->group)
		world_event(w, EVENT_ATTACH, event->device, event->by, w->now_ns);
	else if (dev->attach == ATTACH_LATER && dev->group)
		world_event(w, EVENT_ATTACH, event->device, event->by,
			    w->now_ns + clock_ms(10 + dev->drain_ms));
}

/* The same, later: in its turn. */
static void wait_on(struct world *w, const struct world_event *event, u64 until_ns)
{
	if (until_ns == WORLD_NEVER)
		return;
	w->events[w->n_events] = *event;
	w->events[w->n_events++].ns = until_ns;
	if (until_ns < w->next_event_ns)
		w->next_event_ns = until_ns;
}

/* Another daemon has it since: who looks before he writes sees it (daemon/act/turn.c). */
static bool is_turn_over(const struct world *w, const struct world_event *event)
{
	const struct world_device *dev = &w->devices[event->device];

	return w->serves && event->run != w->runs && dev->held_by_run == w->runs;
}

static void clear_late(struct world *w, const struct world_event *event)
{
	struct world_device *dev = &w->devices[event->device];

	if (dev->override == OVERRIDE_OURS) {
		if (is_turn_over(w, event) && !event->writes) {
			world_trace(w, "         but another daemon has %s now", dev->name);
			return;
		}
		if (is_turn_over(w, event))
			word_broken(w, dev);
		world_set_override(w, event->device, OVERRIDE_NONE);
		dev->freed_by_child = true;
	}
	world_ask_bus(w, event->device, event->by);
}

/* What a child left behind does once it has the lock of its device. */
static void late_child(struct world *w, const struct world_event *event)
{
	static const char *const what[] = {
		[EVENT_HOLD] = "holds for a moment",
		[EVENT_CLEAR_ASK] = "gives back",
		[EVENT_UNBIND] = "unbinds",
		[EVENT_RESET] = "resets",
	};
	struct world_device *dev = &w->devices[event->device];

	if (world_locked(w, dev)) {
		wait_on(w, event, dev->locked_until_ns);
		return;
	}
	world_trace(w, "         a child left behind: %s %s", what[event->kind], dev->name);
	if (!dev->there)
		return;
	switch (event->kind) {
	case EVENT_UNBIND: world_unbind(w, event->device); break;
	case EVENT_RESET: world_reset(w, event->device); break;
	/* It undoes what it has done, unless it has become another daemon's (turn_may_clear()). */
	case EVENT_HOLD:
		if (is_turn_over(w, event))
			break;
		if (dev->override == OVERRIDE_OURS) {
			world_set_override(w, event->device, OVERRIDE_NONE);
			dev->freed_by_child = true;
		}
		if (dev->override == OVERRIDE_NONE)
			world_ask_bus(w, event->device, BY_CLEANUP);
		break;
	default: clear_late(w, event);
	}
}

static void coldplug(struct world *w)
{
	u32 d;
	u8 m;

	world_trace(w, "         udev's coldplug");
	for (m = 0; m < WORLD_MODULES; m++)
		world_load(w, m, BY_OTHERS);
	for (d = 0; d < w->count; d++)
		if (w->devices[d].driver == DRIVER_BUILTIN)
			world_ask_bus(w, d, BY_OTHERS);
}

static void happen(struct world *w, const struct world_event *event)
{
	struct world_device *dev = &w->devices[event->device];

	switch (event->kind) {
	case EVENT_PROBE_END: probe_ends(w, event); break;
	case EVENT_PROBE_AGAIN:
		if (world_locked(w, dev))
			wait_on(w, event, dev->locked_until_ns);
		else
			world_ask_bus(w, event->device, event->by);
		break;
	case EVENT_ATTACH:
		if (!dev->bound || !dev->there)
			break;
		dev->attached = true;
		dev->attached_ns = w->now_ns;
		break;
	case EVENT_GONE:
		world_trace(w, "         %s vanishes", dev->name);
		dev->there = dev->answers = dev->bound = false;
		dev->gone_ns = w->now_ns;
		break;
	case EVENT_COLDPLUG: coldplug(w); break;
	case EVENT_LOADED: world_load(w, (u8)event->device, event->by); break;
	default: late_child(w, event); break;
	}
}

void world_advance(struct world *w, u64 until_ns)
{
	struct world_event event;
	u32 i;

	while (w->next_event_ns <= until_ns) {
		i = first_event(w);
		event = w->events[i];
		w->events[i] = w->events[--w->n_events];
		w->next_event_ns = w->n_events ? w->events[first_event(w)].ns : WORLD_NEVER;
		if (event.ns > w->now_ns)
			w->now_ns = event.ns;
		happen(w, &event);
	}
	if (until_ns > w->now_ns)
		w->now_ns = until_ns;
}

/* ---- drivers ---- */

bool world_driver_ready(const struct world *w, const struct world_device *dev)
{
	return dev->driver == DRIVER_BUILTIN ||
	       (dev->driver == DRIVER_MODULE && w->loaded[dev->module]);
}

bool world_pending(const struct world *w, const struct world_device *dev)
{
	if (!dev->live || dev->was_reset || !dev->express)
		return false;
	return dev->master || !dev->drains || w->now_ns < dev->off_ns + clock_ms(dev->drain_ms);
}

bool world_loud(const struct world *w, const struct world_device *dev)
{
	if (!dev->live || !dev->there || !dev->answers || dev->bound || dev->was_reset)
		return false;
	return !dev->pci || dev->master || world_pending(w, dev);
}

void world_ask_bus(struct world *w, u32 device, enum world_by by)
{
	struct world_device *dev = &w->devices[device];

	if (!dev->there)
		return;
	/* The bus needs the lock to look; who asks for a locked device waits for it. */
	if (world_locked(w, dev)) {
		world_event(w, EVENT_PROBE_AGAIN, device, by, dev->locked_until_ns);
		dev->owes_probe = false;
		return;
	}
	if (dev->override != OVERRIDE_OURS)
		dev->owes_probe = false;
	if (dev->bound || dev->override != OVERRIDE_NONE || !world_driver_ready(w, dev))
		return;
	world_trace(w, "         %s is probed%s", dev->name,
		    world_loud(w, dev) ? ", a live master" : "");
	if (by == BY_WORKER && world_loud(w, dev))
		driver_comes(w, dev);
	if (dev->probe == PROBE_HANGS) {
		dev->locked_until_ns = WORLD_NEVER;
		return;
	}
	dev->locked_until_ns = w->now_ns + clock_ms(dev->probe_ms);
	world_event(w, EVENT_PROBE_END, device, by, dev->locked_until_ns);
}

u64 world_load(struct world *w, u8 module, enum world_by by)
{
	u64 end = w->now_ns;
	u32 d;

	if (w->loaded[module])
		return end;
	w->loaded[module] = true;
	for (d = 0; d < w->count; d++) {
		struct world_device *dev = &w->devices[d];

		if (dev->driver != DRIVER_MODULE || dev->module != module || dev->bound)
			continue;
		if (dev->override == OVERRIDE_OURS) {
			dev->owes_probe = true;
			continue;
		}
		world_ask_bus(w, d, by);
		if (dev->locked_until_ns > end)
			end = dev->locked_until_ns;
	}
	return end;
}

void world_set_override(struct world *w, u32 device, enum world_override override)
{
	struct world_device *dev = &w->devices[device];

	if (dev->override == OVERRIDE_OURS && override != OVERRIDE_OURS) {
		dev->freed_ns = w->now_ns;
		dev->freed_by_child = false;
		/* Under its driver it was switched off. */
		dev->master |= dev->bound;
		/* Its driver was there all the time, and nobody tells it now. */
		dev->owes_probe |= !dev->bound && world_driver_ready(w, dev);
	}
	if (override == OVERRIDE_OURS)
		dev->ever_held = true;
	dev->override = (u8) override;
}

void world_master_off(struct world *w, u32 device)
{
	struct world_device *dev = &w->devices[device];

	if (dev->master)
		dev->off_ns = w->now_ns;
	dev->master = false;
}

void world_unbind(struct world *w, u32 device)
{
	struct world_device *dev = &w->devices[device];

	if (dev->override == OVERRIDE_NONE)
		world_set_override(w, device, OVERRIDE_OURS);
	dev->bound = dev->attached = false;
	world_master_off(w, device);
}

void world_reset(struct world *w, u32 device)
{
	w->devices[device].was_reset = true;
}
