// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c - /dev/smmu_adopt: what user space may ask for. debugfs is read-only
 * under kernel lockdown, and so is PCI configuration space; a misc device of a
 * signed module is not.
 *
 * What is done to a device is what quiescing needs and no more, and only to
 * devices for which it cannot do harm: behind an adopted SMMU, no bridge, no
 * driver. The device's lock is only tried: a driver stuck in its probe holds it.
 *
 * Order of locks: the device's, then those of going.h.
 */
#include <linux/capability.h>
#include <linux/crash_dump.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core/names.h"
#include "asids.h"
#include "attach.h"
#include "compat.h"
#include "control.h"
#include "devices.h"
#include "going.h"
#include "late_group.h"
#include "log.h"
#include "note.h"
#include "regs.h"
#include "smmu.h"
#include "smmu_adopt_uapi.h"

#define MAX_WRITE SZ_64K

static struct sa_smmu *smmus;
static u32 smmu_n;

/* ---- finding the device ---- */

static bool behind(const struct sa_smmu *smmu, struct device *dev)
{
	u32 sids[SA_DEV_SIDS], n;
	bool derived;

	if (!sa_dev_enter(dev))
		return false;
	n = sa_sids(smmu, dev, sids, &derived);
	sa_dev_leave();
	return n;
}

static int judge_adopted(struct device *dev)
{
	struct sa_look *look = kmalloc(sizeof(*look), GFP_KERNEL);
	int r = -EPERM;
	u32 i;

	if (!look)
		return -ENOMEM;
	for (i = 0; i < smmu_n; i++) {
		if (!behind(&smmus[i], dev))
			continue;
		sa_look(&smmus[i], look);
		if (look->verdict.state == ADOPT_ADOPTED)
			r = 0;
		break;
	}
	kfree(look);
	return r;
}

static bool is_bridge(const struct pci_dev *pdev)
{
	return pdev->class >> 16 == PCI_BASE_CLASS_BRIDGE || pdev->subordinate ||
	       pdev->hdr_type != PCI_HEADER_TYPE_NORMAL;
}

/* The device, referenced and locked, when it may be acted upon. */
static int take_device(const char *name, struct pci_dev **ret)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, name);
	int r = 0;

	if (!dev)
		return -ENODEV;
	if (is_bridge(to_pci_dev(dev)))
		r = -EOPNOTSUPP;
	else
		r = judge_adopted(dev);
	if (!r && !device_trylock(dev))
		r = -EBUSY;
	if (!r && dev->driver) {
		device_unlock(dev);
		r = -EBUSY;
	}
	if (r)
		put_device(dev);
	else
		*ret = to_pci_dev(dev);
	return r;
}

static void put_pci(struct pci_dev *pdev)
{
	device_unlock(&pdev->dev);
	pci_dev_put(pdev);
}

/* ---- what is done to it ---- */

static int master_off(struct pci_dev *pdev, u32 *ret_result)
{
	u16 command;

	if (pdev->current_state == PCI_D3cold || pci_channel_offline(pdev) ||
	    pci_read_config_word(pdev, PCI_COMMAND, &command) || command == 0xffff)
		return -EIO;
	/* Not pci_clear_master(): that is for drivers, and trusts the kernel's own note. */
	if (command & PCI_COMMAND_MASTER) {
		*ret_result |= SMMU_ADOPT_DEV_WAS_MASTER;
		if (pci_write_config_word(pdev, PCI_COMMAND, command & ~PCI_COMMAND_MASTER))
			return -EIO;
	}
	if (sa_pci_pending(pdev))
		*ret_result |= SMMU_ADOPT_DEV_PENDING;
	return 0;
}

/* With the lock of the group held, so that the domain stays and is not attached meanwhile. */
static void flush_domain(struct device *dev, void *data)
{
	*(int *)data = sa_attach_flush(sa_domain_of(dev)) ? 0 : -ENXIO;
}

/*
 * Before the driver comes, as smmu_adopt(4) tells. A deferred attach is followed by another
 * one (attach.c); a device that was attached at once has only this.
 */
static int flush(struct pci_dev *pdev, u32 *ret_result)
{
	int r = 0;

	if (!sa_dev_enter(&pdev->dev))
		return -ENODEV;
	/* Before 6.15 there is no group until a driver binds: nothing to flush yet. */
	if (!sa_dev_in_group(&pdev->dev, &r, flush_domain))
		r = -ENXIO;
	sa_dev_leave();
	return r;
}

static bool has_group(struct device *dev)
{
	struct iommu_group *group = NULL;

	if (sa_dev_enter(dev)) {
		group = iommu_group_get(dev);
		sa_dev_leave();
	}
	iommu_group_put(group);
	return group;
}

