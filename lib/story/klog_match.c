// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * klog_match.c - tables of the texts that Linux 5.4 to 7.3 (arm-smmu-v3.c, pcie/aer.c, arm64's
 * traps.c, GHES) and our two programs print. Texts are matched by the part that no version
 * changed, at any place in the line: the text before it depends on the program that wrote the log.
 */
#include "lib/story/klog_match.h"

#include <stdio.h>
#include <string.h>

#include "core/adopt_log.h"
#include "core/event.h"
#include "core/names.h"
#include "lib/story/names.h"

static const char panic[] = "Kernel panic - not syncing";

static const char driver[] = "arm-smmu-v3"; /* and arm-smmu-v3-adopt */

/* What the driver says of an SMMU. Reasons for a reset are core/adopt_log.c's. */
static const struct {
	const char *text;
	enum klog_what what;
} smmu_texts[] = {
	{ "retaining SMMUEN", KLOG_KEPT },
	{ "CMD_SYNC timeout", KLOG_CMD_SYNC },
	{ "CMDQ timeout", KLOG_CMD_SYNC },
	{ "unexpected global error", KLOG_GERROR },
	{ "entered Service Failure Mode", KLOG_GERROR },
	{ "MSI write aborted", KLOG_GERROR },
	{ "write aborted -- events", KLOG_GERROR },
	{ "CMDQ error", KLOG_GERROR },
	{ "overflow detected", KLOG_EVENTS_LOST },
	{ "GBPA not responding", KLOG_TROUBLE },
	{ "failed to clear cr0", KLOG_TROUBLE },
	{ "failed to enable command queue", KLOG_TROUBLE },
	{ "failed to enable SMMU interface", KLOG_TROUBLE },
	{ "failed to disable queues", KLOG_TROUBLE },
	{ "failed to disable irqs", KLOG_TROUBLE },
	{ "changed since adopt", KLOG_TROUBLE },
	{ "failed to adopt l2", KLOG_TROUBLE },
	{ "failed with error", KLOG_TROUBLE },
};

/*
 * Lines of a kernel that are about no device; the higher the rank, the more the line tells why it
 * crashed.
 */
static const struct {
	const char *text;
	enum klog_what what;
	u32 rank;
} kernel_texts[] = {
	{ "Booting Linux on physical CPU", KLOG_BOOT, 0 },
	{ "Linux version ", KLOG_BOOT, 0 },
	{ panic, KLOG_PANIC, 5 },
	{ "SError Interrupt on CPU", KLOG_SERROR, 2 },
	{ "synchronous external abort", KLOG_SERROR, 2 },
	{ "kernel BUG at ", KLOG_OOPS, 4 },
	{ "Unable to handle kernel ", KLOG_OOPS, 3 },
	{ "Internal error: ", KLOG_OOPS, 2 },
	{ "sysrq: Trigger a crash", KLOG_OOPS, 1 },
	{ "[Hardware Error]: event severity", KLOG_HW_ERROR, 0 },
	{ "crashkernel reserved", KLOG_ORDINARY, 0 },
	{ "Starting crashdump kernel", KLOG_ORDINARY, 0 },
	{ "for elfcorehdr", KLOG_CAPTURE, 0 },
	{ "running makedumpfile", KLOG_CAPTURE, 0 },
	{ "saving vmcore", KLOG_CAPTURE, 0 },
};

const char *klog_what_name(enum klog_what what)
{
	static const char *const names[] = {
		[KLOG_BOOT] = "boot",
		[KLOG_CAPTURE] = "capture-kernel",
		[KLOG_ORDINARY] = "ordinary-kernel",
		[KLOG_HELPER] = "helper",
		[KLOG_DAEMON] = "daemon",
		[KLOG_SMMU] = "smmu",
		[KLOG_KEPT] = "adopted",
		[KLOG_RESET] = "reset",
		[KLOG_WHY] = "reason",
		[KLOG_TROUBLE] = "reset-trouble",
		[KLOG_EVENT] = "event",
		[KLOG_EVENT_WORD] = "event",
		[KLOG_EVENT_MORE] = "event",
		[KLOG_SUPPRESSED] = "event",
		[KLOG_EVENTS_LOST] = "events-lost",
		[KLOG_CMD_SYNC] = "cmd-sync",
		[KLOG_GERROR] = "gerror",
		[KLOG_AER] = "aer",
		[KLOG_AER_BIT] = "aer",
		[KLOG_HW_ERROR] = "hardware-error",
		[KLOG_SERROR] = "serror",
		[KLOG_PANIC] = "panic",
		[KLOG_OOPS] = "oops",
	};

	return what <= KLOG_WHAT_MAX && names[what] ? names[what] : "other";
}

