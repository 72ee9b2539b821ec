// SPDX-License-Identifier: GPL-2.0-only
/*
 * devices.c - the endpoints behind one SMMU, made afresh for each reader, so
 * that devices which came or went after load are right.
 *
 * The honest per-device bit is dev->iommu->attach_deferred: while it is set,
 * hardware runs the crashed kernel's entry, whatever the group's domain says.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sort.h>
#include <linux/uaccess.h>

#include "array.h"
#include "attach.h"
#include "compat.h"
#include "devices.h"
#include "going.h"
#include "sidset.h"
#include "smmu.h"

#define MAX_DEVICES 4096

struct collect {
	const struct sa_smmu *smmu;
	struct sa_devices *devs;
};

static u16 domain_kind(unsigned int type)
{
	switch (type) {
	case IOMMU_DOMAIN_BLOCKED: return REC_DOMAIN_BLOCKED;
	case IOMMU_DOMAIN_IDENTITY: return REC_DOMAIN_IDENTITY;
	case IOMMU_DOMAIN_DMA: return REC_DOMAIN_DMA;
	case IOMMU_DOMAIN_DMA_FQ: return REC_DOMAIN_DMA_FQ;
	default: return REC_DOMAIN_OTHER;
	}
}

/* With the lock of the group held. */
static void read_domain(struct device *dev, void *data)
{
	const struct iommu_domain *domain = sa_domain_of(dev);
	struct rec_device *d = data;

	if (dev->iommu->attach_deferred)
		d->flags |= REC_DEV_DEFERRED;
	d->domain = domain ? domain_kind(domain->type) : REC_DOMAIN_NONE;
	if (d->domain == REC_DOMAIN_IDENTITY)
		d->flags |= REC_DEV_IDENTITY;
}

static void read_iommu(struct device *dev, struct rec_device *d)
{
	struct iommu_group *group = iommu_group_get(dev);

	d->group = -1;
	if (!group)
		return;
	d->group = iommu_group_id(group);
	d->flags |= REC_DEV_GROUP;
	sa_dev_in_group(dev, d, read_domain);
	iommu_group_put(group);
}

/*
 * A driver may leave the device meanwhile, and its module the kernel. The device's lock would
 * keep it, but a driver that is stuck in its probe never gives it back.
 */
static void read_driver(struct device *dev, char *name, size_t len)
{
	const struct device_driver *drv = READ_ONCE(dev->driver);
	const char *from;
	size_t i;

	if (!drv || get_kernel_nofault(from, &drv->name))
		return;
	for (i = 0; i + 1 < len; i++)
		if (get_kernel_nofault(name[i], from + i) || !name[i])
			break;
	name[i] = 0;
}

bool sa_pci_pending(struct pci_dev *pdev)
{
	int af = pci_find_capability(pdev, PCI_CAP_ID_AF);
	u16 devsta = 0;
	u8 status = 0;

	pcie_capability_read_word(pdev, PCI_EXP_DEVSTA, &devsta);
	if (af)
		pci_read_config_byte(pdev, af + PCI_AF_STATUS, &status);
	return (devsta & PCI_EXP_DEVSTA_TRPND) || (status & PCI_AF_STATUS_TP);
}

/* Bits @mask of the control word at @offset of an extended capability. */
static bool ext_enabled(struct pci_dev *pdev, int cap, int offset, u16 mask)
{
	int pos = pci_find_ext_capability(pdev, cap);
	u16 ctrl;

	return pos && !pci_read_config_word(pdev, pos + offset, &ctrl) && ctrl != 0xffff &&
	       (ctrl & mask);
}

/*
 * The enable bits survive the crash, while the new kernel's own notes of them
 * start clear: so config space is asked, not the kernel.
 */
static void read_caps(struct pci_dev *pdev, struct rec_device *d)
{
	u32 devcap = 0;
	int af = pci_find_capability(pdev, PCI_CAP_ID_AF);
	u8 caps = 0;

	if (ext_enabled(pdev, PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE))
		d->flags |= REC_DEV_ATS;
	if (ext_enabled(pdev, PCI_EXT_CAP_ID_PRI, PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE))
		d->flags |= REC_DEV_PRI;
	if (ext_enabled(pdev, PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE))
		d->flags |= REC_DEV_PASID;
	pcie_capability_read_dword(pdev, PCI_EXP_DEVCAP, &devcap);
	if (af)
		pci_read_config_byte(pdev, af + PCI_AF_CAP, &caps);
	if ((devcap & PCI_EXP_DEVCAP_FLR) || (caps & PCI_AF_CAP_FLR))
		d->flags |= REC_DEV_FLR;
	if (sa_pci_pending(pdev))
		d->flags |= REC_DEV_PENDING;
}

