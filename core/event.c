// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * event.c - events and commands. Which fields an event has follows from its id;
 * the rest of its 32 bytes means nothing and is not shown.
 */
#include "event.h"

#define HAS_ACCESS (EVENT_HAS_INPUT | EVENT_HAS_ACCESS)
#define HAS_FAULT (HAS_ACCESS | EVENT_HAS_CLASS | EVENT_HAS_STALL)

struct event_type {
	const char *name, *text;
	u32 has;
};

static const struct event_type *type_of(u8 id)
{
	static const struct event_type types[] = {
		[EVENT_F_UUT] = { "F_UUT", "unsupported upstream transaction", HAS_ACCESS },
		[EVENT_C_BAD_STREAMID] = { "C_BAD_STREAMID", "StreamID outside the stream table",
					   0 },
		[EVENT_F_STE_FETCH] = { "F_STE_FETCH", "the stream table entry could not be read",
					EVENT_HAS_FETCH },
		[EVENT_C_BAD_STE] = { "C_BAD_STE", "stream table entry invalid or malformed", 0 },
		[EVENT_F_BAD_ATS_TREQ] = { "F_BAD_ATS_TREQ", "ATS request not allowed here",
					   HAS_ACCESS },
		[EVENT_F_STREAM_DISABLED] = { "F_STREAM_DISABLED",
					      "no substream given, and these are refused", 0 },
		[EVENT_F_TRANSL_FORBIDDEN] = { "F_TRANSL_FORBIDDEN",
					       "translated access from a device that may not use ATS",
					       HAS_ACCESS },
		[EVENT_C_BAD_SUBSTREAMID] = { "C_BAD_SUBSTREAMID",
					      "SubstreamID outside the context descriptor table",
					      0 },
		[EVENT_F_CD_FETCH] = { "F_CD_FETCH", "the context descriptor could not be read",
				       EVENT_HAS_FETCH },
		[EVENT_C_BAD_CD] = { "C_BAD_CD", "context descriptor invalid or malformed", 0 },
		[EVENT_F_WALK_EABT] = { "F_WALK_EABT", "a translation table could not be read",
					HAS_FAULT | EVENT_HAS_FETCH },
		[EVENT_F_TRANSLATION] = { "F_TRANSLATION", "the address is not mapped", HAS_FAULT },
		[EVENT_F_ADDR_SIZE] = { "F_ADDR_SIZE", "an address is larger than configured",
					HAS_FAULT },
		[EVENT_F_ACCESS] = { "F_ACCESS", "the page's access flag is clear", HAS_FAULT },
		[EVENT_F_PERMISSION] = { "F_PERMISSION", "the mapping does not allow this access",
					 HAS_FAULT },
		[EVENT_F_TLB_CONFLICT] = { "F_TLB_CONFLICT", "conflicting entries in the TLB",
					   HAS_ACCESS },
		[EVENT_F_CFG_CONFLICT] = { "F_CFG_CONFLICT", "conflicting configuration in caches",
					   0 },
		[EVENT_E_PAGE_REQUEST] = { "E_PAGE_REQUEST", "hint: a page may be needed soon",
					   EVENT_HAS_INPUT },
		[EVENT_F_VMS_FETCH] = { "F_VMS_FETCH",
					"the virtual machine structure could not be read",
					EVENT_HAS_FETCH },
	};
	const struct event_type *type = &types[id < sizeof(types) / sizeof(types[0]) ? id : 0];

	return type->name ? type : NULL;
}

const char *event_name(u8 id)
{
	const struct event_type *type = type_of(id);

	return type ? type->name : NULL;
}

const char *event_text(u8 id)
{
	const struct event_type *type = type_of(id);

	return type ? type->text : "an event that this version does not know";
}

const char *event_class_name(u8 class)
{
	static const char *const names[] = { "CD", "TT", "IN" };

	return class < 3 ? names[class] : "reserved";
}

int event_decode(const u8 *raw, size_t len, struct event_view *ret)
{
	const struct event_type *type;
	u64 q0, q1, q3;

	if (len != EVENT_BYTES)
		return -EINVAL;
	q0 = core_ld64(raw);
	q1 = core_ld64(raw + 8);
	q3 = core_ld64(raw + 24);

	memset(ret, 0, sizeof(*ret));
	ret->id = (u8)CORE_GET(q0, 7, 0);
	ret->sid = (u32)CORE_GET(q0, 63, 32);
	type = type_of(ret->id);
	if (!type)
		return 0;
	ret->name = type->name;
	ret->has = type->has;
	if (CORE_GET(q0, 11, 11) || ret->id == EVENT_C_BAD_SUBSTREAMID) {
		ret->has |= EVENT_HAS_SSID;
		ret->ssid = (u32)CORE_GET(q0, 31, 12);
	}
	if (ret->has & EVENT_HAS_STALL) {
		ret->stag = (u16)CORE_GET(q1, 15, 0);
		ret->stalled = (u8)CORE_GET(q1, 31, 31);
	}
	if (ret->has & EVENT_HAS_ACCESS) {
		ret->privileged = (u8)CORE_GET(q1, 33, 33);
		ret->insn = (u8)CORE_GET(q1, 34, 34);
		ret->read = (u8)CORE_GET(q1, 35, 35);
	}
	if (ret->has & EVENT_HAS_INPUT)
		ret->input = core_ld64(raw + 16);
	if (ret->has & EVENT_HAS_CLASS) {
		ret->s2 = (u8)CORE_GET(q1, 39, 39);
		ret->class = (u8)CORE_GET(q1, 41, 40);
	}
	if (ret->has & EVENT_HAS_FETCH) {
		ret->fetch = q3 & CORE_MASK(51, 3);
	} else if ((ret->has & EVENT_HAS_CLASS) && ret->s2) {
		ret->has |= EVENT_HAS_IPA;
		ret->ipa = q3 & CORE_MASK(51, 12);
	}
	return 0;
}

