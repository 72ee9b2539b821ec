// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * modload.c - what `modprobe -b MODALIAS` does. Several modules may match one
 * modalias; like modprobe we load them all and let the bus choose.
 */
#include "daemon/modload.h"

#include <errno.h>
#include <libkmod.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/cleanup.h"

static void ctx_freep(struct kmod_ctx **ctx)
{
	if (*ctx)
		kmod_unref(*ctx);
}

static void list_freep(struct kmod_list **list)
{
	if (*list)
		kmod_module_unref_list(*list);
}

static void module_freep(struct kmod_module **module)
{
	if (*module)
		kmod_module_unref(*module);
}

int modload_lookup(const char *dir, const char *modalias, char *name, size_t cap)
{
	_cleanup_(ctx_freep) struct kmod_ctx *ctx = kmod_new(dir, NULL);
	_cleanup_(list_freep) struct kmod_list *list = NULL;
	_cleanup_(module_freep) struct kmod_module *module = NULL;
	int rc;

	if (!ctx)
		return -ENOMEM;
	rc = kmod_module_new_from_lookup(ctx, modalias, &list);
	if (rc < 0)
		return rc;
	if (!list)
		return MODLOAD_NONE;
	module = kmod_module_get_module(list);
	snprintf(name, cap, "%s", kmod_module_get_name(module));
	return MODLOAD_OK;
}

/* Is @name one of the words of @names? */
static bool has_name(const char *names, const char *name)
{
	size_t len = strlen(name);
	const char *at;

	for (at = names; (at = strstr(at, name)); at += len)
		if ((at == names || at[-1] == ' ') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* One module may match by several of its aliases. */
static void add_name(char *names, size_t cap, const char *name)
{
	size_t at = strlen(names);

	if (!has_name(names, name))
		snprintf(names + at, cap - at, "%s%s", at ? ", " : "", name);
}

/* Returns an enum modload_outcome or a negative errno. */
static int load_one(struct kmod_module *module)
{
	int rc;

	if (kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN)
		return MODLOAD_BUILTIN;
	rc = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL, NULL,
					     NULL);
	if (rc == KMOD_PROBE_APPLY_BLACKLIST)
		return MODLOAD_BLACKLISTED;
	return rc > 0 ? -EIO : rc;
}

int modload_load(const char *modalias, char *names, size_t cap)
{
	_cleanup_(ctx_freep) struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	_cleanup_(list_freep) struct kmod_list *list = NULL;
	struct kmod_list *item;
	int rc, outcome = MODLOAD_NONE;

	names[0] = 0;
	if (!ctx)
		return -ENOMEM;
	kmod_load_resources(ctx);
	rc = kmod_module_new_from_lookup(ctx, modalias, &list);
	if (rc < 0)
		return rc;
	kmod_list_foreach(item, list)
	{
		_cleanup_(module_freep) struct kmod_module *module = kmod_module_get_module(item);
		const char *name = kmod_module_get_name(module);

		rc = load_one(module);
		if (rc < 0) {
			snprintf(names, cap, "%s: %s", name, strerror(-rc));
			return rc;
		}
		/* One that is there counts more than one that may not be loaded. */
		if (rc == MODLOAD_OK || outcome != MODLOAD_OK) {
			if (rc == MODLOAD_OK && outcome != MODLOAD_OK)
				names[0] = 0;
			outcome = rc;
			add_name(names, cap, name);
		}
	}
	return outcome;
}
