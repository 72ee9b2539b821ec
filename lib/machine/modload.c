// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * modload.c - what `modprobe -b MODALIAS` does. Several modules may match one modalias. As
 * modprobe does, we load all of them, also after one that failed; the bus chooses the driver.
 *
 * libkmod is loaded by the process that uses it, a short-lived child: with its libcrypto it would
 * be half a megabyte in each process of the daemon.
 */
#include "lib/machine/modload.h"

#include <errno.h>
#include <libkmod.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/dynlib.h"

#define KMOD_SONAME "libkmod.so.2"
DYNLIB_NOTE(kmod_note, DYNLIB_JSON("modules", "drivers of the devices that the dump needs",
				   "required", KMOD_SONAME));

#define KMOD_FUNCTIONS(F)                  \
	F(kmod_get_dirname)                \
	F(kmod_list_next)                  \
	F(kmod_load_resources)             \
	F(kmod_module_get_initstate)       \
	F(kmod_module_get_module)          \
	F(kmod_module_get_name)            \
	F(kmod_module_get_path)            \
	F(kmod_module_new_from_lookup)     \
	F(kmod_module_probe_insert_module) \
	F(kmod_module_unref)               \
	F(kmod_module_unref_list)          \
	F(kmod_new)                        \
	F(kmod_unref)

#define KMOD_MEMBER(f) __typeof__(f) *f;
static struct {
	KMOD_FUNCTIONS(KMOD_MEMBER)
} kmod;

static int load_kmod(struct errbuf *err)
{
#define KMOD_SYMBOL(f) { #f, &kmod.f },
	static const struct dynlib_symbol symbols[] = { KMOD_FUNCTIONS(KMOD_SYMBOL) };

	if (kmod.kmod_new)
		return 0;
	return dynlib_load(KMOD_SONAME, symbols, sizeof(symbols) / sizeof(symbols[0]), err);
}

#define kmod_list_next kmod.kmod_list_next

static void ctx_freep(struct kmod_ctx **ctx)
{
	if (*ctx)
		kmod.kmod_unref(*ctx);
}

static void list_freep(struct kmod_list **list)
{
	if (*list)
		kmod.kmod_module_unref_list(*list);
}

static void module_freep(struct kmod_module **module)
{
	if (*module)
		kmod.kmod_module_unref(*module);
}

/*
 * Can a missing match be trusted? libkmod treats an index that it cannot read as one without
 * matches, and kmod_load_resources() does not require the separate index of built-in drivers.
 */
static bool has_index(struct kmod_ctx *ctx)
{
	char path[4096];
	struct stat st;

	if (kmod.kmod_load_resources(ctx) < 0)
		return false;
	snprintf(path, sizeof(path), "%s/modules.builtin.alias.bin", kmod.kmod_get_dirname(ctx));
	return stat(path, &st) == 0 && st.st_size > 0;
}

/* An index that was made for more modules than the image has names what is not there. */
static int where_is(struct kmod_module *module, bool running)
{
	int state = kmod.kmod_module_get_initstate(module);
	const char *path;

	if (state == KMOD_MODULE_BUILTIN)
		return MODLOAD_BUILTIN;
	/* Loaded by the first stage, whose files are gone. */
	if (running && state >= 0)
		return MODLOAD_OK;
	path = kmod.kmod_module_get_path(module);
	return path && access(path, F_OK) == 0 ? MODLOAD_OK : MODLOAD_NONE;
}

int modload_lookup(const char *dir, const char *modalias, char *name, size_t cap)
{
	_cleanup_(ctx_freep) struct kmod_ctx *ctx = NULL;
	_cleanup_(list_freep) struct kmod_list *list = NULL;
	struct kmod_list *item;
	/* The running system's modprobe.d does not apply to the modules of another folder. */
	const char *no_config = NULL;
	struct errbuf err;
	int rc;

	rc = load_kmod(&err);
	if (rc < 0)
		return rc;
	ctx = kmod.kmod_new(dir, dir ? &no_config : NULL);
	if (!ctx)
		return -ENOMEM;
	rc = kmod.kmod_module_new_from_lookup(ctx, modalias, &list);
	if (rc < 0)
		return rc;
	kmod_list_foreach(item, list)
	{
		_cleanup_(module_freep) struct kmod_module *module =
			kmod.kmod_module_get_module(item);

		rc = where_is(module, !dir);
		if (rc == MODLOAD_NONE)
			continue;
		snprintf(name, cap, "%s", kmod.kmod_module_get_name(module));
		return rc;
	}
	return has_index(ctx) ? MODLOAD_NONE : -ENOENT;
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

	if (kmod.kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN)
		return MODLOAD_BUILTIN;
	rc = kmod.kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL,
						  NULL, NULL);
	if (rc == KMOD_PROBE_APPLY_BLACKLIST)
		return MODLOAD_BLACKLISTED;
	return rc > 0 ? -EIO : rc;
}

struct loading {
	char *names;
	size_t cap;
	int outcome;
	int error;	 /* of the first that failed */
	char failed[80]; /* and which it was, and why */
};

static void take_one(struct loading *l, const char *name, int rc)
{
	if (rc < 0) {
		if (!l->error)
			(void)snprintf(l->failed, sizeof(l->failed), "%.40s: %s", name,
				       strerror(-rc));
		l->error = l->error ? l->error : rc;
		return;
	}
	/* A loaded or built-in module counts more than a blacklisted one. */
	if (rc != MODLOAD_OK && l->outcome == MODLOAD_OK)
		return;
	if (rc == MODLOAD_OK && l->outcome != MODLOAD_OK)
		l->names[0] = 0;
	l->outcome = rc;
	add_name(l->names, l->cap, name);
}

static int finish(struct loading *l)
{
	size_t at = strlen(l->names);

	if (!l->error)
		return l->outcome;
	if (l->outcome == MODLOAD_OK) {
		(void)snprintf(l->names + at, l->cap - at, "; %s", l->failed);
		return MODLOAD_OK;
	}
	(void)snprintf(l->names, l->cap, "%s", l->failed);
	return l->error;
}

int modload_load(const char *modalias, char *names, size_t cap)
{
	_cleanup_(ctx_freep) struct kmod_ctx *ctx = NULL;
	_cleanup_(list_freep) struct kmod_list *list = NULL;
	struct loading loading = { .names = names, .cap = cap, .outcome = MODLOAD_NONE };
	struct kmod_list *item;
	struct errbuf err;
	int rc;

	names[0] = 0;
	rc = load_kmod(&err);
	if (rc < 0) {
		snprintf(names, cap, "%s", err.text);
		return rc;
	}
	ctx = kmod.kmod_new(NULL, NULL);
	if (!ctx)
		return -ENOMEM;
	kmod.kmod_load_resources(ctx);
	rc = kmod.kmod_module_new_from_lookup(ctx, modalias, &list);
	if (rc < 0)
		return rc;
	kmod_list_foreach(item, list)
	{
		_cleanup_(module_freep) struct kmod_module *module =
			kmod.kmod_module_get_module(item);

		take_one(&loading, kmod.kmod_module_get_name(module), load_one(module));
	}
	return finish(&loading);
}
