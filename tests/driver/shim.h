/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * As much of the kernel as the SMMUv3 driver's functions need to run in a program: own text, in the
 * kernel's names. Locks only know whether they are held; memory comes from calloc().
 */
#ifndef DRIVER_SHIM_H
#define DRIVER_SHIM_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef u64 __le64;
typedef u64 phys_addr_t, dma_addr_t, resource_size_t, ktime_t;
typedef u32 ioasid_t;
typedef unsigned int gfp_t;

#define __iomem
#define __rcu
#define __counted_by(n)
#define ____cacheline_aligned_in_smp
#define SMP_CACHE_BYTES 64
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define BITS_PER_LONG 64
#define MAX_PAGE_ORDER 10
#define SZ_64K 0x10000
#define SZ_2M 0x200000
#define GFP_KERNEL 0
#define THIS_MODULE NULL
#define VISIBLE_IF_KUNIT
#define EXPORT_SYMBOL_IF_KUNIT(symbol)
#define module_param(name, type, mode)
#define MODULE_PARM_DESC(name, text)
#define IS_ENABLED(option) 0
#define BUILD_BUG_ON(x) _Static_assert(!(x), #x)

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK_ULL(h, l) (((~0ULL) << (l)) & (~0ULL >> (63 - (h))))
#define GENMASK(h, l) GENMASK_ULL(h, l)
#define FIELD_GET(mask, value) (((value) & (mask)) >> __builtin_ctzll(mask))
#define FIELD_PREP(mask, value) (((u64)(value) << __builtin_ctzll(mask)) & (mask))
#define ilog2(n) (63 - __builtin_clzll(n))
#define __ffs(n) ((unsigned long)__builtin_ctzll(n))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define IS_ALIGNED(x, a) (!((x) & ((typeof(x))(a)-1)))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min_t(t, a, b) min((t)(a), (t)(b))
#define max_t(t, a, b) max((t)(a), (t)(b))
#define cmp_int(a, b) (((a) > (b)) - ((a) < (b)))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define static_assert _Static_assert
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define cpu_to_le64(x) ((u64)(x))
#define le64_to_cpu(x) ((u64)(x))
#define dma_wmb() __sync_synchronize()
#define wmb() __sync_synchronize()
#define smp_mb() __sync_synchronize()
#define unlikely(x) (x)
#define might_sleep()
#define cond_resched() (resched_count++)
extern unsigned int resched_count;

/* A failed expectation of the driver is one of the test */
extern unsigned int warnings;
#define WARN_ON(x) \
	((x) ? (warnings++, printf("    WARN_ON(%s) in %s\n", #x, __func__), true) : false)
#define WARN_ON_ONCE(x) WARN_ON(x)
#define WARN(x, ...) WARN_ON(x)

#define IS_ERR(p) ((uintptr_t)(p) >= (uintptr_t)-4095)
#define PTR_ERR(p) ((long)(p))
#define ERR_PTR(e) ((void *)(long)(e))

/* Lists */
struct list_head {
	struct list_head *next, *prev;
};
static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list->prev = list;
}
static inline void list_add(struct list_head *entry, struct list_head *list)
{
	entry->next = list->next;
	entry->prev = list;
	list->next->prev = entry;
	list->next = entry;
}
static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
}
#define list_for_each_entry(pos, list, member)                                               \
	for (pos = container_of((list)->next, typeof(*pos), member); &pos->member != (list); \
	     pos = container_of(pos->member.next, typeof(*pos), member))

/* Locks */
struct mutex {
	int held;
};
typedef struct {
	int held;
} spinlock_t, rwlock_t;
static inline void lock_held(int *held, int by)
{
	WARN_ON(*held + by != (by > 0));
	*held += by;
}
#define mutex_lock(l) lock_held(&(l)->held, 1)
#define mutex_unlock(l) lock_held(&(l)->held, -1)
#define spin_lock_irqsave(l, f) ((void)((f) = 0), lock_held(&(l)->held, 1))
#define spin_unlock_irqrestore(l, f) ((void)(f), lock_held(&(l)->held, -1))
#define write_lock_irqsave spin_lock_irqsave
#define write_unlock_irqrestore spin_unlock_irqrestore
#define rwlock_init(l) ((l)->held = 0)
#define lockdep_assert_held(l) WARN_ON(!(l)->held)
#define lockdep_is_held(l) ((l)->held)
#define rcu_assign_pointer(p, v) ((p) = (v))
#define rcu_dereference_protected(p, c) (p)
#define kfree_rcu(p, member) free(p)
struct rcu_head {
	int unused;
};
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	long counter;
} atomic_long_t;
#define atomic_inc(a) ((a)->counter++)
#define atomic_dec(a) ((a)->counter--)
#define atomic_read(a) ((a)->counter)