/* From 6.15 on a device has them since it was found. */
static int make_domain(struct pci_dev *pdev)
{
	int r = has_group(&pdev->dev) ? 0 : sa_late_group_make(&pdev->dev);

	return r ?: has_group(&pdev->dev) ? 0 : -ENXIO;
}

/* The name in the request; 0 or a negative errno. */
static int get_request(void __user *arg, struct smmu_adopt_device *req)
{
	if (copy_from_user(req, arg, sizeof(*req)))
		return -EFAULT;
	if (req->flags || req->reserved[0] || req->reserved[1] || !req->name[0] ||
	    strnlen(req->name, sizeof(req->name)) == sizeof(req->name))
		return -EINVAL;
	req->result = 0;
	return 0;
}

static int with_device(void __user *arg, int (*act)(struct pci_dev *pdev, u32 *ret_result))
{
	struct smmu_adopt_device req;
	struct pci_dev *pdev;
	int r;

	r = get_request(arg, &req);
	if (r)
		return r;
	r = take_device(req.name, &pdev);
	if (r)
		return r;
	r = act(pdev, &req.result);
	put_pci(pdev);
	if (!r && copy_to_user(arg, &req, sizeof(req)))
		r = -EFAULT;
	return r;
}

static int domain(void __user *arg)
{
	struct smmu_adopt_device req;
	struct pci_dev *pdev;
	int r;

	r = get_request(arg, &req);
	if (!r)
		r = take_device(req.name, &pdev);
	if (r)
		return r;
	/* The driver core takes the lock itself. */
	device_unlock(&pdev->dev);
	r = make_domain(pdev);
	pci_dev_put(pdev);
	if (!r && copy_to_user(arg, &req, sizeof(req)))
		r = -EFAULT;
	return r;
}

static int info(void __user *arg)
{
	struct smmu_adopt_info ret = { .version = SMMU_ADOPT_API_VERSION, .smmus = smmu_n };
	struct sa_look *look = kmalloc(sizeof(*look), GFP_KERNEL);
	u32 i, flushes;

	if (!look)
		return -ENOMEM;
	for (i = 0; i < smmu_n; i++) {
		sa_look(&smmus[i], look);
		ret.adopted += look->verdict.state == ADOPT_ADOPTED;
		if (sa_asids(&smmus[i]) == REC_ASIDS_REUSED)
			ret.flags |= SMMU_ADOPT_INFO_ASID_REUSED;
	}
	kfree(look);
	if (is_kdump_kernel())
		ret.flags |= SMMU_ADOPT_INFO_CAPTURE;
	if (sa_attach_flushes(&flushes))
		ret.flags |= SMMU_ADOPT_INFO_ATTACH_FLUSH;
	if (SA_RESET_DETACHES)
		ret.flags |= SMMU_ADOPT_INFO_RESET_DETACHES;
	sa_log_usage(&ret.log_bytes, &ret.log_room);
	ret.note_state = sa_note_state();
	return copy_to_user(arg, &ret, sizeof(ret)) ? -EFAULT : 0;
}

/* ---- the file ---- */

static int control_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) ? nonseekable_open(inode, file) : -EPERM;
}

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case SMMU_ADOPT_IOC_INFO: return info(p);
	case SMMU_ADOPT_IOC_MASTER_OFF: return with_device(p, master_off);
	case SMMU_ADOPT_IOC_FLUSH: return with_device(p, flush);
	case SMMU_ADOPT_IOC_DOMAIN: return domain(p);
	}
	/* A call that we have, with a struct that we do not. */
	if (_IOC_TYPE(cmd) == SMMU_ADOPT_IOC_TYPE && _IOC_NR(cmd) <= 3)
		return -EINVAL;
	return -ENOTTY;
}

static ssize_t control_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	u8 *copy;
	int r;

	if (count > MAX_WRITE)
		return -EMSGSIZE;
	copy = memdup_user(from, count);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	r = sa_log_append(copy, count);
	kfree(copy);
	return r ?: count;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.write = control_write,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = SMMU_ADOPT_MODULE,
	.fops = &control_fops,
	.mode = 0600,
};

void sa_control_init(struct sa_smmu *list, u32 n)
{
	int r;

	smmus = list;
	smmu_n = n;
	/* In a machine that did not crash nothing is done to devices. */
	if (is_kdump_kernel())
		sa_late_group_init();
	r = misc_register(&control);
	if (!r)
		return;
	control.this_device = NULL;
	pr_warn("no /dev/" SMMU_ADOPT_MODULE " (%d)\n", r);
}

void sa_control_exit(void)
{
	if (control.this_device)
		misc_deregister(&control);
	sa_late_group_exit();
}
