// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_dumppath.c - which devices does the dump need, does the image name them, and does it have
 * their drivers? smmu-adopt-resolve tells what the dump needs now; the same program told it when
 * the image was built.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"
#include "ctl/check/resolve_run.h"
#include "lib/base/cleanup.h"
#include "lib/machine/sysdev.h"

#define REBUILD "build the image again"
#define NAME_THEM "name the dump's devices in /" PATH_CONF
#define OTHER_NAMES "use names there that do not change, such as UUID="
#define TOO_MANY                                                                                 \
	"no more devices can be named: keep all drivers in the image, or dump to a target with " \
	"fewer devices"

static const struct config_device *find(const struct config_dump *dump, const char *name)
{
	size_t i;

	for (i = 0; i < dump->count; i++)
		if (strcmp(dump->device[i].name, name) == 0)
			return &dump->device[i];
	return NULL;
}

/* ---- what is found now ---- */

/*
 * Does the command line block the driver of this device? It will need the driver that it has now.
 */
static void look_at_line(struct check *check, const char *bus, const char *name,
			 const struct sysdev *dev)
{
	char module[64], text[96];

	if (!dev->driver[0])
		return;
	if (fsroot_link_name(&check->ctl->root, module, sizeof(module),
			     "sys/bus/%s/devices/%s/driver/module", bus, name) < 0)
		snprintf(module, sizeof(module), "%s", dev->driver);
	snprintf(text, sizeof(text), "the driver of %.48s", name);
	check_blacklist(check, module, text);
}

/* Sort the devices: @good have a driver in the image, @bare have none. */
static void sort_endpoints(struct check *check, const struct config_dump *dump, struct strbuf *good,
			   struct strbuf *bare)
{
	const struct fsroot *root = &check->ctl->root;
	struct sysdev dev;
	char bus[32];
	size_t i;

	for (i = 0; i < dump->count; i++) {
		const char *name = dump->device[i].name;
		bool known = sysdev_find_bus(root, name, bus, sizeof(bus)) == 0 &&
			     sysdev_read(root, bus, name, &dev) == 0;
		bool lacks = known && check->listed && !check_has_driver(check, bus, name, &dev);

		if (known)
			look_at_line(check, bus, name, &dev);
		strbuf_join(lacks ? bare : good, ", ", name);
	}
}

static void say_path(struct check *check, const struct config_dump *dump, const char *how)
{
	_cleanup_strbuf_ struct strbuf good = { 0 }, bare = { 0 };
	const char *advice = dump->in_order			? OTHER_NAMES
			     : dump->count < CONFIG_DEVICES_MAX ? NAME_THEM
								: TOO_MANY;
	size_t i;

	sort_endpoints(check, dump, &good, &bare);
	if (bare.len)
		check_say(check, CHECK_FAIL, "target", "add the driver to the image",
			  "the image has no driver for %s, which the dump needs: the dump cannot "
			  "be written",
			  strbuf_text(&bare));
	for (i = 0; i < dump->n_reasons; i++)
		check_say(check, dump->count ? CHECK_WARN : CHECK_FAIL, "target", advice,
			  "the dump's devices are not known for certain, so every device will "
			  "get its driver: %s",
			  dump->reason[i]);
	if (good.len && !dump->n_reasons)
		check_say(check, CHECK_OK, "target", NULL, "the dump needs %s (%s)",
			  strbuf_text(&good), how);
}

/* ---- what the image knows ---- */

static bool same_device(const struct config_device *a, const struct config_device *b)
{
	return (!a->has_class || !b->has_class || a->class_code == b->class_code) &&
	       (!a->has_id || !b->has_id || (a->vendor == b->vendor && a->product == b->product));
}

static void compare(const struct config_dump *a, const struct config_dump *b, struct strbuf *names)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		const struct config_device *other = find(b, a->device[i].name);

		if (!other || !same_device(&a->device[i], other))
			strbuf_join(names, ", ", a->device[i].name);
	}
}

/* Why the daemon in the image will not rely on its list of devices. NULL: it will. */
static const char *image_doubt(const struct config_dump *image)
{
	size_t i;

	if (!image->count)
		return "it names no device";
	for (i = 0; i < image->count; i++)
		if (!config_dump_is_bus_name(image->device[i].name))
			return "it names a target that the capture kernel cannot look up";
	return image->n_reasons ? image->reason[0] : NULL;
}

static void compare_image(struct check *check, const struct config_dump *now)
{
	_cleanup_strbuf_ struct strbuf missing = { 0 }, more = { 0 };
	const struct config_dump *image = &check->image_config.dump;
	const char *doubt = image_doubt(image);

	compare(now, image, &missing);
	compare(image, now, &more);
	if (doubt && !now->n_reasons)
		check_say(check, CHECK_WARN, "resolved", REBUILD,
			  "the image does not know the dump path for certain, so every device "
			  "will get its driver: %s",
			  doubt);
	else if (!doubt && missing.len)
		check_say(check, CHECK_FAIL, "resolved", REBUILD,
			  "the dump needs %s, which the image does not name: " NAME_DAEMON
			  " will hold it",
			  strbuf_text(&missing));
	else if (!doubt && now->n_reasons)
		check_say(check, CHECK_WARN, "resolved", REBUILD,
			  "the image knows the dump path for certain, but now it is not certain: "
			  "%s",
			  now->reason[0]);
	else if (!doubt && more.len)
		check_say(check, CHECK_WARN, "resolved", REBUILD,
			  "the image names %s, which the dump does not need any more",
			  strbuf_text(&more));
	else
		check_say(check, CHECK_OK, "resolved", NULL,
			  doubt ? "the image also says that the dump path is not certain"
				: "the image names the same devices");
}

void check_dumppath(struct check *check)
{
	_cleanup_free_ struct config *now = malloc(sizeof(*now));
	_cleanup_strbuf_ struct strbuf how = { 0 };
	struct errbuf err = { .text = "out of memory" };

	if (!now || resolve_run(check->ctl, NULL, now, &how, &err) < 0) {
		check_say(check, CHECK_UNKNOWN, "target", NULL, "%s", err.text);
		return;
	}
	say_path(check, &now->dump, strbuf_text(&how));
	if (!check->listed || !check->has_daemon || check->no_confs)
		return;
	compare_image(check, &now->dump);
	if (!image_doubt(&check->image_config.dump))
		check_waits(check);
}
