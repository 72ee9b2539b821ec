// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * pci_class.c - PCI class codes in words, for the classes that do DMA in servers. The capture
 * image has no pci.ids, and a number says nothing to a tired admin.
 */
#include "lib/story/facts.h"

static const struct {
	u16 code; /* base class and sub-class */
	const char *name;
} classes[] = {
	{ 0x0100, "SCSI controller" },
	{ 0x0101, "IDE controller" },
	{ 0x0104, "RAID controller" },
	{ 0x0106, "SATA controller" },
	{ 0x0107, "SAS controller" },
	{ 0x0108, "NVMe controller" },
	{ 0x0200, "Ethernet controller" },
	{ 0x0207, "InfiniBand controller" },
	{ 0x0208, "fabric controller" },
	{ 0x0300, "VGA controller" },
	{ 0x0302, "3D controller" },
	{ 0x0403, "audio device" },
	{ 0x0502, "CXL memory device" },
	{ 0x0600, "host bridge" },
	{ 0x0604, "PCI bridge" },
	{ 0x0700, "serial controller" },
	{ 0x0801, "DMA controller" },
	{ 0x0805, "SD host controller" },
	{ 0x0806, "IOMMU" },
	{ 0x0b40, "co-processor" },
	{ 0x0c03, "USB controller" },
	{ 0x0c04, "Fibre Channel controller" },
	{ 0x0c06, "InfiniBand controller" },
	{ 0x1000, "encryption controller" },
	{ 0x1200, "processing accelerator" },
};

static const char *const bases[] = {
	[0x01] = "storage controller",
	[0x02] = "network controller",
	[0x03] = "display controller",
	[0x04] = "multimedia device",
	[0x05] = "memory controller",
	[0x06] = "bridge",
	[0x07] = "communication controller",
	[0x08] = "system peripheral",
	[0x09] = "input device",
	[0x0b] = "processor",
	[0x0c] = "serial bus controller",
	[0x0d] = "wireless controller",
	[0x0e] = "intelligent controller",
	[0x10] = "encryption controller",
	[0x11] = "signal processing controller",
	[0x12] = "processing accelerator",
};

const char *report_pci_class(u32 class_code)
{
	u32 base = class_code >> 16, i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (class_code >> 8 == classes[i].code)
			return classes[i].name;
	return base < sizeof(bases) / sizeof(bases[0]) ? bases[base] : NULL;
}