static void read_pci(struct pci_dev *pdev, struct rec_device *d)
{
	u16 command;

	d->class_code = pdev->class;
	d->vendor = pdev->vendor;
	d->device = pdev->device;
	if (pdev->class >> 16 == PCI_BASE_CLASS_BRIDGE)
		d->flags |= REC_DEV_BRIDGE;
	/* Without power nobody would answer, and some machines take that badly. */
	if (pdev->current_state == PCI_D3cold || pci_channel_offline(pdev))
		return;
	/* Ones: unplugged, or in the middle of a reset. */
	if (pci_read_config_word(pdev, PCI_COMMAND, &command) || command == 0xffff)
		return;
	d->flags |= REC_DEV_CONFIG;
	if (command & PCI_COMMAND_MASTER)
		d->flags |= REC_DEV_BUS_MASTER;
	read_caps(pdev, d);
}

static void fill(const struct sa_smmu *smmu, struct device *dev, struct rec_device *d)
{
	memset(d, 0, sizeof(*d));
	d->smmu = smmu->index;
	d->phase = REC_PHASE_NOW;
	strscpy(d->name, dev_name(dev), sizeof(d->name));
	strscpy(d->bus, dev->bus->name, sizeof(d->bus));
	read_driver(dev, d->driver, sizeof(d->driver));
	d->attach_ns = sa_attach_ns(dev);
	if (d->attach_ns)
		d->flags |= REC_DEV_ATTACH_SEEN;
	read_iommu(dev, d);
	if (dev_is_pci(dev))
		read_pci(to_pci_dev(dev), d);
}

static int add_device(struct collect *c, struct device *dev, const u32 *sids, u32 n, bool derived)
{
	struct sa_devices *devs = c->devs;
	struct rec_device *d;
	u32 i;

	if (devs->n == MAX_DEVICES)
		return -E2BIG;
	if (sa_grow((void **)&devs->item, devs->n, &devs->cap, sizeof(*d)))
		return -ENOMEM;
	d = &devs->item[devs->n];
	fill(c->smmu, dev, d);
	d->flags |= derived ? REC_DEV_SID_DERIVED : 0;
	d->flags |= n > REC_DEVICE_SIDS ? REC_DEV_SIDS_CUT : 0;
	d->sid_count = min_t(u32, n, REC_DEVICE_SIDS);
	memcpy(d->sids, sids, d->sid_count * sizeof(*sids));
	for (i = 0; i < n; i++) {
		if (sa_grow((void **)&devs->sids, devs->sids_n, &devs->sids_cap,
			    sizeof(*devs->sids)))
			return -ENOMEM;
		devs->sids[devs->sids_n++] = (struct sa_sid_owner){ sids[i], devs->n };
	}
	devs->n++;
	return 0;
}

static int visit(struct device *dev, void *data)
{
	struct collect *c = data;
	u32 sids[SA_DEV_SIDS], n;
	bool derived;

	if (dev == c->smmu->dev)
		return 0;
	n = sa_sids(c->smmu, dev, sids, &derived);
	if (n && !c->devs->error)
		c->devs->error = add_device(c, dev, sids, n, derived);
	return c->devs->error;
}

static int by_sid(const void *a, const void *b)
{
	const struct sa_sid_owner *x = a, *y = b;

	return x->sid < y->sid ? -1 : x->sid > y->sid;
}

static void mark_shared(struct sa_devices *devs)
{
	struct sa_sid_owner *s = devs->sids;
	u32 i;

	sort(s, devs->sids_n, sizeof(*s), by_sid, NULL);
	for (i = 1; i < devs->sids_n; i++) {
		if (s[i].sid != s[i - 1].sid)
			continue;
		devs->item[s[i].dev].flags |= REC_DEV_SID_SHARED;
		devs->item[s[i - 1].dev].flags |= REC_DEV_SID_SHARED;
	}
}

void sa_devices_collect(const struct sa_smmu *smmu, struct sa_devices *ret)
{
	struct collect c = { .smmu = smmu, .devs = ret };

	memset(ret, 0, sizeof(*ret));
	sa_dev_each(&c, visit);
	/* A device that did not make it whole must not be named by its StreamIDs. */
	while (ret->sids_n && ret->sids[ret->sids_n - 1].dev >= ret->n)
		ret->sids_n--;
	mark_shared(ret);
}

void sa_devices_free(struct sa_devices *devs)
{
	kvfree(devs->item);
	kvfree(devs->sids);
}

struct rec_device *sa_devices_owner(const struct sa_devices *devs, u32 sid)
{
	u32 lo = 0, hi = devs->sids_n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (devs->sids[mid].sid == sid)
			return &devs->item[devs->sids[mid].dev];
		if (devs->sids[mid].sid < sid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void sa_devices_sids(const struct sa_devices *devs, struct sa_sidset *set)
{
	u32 i;

	for (i = 0; i < devs->sids_n; i++)
		sa_sidset_add(set, devs->sids[i].sid, 1);
}
