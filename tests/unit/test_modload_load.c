// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of modload_load() with a libkmod that is played: several modules match one
 * modalias, and some cannot be loaded.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/dynlib.h"
#include "lib/machine/modload.h"

/* What happens to each module that matches, in their order. */
static struct kmod_module {
	const char *name;
	int initstate, rc;
	bool tried;
} modules[4];
static size_t n_modules;

static int get_initstate(const struct kmod_module *module)
{
	return module->initstate;
}

static const char *get_name(const struct kmod_module *module)
{
	return module->name;
}

/* An item of the list is the module; the list's end is behind the last. */
static struct kmod_list *list_next(const struct kmod_list *list, const struct kmod_list *at)
{
	const struct kmod_module *module = (const struct kmod_module *)(const void *)at;

	(void)list;
	return module + 1 < modules + n_modules ? (struct kmod_list *)(void *)(module + 1) : NULL;
}

static struct kmod_module *get_module(const struct kmod_list *at)
{
	return (struct kmod_module *)(void *)at;
}

static int lookup(struct kmod_ctx *ctx, const char *alias, struct kmod_list **ret)
{
	(void)ctx, (void)alias;
	*ret = n_modules ? (struct kmod_list *)(void *)modules : NULL;
	return 0;
}

static int insert(struct kmod_module *module, unsigned int flags, const char *options,
		  int (*run)(struct kmod_module *m, const char *cmdline, void *data),
		  const void *data,
		  void (*print)(struct kmod_module *m, bool install, const char *options))
{
	(void)options, (void)run, (void)data, (void)print;
	assert_int_equal(flags, KMOD_PROBE_APPLY_BLACKLIST);
	module->tried = true;
	return module->rc;
}

static struct kmod_ctx *new_ctx(const char *dir, const char *const *config)
{
	(void)dir, (void)config;
	return (struct kmod_ctx *)(void *)modules;
}

static int nothing(void)
{
	return 0;
}

#define PLAY(name, f)                      \
	{                                  \
#name, (void (*)(void))(f) \
	}
static const struct {
	const char *name;
	void (*f)(void);
} played[] = {
	PLAY(kmod_list_next, list_next),
	PLAY(kmod_module_get_initstate, get_initstate),
	PLAY(kmod_module_get_module, get_module),
	PLAY(kmod_module_get_name, get_name),
	PLAY(kmod_module_new_from_lookup, lookup),
	PLAY(kmod_module_probe_insert_module, insert),
	PLAY(kmod_new, new_ctx),
};

/* In place of lib/base/dynlib.c. */
int dynlib_load(const char *soname, const struct dynlib_symbol *symbols, size_t count,
		struct errbuf *err)
{
	void (*f)(void);
	size_t i, k;

	(void)soname, (void)err;
	for (i = 0; i < count; i++) {
		f = (void (*)(void))nothing;
		for (k = 0; k < sizeof(played) / sizeof(played[0]); k++)
			if (!strcmp(symbols[i].name, played[k].name))
				f = played[k].f;
		memcpy(symbols[i].where, &f, sizeof(f));
	}
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(modules, 0, sizeof(modules));
	n_modules = 0;
	return 0;
}

static void add(const char *name, int rc)
{
	modules[n_modules++] =
		(struct kmod_module){ .name = name, .initstate = KMOD_MODULE_COMING, .rc = rc };
}

static void loads(int rc, const char *words)
{
	char names[160];
	size_t i;

	assert_int_equal(modload_load("pci:v1", names, sizeof(names)), rc);
	assert_string_equal(names, words);
	for (i = 0; i < n_modules; i++)
		assert_int_equal(modules[i].tried, modules[i].initstate != KMOD_MODULE_BUILTIN);
}

/* One that fails keeps no other from being loaded, as with modprobe. */
static void test_goes_on(void **state)
{
	(void)state;
	add("broken", -ENOEXEC);
	add("nvme", 0);
	add("worse", -EIO);
	loads(MODLOAD_OK, "nvme; broken: Exec format error");
}

static void test_all_fail(void **state)
{
	(void)state;
	add("broken", -ENOEXEC);
	add("worse", -EIO);
	loads(-ENOEXEC, "broken: Exec format error");
}

/* One that failed was wanted, one that is blacklisted was not. */
static void test_blacklisted(void **state)
{
	(void)state;
	add("unwanted", KMOD_PROBE_APPLY_BLACKLIST);
	loads(MODLOAD_BLACKLISTED, "unwanted");
	add("broken", -EIO);
	loads(-EIO, "broken: Input/output error");
	add("nvme", 0);
	loads(MODLOAD_OK, "nvme; broken: Input/output error");
}

static void test_builtin(void **state)
{
	(void)state;
	loads(MODLOAD_NONE, "");
	add("nvme", 0);
	modules[0].initstate = KMOD_MODULE_BUILTIN;
	loads(MODLOAD_BUILTIN, "nvme");
	add("other", 0);
	loads(MODLOAD_OK, "other");
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_goes_on),
		TEST(test_all_fail),
		TEST(test_blacklisted),
		TEST(test_builtin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