#define CMD_SID 1u
#define CMD_ASID 2u
#define CMD_VMID 4u
#define CMD_ADDR 8u
#define CMD_LEAF 16u
#define CMD_RANGE 32u

struct cmd_type {
	const char *name;
	u32 has;
};

static const struct cmd_type *cmd_type_of(u8 opcode)
{
	static const struct cmd_type types[] = {
		[0x01] = { "CMD_PREFETCH_CONFIG", CMD_SID },
		[0x02] = { "CMD_PREFETCH_ADDR", CMD_SID },
		[0x03] = { "CMD_CFGI_STE", CMD_SID | CMD_LEAF },
		[0x04] = { "CMD_CFGI_STE_RANGE", CMD_SID | CMD_RANGE }, /* CFGI_ALL: range 31 */
		[0x05] = { "CMD_CFGI_CD", CMD_SID | CMD_LEAF },
		[0x06] = { "CMD_CFGI_CD_ALL", CMD_SID },
		[0x07] = { "CMD_CFGI_VMS_PIDM", CMD_VMID },
		[0x10] = { "CMD_TLBI_NH_ALL", CMD_VMID },
		[0x11] = { "CMD_TLBI_NH_ASID", CMD_VMID | CMD_ASID },
		[0x12] = { "CMD_TLBI_NH_VA", CMD_VMID | CMD_ASID | CMD_ADDR | CMD_LEAF },
		[0x13] = { "CMD_TLBI_NH_VAA", CMD_VMID | CMD_ADDR | CMD_LEAF },
		[0x18] = { "CMD_TLBI_EL3_ALL", 0 },
		[0x1a] = { "CMD_TLBI_EL3_VA", CMD_ADDR | CMD_LEAF },
		[0x20] = { "CMD_TLBI_EL2_ALL", 0 },
		[0x21] = { "CMD_TLBI_EL2_ASID", CMD_ASID },
		[0x22] = { "CMD_TLBI_EL2_VA", CMD_ASID | CMD_ADDR | CMD_LEAF },
		[0x23] = { "CMD_TLBI_EL2_VAA", CMD_ADDR | CMD_LEAF },
		[0x28] = { "CMD_TLBI_S12_VMALL", CMD_VMID },
		[0x2a] = { "CMD_TLBI_S2_IPA", CMD_VMID | CMD_ADDR | CMD_LEAF },
		[0x30] = { "CMD_TLBI_NSNH_ALL", 0 },
		[0x40] = { "CMD_ATC_INV", CMD_SID },
		[0x41] = { "CMD_PRI_RESP", CMD_SID },
		[0x44] = { "CMD_RESUME", CMD_SID },
		[0x45] = { "CMD_STALL_TERM", CMD_SID },
		[0x46] = { "CMD_SYNC", 0 },
	};
	const struct cmd_type *type =
		&types[opcode < sizeof(types) / sizeof(types[0]) ? opcode : 0];

	return type->name ? type : NULL;
}

int event_cmd_decode(const u8 *raw, size_t len, struct event_cmd_view *ret)
{
	const struct cmd_type *type;
	u64 q0, q1;

	if (len != EVENT_CMD_BYTES)
		return -EINVAL;
	q0 = core_ld64(raw);
	q1 = core_ld64(raw + 8);

	memset(ret, 0, sizeof(*ret));
	ret->opcode = (u8)CORE_GET(q0, 7, 0);
	type = cmd_type_of(ret->opcode);
	if (!type)
		return 0;
	ret->name = type->name;
	ret->has_sid = type->has & CMD_SID;
	ret->has_asid = type->has & CMD_ASID;
	ret->has_vmid = type->has & CMD_VMID;
	ret->has_addr = type->has & CMD_ADDR;
	if (ret->has_sid) {
		ret->sid = (u32)CORE_GET(q0, 63, 32);
		ret->ssid = (u32)CORE_GET(q0, 31, 12);
	}
	if (ret->has_vmid)
		ret->vmid = (u16)CORE_GET(q0, 47, 32);
	if (ret->has_asid)
		ret->asid = (u16)CORE_GET(q0, 63, 48);
	if (ret->has_addr)
		ret->addr = q1 & CORE_MASK(63, 12);
	if (type->has & CMD_LEAF)
		ret->leaf = q1 & 1;
	if (type->has & CMD_RANGE)
		ret->range = (u8)CORE_GET(q1, 4, 0);
	return 0;
}
