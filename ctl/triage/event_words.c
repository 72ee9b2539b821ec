// SPDX-License-Identifier: LGPL-2.1-or-later
/* event_words.c - see event_words.h. Only fields that the event has are printed. */
#include "ctl/triage/event_words.h"

void event_words_name(struct strbuf *out, const struct event_view *e)
{
	if (e->name)
		strbuf_puts(out, e->name);
	else
		strbuf_printf(out, "event 0x%x", e->id);
}

const char *event_words_access(const struct event_view *e)
{
	return e->insn ? "fetch" : e->read ? "read" : "write";
}

void event_words(struct strbuf *out, const struct event_view *e)
{
	if (e->has & EVENT_HAS_ACCESS)
		strbuf_printf(out, "%s%s at 0x%llx: ", e->privileged ? "privileged " : "",
			      event_words_access(e), e->input);
	else if (e->has & EVENT_HAS_INPUT)
		strbuf_printf(out, "at 0x%llx: ", e->input);
	strbuf_puts(out, event_text(e->id));
	if (e->has & EVENT_HAS_SSID)
		strbuf_printf(out, ", substream 0x%x", e->ssid);
	/*
	 * The class of the access is told only for stage 2, as stage 1 sees only accesses of the
	 * device.
	 */
	if ((e->has & EVENT_HAS_CLASS) && e->s2)
		strbuf_printf(out, ", in stage 2%s",
			      e->class == EVENT_CLASS_TT   ? ", for a translation table"
			      : e->class == EVENT_CLASS_CD ? ", for a context descriptor"
							   : "");
	if (e->has & EVENT_HAS_IPA)
		strbuf_printf(out, ", IPA 0x%llx", e->ipa);
	if (e->has & EVENT_HAS_FETCH)
		strbuf_printf(out, ", entry at 0x%llx", e->fetch);
	if ((e->has & EVENT_HAS_STALL) && e->stalled)
		strbuf_printf(out, ", stalled with tag 0x%x", e->stag);
}

void event_words_command(struct strbuf *out, const struct event_cmd_view *c)
{
	const char *separator = " ";

	if (!c->name) {
		strbuf_printf(out, "command 0x%x", c->opcode);
		return;
	}
	/* The architecture spells "all" as the range of all StreamIDs. */
	strbuf_puts(out, c->opcode == 0x04 && c->range == 31 ? "CMD_CFGI_ALL" : c->name);
	if (c->opcode == 0x04) {
		if (c->range < 31)
			strbuf_printf(out, " %llu StreamIDs from 0x%x", 1ull << (c->range + 1),
				      c->sid);
		return;
	}
	if (c->has_sid) {
		strbuf_printf(out, "%sStreamID 0x%x", separator, c->sid);
		separator = ", ";
	}
	if (c->has_vmid && c->vmid) {
		strbuf_printf(out, "%sVMID %u", separator, c->vmid);
		separator = ", ";
	}
	if (c->has_asid) {
		strbuf_printf(out, "%sASID %u", separator, c->asid);
		separator = ", ";
	}
	if (c->has_addr)
		strbuf_printf(out, "%saddress 0x%llx", separator, c->addr);
	if (c->leaf)
		strbuf_puts(out, ", leaf only");
}