/* @text behind @word, when it begins with that; else NULL. */
static const char *after(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) == 0 ? text + n : NULL;
}

/* Where the name @word stands as a name, at the start of a line or of a word. */
static const char *find_name(const char *text, const char *word)
{
	const char *p = text;

	while ((p = strstr(p, word)) && p > text && p[-1] != ' ')
		p++;
	return p;
}

/* Copy what is in front of @end. False: nothing, or more than a name has. */
static bool take_name(char name[KLOG_NAME_BYTES], const char *text, const char *end)
{
	size_t n = (size_t)(end - text);

	if (!n || n >= KLOG_NAME_BYTES)
		return false;
	memcpy(name, text, n);
	name[n] = 0;
	return true;
}

static const char *hex(const char *p, u64 *ret)
{
	u64 n = 0;
	int digits = 0;

	p = after(p, "0x");
	if (!p)
		return NULL;
	for (; digits < 17; p++, digits++) {
		if (*p >= '0' && *p <= '9')
			n = n << 4 | (u64)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			n = n << 4 | (u64)(*p - 'a' + 10);
		else
			break;
	}
	*ret = n;
	return digits && digits <= 16 ? p : NULL;
}

static const char *decimal(const char *p, u64 *ret)
{
	int digits = 0;

	for (*ret = 0; *p >= '0' && *p <= '9' && digits < 18; p++, digits++)
		*ret = *ret * 10 + (u64)(*p - '0');
	return digits ? p : NULL;
}

/* Which value of @name_of has the name at @text, with @end behind it? False: none. */
static bool take_value(const char *text, const char *end, const char *(*name_of)(u32), u32 last,
		       u32 *ret)
{
	const char *p;

	for (*ret = 0; *ret <= last; ++*ret) {
		p = after(text, name_of(*ret));
		if (p && after(p, end))
			return true;
	}
	return false;
}

/* "9050000.smmuv3: adopted: the stream table is ..., the command queue is new; 5 streams ..." */
static void helper_line(const char *said, struct klog_match *ret)
{
	const char *colon = strstr(said, ": "), *reason;
	u32 value, why;

	if (!colon || !take_value(colon + 2, ": ", adopt_state_name, ADOPT_NOT_CAPTURE, &value) ||
	    !take_name(ret->name, said, colon))
		return;
	ret->state = value;
	reason = strstr(colon + 2, ": ") + 2;
	if (take_value(reason, ";", adopt_reason_text, ADOPT_WHY_SCAN, &why))
		ret->reason = why;
}

/* "quiesce 0000:00:01.0: done in 3 ms (bus master off)" */
static void daemon_line(const char *said, struct klog_match *ret)
{
	const char *name = strchr(said, ' '), *colon, *p;
	struct rec_result *r = &ret->result;
	size_t len;
	u32 value;
	u64 ms;

	if (!name)
		return;
	if (after(said, ACTION_QUIESCE_ONCE " "))
		value = REC_ACT_QUIESCE;
	else if (!take_value(said, " ", rec_action_name, REC_ACT_MAX, &value))
		return;
	colon = strstr(++name, ": ");
	if (!colon || colon == name || (size_t)(colon - name) >= sizeof(r->device))
		return;
	r->action = (u16)value;
	if (!take_value(colon + 2, " in ", rec_outcome_name, REC_STEP_PENDING, &value) ||
	    !(p = decimal(strstr(colon + 2, " in ") + 4, &ms)) || !(p = after(p, " ms ("))) {
		r->action = 0;
		return;
	}
	r->outcome = (u16)value;
	r->took_ns = ms * 1000000;
	memcpy(r->device, name, (size_t)(colon - name));
	len = strlen(p);
	if (len && p[len - 1] == ')')
		len--;
	(void)snprintf(r->detail, sizeof(r->detail), "%.*s", (int)len, p);
}

