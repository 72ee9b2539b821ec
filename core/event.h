/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * event.h - event records and commands of an SMMU's queues, decoded (IHI 0070
 * 7.3 and chapter 4). Names are the specification's, with its fields as data:
 * words for people are made elsewhere.
 */
#ifndef SMMU_CORE_EVENT_H
#define SMMU_CORE_EVENT_H

#include "port.h"

#define EVENT_BYTES 32u
#define EVENT_CMD_BYTES 16u

enum event_id {
	EVENT_F_UUT = 0x01,
	EVENT_C_BAD_STREAMID = 0x02,
	EVENT_F_STE_FETCH = 0x03,
	EVENT_C_BAD_STE = 0x04,
	EVENT_F_BAD_ATS_TREQ = 0x05,
	EVENT_F_STREAM_DISABLED = 0x06,
	EVENT_F_TRANSL_FORBIDDEN = 0x07,
	EVENT_C_BAD_SUBSTREAMID = 0x08,
	EVENT_F_CD_FETCH = 0x09,
	EVENT_C_BAD_CD = 0x0a,
	EVENT_F_WALK_EABT = 0x0b,
	EVENT_F_TRANSLATION = 0x10,
	EVENT_F_ADDR_SIZE = 0x11,
	EVENT_F_ACCESS = 0x12,
	EVENT_F_PERMISSION = 0x13,
	EVENT_F_TLB_CONFLICT = 0x20,
	EVENT_F_CFG_CONFLICT = 0x21,
	EVENT_E_PAGE_REQUEST = 0x24,
	EVENT_F_VMS_FETCH = 0x25,
};

enum event_has {
	EVENT_HAS_SSID = 1 << 0,
	EVENT_HAS_INPUT = 1 << 1,  /* input: the address the device used */
	EVENT_HAS_ACCESS = 1 << 2, /* read, insn, privileged */
	EVENT_HAS_CLASS = 1 << 3,  /* s2, class, and ipa when class is not IN or s2 is set */
	EVENT_HAS_IPA = 1 << 4,
	EVENT_HAS_FETCH = 1 << 5, /* fetch: the address that could not be read */
	EVENT_HAS_STALL = 1 << 6, /* stalled, stag */
};

enum event_class {
	EVENT_CLASS_CD = 0, /* while fetching a context descriptor */
	EVENT_CLASS_TT = 1, /* while walking a translation table */
	EVENT_CLASS_IN = 2, /* the device's own access */
};

struct event_view {
	const char *name; /* "F_TRANSLATION"; NULL for an id that is not known */
	u64 input, ipa, fetch;
	u32 sid, ssid;
	u32 has; /* enum event_has */
	u16 stag;
	u8 id;
	u8 read, insn, privileged;
	u8 s2, class, stalled;
};

/* Decode @raw. Returns 0, or -EINVAL when @len is not EVENT_BYTES. */
int event_decode(const u8 *raw, size_t len, struct event_view *ret);

const char *event_name(u8 id);		/* NULL when not known */
const char *event_text(u8 id);		/* a few words: what happened */
const char *event_class_name(u8 class); /* "CD", "TT", "IN" or "reserved" */

struct event_cmd_view {
	const char *name; /* "CMD_CFGI_STE"; NULL for an opcode that is not known */
	u64 addr;	  /* has_addr */
	u32 sid, ssid;
	u16 asid, vmid;
	u8 opcode, range;
	bool has_sid, has_asid, has_vmid, has_addr, leaf;
};

/* Decode @raw. Returns 0, or -EINVAL when @len is not EVENT_CMD_BYTES. */
int event_cmd_decode(const u8 *raw, size_t len, struct event_cmd_view *ret);

#endif
