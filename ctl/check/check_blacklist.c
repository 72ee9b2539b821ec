// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_blacklist.c - does the capture kernel's command line keep away what the dump needs? Three
 * words keep modules away, module_blacklist= for whoever loads them, modprobe.blacklist= and
 * dracut's rd.driver.blacklist= for udev and modprobe; a fourth, initcall_blacklist=, what is built
 * in, and modules too, by the name of their first function.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/parse.h"

#define ADVICE "take it off the capture kernel's command line"
#define KERNELS_LIST "module_blacklist"

/* For modprobe a dash in a name is an underscore. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

/* "nvme_init" is of nvme, "mlx5_core_init" of mlx5_core: a custom, and no rule. */
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
	/* The kernel compares byte by byte, and it has no module with a dash in its name. */
	if (strcmp(key, KERNELS_LIST) == 0 && strchr(item, '-'))
		return false;
	return same_module(item, module);
}

/* Of several module_blacklist= the kernel keeps the last; the other three words add up. */
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

static void look_for(struct check *check, const char *key, const char *list, const char *module,
		     const char *whose)
{
	/* initramfs-tools does not know dracut's word. */
	bool ignored =
		strcmp(key, "rd.driver.blacklist") == 0 && (check->kdump.systems & KDUMP_DEBIANS);
	char item[64];
	int len;

	while ((len = parse_word(&list, item, sizeof(item)))) {
		if (len < 0 || !keeps_away(key, item, module))
			continue;
		check_say(check, ignored ? CHECK_WARN : CHECK_FAIL, "blacklist", ADVICE,
			  "%s: %s=%s keeps away %s, %s%s", check->cmdline_from, key, item, module,
			  whose, ignored ? "; initramfs-tools does not know that word" : "");
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
				look_for(check, keys[i], value, module, whose);
	}
}
