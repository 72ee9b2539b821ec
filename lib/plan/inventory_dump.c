// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory_dump.c - marks the devices of the dump path, and decides whether the dump path is
 * certain.
 *
 * The answer was found on the healthy machine and is in the configuration as names on a bus: a
 * capture image lacks the programs to find it again, and most of sysfs that is needed for it does
 * not exist before the drivers are bound. So it is a prediction. It counts as certain if the
 * configuration has no reason for doubt, every device exists, and each device still has the class
 * and id that the configuration has for it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/parse.h"
#include "lib/base/userinfo.h"
#include "lib/machine/sysdev.h"
#include "lib/plan/inventory.h"

#define NOT_CERTAIN "the dump path is not known for certain"

struct marking {
	struct inventory *inv;
	const struct fsroot *root;
	inv_complain_fn complain;
	void *priv;
	bool doubt;
};

static void doubt(struct marking *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void doubt(struct marking *m, const char *format, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	m->doubt = true;
	m->complain(m->priv, REC_FIND_CONFIG, NULL, text);
}

static bool attribute(const struct marking *m, const char *device, const char *name, uint32_t *ret)
{
	char text[16];

	return fsroot_read_text(m->root, text, sizeof(text), "sys/bus/pci/devices/%s/%s", device,
				name) > 0 &&
	       parse_u32(text, 0, 0xffffff, ret) == 0;
}

/*
 * Is the function at this address still the configured one? Yes, if the configuration has no class
 * or id.
 */
static bool is_the_one(struct marking *m, const struct config_device *device)
{
	uint32_t class_code = 0, vendor = 0, product = 0;
	bool read;

	if (!device->has_class && !device->has_id)
		return true;
	read = attribute(m, device->name, "class", &class_code) &&
	       attribute(m, device->name, "vendor", &vendor) &&
	       attribute(m, device->name, "device", &product);
	if (read && (!device->has_class || device->class_code == class_code) &&
	    (!device->has_id || (device->vendor == vendor && device->product == product)))
		return true;
	if (read)
		doubt(m,
		      "%.48s has class 0x%06x and id %04x:%04x now, so it is not the dump device "
		      "that was configured",
		      device->name, class_code, vendor, product);
	else
		doubt(m, "class and id of %.48s cannot be read", device->name);
	return false;
}

static bool does_dma(const char *bus)
{
	static const char *const buses[] = { "pci", "platform", "amba", "fsl-mc" };
	size_t i;

	for (i = 0; i < sizeof(buses) / sizeof(buses[0]); i++)
		if (strcmp(bus, buses[i]) == 0)
			return true;
	return false;
}

static void take_device(struct marking *m, const struct config_device *device)
{
	char bus[16], shown[CONFIG_DEVICE_BYTES];
	bool known = false;
	u32 d;

	if (!config_dump_is_bus_name(device->name)) {
		userinfo_cut(shown, sizeof(shown), device->name);
		doubt(m,
		      "dump device %s is not a name on a bus: build the image anew, which looks it up",
		      shown);
		return;
	}
	if (sysdev_find_bus(m->root, device->name, bus, sizeof(bus)) < 0) {
		doubt(m, "dump device %s does not exist", device->name);
		return;
	}
	if (!is_the_one(m, device))
		return;
	for (d = 0; d < m->inv->count; d++)
		if (strcmp(m->inv->devices[d].name, device->name) == 0)
			known = m->inv->devices[d].dump_path = true;
	/* A disk of SCSI has a name on a bus, too, and does no DMA. */
	if (known || does_dma(bus))
		m->inv->dump_present++;
	else
		doubt(m,
		      "dump device %s is on bus %s, so the device that does its DMA is not known",
		      device->name, bus);
}

static void take_reasons(struct marking *m, const struct config_dump *dump)
{
	size_t i;

	for (i = 0; i < dump->n_reasons; i++)
		doubt(m, "dump path: %s", dump->reason[i]);
	if (dump->n_lost_reasons)
		doubt(m, "dump path: %zu more reasons", dump->n_lost_reasons);
}

static const char *why_all(const struct inventory *inv, const struct config_dump *dump)
{
	if (!dump->count)
		return "no dump device is configured";
	return inv->dump_present ? NOT_CERTAIN : "no configured dump device exists";
}

static void give_all(struct inventory *inv, inv_complain_fn complain, void *priv, const char *why)
{
	char text[160];

	inv->dump_certain = false;
	if (inv->policy == CONFIG_PROBE_ALL)
		return;
	inv->policy = CONFIG_PROBE_ALL;
	snprintf(text, sizeof(text), "%s: every device gets its driver", why);
	complain(priv, REC_FIND_CONFIG, NULL, text);
}

void inv_dump_doubt(struct inventory *inv, inv_complain_fn complain, void *priv, const char *text)
{
	complain(priv, REC_FIND_CONFIG, NULL, text);
	give_all(inv, complain, priv, NOT_CERTAIN);
}

void inv_dump_path(struct inventory *inv, const struct fsroot *root, const struct config *config,
		   inv_complain_fn complain, void *priv)
{
	struct marking m = { .inv = inv, .root = root, .complain = complain, .priv = priv };
	const struct config_dump *dump = &config->dump;
	size_t i;
	u32 d;

	inv->dump_present = 0;
	for (d = 0; d < inv->count; d++) {
		inv->devices[d].dump_path = inv->devices[d].supplier = inv->devices[d].asked =
			false;
		inv->devices[d].supplies = 0;
	}
	for (i = 0; i < dump->count; i++)
		take_device(&m, &dump->device[i]);
	take_reasons(&m, dump);
	inv->in_order = dump->in_order;
	if (dump->in_order && !m.doubt)
		doubt(&m, "all devices are to be probed in the order of the bus");
	inv->dump_certain = dump->count && !m.doubt;
	inv->policy = config->policy;
	if (!inv->dump_certain)
		give_all(inv, complain, priv, why_all(inv, dump));
}
