// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.c - records when a device was attached to its new domain, which is when its STE was
 * rewritten. The tracepoint iommu:attach_device_to_domain fires at that moment, and does not fire
 * for an attach that is deferred.
 *
 * In a capture kernel this is also the moment to flush the TLB. A driver that does not reserve the
 * crashed kernel's ASIDs may have given one of them to the new domain. Until the STE is written, a
 * device whose bus mastering is on fills the TLB with translations of the old entry under that
 * ASID: e1000e is bus master from the bind on, and is attached when its interface comes up. So an
 * earlier flush is undone by the device, and a later one is too late for its first transaction.
 * Where ASIDs are reserved, the flush costs one command.
 *
 * The tracepoint is looked up by name and not linked to, so that the module can also be loaded
 * into a kernel without it. A kernel without CONFIG_TRACEPOINTS has no list to look in. The
 * compiler checks the arguments of our probe against the kernel's own declaration; if the headers
 * have none, there is no probe.
 *
 * The probe may run in any context, so the table is fixed and its lock is a raw one. The first
 * attach of a device is kept: that is when the crashed kernel's entry ended.
 */
#include <linux/atomic.h>
#include <linux/crash_dump.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#ifdef SA_HAVE_TRACE_HEADER
#include <trace/events/iommu.h>
#endif

#include "attach.h"

#define TRACEPOINT "attach_device_to_domain"
#define MAX_ATTACHES 256
#if defined(SA_HAVE_TRACE_HEADER) && defined(CONFIG_TRACEPOINTS)
#define CAN_WATCH 1
#else
#define CAN_WATCH 0
#endif

struct attach {
	const struct bus_type *bus;
	char name[48];
	u64 ns;
};

static struct attach table[MAX_ATTACHES];
static u32 used;
static DEFINE_RAW_SPINLOCK(lock);
static struct tracepoint *tracepoint;
static atomic_t flushes;

static struct attach *find(const struct device *dev)
{
	u32 i;

	for (i = 0; i < used; i++)
		if (table[i].bus == dev->bus &&
		    !strncmp(table[i].name, dev_name(dev), sizeof(table[i].name) - 1))
			return &table[i];
	return NULL;
}

bool sa_attach_flush(struct iommu_domain *domain)
{
	if (!domain || !(domain->type & __IOMMU_DOMAIN_PAGING) || !domain->ops ||
	    !domain->ops->flush_iotlb_all)
		return false;
	domain->ops->flush_iotlb_all(domain);
	return true;
}

/*
 * The lock of the group is held at an attach, but for a deferred one of older kernels. Newer ones,
 * with lockdep, warn of this call where it is; a warning may be the end of the capture kernel.
 */
static struct iommu_domain *domain_at_attach(struct device *dev)
{
	struct iommu_domain *ret;

	lockdep_off();
	ret = iommu_get_domain_for_dev(dev);
	lockdep_on();
	return ret;
}

/* Whose flush may be called with preemption off, as a probe is: an SMMUv2's may wake its clocks,
 * and sleep. */
static bool is_behind_smmuv3(const struct device *dev)
{
	const struct dev_iommu *iommu = dev->iommu;

	return iommu && iommu->iommu_dev && iommu->iommu_dev->dev &&
	       str_has_prefix(dev_name(iommu->iommu_dev->dev), "smmu3.");
}

/*
 * A deferred attach is to the domain that its group has already, and comes from the device's own
 * first DMA: nothing takes the domain away meanwhile. At any other one the group may still
 * have the old domain, whose flush does no harm; the daemon asks for those before the
 * driver comes.
 */
static void probe_attach(void *unused, struct device *dev)
{
	u64 now = ktime_get_ns();
	unsigned long flags;

	if (is_kdump_kernel() && is_behind_smmuv3(dev) && sa_attach_flush(domain_at_attach(dev)))
		atomic_inc(&flushes);
	raw_spin_lock_irqsave(&lock, flags);
	if (used < MAX_ATTACHES && !find(dev)) {
		table[used].bus = dev->bus;
		strscpy(table[used].name, dev_name(dev), sizeof(table[used].name));
		table[used++].ns = now;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
}

/* Does not compile when the kernel's tracepoint hands over anything else. */
static void check_prototype(void)
{
#if CAN_WATCH
	check_trace_callback_type_attach_device_to_domain(probe_attach);
#endif
}

static void match(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, TRACEPOINT))
		tracepoint = tp;
}

void sa_attach_init(void)
{
	int r;

	check_prototype();
	if (CAN_WATCH)
		for_each_kernel_tracepoint(match, NULL);
	if (!CAN_WATCH || !tracepoint) {
		pr_info("no tracepoint %s: attach times will be missing\n", TRACEPOINT);
		return;
	}
	r = tracepoint_probe_register(tracepoint, probe_attach, NULL);
	if (r) {
		pr_warn("tracepoint %s: %d, attach times will be missing\n", TRACEPOINT, r);
		tracepoint = NULL;
	}
}

void sa_attach_exit(void)
{
	if (!CAN_WATCH || !tracepoint)
		return;
	tracepoint_probe_unregister(tracepoint, probe_attach, NULL);
	tracepoint_synchronize_unregister();
	tracepoint = NULL;
}

bool sa_attach_watched(void)
{
	return tracepoint;
}

bool sa_attach_flushes(u32 *ret)
{
	*ret = atomic_read(&flushes);
	return tracepoint && is_kdump_kernel();
}

u64 sa_attach_ns(const struct device *dev)
{
	const struct attach *a;
	unsigned long flags;
	u64 ns;

	raw_spin_lock_irqsave(&lock, flags);
	a = find(dev);
	ns = a ? a->ns : 0;
	raw_spin_unlock_irqrestore(&lock, flags);
	return ns;
}
