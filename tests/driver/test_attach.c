// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The driver's own attach, as the core calls it in a capture kernel: after an unmap the device's
 * ATC must be invalidated, the domain's list must have it once, and all that under the group mutex.
 *
 * The core is the model here: iommu_deferred_attach(), __iommu_device_set_domain() and, since 7.0,
 * pci_dev_reset_iommu_prepare() and _done(), with what they pass and hold.
 */
#include "harness.h"
#include "arm-smmu-v3.h"
#include "adopt.h"

/* The core */
struct iommu_group {
	struct mutex mutex;
	struct device *devices[2];
	struct iommu_domain *domain, *default_domain;
};

#define iommu_group_mutex_assert(dev) lockdep_assert_held(&(dev)->iommu_group->mutex)
#define iommu_get_domain_for_dev(dev) ((dev)->iommu_group->domain)
#define iommu_group_get(dev) ((dev)->iommu_group)
#define iommu_group_put(group) ((void)(group))
static inline int iommu_group_for_each_dev(struct iommu_group *group, void *data,
					   int (*fn)(struct device *, void *))
{
	int i, ret = 0;

	mutex_lock(&group->mutex);
	for (i = 0; i < 2 && group->devices[i] && !ret; i++)
		ret = fn(group->devices[i], data);
	mutex_unlock(&group->mutex);
	return ret;
}

/* What the functions under test call */
static unsigned int ste_writes, atc_invs, tlb_flushes;
static bool alloc_fails;
struct mutex arm_smmu_asid_lock;

#define dma_alloc_coherent(dev, size, handle, flags) \
	(*(handle) = 0x1000, alloc_fails ? NULL : calloc(1, size))
#define arm_smmu_ats_supported(master) ((master)->smmu->features & ARM_SMMU_FEAT_ATS)
#define arm_smmu_enable_ats(master) ((void)(master))
#define arm_smmu_atc_inv_master(master, ssid) ((void)(master))
#define pci_disable_ats(pdev) ((void)(pdev))
#define arm_smmu_domain_finalise(...) 0
#define arm_smmu_write_cd_l1_desc(...) ((void)0)
#define arm_smmu_sync_cd(...) ((void)0)
#define arm_smmu_make_s1_cd(...) ((void)0)
#define arm_smmu_write_cd_entry(...) ((void)0)
#define arm_smmu_make_cdtable_ste(...) ((void)0)
#define arm_smmu_make_s2_domain_ste(...) ((void)0)
#define arm_smmu_make_abort_ste(...) ((void)0)
#define arm_smmu_clear_cd(...) ((void)0)
#define arm_smmu_cmdq_batch_init(...) ((void)0)
#define arm_smmu_cmdq_batch_submit(...) 0
#define arm_smmu_cmdq_batch_add(...) (atc_invs++)
#define arm_smmu_atc_inv_to_cmd(...) ((void)0)
#define arm_smmu_inv_flush_iotlb_tag(inv) ((void)(inv), tlb_flushes++)
#define iopf_queue_add_device(...) 0
#define iopf_queue_remove_device(...) ((void)0)
#define arm_smmu_install_ste_for_dev(master, target) \
	((void)(target), (master)->ste_written = true, ste_writes++)

static int arm_smmu_alloc_cd_tables(struct arm_smmu_master *master);
#include "arm-smmu-v3.inc"
#include "adopt-attach.inc"

/* The machine: one SMMU, one group of two devices */
static struct arm_smmu_device smmu;
static struct iommu_group group;
static struct device devices[2];
static struct dev_iommu dev_iommu[2];
static struct arm_smmu_master masters[2];
static struct arm_smmu_stream streams[2];
static struct arm_smmu_domain dma, other;
static struct iommu_domain blocked;

static void init_domain(struct arm_smmu_domain *domain, u16 asid)
{
	memset(domain, 0, sizeof(*domain));
	domain->smmu = &smmu;
	domain->cd.asid = asid;
	domain->domain.type = IOMMU_DOMAIN_DMA;
	domain->domain.pgsize_bitmap = PAGE_SIZE;
	INIT_LIST_HEAD(&domain->devices);
#ifdef PASSES_OLD_DOMAIN
	domain->invs = arm_smmu_invs_alloc(0);
#endif
}

