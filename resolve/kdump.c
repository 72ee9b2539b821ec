// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kdump.c - run the readers of the kdump systems one after the other, a file kdump_*.c for each.
 * Where several systems are set up, it is not known which one is in use, so the targets of all are
 * collected.
 */
#include "resolve/kdump.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/userinfo.h"

void kdumpconf_doubt(struct kdump *k, const char *format, ...)
{
	va_list ap;

	/* The ninth doubt changes nothing: the targets are uncertain anyway. */
	if (k->n_doubts == KDUMP_DOUBTS_MAX)
		return;
	va_start(ap, format);
	vsnprintf(k->doubt[k->n_doubts++], CONFIG_REASON_BYTES, format, ap);
	va_end(ap);
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x21 || *text == 0x7f)
			return false;
	return true;
}

void kdumpconf_add(struct kdump *k, const char *source, const char *text)
{
	bool ours =
		strcmp(text, KDUMP_DEFAULT_ROUTE) == 0 ||
		(strncmp(text, KDUMP_VIRTIOFS, strlen(KDUMP_VIRTIOFS)) == 0 && is_printable(text));
	char shown[80];
	size_t i;

	for (i = 0; i < k->count; i++)
		if (strcmp(k->target[i].text, text) == 0)
			return;
	userinfo_cut(shown, sizeof(shown), text);
	if (strlen(text) >= KDUMP_WORD_BYTES || (!ours && !config_dump_word_ok(text))) {
		kdumpconf_doubt(k, "/%s: %s is not understood as a dump target", source, shown);
	} else if (k->count == KDUMP_TARGETS_MAX) {
		kdumpconf_doubt(k, "/%s: %s is one dump target too many", source, shown);
	} else {
		strcpy(k->target[k->count].text, text);
		k->target[k->count++].source = source;
	}
}

bool kdumpconf_word(struct kdump *k, const char *source, const char **cursor, char *word,
		    size_t cap)
{
	const char *begin = *cursor + strspn(*cursor, " \t\n");
	size_t len = strcspn(begin, " \t\n");

	*cursor = begin + len;
	if (len >= cap) {
		/* Not even its beginning is shown: it may be a password, whose end is not known. */
		kdumpconf_doubt(k, "/%s: a word of %zu bytes is too long", source, len);
		len = cap - 1;
	}
	memcpy(word, begin, len);
	word[len] = 0;
	return len > 0;
}

void kdumpconf_by_name(struct kdump *k)
{
	if (k->count)
		k->target[k->count - 1].by_name = true;
}

void kdumpconf_root(struct kdump *k, const char *source, const char *line)
{
	char word[KDUMP_WORD_BYTES], root[KDUMP_WORD_BYTES] = "";

	while (kdumpconf_word(k, source, &line, word, sizeof(word)))
		if (strncmp(word, "root=", 5) == 0)
			snprintf(root, sizeof(root), "%s", word + 5);
	if (!root[0])
		return;
	kdumpconf_add(k, source, root);
	kdumpconf_by_name(k);
}

void kdumpconf_read(const struct fsroot *root, struct kdump *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (kdumpconf_read_rhel(root, ret))
		ret->systems |= KDUMP_RHEL;
	if (kdumpconf_read_sysconfig(root, ret))
		ret->systems |= KDUMP_SUSE;
	if (kdumpconf_read_debian(root, ret))
		ret->systems |= KDUMP_DEBIANS;
	if (ret->systems)
		return;
	kdumpconf_add(ret, "a guess", "/");
	kdumpconf_doubt(ret, "no kdump configuration was found: the root file system is a guess");
}
