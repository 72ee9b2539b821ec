// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_masters.c - the devices behind the SMMUs: which of them have no driver in the image, and
 * whose DMA does the SMMU not translate now?
 *
 * A device without a driver in the image is no fault: the daemon stops it and keeps it stopped.
 * An admin wants to know of it, as no driver will reset it.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"
#include "lib/machine/sysdev.h"

#define DEVICES_MAX 65536
#define NAMED 6 /* names in one line */

struct names {
	unsigned int count;
	struct strbuf text;
};

struct masters {
	struct check *check;
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

static void read_aliases(struct check *check)
{
	const struct fsroot *root = &check->ctl->root;
	const size_t cap = 8u << 20;
	int n;

	if (check->aliases || !check->release[0])
		return;
	check->aliases = malloc(cap);
	if (!check->aliases)
		return;
	n = fsroot_read_text(root, check->aliases, cap, "lib/modules/%s/modules.alias",
			     check->release);
	if (n < 0)
		n = fsroot_read_text(root, check->aliases, cap, "usr/lib/modules/%s/modules.alias",
				     check->release);
	if (n >= 0)
		return;
	free(check->aliases);
	check->aliases = NULL;
}

/* Does the image have a module that matches @modalias? Lines are "alias PATTERN MODULE". */
static bool alias_in_image(const struct check *check, const char *modalias)
{
	const char *p = check->aliases;
	char line[512], pattern[256], module[64];

	for (; p && *p; p += strcspn(p, "\n"), p += *p == '\n') {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p);
		if (sscanf(line, "alias %255s %63s", pattern, module) == 2 &&
		    !fnmatch(pattern, modalias, 0) && check_has_module(check, module))
			return true;
	}
	return false;
}

bool check_has_driver(struct check *check, const char *bus, const char *name,
		      const struct sysdev *dev)
{
	char module[64];

	if (dev->driver[0]) {
		if (fsroot_link_name(&check->ctl->root, module, sizeof(module),
				     "sys/bus/%s/devices/%s/driver/module", bus, name) < 0)
			return true;
		return check_has_module(check, module);
	}
	read_aliases(check);
	return dev->modalias[0] && alias_in_image(check, dev->modalias);
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
	if (m->check->listed && !check_has_driver(m->check, bus, name, &dev))
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
			  "devices behind an SMMU: %u; the image's drivers are not known",
			  m->count);
	else if (m->driverless.count)
		check_say(check, CHECK_INFO, "drivers",
			  "The daemon stops them and keeps them stopped; add a driver only if "
			  "the dump needs the device",
			  "%u of %u devices behind an SMMU have no driver in the image: %s",
			  m->driverless.count, m->count, strbuf_text(&m->driverless.text));
	else
		check_say(check, CHECK_OK, "drivers", NULL,
			  "the image has drivers for all devices behind an SMMU: %u", m->count);
	if (m->identity.count)
		check_say(check, CHECK_WARN, "translated",
			  "to have DMA translated, boot this system without iommu.passthrough=1",
			  "the SMMU does not translate the DMA of these devices (%u): %s. After a "
			  "crash "
			  "they can still write to all of memory",
			  m->identity.count, strbuf_text(&m->identity.text));
	else
		check_say(check, CHECK_OK, "translated", NULL,
			  "this kernel has the DMA of all devices translated");
}

void check_masters(struct check *check)
{
	struct masters m = { .check = check };

	if (!check->n_smmus)
		return;
	fsroot_each(&check->ctl->root, 256, on_smmu, &m, "sys/class/iommu");
	say_masters(&m);
	strbuf_free(&m.driverless.text);
	strbuf_free(&m.identity.text);
	check_dumppath(check);
}