static void init_machine(bool adopt, bool deferred)
{
	int i;

	memset(&smmu, 0, sizeof(smmu));
	memset(&group, 0, sizeof(group));
	memset(devices, 0, sizeof(devices));
	memset(masters, 0, sizeof(masters));
	memset(dev_iommu, 0, sizeof(dev_iommu));
	ste_writes = atc_invs = tlb_flushes = 0;
	alloc_fails = false;
	smmu.features = ARM_SMMU_FEAT_ATS;
	smmu.adopt = adopt ? (void *)&smmu : NULL;
	init_domain(&dma, 1);
	init_domain(&other, 2);
	blocked.type = IOMMU_DOMAIN_BLOCKED;
	for (i = 0; i < 2; i++) {
		streams[i] = (struct arm_smmu_stream){ .id = 8 + i, .master = &masters[i] };
		masters[i].smmu = &smmu;
		masters[i].dev = &devices[i];
		masters[i].streams = &streams[i];
		masters[i].num_streams = 1;
		dev_iommu[i].attach_deferred = deferred;
		devices[i].iommu = &dev_iommu[i];
		devices[i].iommu_group = &group;
		devices[i].priv = &masters[i];
		group.devices[i] = &devices[i];
#ifdef PASSES_OLD_DOMAIN
		masters[i].build_invs = arm_smmu_invs_alloc(3);
#endif
	}
	group.domain = group.default_domain = &dma.domain;
}

/* The core's ways to a driver's attach_dev */
static int attach(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	int ret;

#ifdef PASSES_OLD_DOMAIN
	if (domain->type == IOMMU_DOMAIN_BLOCKED)
		ret = arm_smmu_attach_dev_blocked(domain, dev, old);
	else
		ret = arm_smmu_attach_dev(domain, dev, old);
#else
	(void)old;
	if (domain->type == IOMMU_DOMAIN_BLOCKED)
		ret = arm_smmu_attach_dev_blocked(domain, dev);
	else
		ret = arm_smmu_attach_dev(domain, dev);
#endif
	if (!ret)
		dev->iommu->attach_deferred = 0;
	return ret;
}

/* From the DMA API. Two threads: both see the flag, the other one is first */
static void deferred_attach_behind(struct device *dev, void (*other_thread)(struct device *))
{
	if (!dev->iommu->attach_deferred)
		return;
	if (other_thread)
		other_thread(dev);
#ifdef PASSES_OLD_DOMAIN
	mutex_lock(&group.mutex);
	EXPECT("deferred attach", attach(group.default_domain, dev, NULL), 0);
	mutex_unlock(&group.mutex);
#else
	EXPECT("deferred attach", attach(group.default_domain, dev, NULL), 0);
#endif
}

static void deferred_attach(struct device *dev)
{
	deferred_attach_behind(dev, NULL);
}

/* One device of a group that changes; the group's domain is the old one meanwhile */
static int set_domain(struct device *dev, struct iommu_domain *domain, struct iommu_domain *old)
{
	int ret;

	mutex_lock(&group.mutex);
	dev->iommu->attach_deferred = 0;
	ret = attach(domain, dev, old);
	mutex_unlock(&group.mutex);
	return ret;
}

/* What an unmap in this domain sends: ATC_INV to how many devices */
static unsigned int unmap(struct arm_smmu_domain *domain)
{
#ifdef PASSES_OLD_DOMAIN
	struct arm_smmu_inv *cur;
	size_t i;

	atc_invs = 0;
	arm_smmu_invs_for_each_entry(domain->invs, i, cur) atc_invs += arm_smmu_inv_is_ats(cur);
#else
	atc_invs = 0;
	arm_smmu_atc_inv_domain(domain, 0x1000, PAGE_SIZE);
#endif
	return atc_invs;
}

