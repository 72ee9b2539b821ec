// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_kdump.c - is a capture kernel loaded, with which command line, and is
 * there a note in the dump for our records.
 *
 * kdump-tools keeps the kexec command it has run, which holds the command line
 * as it is loaded. Elsewhere, and before anything is loaded, it is put together
 * from what kdump's own files say (resolve/kdump.h) the way its scripts do it: the
 * line of this kernel or a fixed one, words removed, words appended. What these scripts add on
 * their own is not seen then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#define UNIT_WORD "systemd.unit="

/* Where the word at @p, which may have quotes in it, ends. */
static const char *word_end(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || !strchr(" \t\n", *p)); p++)
		quoted ^= *p == '"';
	return p;
}

bool check_cmdline_next(const char **line, char *word, size_t cap)
{
	const char *p = *line + strspn(*line, " \t\n"), *end = word_end(p);
	size_t len = 0;

	if (p == end)
		return false;
	*line = end;
	for (; p < end; p++)
		if (*p != '"' && len + 1 < cap)
			word[len++] = *p;
	word[len] = 0;
	return true;
}

bool check_cmdline_has(const struct check *check, const char *word)
{
	const char *line = check->cmdline;
	char item[256];

	while (check_cmdline_next(&line, item, sizeof(item)))
		if (strcmp(item, word) == 0)
			return true;
	return false;
}

/* kstrtobool(): the first letter counts, of "on" and "off" the second. Others change nothing. */
static void kernel_bool(const char *text, bool *ret)
{
	switch (text[0]) {
	case 'y':
	case 'Y':
	case 't':
	case 'T':
	case '1': *ret = true; break;
	case 'n':
	case 'N':
	case 'f':
	case 'F':
	case '0': *ret = false; break;
	case 'o':
	case 'O':
		if (strchr("nN", text[1]) && text[1])
			*ret = true;
		else if (strchr("fF", text[1]) && text[1])
			*ret = false;
		break;
	default: break;
	}
}

