// SPDX-License-Identifier: GPL-2.0-only
/*
 * going.c - devices that are being removed.
 *
 * A reference keeps the struct device, but not what hangs on it. Whoever removes
 * a device frees dev->iommu, StreamIDs and all, and drops its group: from the
 * notifier BUS_NOTIFY_REMOVED_DEVICE, with no lock of the device held, and
 * whoever has a reference to the group. pci_lock_rescan_remove() would keep
 * that away on one bus, but it is held over the probes of drivers that come
 * with a rescan or a late host bridge, and so for ever when one is stuck; it
 * cannot be tried.
 *
 * So we are told: BUS_NOTIFY_DEL_DEVICE comes before anything is taken apart,
 * waits here until nobody looks, and from then on nobody looks at that device.
 *
 * What else frees dev->iommu, an IOMMU probe that fails and an SMMU driver that
 * is unloaded, holds the lock of the group, which iommu_group_for_each_dev()
 * takes. Left is the moment between reading dev->iommu_group and getting the
 * reference in iommu_group_get(), as for every caller of it.
 *
 * Order of locks: pci_rescan_remove_lock (theirs), looking, group->mutex. Under
 * "looking" nothing waits for a driver.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "going.h"

#define MAX_GOING 64 /* at a time; beyond, nobody is looked at until all of them are gone */

static DEFINE_MUTEX(looking);
static const struct device *going[MAX_GOING];
static u32 going_n, uncounted;

static int find(const struct device *dev)
{
	u32 i;

	for (i = 0; i < going_n; i++)
		if (going[i] == dev)
			return i;
	return -1;
}

static void goes(const struct device *dev)
{
	if (going_n == MAX_GOING)
		uncounted++;
	else
		going[going_n++] = dev;
}

static void gone(const struct device *dev)
{
	int i = find(dev);

	if (i >= 0)
		going[i] = going[--going_n];
	else if (uncounted)
		uncounted--;
}

static int on_bus(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action != BUS_NOTIFY_DEL_DEVICE && action != BUS_NOTIFY_REMOVED_DEVICE)
		return NOTIFY_DONE;
	mutex_lock(&looking);
	if (action == BUS_NOTIFY_DEL_DEVICE)
		goes(data);
	else
		gone(data);
	mutex_unlock(&looking);
	return NOTIFY_DONE;
}

static const struct bus_type *const buses[] = { &pci_bus_type, &platform_bus_type };

/* After the IOMMU core's: when we hear that a device is gone, dev->iommu is. */
static struct notifier_block watch[ARRAY_SIZE(buses)] = {
	{ .notifier_call = on_bus, .priority = -1 },
	{ .notifier_call = on_bus, .priority = -1 },
};
static bool watched[ARRAY_SIZE(buses)];

void sa_going_init(void)
{
	u32 i;
	int r;

	for (i = 0; i < ARRAY_SIZE(buses); i++) {
		r = bus_register_notifier(buses[i], &watch[i]);
		watched[i] = !r;
		if (r)
			pr_warn("removals on the %s bus are not seen (%d)\n", buses[i]->name, r);
	}
}

void sa_going_exit(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(buses); i++)
		if (watched[i])
			bus_unregister_notifier(buses[i], &watch[i]);
}

bool sa_dev_enter(const struct device *dev)
{
	mutex_lock(&looking);
	if (!uncounted && find(dev) < 0)
		return true;
	mutex_unlock(&looking);
	return false;
}

void sa_dev_leave(void)
{
	mutex_unlock(&looking);
}

struct each {
	void *data;
	int (*fn)(struct device *dev, void *data);
};

static int visit(struct device *dev, void *data)
{
	struct each *e = data;
	int r;

	if (!sa_dev_enter(dev))
		return 0;
	r = e->fn(dev, e->data);
	sa_dev_leave();
	return r;
}

void sa_dev_each(void *data, int (*fn)(struct device *dev, void *data))
{
	struct each e = { data, fn };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(buses); i++)
		if (bus_for_each_dev(buses[i], NULL, &e, visit))
			return;
}

struct in_group {
	const struct device *dev;
	void *data;
	void (*fn)(struct device *dev, void *data);
	bool done;
};

static int pick(struct device *dev, void *data)
{
	struct in_group *g = data;

	if (dev != g->dev || !dev->iommu || !dev->iommu->iommu_dev)
		return 0;
	g->fn(dev, g->data);
	g->done = true;
	return 1;
}

bool sa_dev_in_group(struct device *dev, void *data, void (*fn)(struct device *dev, void *data))
{
	struct in_group g = { .dev = dev, .data = data, .fn = fn };
	struct iommu_group *group = iommu_group_get(dev);

	if (!group)
		return false;
	iommu_group_for_each_dev(group, &g, pick);
	iommu_group_put(group);
	return g.done;
}
