// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_masters.c - the devices behind the SMMUs: which of them the image has no
 * driver for, which are not translated now, and the dump's own.
 *
 * A device without a driver in the image is no fault: the daemon stops it and
 * keeps it stopped. An admin wants to know, for nothing else will reset it.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check.h"
#include "daemon/base/cleanup.h"
#include "daemon/sysdev.h"

#define DEVICES_MAX 65536
#define NAMED 6 /* in one line */

struct names {
	unsigned int count;
	struct strbuf text;
};

struct masters {
	struct check *check;
	char *aliases; /* modules.alias, NULL not readable */
	unsigned int count;
	struct names driverless, identity;
	const char *smmu;
};

static void add_name(struct names *names, const char *name)
{
	if (names->count++ < NAMED)
		strbuf_join(&names->text, ", ", name);
	else if (names->count == NAMED + 1)
		strbuf_puts(&names->text, ", ...");
}

static void read_aliases(struct masters *m)
{
	const struct fsroot *root = &m->check->ctl->root;
	const size_t cap = 8u << 20;
	int n;

	if (!m->check->release[0])
		return;
	m->aliases = malloc(cap);
	if (!m->aliases)
		return;
	n = fsroot_read_text(root, m->aliases, cap, "lib/modules/%s/modules.alias",
			     m->check->release);
	if (n < 0)
		n = fsroot_read_text(root, m->aliases, cap, "usr/lib/modules/%s/modules.alias",
				     m->check->release);
	if (n >= 0)
		return;
	free(m->aliases);
	m->aliases = NULL;
}

/* Is some module that matches @modalias in the image? Lines are "alias PATTERN MODULE". */
static bool alias_in_image(const struct masters *m, const char *modalias)
{
	const char *p = m->aliases;
	char line[512], pattern[256], module[64];

	for (; p && *p; p += strcspn(p, "\n"), p += *p == '\n') {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p);
		if (sscanf(line, "alias %255s %63s", pattern, module) == 2 &&
		    !fnmatch(pattern, modalias, 0) && check_has_module(m->check, module))
			return true;
	}
	return false;
}

/* The driver that has it now tells best: a module of the image, or built in. */
static bool has_driver(const struct masters *m, const char *bus, const char *name,
		       const struct sysdev *dev)
{
	const struct fsroot *root = &m->check->ctl->root;
	char module[64];

	if (dev->driver[0]) {
		if (fsroot_link_name(root, module, sizeof(module),
				     "sys/bus/%s/devices/%s/driver/module", bus, name) < 0)
			return true;
		return check_has_module(m->check, module);
	}
	return dev->modalias[0] && alias_in_image(m, dev->modalias);
}

static bool is_bridge(const struct masters *m, const char *bus, const char *name)
{
	char class[16];

	return !strcmp(bus, "pci") &&
	       fsroot_read_text(&m->check->ctl->root, class, sizeof(class),
				"sys/bus/pci/devices/%s/class", name) > 0 &&
	       !strncmp(class, "0x06", 4);
}

static int on_device(void *priv, const char *name)
{
	struct masters *m = priv;
	const struct fsroot *root = &m->check->ctl->root;
	char bus[32], type[32];
	struct sysdev dev;

	if (sysdev_find_bus(root, name, bus, sizeof(bus)) < 0 ||
	    sysdev_read(root, bus, name, &dev) < 0 || is_bridge(m, bus, name))
		return 0;
	m->count++;
	if (m->check->listed && !has_driver(m, bus, name, &dev))
		add_name(&m->driverless, name);
	if (fsroot_read_text(root, type, sizeof(type), "sys/bus/%s/devices/%s/iommu_group/type",
			     bus, name) > 0 &&
	    !strcmp(type, "identity"))
		add_name(&m->identity, name);
	return 0;
}

static int on_smmu(void *priv, const char *name)
{
	struct masters *m = priv;

	if (strncmp(name, "smmu3.", 6))
		return 0;
	fsroot_each(&m->check->ctl->root, DEVICES_MAX, on_device, m, "sys/class/iommu/%s/devices",
		    name);
	return 0;
}

