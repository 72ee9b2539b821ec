/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event_words.h - describe events and commands of an SMMU in words. */
#ifndef CTL_TRIAGE_EVENT_WORDS_H
#define CTL_TRIAGE_EVENT_WORDS_H

#include "core/event.h"
#include "lib/base/strbuf.h"

/* "F_TRANSLATION"; "event 0x7f" for one that is not known. */
void event_words_name(struct strbuf *out, const struct event_view *e);
/* "write to 0xfff00000: the address is not mapped"; the caller tells the StreamID. */
void event_words(struct strbuf *out, const struct event_view *e);
const char *event_words_access(const struct event_view *e); /* "write", "read", "fetch" */
/* "CMD_TLBI_NH_VA ASID 1, address 0xfff00000, leaf only" */
void event_words_command(struct strbuf *out, const struct event_cmd_view *c);

#endif
