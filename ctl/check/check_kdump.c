// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_kdump.c - is a capture kernel loaded, and with which command line? Will the dump have a
 * note for our records?
 *
 * kdump-tools keeps the kexec command that it ran, which holds the loaded command line.
 * Elsewhere, and before a kernel is loaded, the line is built from kdump's own files
 * (resolve/kdump.h) as kdump's scripts build it: the running kernel's line or a configured one,
 * without the words to remove, with the words to append. Words that these scripts add by
 * themselves are then not seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#define LOADED_LINE "the loaded command line"
#define UNIT_WORD "systemd.unit="
#define DUMP_UNIT UNIT_WORD "kdump-tools-dump.service"

/* Returns the end of the word at @p, which may have quotes in it. */
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

static const char *find_word(const char *line, const char *word)
{
	char item[256];

	while (check_cmdline_next(&line, item, sizeof(item)))
		if (strcmp(item, word) == 0)
			return line;
	return NULL;
}

const char *check_cmdline_find(const struct check *check, const char *word)
{
	return find_word(check->cmdline, word);
}

const char *check_cmdline_last(const struct check *check, const char *start)
{
	const char *line = check->cmdline, *found = NULL;
	char item[256];

	while (check_cmdline_next(&line, item, sizeof(item)))
		if (strncmp(item, start, strlen(start)) == 0)
			found = line;
	return found;
}

static bool is_copied(const struct check *check, const char *end)
{
	return (size_t)(end - check->cmdline) < check->running_bytes;
}

const char *check_cmdline_source(const struct check *check, const char *end)
{
	return is_copied(check, end) ? "/proc/cmdline" : check->cmdline_from;
}

void check_cmdline_remove(const struct check *check, const char *end, const char *key, char *buf,
			  size_t cap)
{
	if (strcmp(check->cmdline_from, LOADED_LINE) == 0)
		snprintf(buf, cap,
			 "remove %s from /" KDUMP_DEBIAN
			 " or this system's own command line, and load the capture kernel again",
			 key);
	else if (!is_copied(check, end))
		snprintf(buf, cap, "remove %s from %s, and load the capture kernel again", key,
			 check->cmdline_from);
	else if (check->kdump.systems & KDUMP_DEBIANS)
		snprintf(buf, cap,
			 "remove %s from this system's own command line, which kdump copies, and "
			 "restart",
			 key);
	else
		snprintf(buf, cap,
			 "add %s to KDUMP_COMMANDLINE_REMOVE in /" KDUMP_SYSCONFIG
			 ", and restart kdump",
			 key);
}

void check_cmdline_add(const struct check *check, const char *word, char *buf, size_t cap)
{
	const struct kdump *k = &check->kdump;

	if (!(k->systems & KDUMP_DEBIANS))
		snprintf(buf, cap,
			 "add %s to KDUMP_COMMANDLINE_APPEND in /" KDUMP_SYSCONFIG
			 " (not to KDUMP_COMMANDLINE, which replaces the whole line), and restart "
			 "kdump",
			 word);
	else if (k->has_append)
		snprintf(buf, cap,
			 "add %s to KDUMP_CMDLINE_APPEND in /" KDUMP_DEBIAN
			 ", and load the capture kernel again",
			 word);
	else if (find_word(k->append, word))
		snprintf(buf, cap,
			 "load the capture kernel again: kdump-config unload, kdump-config load");
	else
		snprintf(buf, cap,
			 "set KDUMP_CMDLINE_APPEND=\"%.300s %s\" in /" KDUMP_DEBIAN
			 " (it replaces the default words, so repeat them), and load the capture "
			 "kernel again",
			 k->append, word);
}

/*
 * As the kernel's kstrtobool(): the first letter counts, in "on" and "off" the second. Other text
 * changes nothing.
 */
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

/* Remove backslashes before quotes: they were for the shell. */
static void without_backslashes(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (text[0] != '\\' || text[1] != '"')
			*to++ = *text;
	*to = 0;
}

