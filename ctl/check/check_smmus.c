// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_smmus.c - the SMMUs of this machine: does the firmware declare them coherent, is its
 * table sound, and does it reserve memory regions for devices?
 *
 * A capture kernel adopts only a coherent SMMU: it reads the crashed kernel's
 * tables through its caches.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/iort.h"
#include "core/names.h"
#include "ctl/check/check.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#define PATH_IOMMUS "sys/class/iommu"
#define PATH_IORT "sys/firmware/acpi/tables/IORT"
#define PATH_DT_RESERVED "sys/firmware/devicetree/base/reserved-memory"
#define IORT_BYTES_MAX (1u << 20)
#define SMMUS_MAX 256

struct look {
	struct check *check;
	u8 *iort;
	size_t iort_len;
	u64 base; /* of the SMMU that is being looked up */
	u32 flags;
	bool found;
	char odd[32]; /* the name of a non-coherent SMMU, "" none */
	unsigned int unknown, regions;
};

static void read_iort(struct look *look)
{
	_cleanup_close_ int fd = fsroot_openat(&look->check->ctl->root, O_RDONLY, 0, PATH_IORT);
	ssize_t n;

	if (fd < 0)
		return;
	look->iort = malloc(IORT_BYTES_MAX);
	while (look->iort && look->iort_len < IORT_BYTES_MAX &&
	       (n = read(fd, look->iort + look->iort_len, IORT_BYTES_MAX - look->iort_len)) > 0)
		look->iort_len += (size_t)n;
}

static int on_smmu_node(void *priv, u64 base, u32 flags)
{
	struct look *look = priv;

	if (base != look->base)
		return 0;
	look->found = true;
	look->flags = flags;
	return 1;
}

static int on_rmr(void *priv, const struct iort_rmr *rmr)
{
	(void)rmr;
	((struct look *)priv)->regions++;
	return 0;
}

/* Is one SMMU declared coherent? A device tree has a property for it, the IORT a flag. */
static int on_smmu(void *priv, const char *name)
{
	struct look *look = priv;
	const struct fsroot *root = &look->check->ctl->root;
	bool coherent;

	/* "smmu3.0x0000000009050000", as the driver names it. */
	if (strncmp(name, "smmu3.", 6))
		return 0;
	look->check->n_smmus++;
	look->found = false;
	if (fsroot_exists(root, PATH_IOMMUS "/%s/device/of_node", name)) {
		coherent = fsroot_exists(root, PATH_IOMMUS "/%s/device/of_node/dma-coherent", name);
	} else if (look->iort && parse_u64(name + 6, 0, UINT64_MAX, &look->base) == 0 &&
		   iort_smmus(look->iort, look->iort_len, on_smmu_node, look) >= 0 && look->found) {
		coherent = look->flags & IORT_SMMU_COHERENT;
		iort_rmrs(look->iort, look->iort_len, look->base, on_rmr, look);
	} else {
		look->unknown++;
		return 0;
	}
	if (!coherent)
		snprintf(look->odd, sizeof(look->odd), "%s", name);
	return 0;
}

static int on_reserved(void *priv, const char *name)
{
	struct look *look = priv;

	look->regions += fsroot_exists(&look->check->ctl->root,
				       PATH_DT_RESERVED "/%s/iommu-addresses", name);
	return 0;
}

static void say_coherent(struct look *look)
{
	struct check *check = look->check;

	check->coherent_known = !look->unknown;
	check->coherent = !look->odd[0] && !look->unknown;
	if (look->odd[0])
		check_say(check, CHECK_FAIL, "coherent",
			  "ask the firmware's maker to declare it coherent; until then a capture "
			  "kernel always resets this SMMU",
			  "the firmware does not declare %s coherent: this SMMU cannot be adopted",
			  look->odd);
	else if (look->unknown)
		check_say(check, CHECK_UNKNOWN, "coherent", NULL,
			  "it is not known whether the firmware declares %u of the SMMUs coherent",
			  look->unknown);
	else
		check_say(check, CHECK_OK, "coherent", NULL, "the firmware declares %s coherent",
			  check->n_smmus == 1 ? "the SMMU" : "all SMMUs");
}

/* Faults of the IORT that Linux and the helper work around. */
static void say_iort(struct look *look)
{
	u32 odd = look->iort ? iort_odd(look->iort, look->iort_len) : 0, bit;
	char names[128] = "";
	size_t n = 0;

	for (bit = 0; bit < 32 && odd != ~(u32)0; bit++)
		if (odd & (1u << bit) & ~(u32)IORT_ODD_RMR)
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
					      iort_odd_name(bit));
	if (odd == ~(u32)0)
		check_say(look->check, CHECK_WARN, "iort",
			  "ask the firmware's maker for a correct table",
			  "the ACPI table IORT is not valid: it gives no StreamID");
	else if (odd & IORT_ODD_DAMAGE)
		check_say(look->check, CHECK_WARN, "iort",
			  "ask the firmware's maker for a correct table",
			  "the ACPI table IORT is damaged (%s): its readable part is used, and "
			  "StreamIDs may be missing",
			  names);
	else if (odd & IORT_ODD_OVERLAP)
		check_say(look->check, CHECK_OK, "iort", NULL,
			  "ranges in the ACPI table IORT overlap by one ID; they are read as "
			  "Linux reads them");
}

static void say_rmr(struct look *look)
{
	if (look->regions)
		check_say(look->check, CHECK_INFO, "rmr", "After a crash see smmu-adoptctl rmr",
			  "the firmware reserves memory of devices (RMR) in %u place%s: a driver "
			  "that resets the SMMU turns their streams to bypass or stops them",
			  look->regions, look->regions == 1 ? "" : "s");
	else if (look->iort && iort_odd(look->iort, look->iort_len) & IORT_ODD_RMR)
		check_say(look->check, CHECK_WARN, "rmr",
			  "ask the firmware's maker for an IORT of revision 5 or later",
			  "the firmware reserves memory for devices (RMR) in an IORT of revision "
			  "%u, and Linux ignores RMR before revision 5",
			  look->iort[8]);
	else
		check_say(look->check, CHECK_OK, "rmr", NULL,
			  "the firmware reserves no memory for devices behind the SMMUs");
}

void check_smmus(struct check *check)
{
	struct look look = { .check = check };

	read_iort(&look);
	fsroot_each(&check->ctl->root, SMMUS_MAX, on_smmu, &look, PATH_IOMMUS);
	fsroot_each(&check->ctl->root, 4096, on_reserved, &look, PATH_DT_RESERVED);
	if (!check->n_smmus) {
		check_say(check, CHECK_FAIL, "smmu", NULL,
			  "no SMMUv3 is in use here: there is nothing to adopt");
	} else {
		check_say(check, CHECK_OK, "smmu", NULL, "%zu SMMUv3 in use", check->n_smmus);
		say_coherent(&look);
		say_iort(&look);
		say_rmr(&look);
	}
	free(look.iort);
}
