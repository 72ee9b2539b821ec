// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * plan_policy.c - finds the rule for each device, and the order in which devices are handed over.
 * Of the rules that match the last one counts, so that a drop-in can except a device from a rule
 * for its class.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plan/plan.h"

static void hex(char *to, u32 value, int digits)
{
	to[digits] = 0;
	while (digits--) {
		to[digits] = "0123456789abcdef"[value & 15];
		value >>= 4;
	}
}

/* Apart from its module. */
static bool matches_but_driver(const struct config_rule *rule, const struct inv_device *dev)
{
	char class_code[8], id[12];

	if (rule->class_code[0]) {
		hex(class_code, dev->class_code, 6);
		if (!dev->pci || strncmp(class_code, rule->class_code, strlen(rule->class_code)))
			return false;
	}
	if (rule->id[0]) {
		hex(id, dev->vendor, 4);
		id[4] = ':';
		hex(id + 5, dev->product, 4);
		if (!dev->pci || strncmp(id, rule->id, strlen(rule->id)))
			return false;
	}
	return !rule->path[0] || fnmatch(rule->path, dev->name, 0) == 0;
}

static bool has_driver(const struct config_rule *rule, const struct inv_device *dev)
{
	return !rule->driver[0] || strcmp(rule->driver, dev->module) == 0 ||
	       strcmp(rule->driver, dev->driver) == 0;
}

static void apply(struct inv_device *dev, const struct config *config)
{
	bool open = false;
	size_t i;

	for (i = 0; i < config->n_rules; i++) {
		const struct config_rule *rule = &config->rules[i];

		if (!matches_but_driver(rule, dev))
			continue;
		if (!has_driver(rule, dev)) {
			/* As long as its module is not known. */
			open |= !dev->module[0] && rule->action != CONFIG_ACT_LEAVE;
			continue;
		}
		open = false;
		dev->rule = (u8)rule->action;
		dev->rule_by_driver = rule->driver[0];
		dev->priority = rule->priority;
		dev->deadline_ms = rule->deadline_ms;
	}
	dev->rule_open |= open;
}

void plan_apply_rules(struct inventory *inv, const struct config *config)
{
	u32 d;

	for (d = 0; d < inv->count; d++) {
		struct inv_device *dev = &inv->devices[d];

		dev->rule = CONFIG_ACT_NONE;
		dev->rule_by_driver = false;
		dev->priority = dev->deadline_ms = 0;
		apply(dev, config);
	}
}

struct rank {
	u32 supplies, priority, device;
};

/* Suppliers in their order, then all other devices. */
static int compare_ranks(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->supplies != y->supplies)
		return x->supplies - 1 < y->supplies - 1 ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

u32 *plan_order(const struct inventory *inv)
{
	struct rank *ranks = calloc((size_t)inv->count + 1, sizeof(*ranks));
	u32 *order = calloc((size_t)inv->count + 1, sizeof(*order));
	u32 d;

	if (!ranks || !order) {
		free(ranks);
		free(order);
		return NULL;
	}
	for (d = 0; d < inv->count; d++)
		ranks[d] = (struct rank){ inv->devices[d].supplies, inv->devices[d].priority, d };
	qsort(ranks, inv->count, sizeof(*ranks), compare_ranks);
	for (d = 0; d < inv->count; d++)
		order[d] = ranks[d].device;
	free(ranks);
	return order;
}
