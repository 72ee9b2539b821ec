// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_blacklist.c - does the capture kernel's command line block a driver that the dump needs?
 * Three words block modules: module_blacklist= in the kernel, whoever loads them;
 * modprobe.blacklist= and dracut's rd.driver.blacklist= in modprobe and udev. A fourth,
 * initcall_blacklist=, blocks built-in drivers, and modules too, by the name of their init
 * function.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/parse.h"

#define KERNELS_LIST "module_blacklist"

/* Like modprobe: a dash and an underscore in a name are the same. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

/* Is @function the init function of @module, as "nvme_init" of nvme? This is custom, not a rule. */
static bool is_init_of(const char *function, const char *module)
{
	size_t len = strlen(module);

	return strncmp(function, module, len) == 0 && function[len] == '_' &&
	       strstr(function + len, "init") != NULL;
}

static bool keeps_away(const char *key, const char *item, const char *module)
{
	if (strcmp(key, "initcall_blacklist") == 0)
		return is_init_of(item, module);
	/* The kernel compares byte by byte, and no module's name in it has a dash. */
	if (strcmp(key, KERNELS_LIST) == 0 && strchr(item, '-'))
		return false;
	return same_module(item, module);
}

/*
 * Does a later word replace this one? Of several module_blacklist= the kernel uses only the last;
 * of the other three words it uses all.
 */
static bool is_replaced(const char *key, const char *rest)
{
	char word[2048];

	if (strcmp(key, KERNELS_LIST) != 0)
		return false;
	while (check_cmdline_next(&rest, word, sizeof(word)))
		if (strncmp(word, KERNELS_LIST "=", strlen(KERNELS_LIST "=")) == 0)
			return true;
	return false;
}

/* @end: where the word KEY=LIST ends in check->cmdline. */
static void look_for(struct check *check, const char *key, const char *list, const char *end,
		     const char *module, const char *whose)
{
	/* initramfs-tools does not read dracut's word. */
	bool ignored =
		strcmp(key, "rd.driver.blacklist") == 0 && (check->kdump.systems & KDUMP_DEBIANS);
	char item[64], advice[CHECK_ADVICE_BYTES];
	int len;

	while ((len = parse_word(&list, item, sizeof(item)))) {
		if (len < 0 || !keeps_away(key, item, module))
			continue;
		check_cmdline_remove(check, end, key, advice, sizeof(advice));
		check_say(check, ignored ? CHECK_WARN : CHECK_FAIL, "blacklist", advice,
			  "%s has %s=%s, which blocks %s, %s%s", check_cmdline_source(check, end),
			  key, item, module, whose,
			  ignored ? "; initramfs-tools ignores this word" : "");
		return;
	}
}

void check_blacklist(struct check *check, const char *module, const char *whose)
{
	static const char *const keys[] = { KERNELS_LIST, "modprobe.blacklist",
					    "rd.driver.blacklist", "initcall_blacklist" };
	const char *line = check->cmdline;
	char word[2048], *value;
	size_t i;

	while (check_cmdline_next(&line, word, sizeof(word))) {
		value = strchr(word, '=');
		if (!value)
			continue;
		*value++ = 0;
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (strcmp(word, keys[i]) == 0 && !is_replaced(keys[i], line))
				look_for(check, keys[i], value, line, module, whose);
	}
}