/* The text behind the name of our program @name, as "NAME: " or "NAME[123]: "; NULL: not there. */
static const char *our_line(const char *text, const char *name)
{
	const char *p = find_name(text, name);

	if (!p)
		return NULL;
	p += strlen(name);
	if (*p == '[') {
		p += 1 + strspn(p + 1, "0123456789");
		if (*p++ != ']')
			return NULL;
	}
	return *p == ':' ? p + 1 + strspn(p + 1, " ") : NULL;
}

static bool of_us(const char *text, struct klog_match *ret)
{
	const char *said = our_line(text, SMMU_ADOPT_MODULE);

	if (said) {
		ret->what = KLOG_HELPER;
		helper_line(said, ret);
	} else {
		said = our_line(text, NAME_DAEMON);
		if (!said)
			return false;
		ret->what = KLOG_DAEMON;
		daemon_line(said, ret);
	}
	ret->said = said;
	return true;
}

/* "event: C_BAD_STREAMID client: (unassigned sid) sid: 0x900 ssid: 0x0" */
static bool event_in_words(const char *said, struct klog_match *ret)
{
	const char *name = after(said, "event: "), *client, *p;
	u64 sid;
	u32 id;

	client = name ? strstr(name, " client: ") : NULL;
	p = client ? strstr(client, " sid: ") : NULL;
	if (!p || !hex(p + 6, &sid) || sid > UINT32_MAX)
		return false;
	client += strlen(" client: ");
	if (!take_name(ret->client, client, p) || ret->client[0] == '(')
		ret->client[0] = 0;
	for (id = 0; id < 256; id++) {
		p = event_name((u8)id);
		if (p && (p = after(name, p)) && *p == ' ')
			ret->id = (u8)id;
	}
	ret->what = KLOG_EVENT;
	ret->words = true;
	ret->sid = (u32)sid;
	return true;
}

static bool of_event(const char *said, struct klog_match *ret)
{
	const char *p = after(said, "event ");
	u64 n;

	if (p && (p = hex(p, &n)) && n < 256 && after(p, " received")) {
		ret->what = KLOG_EVENT;
		ret->id = (u8)n;
		return true;
	}
	p = hex(said, &n);
	if (p && !*p) {
		ret->what = KLOG_EVENT_WORD;
		ret->number = n;
		return true;
	}
	if (after(said, "priv ") || after(said, "unpriv ")) {
		ret->what = KLOG_EVENT_MORE;
		return true;
	}
	return event_in_words(said, ret);
}

/* How many events were not printed; the line names a function and no SMMU. */
static bool of_suppressed(const char *text, struct klog_match *ret)
{
	static const char *const functions[] = { "arm_smmu_evtq_thread: ",
						 "arm_smmu_dump_event: " };
	const char *p;
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		p = strstr(text, functions[i]);
		if (!p || !(p = decimal(p + strlen(functions[i]), &ret->number)) ||
		    !after(p, " callbacks suppressed"))
			continue;
		ret->what = KLOG_SUPPRESSED;
		ret->said = text;
		return true;
	}
	return false;
}

static bool of_smmu(const char *text, struct klog_match *ret)
{
	const char *name = find_name(text, driver), *colon;
	struct adopt_log_said said;
	size_t i;

	name = name ? strchr(name, ' ') : NULL;
	colon = name ? strstr(++name, ": ") : NULL;
	if (!colon || memchr(name, ' ', (size_t)(colon - name)) ||
	    !take_name(ret->name, name, colon))
		return of_suppressed(text, ret);
	ret->said = colon + 2 + strspn(colon + 2, " ");
	ret->what = KLOG_SMMU;
	if (of_event(ret->said, ret))
		return true;
	for (i = 0; i < sizeof(smmu_texts) / sizeof(smmu_texts[0]); i++) {
		if (!strstr(ret->said, smmu_texts[i].text))
			continue;
		ret->what = smmu_texts[i].what;
		return true;
	}
	if (!adopt_log_line(name, strlen(name), ret->name, &said))
		return true;
	ret->what = said.reason == ADOPT_WHY_STOCK ? KLOG_RESET : KLOG_WHY;
	ret->reason = said.reason;
	ret->rank = said.rank;
	ret->said = name + said.at;
	if (said.has_sid)
		ret->sid = said.sid;
	return true;
}

