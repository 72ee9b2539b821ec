// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vm_probe - a driver for the emulated e1000e that behaves as bad ones do. It
 * never touches the device.
 *
 *	how=hang  its probe never returns, and no signal ends it
 *	how=fail  its probe fails
 *	how=slow  its probe takes four seconds
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sched.h>

static char *how = "fail";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "hang, fail or slow");

static int vm_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	pci_info(pdev, "vm_probe: %s\n", how);
	while (strcmp(how, "hang") == 0)
		schedule_timeout_idle(HZ);
	if (strcmp(how, "fail") == 0)
		return -EIO;
	msleep(4000);
	return 0;
}

static const struct pci_device_id vm_probe_ids[] = { { PCI_DEVICE(PCI_VENDOR_ID_INTEL, 0x10d3) },
						     { 0 } };
MODULE_DEVICE_TABLE(pci, vm_probe_ids);

static struct pci_driver vm_probe_driver = {
	.name = "vm_probe",
	.id_table = vm_probe_ids,
	.probe = vm_probe,
};
module_pci_driver(vm_probe_driver);

MODULE_DESCRIPTION("Probe that hangs, fails or is slow, for tests");
MODULE_LICENSE("GPL");