/* Memory */
#define kzalloc(size, flags) calloc(1, size)
#define kcalloc(n, size, flags) calloc(n, size)
#define struct_size(p, member, n) (sizeof(*(p)) + (n) * sizeof((p)->member[0]))
#define kzalloc_obj(x) calloc(1, sizeof(x))
#define kzalloc_objs(x, n) calloc(n, sizeof(x))
#define kzalloc_flex(x, member, n) calloc(1, sizeof(x) + (n) * sizeof((x).member[0]))
#define kfree(p) free((void *)(p))

#define devm_kzalloc(dev, size, flags) calloc(1, size)
#define devm_kcalloc(dev, n, size, flags) calloc(n, size)
#define devm_kfree(dev, p) free(p)
#define devm_memremap(dev, base, size, flags) ((void *)(uintptr_t)(base))
#define MEMREMAP_WB 0
#define devres_open_group(dev, id, flags) true
#define devres_close_group(dev, id) ((void)(dev))
#define devres_release_group(dev, id) (devres_released++)
#define devm_add_action(dev, action, data) 0
extern unsigned int devres_released;

/* What the driver's header only points to, or holds */
struct ida {
	int used;
};
static inline void ida_init(struct ida *ida)
{
	ida->used = 0;
}
#define ida_destroy(ida) ida_init(ida)
struct rb_root {
	int unused;
};
struct rb_node {
	int unused;
};
struct xarray {
	int unused;
};
struct mmu_notifier {
	int unused;
};
struct iommu_device {
	int unused;
};
struct iommufd_viommu {
	int unused;
};
struct iommufd_hw_queue {
	int unused;
};
struct iommufd_vdevice {
	int unused;
};
struct io_pgtable_ops;
struct iopf_queue;
struct mm_struct;
struct dentry;
struct iommu_user_data;
struct iommu_user_data_array;
enum iommu_hw_info_type {
	IOMMU_HW_INFO_TYPE_NONE
};
enum iommu_viommu_type {
	IOMMU_VIOMMU_TYPE_DEFAULT
};

/* Devices and the core's view of them */
struct iommu_group;
struct dev_iommu {
	u32 attach_deferred : 1;
	u32 require_direct : 1;
};
struct iommu_fwspec {
	u32 flags;
};
struct device {
	struct dev_iommu *iommu;
	struct iommu_group *iommu_group;
	void *priv;
	void *of_node;
	struct iommu_fwspec fwspec;
	const char *name;
};
#define dev_iommu_priv_get(dev) ((dev)->priv)
#define dev_iommu_fwspec_get(dev) (&(dev)->fwspec)
#define IOMMU_FWSPEC_PCI_RC_CANWBS BIT(1)
#define to_pci_dev(dev) (dev)
#define dev_is_pci(dev) true

#define __IOMMU_DOMAIN_PAGING BIT(0)
#define IOMMU_DOMAIN_BLOCKED 0U
#define IOMMU_DOMAIN_IDENTITY BIT(2)
#define IOMMU_DOMAIN_SVA BIT(4)
#define IOMMU_DOMAIN_NESTED BIT(6)
#define IOMMU_DOMAIN_DMA (__IOMMU_DOMAIN_PAGING | BIT(3))
#define IOMMU_NO_PASID 0
struct iommu_domain {
	unsigned int type;
	unsigned long pgsize_bitmap;
	void *iopf_handler;
};

/* What a driver says is shown by `run.sh` on failure only */
__attribute__((format(printf, 2, 3))) void said(const struct device *dev, const char *text, ...);
#define dev_info said
#define dev_warn said
#define dev_err said
#define dev_dbg said

/* Registers: fake pages, with the acknowledgements that hardware gives */
u32 readl(const void *reg);
void writel(u32 value, void *reg);
#define readl_relaxed readl
#define writel_relaxed writel
#define readq_relaxed(reg) (*(const volatile u64 *)(reg))
#define writeq_relaxed(value, reg) (written_q(reg), *(volatile u64 *)(reg) = (value))
void written_q(void *reg);
#define readl_relaxed_poll_timeout(reg, value, condition, delay, timeout) \
	((value) = readl(reg), (condition) ? 0 : -ETIMEDOUT)
#define readl_relaxed_poll_timeout_atomic readl_relaxed_poll_timeout

bool is_kdump_kernel(void);

#endif /* DRIVER_SHIM_H */
