// SPDX-License-Identifier: LGPL-2.1-or-later
/* config_dump.c - parses the words of the [Dump] section; each is taken or refused by itself. */
#include "lib/machine/config_dump.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fsroot.h"
#include "lib/base/parse.h"
#include "lib/base/userinfo.h"

static const char hex_digits[] = "0123456789abcdef";

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_host(const char *word)
{
	const char *colon = strchr(word, ':');

	return strchr(word, '@') || (colon && strchr(colon, '/'));
}

bool config_dump_word_ok(const char *word)
{
	static const char *const tags[] = { "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=" };
	const char *p;
	size_t i;

	for (p = word; *p; p++)
		if ((unsigned char)*p < 0x21 || *p == 0x7f)
			return false;
	if (strlen(word) >= CONFIG_DEVICE_BYTES || strstr(word, "/../") || starts(word, "../"))
		return false;
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (starts(word, tags[i]))
			return word[strlen(tags[i])];
	return word[0] == '/' || is_host(word) || fsroot_name_ok(word);
}

bool config_dump_is_bus_name(const char *name)
{
	size_t digits = strspn(name, hex_digits);

	if (!fsroot_name_ok(name) || strpbrk(name, "=@"))
		return false;
	/*
	 * Names of PCI and ACPI devices (HISI0162:01) have a colon, names of disks and interfaces
	 * have none. Names of platform devices begin with an address of at least four digits and a
	 * dot, which eth0.5 does not. NXP's management complex has dpni.N.
	 */
	return strchr(name, ':') || (digits >= 4 && name[digits] == '.') ||
	       strncmp(name, "dpni.", 5) == 0;
}

void config_dump_clear(struct config_dump *dump)
{
	memset(dump, 0, sizeof(*dump));
}

void config_dump_doubt(struct config_dump *dump, const char *format, ...)
{
	va_list ap;

	if (dump->n_reasons == CONFIG_REASONS_MAX) {
		dump->n_lost_reasons++;
		return;
	}
	va_start(ap, format);
	vsnprintf(dump->reason[dump->n_reasons++], CONFIG_REASON_BYTES, format, ap);
	va_end(ap);
}

/* Four digits, not more, at *@text, which is then past them. */
static int take_id(const char **text, uint16_t *ret)
{
	char digits[5] = "";

	if (strspn(*text, hex_digits) != 4)
		return -EINVAL;
	memcpy(digits, *text, 4);
	*text += 4;
	*ret = (uint16_t)strtoul(digits, NULL, 16);
	return 0;
}

static int set_id(struct config_device *device, const char *value)
{
	uint16_t vendor, product;

	if (take_id(&value, &vendor) < 0 || *value++ != ':' || take_id(&value, &product) < 0 ||
	    *value)
		return -EINVAL;
	device->vendor = vendor;
	device->product = product;
	device->has_id = true;
	return 0;
}

static int set_class(struct config_device *device, const char *value)
{
	if (!starts(value, "0x") || strspn(value + 2, hex_digits) != 6 || value[8])
		return -EINVAL;
	device->class_code = (uint32_t)strtoul(value + 2, NULL, 16);
	device->has_class = true;
	return 0;
}

static struct config_device *find(struct config_dump *dump, const char *name)
{
	size_t i;

	for (i = 0; i < dump->count; i++)
		if (strcmp(dump->device[i].name, name) == 0)
			return &dump->device[i];
	return NULL;
}

static int add(struct config_dump *dump, const char *name, struct config_device **ret)
{
	*ret = find(dump, name);
	if (*ret)
		return 0;
	if (!config_dump_word_ok(name))
		return -EINVAL;
	if (dump->count == CONFIG_DEVICES_MAX)
		return -E2BIG;
	*ret = &dump->device[dump->count++];
	memset(*ret, 0, sizeof(**ret));
	strcpy((*ret)->name, name);
	return 0;
}

int config_dump_add(struct config_dump *dump, const char *name)
{
	struct config_device *device;

	return add(dump, name, &device);
}

int config_dump_take(struct config_dump *dump, struct config_dump_words *words)
{
	const char *begin = words->rest + strspn(words->rest, " \t,");
	int len = parse_word(&words->rest, words->word, sizeof(words->word)), rc;

	if (!len)
		return 0;
	if (len < 0) {
		/* Its beginning, for the complaint. */
		userinfo_cut(words->word, sizeof(words->word), begin);
		words->last = NULL;
		return -EINVAL;
	}
	if (starts(words->word, "class="))
		rc = words->last ? set_class(words->last, words->word + 6) : -EINVAL;
	else if (starts(words->word, "id="))
		rc = words->last ? set_id(words->last, words->word + 3) : -EINVAL;
	else
		rc = add(dump, words->word, &words->last);
	return rc < 0 ? rc : 1;
}