/*
 * "/sbin/kexec -p --command-line="root=... a="b c"" --initrd=... /vmlinuz": read this command, by
 * which kdump-tools loaded the kernel. The line may have quotes of its own, so the last quote is
 * the one that closes it.
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
	snprintf(check->cmdline_from, sizeof(check->cmdline_from), LOADED_LINE);
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
	if (!k->line[0])
		check->running_bytes = strlen(check->cmdline);
	append_words(check, k->append, NULL);
	snprintf(check->cmdline_from, sizeof(check->cmdline_from), "/%s", k->line_from);
}

static void say_loaded(struct check *check)
{
	char lockdown[CHECK_LOCKDOWN_BYTES];

	if (!fsroot_exists(&check->ctl->root, "sys/kernel/kexec_crash_loaded"))
		check_say(check, CHECK_UNKNOWN, "kexec", NULL,
			  "/sys/kernel/kexec_crash_loaded does not exist");
	else if (is_loaded(check))
		check_say(check, CHECK_OK, "kexec", NULL, "a capture kernel is loaded");
	else if (check_locked_down(&check->ctl->root, lockdown))
		check_say(check, CHECK_FAIL, "kexec",
			  "load a signed capture kernel by kexec_file_load(2): kexec -p -s",
			  "no capture kernel is loaded, and this kernel is locked down: it "
			  "refuses kexec_load(2)");
	else
		check_say(check, CHECK_FAIL, "kexec",
			  "load one with kdumpctl start, kdump-config load or kexec -p",
			  "no capture kernel is loaded: a crash leaves no dump");
}

/*
 * Does the capture kernel start the unit that writes the dump? That is kdump-tools-dump.service;
 * in older releases kdump-tools.service, which dumps when /proc/vmcore exists.
 */
static void say_unit(struct check *check)
{
	const char *line = check->cmdline, *last = check_cmdline_last(check, UNIT_WORD);
	char word[256] = "", advice[CHECK_ADVICE_BYTES];

	while (last && line < last && check_cmdline_next(&line, word, sizeof(word)))
		;
	if (!(check->kdump.systems & KDUMP_DEBIANS) || strcmp(word, DUMP_UNIT) == 0 ||
	    strcmp(word, UNIT_WORD "kdump-tools.service") == 0)
		return;
	if (last && check_cmdline_find(check, DUMP_UNIT)) {
		check_cmdline_remove(check, last, word, advice, sizeof(advice));
		check_say(check, CHECK_FAIL, "cmdline", advice,
			  "%s has %s, and the last " UNIT_WORD
			  " counts: the capture kernel takes no dump",
			  check_cmdline_source(check, last), word);
	} else {
		check_cmdline_add(check, DUMP_UNIT, advice, sizeof(advice));
		check_say(check, CHECK_FAIL, "cmdline", advice,
			  "%s has no " DUMP_UNIT ": the capture kernel takes no dump",
			  check->cmdline_from);
	}
}

/* Will the dump itself have our records, in a note? A file beside the dump has them in any case. */
static void say_cmdline(struct check *check)
{
	const char *word;

	if (!check->cmdline_from[0]) {
		check_say(
			check, CHECK_UNKNOWN, "cmdline", NULL,
			"the capture kernel's command line is not known: neither /" KDUMP_SYSCONFIG
			" nor /" KDUMP_DEBIAN " could be read");
		return;
	}
	say_unit(check);
	word = check_cmdline_find(check, "novmcoredd");
	if (word)
		check_say(check, CHECK_INFO, "novmcoredd",
			  "The records will be in a file beside the dump; " NAME_CTL
			  " embed puts them into the dump",
			  "%s has novmcoredd, which forbids notes of drivers in the dump",
			  check_cmdline_source(check, word));
	else
		check_say(check, CHECK_OK, "novmcoredd", NULL,
			  "%s allows notes of drivers in the dump", check->cmdline_from);
}

void check_kdump(struct check *check)
{
	kdumpconf_read(&check->ctl->root, &check->kdump);
	say_loaded(check);
	read_cmdline(check);
	say_cmdline(check);
}
