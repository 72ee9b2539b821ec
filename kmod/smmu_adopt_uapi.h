/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * smmu_adopt_uapi.h - /dev/smmu_adopt, for user space. Described in
 * smmu_adopt(4).
 *
 * write() appends whole records to the log. The calls below act on one device,
 * named as in sysfs. Within an API version structs do not change; a later
 * version adds calls, and SMMU_ADOPT_IOC_INFO tells which one is there.
 */
#ifndef SMMU_ADOPT_UAPI_H
#define SMMU_ADOPT_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SMMU_ADOPT_API_VERSION 3
#define SMMU_ADOPT_IOC_TYPE 0xea

struct smmu_adopt_info {
	__u32 version; /* SMMU_ADOPT_API_VERSION of the module */
	__u32 flags;   /* SMMU_ADOPT_INFO_* */
	__u32 smmus;
	__u32 adopted;	   /* of these, adopted now */
	__u64 log_bytes;   /* in the log */
	__u64 log_room;	   /* still free */
	__u32 note_state;  /* SMMU_ADOPT_NOTE_* */
	__u32 reserved[7]; /* 0 */
};

#define SMMU_ADOPT_INFO_CAPTURE (1u << 0)      /* a kdump capture kernel */
#define SMMU_ADOPT_INFO_ASID_REUSED (1u << 1)  /* seen: see "asids" in smmu_adopt(4) */
#define SMMU_ADOPT_INFO_ATTACH_FLUSH (1u << 3) /* the TLB is flushed at each attach */
/* A reset through the PCI core ends the old entry of a device with ATS. From version 3 on. */
#define SMMU_ADOPT_INFO_RESET_DETACHES (1u << 2)

#define SMMU_ADOPT_NOTE_OFF 0	  /* not wanted, or not a capture kernel */
#define SMMU_ADOPT_NOTE_THERE 1	  /* /proc/vmcore has it */
#define SMMU_ADOPT_NOTE_CONFIG 2  /* kernel built without device dumps */
#define SMMU_ADOPT_NOTE_CMDLINE 3 /* switched off by "novmcoredd" */
#define SMMU_ADOPT_NOTE_BUSY 4	  /* /proc/vmcore was open */
#define SMMU_ADOPT_NOTE_FAILED 5  /* no memory, or another error */

struct smmu_adopt_device {
	char name[48];	   /* in: PCI device as in sysfs, 0000:00:02.0, NUL-terminated */
	__u32 flags;	   /* in: 0 */
	__u32 result;	   /* out: SMMU_ADOPT_DEV_* */
	__u32 reserved[2]; /* 0 */
};

#define SMMU_ADOPT_DEV_WAS_MASTER (1u << 0) /* bus mastering was on before the call */
#define SMMU_ADOPT_DEV_PENDING (1u << 1)    /* Transactions Pending after it */

#define SMMU_ADOPT_IOC_INFO _IOR(SMMU_ADOPT_IOC_TYPE, 0, struct smmu_adopt_info)
/* Switch bus mastering off. */
#define SMMU_ADOPT_IOC_MASTER_OFF _IOWR(SMMU_ADOPT_IOC_TYPE, 1, struct smmu_adopt_device)
/* Invalidate what the TLB holds for the device's domain. */
#define SMMU_ADOPT_IOC_FLUSH _IOWR(SMMU_ADOPT_IOC_TYPE, 2, struct smmu_adopt_device)
/* Make its IOMMU group and default domain, without a driver. Version 2. */
#define SMMU_ADOPT_IOC_DOMAIN _IOWR(SMMU_ADOPT_IOC_TYPE, 3, struct smmu_adopt_device)

#endif
