// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * NVIDIA's virtual command queues in a capture kernel: the driver's own probe, on a fake register
 * page that a crashed kernel left enabled.
 */
#define CONFIG_TEGRA241_CMDQV
#include "harness.h"
#include "arm-smmu-v3.h"
#include "adopt.h"

static u8 page[0x90000] __attribute__((aligned(0x10000)));
static unsigned int irqs, mappings;
static bool disable_cmdqv, bypass_vcmdq;

struct resource {
	u64 start, end;
};
static struct resource *fake_resource(void)
{
	return calloc(1, sizeof(struct resource));
}

#define resource_size(res) sizeof(page)
#define ioremap(...) (mappings++, (void *)page)
#define iounmap(base) (mappings--)
#define devm_krealloc(dev, p, size, flags) memcpy(calloc(1, size), p, sizeof(*(p)))
#define request_irq(...) (irqs++, 0)
#define request_threaded_irq(...) (irqs++, 0)
#define free_irq(...) (irqs--)
#define put_device(dev) ((void)(dev))
#define tegra241_cmdqv_find_acpi_resource(dev, irq) (*(irq) = 1, fake_resource())
#define to_platform_device(dev) (&fake_pdev)
#define platform_get_resource(...) fake_resource()
#define platform_get_irq_optional(...) 1
#define IORESOURCE_MEM 0
#define IRQF_ONESHOT 0
static struct platform_device {
	struct device dev;
} fake_pdev;

static int tegra241_cmdqv_init_structures(struct arm_smmu_device *smmu);
static void tegra241_cmdqv_remove(struct arm_smmu_device *smmu);
static int tegra241_cmdqv_isr(int irq, void *devid);
#ifdef PASSES_OLD_DOMAIN
static void *tegra241_cmdqv_hw_info(struct arm_smmu_device *smmu, u32 *length,
				    enum iommu_hw_info_type *type);
static size_t tegra241_cmdqv_get_vintf_size(enum iommu_viommu_type viommu_type);
static int tegra241_cmdqv_init_vintf_user(struct arm_vsmmu *vsmmu,
					  const struct iommu_user_data *user_data);
#endif

#include "tegra241-cmdqv.inc"

static int tegra241_cmdqv_init_structures(struct arm_smmu_device *smmu)
{
	(void)smmu;
	return 0;
}

static void tegra241_cmdqv_remove(struct arm_smmu_device *smmu)
{
	(void)smmu;
}

static int tegra241_cmdqv_isr(int irq, void *devid)
{
	(void)irq, (void)devid;
	return 0;
}

#define CONFIG (*(volatile u32 *)(page + TEGRA241_CMDQV_CONFIG))
#define REST 0xabc0U /* bits that are not ours */

static void test(bool crashed, bool parameter)
{
	struct device dev = { 0 };
	struct arm_smmu_device *smmu = calloc(1, sizeof(*smmu)), *probed;
	bool without = crashed || parameter;

	printf("  %s kernel%s\n", crashed ? "a capture" : "an ordinary",
	       parameter ? ", disable_cmdqv=1" : "");
	memset(page, 0, sizeof(page));
	irqs = mappings = 0;
	kdump = crashed;
	disable_cmdqv = parameter;
	CONFIG = REST | CMDQV_EN;
	smmu->dev = smmu->impl_dev = &dev;
	smmu->options = ARM_SMMU_OPT_TEGRA241_CMDQV;

	probed = tegra241_cmdqv_probe(smmu);
	if (IS_ERR(probed)) {
		EXPECT("probe", PTR_ERR(probed), -ENODEV);
		probed = smmu; /* what arm_smmu_impl_probe() makes of it */
	}
	EXPECT("CONFIG", CONFIG, without ? REST : REST | CMDQV_EN);
	EXPECT("the option", probed->options, without ? 0 : ARM_SMMU_OPT_TEGRA241_CMDQV);
	EXPECT("an implementation's functions", !!probed->impl_ops, !without);
	EXPECT("interrupts", irqs, !without);
	EXPECT("mappings", mappings, !without);
}

int main(void)
{
	test(false, false);
	test(false, true);
	test(true, false);
	return verdict();
}
