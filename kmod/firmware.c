// SPDX-License-Identifier: GPL-2.0-only
/*
 * firmware.c - what firmware's tables keep from us. A table is used as far as it
 * goes, as the kernel does; devices that it should name and does not have no
 * StreamIDs, here and in the kernel, and must not be missed in silence.
 */
#include <linux/acpi.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "core/iort.h"
#include "core/names.h"
#include "findings.h"
#include "firmware.h"
#include "going.h"

#define MAX_SEGMENTS 16 /* without a root complex, each said by itself */

struct segment {
	u32 nr, functions;
};

struct judged {
	const u8 *iort;
	size_t len;
	u32 unmapped; /* PCI functions that the table sends to no SMMUv3 */
	struct segment missing[MAX_SEGMENTS];
	u32 missing_n, more;
};

static void count_segment(struct judged *j, u32 nr)
{
	u32 i;

	for (i = 0; i < j->missing_n && j->missing[i].nr != nr; i++)
		;
	if (i == MAX_SEGMENTS) {
		j->more++;
		return;
	}
	if (i == j->missing_n)
		j->missing[j->missing_n++] = (struct segment){ .nr = nr };
	j->missing[i].functions++;
}

static int count(struct device *dev, void *data)
{
	struct judged *j = data;
	u32 segment, sid;
	u64 base;

	if (!dev_is_pci(dev))
		return 0;
	segment = pci_domain_nr(to_pci_dev(dev)->bus);
	if (!iort_map_rid(j->iort, j->len, segment, pci_dev_id(to_pci_dev(dev)), &base, &sid))
		return 0;
	j->unmapped++;
	if (!iort_has_segment(j->iort, j->len, segment))
		count_segment(j, segment);
	return 0;
}

static void say(struct sa_findings *f, const struct judged *j, u32 odd)
{
	enum rec_severity severity = odd & IORT_ODD_DAMAGE ? REC_SEV_WARNING : REC_SEV_INFO;
	char names[96];
	u32 i;

	if (odd & IORT_ODD_DAMAGE)
		sa_find(f, REC_FIND_FIRMWARE, REC_SEV_WARNING, REC_NO_SID, 0,
			"IORT: %s; used as far as it goes, %u PCI functions have no StreamID",
			sa_bit_names(odd & ~IORT_ODD_RMR, iort_odd_name, names, sizeof(names)),
			j->unmapped);
	else if (odd & IORT_ODD_OVERLAP)
		sa_find(f, REC_FIND_FIRMWARE, REC_SEV_INFO, REC_NO_SID, 0,
			"IORT: ranges overlap by one id, and are read as the kernel reads them");
	for (i = 0; i < j->missing_n; i++)
		sa_find(f, REC_FIND_FIRMWARE, severity, REC_NO_SID, 0,
			"IORT: no root complex of PCI segment 0x%x, whose %u functions have no StreamID",
			j->missing[i].nr, j->missing[i].functions);
	if (j->more)
		sa_find(f, REC_FIND_FIRMWARE, severity, REC_NO_SID, 0,
			"IORT: no root complex for %u functions in more PCI segments", j->more);
}

void sa_firmware_judge(struct sa_findings *f)
{
	struct acpi_table_header *iort;
	struct judged *j;
	u32 odd;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_IORT, 0, &iort)))
		return;
	j = kzalloc(sizeof(*j), GFP_KERNEL);
	if (j) {
		j->iort = (const u8 *)iort;
		j->len = iort->length;
		odd = iort_odd(j->iort, j->len);
		sa_dev_each(j, count);
		say(f, j, odd);
	}
	kfree(j);
	acpi_put_table(iort);
}