/* Where a PCI address such as "0000:09:00.1" stands in @text; NULL nowhere. */
static const char *find_pci(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = text;
	size_t n;

	for (;;) {
		n = strspn(p, digits);
		if (n >= 4 && n <= 8 && p[n] == ':' && strspn(p + n + 1, digits) == 2 &&
		    p[n + 3] == ':' && strspn(p + n + 4, digits) == 2 && p[n + 6] == '.' &&
		    p[n + 7] >= '0' && p[n + 7] <= '7' && p[n + 8] == ':')
			return p;
		p = strchr(p, ' ');
		if (!p)
			return NULL;
		p++;
	}
}

/*
 * "igb 0000:09:00.1: AER: aer_status: 0x00004000, ...", of firmware's reports; "igb 0000:09:00.1:
 * PCIe Bus Error: severity=Uncorrectable (Non-Fatal), ..." of the root port's; and in either
 * "igb 0000:09:00.1:    [14] CmpltTO    (First)".
 */
static bool of_pcie(const char *text, struct klog_match *ret)
{
	const char *pci = find_pci(text), *colon, *p;
	u64 bit;

	if (!pci)
		return false;
	colon = strchr(strchr(pci, '.'), ':');
	p = colon + 1 + strspn(colon + 1, " ");
	if (after(p, "AER:"))
		p += 4 + strspn(p + 4, " ");
	if (*p == '[') {
		p = decimal(p + 1, &bit);
		if (!p || bit > 31 || !after(p, "] "))
			return false;
		p += 1 + strspn(p + 1, " ");
		ret->what = KLOG_AER_BIT;
	} else if (after(p, "aer_status: ") || strstr(p, "Bus Error: severity=")) {
		ret->what = KLOG_AER;
	} else {
		return false;
	}
	ret->said = p;
	(void)take_name(ret->name, pci, colon);
	if (pci > text && pci[-1] == ' ') {
		for (p = pci - 1; p > text && p[-1] != ' '; p--)
			;
		(void)take_name(ret->driver, p, pci - 1);
	}
	return true;
}

static bool of_kernel(const char *text, struct klog_match *ret)
{
	static const char line[] = "Kernel command line: ";
	const char *p = strstr(text, line);
	size_t i;

	if (p) {
		ret->said = p;
		if (strstr(p, " elfcorehdr=") || strstr(p, " reset_devices"))
			ret->what = KLOG_CAPTURE;
		else if (strstr(p, " crashkernel="))
			ret->what = KLOG_ORDINARY;
		return ret->what != KLOG_NOTHING;
	}
	for (i = 0; i < sizeof(kernel_texts) / sizeof(kernel_texts[0]); i++) {
		ret->said = strstr(text, kernel_texts[i].text);
		/* "---[ end Kernel panic ..." is the same panic. */
		if (!ret->said || (ret->said - text >= 4 && !memcmp(ret->said - 4, "end ", 4)))
			continue;
		ret->what = kernel_texts[i].what;
		ret->rank = kernel_texts[i].rank;
		return true;
	}
	return false;
}

const char *klog_why_crashed(const struct klog_match *match)
{
	const char *why = after(match->said, panic);

	return why && after(why, ": ") ? why + 2 : match->said;
}

bool klog_match(const char *text, struct klog_match *ret)
{
	memset(ret, 0, sizeof(*ret));
	return of_us(text, ret) || of_smmu(text, ret) || of_pcie(text, ret) || of_kernel(text, ret);
}