static void say_masters(const struct masters *m)
{
	struct check *check = m->check;

	if (!check->listed)
		check_say(check, CHECK_UNKNOWN, "drivers", NULL,
			  "%u devices behind an SMMU; the image's drivers are not known", m->count);
	else if (m->driverless.count)
		check_say(check, CHECK_WARN, "drivers",
			  "nothing to do: they are stopped and kept so; add a driver only if the "
			  "dump needs the device",
			  "%u of %u devices behind an SMMU have no driver in the image: %s",
			  m->driverless.count, m->count, strbuf_text(&m->driverless.text));
	else
		check_say(check, CHECK_OK, "drivers", NULL,
			  "the image has drivers for all %u devices behind an SMMU", m->count);
	if (m->identity.count)
		check_say(
			check, CHECK_WARN, "passthrough",
			"boot without iommu.passthrough=1 where DMA must stay within bounds",
			"%u devices are not translated now: %s; whatever they write after a crash "
			"goes to physical memory",
			m->identity.count, strbuf_text(&m->identity.text));
	else
		check_say(check, CHECK_OK, "passthrough", NULL,
			  "none of them is left untranslated by this kernel");
}

static void say_dump_path(struct check *check)
{
	const struct config_names *dump = &check->config.dump;
	const struct fsroot *root = &check->ctl->root;
	struct names missing = { 0 }, bare = { 0 }, good = { 0 };
	struct masters m = { .check = check };
	struct sysdev dev;
	char bus[32];
	size_t i;

	read_aliases(&m);
	for (i = 0; i < dump->count; i++) {
		const char *name = dump->name[i];

		if (sysdev_find_bus(root, name, bus, sizeof(bus)) < 0 ||
		    sysdev_read(root, bus, name, &dev) < 0)
			add_name(&missing, name);
		else if (check->listed && !has_driver(&m, bus, name, &dev))
			add_name(&bare, name);
		else
			add_name(&good, name);
	}
	if (missing.count)
		check_say(check, CHECK_FAIL, "dump path", "correct [Dump] device= in /" PATH_CONF,
			  "no such device: %s", strbuf_text(&missing.text));
	if (bare.count)
		check_say(check, CHECK_FAIL, "dump path", "add the driver to the image",
			  "the image has no driver for %s: no dump can be written there",
			  strbuf_text(&bare.text));
	if (good.count && !missing.count && !bare.count)
		check_say(check, CHECK_OK, "dump path", NULL, "%s", strbuf_text(&good.text));
	if (!dump->count)
		check_say(check, CHECK_WARN, "dump path", "name its devices in /" PATH_CONF,
			  "no device of the dump is configured: every device will get its driver");
	free(m.aliases);
	strbuf_free(&missing.text);
	strbuf_free(&bare.text);
	strbuf_free(&good.text);
}

static void say_lockdown(struct check *check)
{
	char text[64];

	if (fsroot_read_text(&check->ctl->root, text, sizeof(text),
			     "sys/kernel/security/lockdown") < 0 ||
	    strstr(text, "[none]"))
		check_say(check, CHECK_OK, "lockdown", NULL, "the kernel is not locked down");
	else
		check_say(check, CHECK_WARN, "lockdown",
			  "sign " SMMU_ADOPT_MODULE ".ko: the kernel takes no other, and only a "
			  "module can stop devices then",
			  "the kernel is locked down (%s)", text);
}

void check_masters(struct check *check)
{
	struct masters m = { .check = check };

	if (!check->n_smmus)
		return;
	read_aliases(&m);
	fsroot_each(&check->ctl->root, 256, on_smmu, &m, "sys/class/iommu");
	say_masters(&m);
	free(m.aliases);
	strbuf_free(&m.driverless.text);
	strbuf_free(&m.identity.text);
	say_dump_path(check);
	say_lockdown(check);
}
