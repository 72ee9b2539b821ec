// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_mkmachine.c - devices live in sys/devices, and a bus or class has a link to them. */
#include "tests/unit/cmocka_all.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support_mkmachine.h"

/* The next line of @text, with those that begin with a blank behind it. */
static char *take_line(const char **text)
{
	char *ret = calloc(1, strlen(*text) + 2), *to = ret;
	size_t len;

	assert_non_null(ret);
	for (;;) {
		len = strcspn(*text, "\n");
		memcpy(to, *text, len);
		to += len;
		*text += len + ((*text)[len] != 0);
		if (**text != ' ')
			return ret;
		*to++ = '\n';
		++*text;
	}
}

/* The first word of @line, which ends there; @ret_rest is what follows, behind one blank. */
static char *take_word(char *line, char **ret_rest)
{
	*ret_rest = line + strcspn(line, " ");
	if (**ret_rest)
		*(*ret_rest)++ = 0;
	return line;
}

static void put_file(struct machine *m, char *rest)
{
	size_t len = strcspn(rest, " \n");
	char *text = rest + len;

	if (*text) {
		*text++ = 0;
		strcat(text, "\n"); /* take_line() left room */
	}
	machine_write(m, rest, text);
}

/* @path below sys/devices, where the device is that it begins with the name of. */
static void place(struct machine *m, const char *path, char buf[256])
{
	int len = (int)strcspn(path, "/");
	char pattern[200], target[256];
	glob_t found;
	ssize_t n;

	snprintf(pattern, sizeof(pattern), "%s/sys/{bus/*/devices,class/*}/%.*s", m->dir, len,
		 path);
	if (path[len] && glob(pattern, GLOB_BRACE, NULL, &found) == 0) {
		n = readlink(found.gl_pathv[0], target, sizeof(target) - 1);
		assert_true(n > 0);
		target[n] = 0;
		snprintf(buf, 256, "%s%s", strstr(target, "devices/") + strlen("devices/"),
			 path + len);
		globfree(&found);
	} else {
		snprintf(buf, 256, "%s", path);
	}
}

static void put_device(struct machine *m, const char *kind, bool bus, char *rest)
{
	char where[256], path[400], text[512], *value, *name, *key;

	place(m, take_word(rest, &key), where);
	name = strrchr(where, '/') ? strrchr(where, '/') + 1 : where;
	snprintf(path, sizeof(path), "sys/devices/%s/uevent", where);
	machine_write(m, path, "");
	snprintf(path, sizeof(path), "sys/%s/%s/%s%s", bus ? "bus" : "class", kind,
		 bus ? "devices/" : "", name);
	snprintf(text, sizeof(text), "%s../../devices/%s", bus ? "../" : "", where);
	machine_link(m, path, text);
	while (*key) {
		name = take_word(key, &key);
		value = strchr(name, '=');
		if (!value)
			fail_msg("%s: '%s' is no KEY=VALUE", where, name);
		*value++ = 0;
		snprintf(path, sizeof(path), "sys/devices/%s/%s", where, name);
		snprintf(text, sizeof(text), "%s%s", value, *value ? "\n" : "");
		machine_write(m, path, text);
	}
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(word, *words) != 0)
		words++;
	return *words;
}

void mkmachine(struct machine *m, const char *text, mkmachine_fn other)
{
	static const char *const buses[] = { "pci", "platform", "virtio", NULL };
	static const char *const classes[] = { "block", "net", "nvme", "fc_host", NULL };
	char *line, *word, *rest, *target;

	while (*text) {
		line = take_line(&text);
		word = take_word(line, &rest);
		if (strcmp(word, "file") == 0)
			put_file(m, rest);
		else if (strcmp(word, "rm") == 0)
			machine_remove(m, rest);
		else if (strcmp(word, "link") == 0) {
			word = take_word(rest, &target);
			machine_link(m, word, target);
		} else if (is_one_of(word, buses) || is_one_of(word, classes))
			put_device(m, word, is_one_of(word, buses), rest);
		else if (!other || !other(m, word, rest))
			fail_msg("nothing of a machine is '%s %s'", word, rest);
		free(line);
	}
}
