// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_kdump.c - is a capture kernel loaded, with which command line, and is
 * there a note in the dump for our records.
 *
 * kdump-tools keeps the kexec command it has run, which holds the command line
 * as it is loaded. Elsewhere, and before anything is loaded, it is put together
 * from the distribution's file the way its scripts do it: the one of this kernel
 * or a fixed one, words removed, words appended. What these scripts add on their
 * own is not seen then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

static const char *const settings_files[] = {
	"etc/sysconfig/kdump",	   /* Fedora, RHEL, SUSE */
	"etc/default/kdump-tools", /* Debian, Ubuntu */
};

/* The value of the last NAME= line of a shell file, without its quotes; "" when there is none. */
static void shell_value(const char *text, const char *name, char *buf, size_t cap)
{
	size_t len = strlen(name), n;
	const char *p = text, *value;

	buf[0] = 0;
	for (; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		p += strspn(p, " \t");
		if (strncmp(p, name, len) || p[len] != '=')
			continue;
		value = p + len + 1;
		if (*value == '"' || *value == '\'') {
			n = strcspn(value + 1, *value == '"' ? "\"" : "'");
			value++;
		} else {
			n = strcspn(value, " \t\n#;");
		}
		snprintf(buf, cap, "%.*s", (int)(n < cap ? n : cap - 1), value);
	}
}

static bool names_word(const char *list, const char *word)
{
	size_t key = strcspn(word, "=");
	const char *cursor = list;
	char item[256];
	int n;

	while ((n = parse_word(&cursor, item, sizeof(item))) != 0)
		if (n > 0 && strcspn(item, "=") == key && !strncmp(item, word, key))
			return true;
	return false;
}

/* Words are separated by blanks alone: commas belong to values. */
static void append_words(struct check *check, const char *words, const char *removed)
{
	size_t len = strlen(check->cmdline);

	while (*(words += strspn(words, " \t\n"))) {
		int n = (int)strcspn(words, " \t\n");
		char word[256];

		snprintf(word, sizeof(word), "%.*s", n, words);
		words += n;
		if (removed && names_word(removed, word))
			continue;
		len += (size_t)snprintf(check->cmdline + len, sizeof(check->cmdline) - len, "%s ",
					word);
		if (len >= sizeof(check->cmdline))
			return;
	}
}

static bool is_loaded(const struct check *check)
{
	char text[16];

	return fsroot_read_text(&check->ctl->root, text, sizeof(text),
				"sys/kernel/kexec_crash_loaded") >= 0 &&
	       !strcmp(text, "1");
}

/* "/sbin/kexec -p --command-line="root=..." --initrd=...": what was loaded, by kdump-tools. */
static bool read_loaded_cmdline(struct check *check)
{
	static const char option[] = "--command-line=\"";
	const struct fsroot *root = &check->ctl->root;
	char text[16384], dir[256] = "";
	char *p, *end;

	if (!is_loaded(check))
		return false;
	if (fsroot_read_text(root, text, sizeof(text), "%s", settings_files[1]) >= 0)
		shell_value(text, "KDUMP_COREDIR", dir, sizeof(dir));
	if (fsroot_read_text(root, text, sizeof(text), "%s/kexec_cmd",
			     dir[0] == '/' ? dir + 1 : "var/crash") < 0)
		return false;
	p = strstr(text, option);
	end = p ? strchr(p + sizeof(option) - 1, '"') : NULL;
	if (!end)
		return false;
	*end = 0;
	append_words(check, p + sizeof(option) - 1, NULL);
	snprintf(check->cmdline_from, sizeof(check->cmdline_from), "the loaded command line");
	return true;
}

static void read_cmdline(struct check *check)
{
	const struct fsroot *root = &check->ctl->root;
	char text[16384], base[2048], extra[2048], removed[1024];
	size_t i;

	if (read_loaded_cmdline(check))
		return;
	for (i = 0; i < sizeof(settings_files) / sizeof(settings_files[0]); i++) {
		if (fsroot_read_text(root, text, sizeof(text), "%s", settings_files[i]) < 0)
			continue;
		shell_value(text, i ? "KDUMP_CMDLINE" : "KDUMP_COMMANDLINE", base, sizeof(base));
		shell_value(text, "KDUMP_COMMANDLINE_REMOVE", removed, sizeof(removed));
		if (!base[0] && fsroot_read_text(root, base, sizeof(base), "proc/cmdline") < 0)
			continue;
		append_words(check, base, removed);
		shell_value(text, i ? "KDUMP_CMDLINE_APPEND" : "KDUMP_COMMANDLINE_APPEND", extra,
			    sizeof(extra));
		append_words(check, extra, NULL);
		snprintf(check->cmdline_from, sizeof(check->cmdline_from), "/%s",
			 settings_files[i]);
		return;
	}
}

bool check_cmdline_has(const struct check *check, const char *word)
{
	const char *p = check->cmdline;
	size_t len = strlen(word);

	for (; (p = strstr(p, word)); p++)
		if ((p == check->cmdline || p[-1] == ' ') && strchr(" ", p[len]))
			return true;
	return false;
}

static void say_loaded(struct check *check)
{
	if (!fsroot_exists(&check->ctl->root, "sys/kernel/kexec_crash_loaded"))
		check_say(check, CHECK_UNKNOWN, "kexec", NULL,
			  "/sys/kernel/kexec_crash_loaded is not there");
	else if (is_loaded(check))
		check_say(check, CHECK_OK, "kexec", NULL, "a capture kernel is loaded");
	else
		check_say(check, CHECK_FAIL, "kexec",
			  "load one: kdumpctl start, kdump-config load, or kexec -p",
			  "no capture kernel is loaded: a crash leaves no dump");
}

/* Whether our records get into the dump by themselves. They always lie beside it. */
static void say_note(struct check *check)
{
	if (!check->cmdline_from[0])
		check_say(check, CHECK_UNKNOWN, "cmdline", NULL,
			  "the capture kernel's command line is not known: neither /%s nor /%s",
			  settings_files[0], settings_files[1]);
	else if (check_cmdline_has(check, "novmcoredd"))
		check_say(check, CHECK_WARN, "novmcoredd",
			  "records will lie beside the dump; smmu-adoptctl embed joins them",
			  "%s forbids notes of drivers in the dump", check->cmdline_from);
	else
		check_say(check, CHECK_OK, "novmcoredd", NULL,
			  "%s does not forbid notes of drivers in the dump", check->cmdline_from);
}

void check_kdump(struct check *check)
{
	say_loaded(check);
	read_cmdline(check);
	say_note(check);
}