/* The domain's TLB entries are invalidated as long as a device may fill them */
static bool tlb_is_cared_for(struct arm_smmu_domain *domain)
{
#ifdef PASSES_OLD_DOMAIN
	struct arm_smmu_inv *cur;
	size_t i;

	arm_smmu_invs_for_each_entry(domain->invs, i, cur)
	{
		if (cur->type == INV_TYPE_S1_ASID)
			return true;
	}
	return false;
#else
	(void)domain;
	return true;
#endif
}

static unsigned int members(struct arm_smmu_domain *domain)
{
	struct arm_smmu_master_domain *pos;
	unsigned int n = 0;

	list_for_each_entry (pos, &domain->devices, devices_elm)
		n++;
	return n;
}

static void expect_once(const char *name, struct arm_smmu_domain *domain, unsigned int n)
{
	printf("  %s\n", name);
	EXPECT("ATC_INV of an unmap", unmap(domain), n);
	EXPECT("entries in the domain's list", members(domain), n);
	EXPECT("nr_ats_masters", atomic_read(&domain->nr_ats_masters), n);
}

static void test_first_attach(void)
{
	init_machine(true, false);
	group.domain = NULL;
	EXPECT("first attach", set_domain(&devices[0], &dma.domain, NULL), 0);
	group.domain = &dma.domain;
	expect_once("an attach that was not deferred", &dma, 1);
}

static void test_deferred_attach(void)
{
	init_machine(true, true);
	deferred_attach(&devices[0]);
	expect_once("a deferred attach", &dma, 1);
	EXPECT("writes of the entry", ste_writes, 1);
	deferred_attach(&devices[1]);
	expect_once("one more in the group", &dma, 2);
}

static void test_two_threads(void)
{
	init_machine(true, true);
	deferred_attach_behind(&devices[0], deferred_attach);
	expect_once("two threads with their first DMA at the same time", &dma, 1);

	EXPECT("detach", set_domain(&devices[0], &blocked, &dma.domain), 0);
	expect_once("and nothing is left after a detach", &dma, 0);
}

/* A group's type is changed, or VFIO takes it: the default domain never was the device's */
static void test_other_domain(void)
{
	init_machine(true, true);
	deferred_attach(&devices[0]);
	EXPECT("other domain", set_domain(&devices[1], &other.domain, &dma.domain), 0);
	expect_once("another domain ends the deferral", &other, 1);
	expect_once("its sibling stays in the default domain", &dma, 1);
	EXPECT("the sibling's TLB is cared for", tlb_is_cared_for(&dma), true);
}

static void test_failed_attach(void)
{
	init_machine(true, true);
	alloc_fails = true;
	EXPECT("other domain without memory", set_domain(&devices[0], &other.domain, &dma.domain),
	       -ENOMEM);
	printf("  an attach that failed\n");
	EXPECT("writes of the entry", ste_writes, 0);
	EXPECT("mutex", group.mutex.held, 0);
}

#ifdef PASSES_OLD_DOMAIN
static void test_pci_reset(void)
{
	init_machine(true, true);
	mutex_lock(&group.mutex);
	EXPECT("prepare", attach(&blocked, &devices[0], group.domain), 0);
	EXPECT("writes of the entry before the reset", ste_writes, 0);
	EXPECT("done", attach(group.domain, &devices[0], &blocked), 0);
	mutex_unlock(&group.mutex);
	expect_once("a PCI reset", &dma, 1);
	EXPECT("writes of the entry after it", ste_writes, 1);
}
#endif

/* Without adoption the flag is not ours: whatever it says, the stock driver does what it is told */
static void test_stock(void)
{
	init_machine(false, true);
	mutex_lock(&group.mutex);
	EXPECT("stock", attach(&blocked, &devices[0], NULL), 0);
	mutex_unlock(&group.mutex);
	printf("  the stock driver\n");
	EXPECT("writes of the entry", ste_writes, 1);
}

int main(void)
{
	test_first_attach();
	test_deferred_attach();
	test_two_threads();
	test_other_domain();
	test_failed_attach();
#ifdef PASSES_OLD_DOMAIN
	test_pci_reset();
#endif
	test_stock();
	return verdict();
}