bool check_cmdline_bool(const struct check *check, const char *name, bool otherwise)
{
	const char *line = check->cmdline;
	size_t len = strlen(name);
	bool value = otherwise;
	char item[256];

	while (check_cmdline_next(&line, item, sizeof(item)))
		if (strncmp(item, name, len) == 0 && item[len] == '=')
			kernel_bool(item + len + 1, &value);
	return value;
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

static void append_words(struct check *check, const char *words, const char *removed)
{
	size_t len = strlen(check->cmdline);

	while (*(words += strspn(words, " \t\n"))) {
		const char *word = words;
		int n = (int)(word_end(word) - word);

		words += n;
		if (removed && names_word(removed, word))
			continue;
		len += (size_t)snprintf(check->cmdline + len, sizeof(check->cmdline) - len, "%.*s ",
					n, word);
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

/* A backslash before a quote was for the shell. */
static void without_backslashes(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (text[0] != '\\' || text[1] != '"')
			*to++ = *text;
	*to = 0;
}

/*
 * "/sbin/kexec -p --command-line="root=... a="b c"" --initrd=... /vmlinuz": what was loaded, by
 * kdump-tools. Quotes of the line itself stand between those around it: the last one closes.
 */
static bool read_loaded(struct check *check)
{
	static const char option[] = "--command-line=", image[] = " --initrd=";
	const char *dir = check->kdump.core_dir;
	char text[16384], *p, *end, *initrd, *kernel;

	if (!is_loaded(check) || !(check->kdump.systems & KDUMP_DEBIANS) ||
	    fsroot_read_text(&check->ctl->root, text, sizeof(text), "%s/kexec_cmd",
			     dir[0] == '/' ? dir + 1 : "var/crash") < 0)
		return false;
	p = strstr(text, option);
	p = p ? p + strlen(option) : NULL;
	end = p && (*p == '"' || *p == '\'') ? strrchr(p + 1, *p) : NULL;
	if (!end)
		return false;
	initrd = strstr(end, image);
	if (initrd)
		snprintf(check->loaded_image, sizeof(check->loaded_image), "%.*s",
			 (int)strcspn(initrd + strlen(image), " "), initrd + strlen(image));
	/* The kernel comes last. */
	kernel = strrchr(end, ' ');
	if (kernel)
		snprintf(check->loaded_kernel, sizeof(check->loaded_kernel), "%.*s",
			 (int)strcspn(kernel + 1, "\n"), kernel + 1);
	*end = 0;
	without_backslashes(p + 1);
	append_words(check, p + 1, NULL);
	snprintf(check->cmdline_from, sizeof(check->cmdline_from), "the loaded command line");
	return true;
}

static void read_cmdline(struct check *check)
{
	const struct kdump *k = &check->kdump;
	char running[4096];

	if (read_loaded(check) || !k->line_from)
		return;
	if (k->line[0])
		append_words(check, k->line, k->remove);
	else if (fsroot_read_text(&check->ctl->root, running, sizeof(running), "proc/cmdline") >= 0)
		append_words(check, running, k->remove);
	else
		return;
	append_words(check, k->append, NULL);
	snprintf(check->cmdline_from, sizeof(check->cmdline_from), "/%s", k->line_from);
}

static void say_loaded(struct check *check)
{
	char lockdown[CHECK_LOCKDOWN_BYTES];

	if (!fsroot_exists(&check->ctl->root, "sys/kernel/kexec_crash_loaded"))
		check_say(check, CHECK_UNKNOWN, "kexec", NULL,
			  "/sys/kernel/kexec_crash_loaded is not there");
	else if (is_loaded(check))
		check_say(check, CHECK_OK, "kexec", NULL, "a capture kernel is loaded");
	else if (check_locked_down(&check->ctl->root, lockdown))
		check_say(
			check, CHECK_FAIL, "kexec",
			"load one by kexec_file_load(2): kexec -p -s, of a kernel that has it and "
			"is signed",
			"no capture kernel is loaded, and the kernel is locked down: kexec_load(2) "
			"is refused");
	else
		check_say(check, CHECK_FAIL, "kexec",
			  "load one: kdumpctl start, kdump-config load, or kexec -p",
			  "no capture kernel is loaded: a crash leaves no dump");
}

/* kdump-tools-dump.service, or kdump-tools.service of older releases, which dumps when there is
 * one. */
static void say_unit(struct check *check)
{
	const char *line = check->cmdline;
	char item[256], unit[256] = "";

	while (check_cmdline_next(&line, item, sizeof(item)))
		if (strncmp(item, UNIT_WORD, strlen(UNIT_WORD)) == 0)
			strcpy(unit, item + strlen(UNIT_WORD));
	if (!(check->kdump.systems & KDUMP_DEBIANS) ||
	    strcmp(unit, "kdump-tools-dump.service") == 0 ||
	    strcmp(unit, "kdump-tools.service") == 0)
		return;
	if (unit[0] && check_cmdline_has(check, UNIT_WORD "kdump-tools-dump.service"))
		check_say(check, CHECK_FAIL, "cmdline",
			  "take it off: of several " UNIT_WORD " the last one counts",
			  "%s has " UNIT_WORD "%s at last: the capture kernel takes no dump",
			  check->cmdline_from, unit);
	else
		check_say(check, CHECK_FAIL, "cmdline",
			  "add " UNIT_WORD "kdump-tools-dump.service to KDUMP_CMDLINE_APPEND, "
			  "which replaces the default, in /" KDUMP_DEBIAN,
			  "%s has no " UNIT_WORD
			  "kdump-tools-dump.service: the capture kernel takes no dump",
			  check->cmdline_from);
}

/* Whether our records get into the dump by themselves. They always lie beside it. */
static void say_cmdline(struct check *check)
{
	if (!check->cmdline_from[0]) {
		check_say(
			check, CHECK_UNKNOWN, "cmdline", NULL,
			"the capture kernel's command line is not known: neither /" KDUMP_SYSCONFIG
			" nor /" KDUMP_DEBIAN " tells");
		return;
	}
	say_unit(check);
	if (check_cmdline_has(check, "novmcoredd"))
		check_say(check, CHECK_INFO, "novmcoredd",
			  "Records will lie beside the dump; smmu-adoptctl embed joins them",
			  "%s forbids notes of drivers in the dump", check->cmdline_from);
	else
		check_say(check, CHECK_OK, "novmcoredd", NULL,
			  "%s does not forbid notes of drivers in the dump", check->cmdline_from);
}

void check_kdump(struct check *check)
{
	kdumpconf_read(&check->ctl->root, &check->kdump);
	say_loaded(check);
	read_cmdline(check);
	say_cmdline(check);
}
