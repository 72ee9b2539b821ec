// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tally.c - parses the lines and counts.
 *
 * Formats, as QEMU 7.2 prints them (a time stamp stands before trace events only):
 * (or, of QEMU 8 and later, 2026-11-25T09:29:55.554956Z and a blank, for PID@SEC.USEC:)
 *   PID@SEC.USEC:smmuv3_translate_success NAME sid=0x8 iova=0x.. translated=0x.. perm=0x3
 *   PID@SEC.USEC:smmuv3_translate_abort NAME sid=0x8 abort on iova:0x.. is_write=1
 *   PID@SEC.USEC:smmuv3_translate_bypass NAME sid=0x8 STE bypass iova:0x.. is_write=1
 *   PID@SEC.USEC:smmuv3_translate_disable NAME sid=0x8 bypass (smmu disabled) iova:0x.. is_write=1
 *   PID@SEC.USEC:smmuv3_cmdq_cfgi_ste streamid= 0x8
 *   PID@SEC.USEC:smmuv3_cmdq_cfgi_ste_range start=0x0 - end=0xffffffff
 *   PID@SEC.USEC:pci_cfg_write e1000e 00:01.0 @0x4 <- 0x6
 *   invalid sid=8 (L1STD span=0)
 *   NAME translation failed for iova=0x.. (SMMU_EVT_C_BAD_STREAMID)
 * A refusal names its memory region, not its StreamID: the region's StreamID is learnt from its
 * earlier translations, or from the "invalid sid" line right before.
 */
#include "tally.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PCI_COMMAND 0x04
#define PCI_COMMAND_MASTER 0x4

const char *const tally_kind_names[KIND_MAX] = { "refused", "bypassed", "translated" };
const char *const tally_phase_names[PHASE_MAX] = { "crashed", "before", "during", "after" };
const char *const tally_where_names[WHERE_MAX] = {
	"old_ram", "capture_ram", "msi", "other", "nowhere",
};

void tally_init(struct tally *t, uint64_t ram_base, uint64_t ram_size)
{
	memset(t, 0, sizeof(*t));
	t->ram_base = ram_base;
	t->ram_size = ram_size;
	/* GICv3 ITS of the virt machine; its doorbell page is the only MSI target there is. */
	t->msi_start = 0x08080000;
	t->msi_end = 0x080a0000;
	t->crash_us = t->daemon_start_us = t->daemon_end_us = t->coldplug_us = -1;
}

/* --- small parsers: advance *p behind what they took, or return false --------------------------
 */

static bool take(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n))
		return false;
	*p += n;
	return true;
}

static bool take_number(const char **p, int base, uint64_t *ret)
{
	char *end;
	unsigned long long v;

	/* strtoull would skip blanks and take a sign. */
	if (!((**p >= '0' && **p <= '9') ||
	      (base == 16 && ((**p | 0x20) >= 'a' && (**p | 0x20) <= 'f'))))
		return false;
	v = strtoull(*p, &end, base);
	if (end == *p)
		return false;
	*p = end;
	*ret = v;
	return true;
}

/* Finds `key` later in the line and reads the hexadecimal number behind it. */
static bool find_hex(const char *line, const char *key, uint64_t *ret)
{
	const char *p = strstr(line, key);

	if (!p)
		return false;
	p += strlen(key);
	return take_number(&p, 16, ret);
}

static bool copy_word(char *dst, size_t size, const char *src)
{
	size_t n = strcspn(src, " ");

	if (!n || n >= size)
		return false;
	memcpy(dst, src, n);
	dst[n] = '\0';
	return true;
}

/* --- tables ------------------------------------------------------------------------------------
 */

static struct tally_sid *get_sid(struct tally *t, uint32_t sid)
{
	struct tally_sid *s;

	for (unsigned int i = 0; i < t->n_sids; i++)
		if (t->sids[i].sid == sid)
			return &t->sids[i];
	if (t->n_sids == TALLY_MAX_SIDS) {
		t->sids_lost++;
		return NULL;
	}
	s = &t->sids[t->n_sids++];
	memset(s, 0, sizeof(*s));
	s->sid = sid;
	s->handover_us = s->quiesced_us = s->last_old_ram_us = -1;
	for (int k = 0; k < KIND_MAX; k++)
		s->first_us[k] = s->last_us[k] = -1;
	return s;
}

static struct tally_name *find_name(struct tally *t, const char *name)
{
	for (unsigned int i = 0; i < t->n_names; i++)
		if (!strcmp(t->names[i].name, name))
			return &t->names[i];
	return NULL;
}

static void learn_name(struct tally *t, const char *name, uint32_t sid)
{
	struct tally_name *n = find_name(t, name);

	if (!n) {
		if (t->n_names == TALLY_MAX_NAMES)
			return;
		n = &t->names[t->n_names++];
		strcpy(n->name, name); /* copy_word() made it fit */
	}
	n->sid = sid;
}

static void count_reason(struct tally *t, const char *name)
{
	struct tally_reason *r = NULL;

	for (unsigned int i = 0; i < t->n_reasons && !r; i++)
		if (!strcmp(t->reasons[i].name, name))
			r = &t->reasons[i];
	if (!r) {
		if (t->n_reasons == TALLY_MAX_REASONS)
			return;
		r = &t->reasons[t->n_reasons++];
		strcpy(r->name, name);
	}
	r->count++;
}

/* --- counting ----------------------------------------------------------------------------------
 */

enum tally_phase tally_phase_at(const struct tally *t, int64_t us)
{
	if (t->crash_us < 0 || us < t->crash_us)
		return PHASE_CRASHED;
	if (t->daemon_start_us < 0) /* no daemon in this run: coldplug is what ends "before" */
		return t->coldplug_us >= 0 && us >= t->coldplug_us ? PHASE_AFTER : PHASE_BEFORE;
	if (us < t->daemon_start_us)
		return PHASE_BEFORE;
	if (t->daemon_end_us < 0 || us < t->daemon_end_us)
		return PHASE_DURING;
	return PHASE_AFTER;
}

static enum tally_where where_is(const struct tally *t, uint64_t addr)
{
	if (addr >= t->msi_start && addr < t->msi_end)
		return WHERE_MSI;
	if (addr >= t->capture_start && addr < t->capture_end)
		return WHERE_CAPTURE_RAM;
	if (addr >= t->ram_base && addr - t->ram_base < t->ram_size)
		return WHERE_OLD_RAM;
	return WHERE_OTHER;
}

static void count_old_ram(struct tally_sid *s, uint64_t iova, uint64_t addr, int64_t us)
{
	s->old_ram_after_crash++;
	s->last_old_ram_us = us;
	if (s->handover_us < 0)
		return;
	s->old_ram_after_handover++;
	if (s->n_stale < TALLY_MAX_SAMPLES)
		s->stale[s->n_stale++] = (struct tally_sample){ us, iova, addr };
}

static void count(struct tally *t, uint32_t sid, enum tally_kind kind, uint64_t iova, uint64_t addr,
		  int64_t us)
{
	struct tally_sid *s = get_sid(t, sid);
	enum tally_phase phase = tally_phase_at(t, us);
	enum tally_where where = kind == KIND_REFUSED ? WHERE_NOWHERE : where_is(t, addr);

	t->transactions++;
	if (!s)
		return;
	s->count[kind][phase][where]++;
	if (phase == PHASE_CRASHED)
		return;
	if (s->first_us[kind] < 0)
		s->first_us[kind] = us;
	s->last_us[kind] = us;
	if (where == WHERE_OLD_RAM)
		count_old_ram(s, iova, addr, us);
	if (s->quiesced_us >= 0 && s->handover_us < 0)
		s->after_quiesce++;
}

/* "NAME sid=0x8 ..." of the four translate events */
static bool on_translate(struct tally *t, const char *p, enum tally_kind kind, int64_t us)
{
	char name[TALLY_NAME_LEN];
	uint64_t sid, iova, addr;

	if (!copy_word(name, sizeof(name), p) || !find_hex(p, "sid=0x", &sid) || sid > UINT32_MAX)
		return false;
	if (kind == KIND_TRANSLATED) {
		if (!find_hex(p, "iova=0x", &iova) || !find_hex(p, "translated=0x", &addr))
			return false;
	} else {
		if (!find_hex(p, "iova:0x", &iova))
			return false;
		addr = iova;
	}
	learn_name(t, name, sid);
	count(t, sid, kind, iova, addr, us);
	if (kind == KIND_REFUSED && tally_phase_at(t, us) != PHASE_CRASHED)
		count_reason(t, "STE_ABORT");
	return true;
}

/* "NAME translation failed for iova=0x.. (SMMU_EVT_x)" */
static bool on_refused(struct tally *t, const char *line, int64_t us)
{
	char name[TALLY_NAME_LEN], reason[TALLY_NAME_LEN] = "unknown";
	struct tally_name *n;
	const char *p = strchr(line, '(');
	uint64_t iova, sid;
	size_t len;

	if (!copy_word(name, sizeof(name), line) || !find_hex(line, "iova=0x", &iova))
		return false;
	if (p) {
		p++;
		if (!take(&p, "SMMU_EVT_"))
			return false;
		len = strcspn(p, ")");
		if (len && len < sizeof(reason)) {
			memcpy(reason, p, len);
			reason[len] = '\0';
		}
	}
	n = find_name(t, name);
	if (t->last_bad_sid_valid)
		sid = t->last_bad_sid;
	else if (n)
		sid = n->sid;
	else
		return false;
	count(t, sid, KIND_REFUSED, iova, 0, us);
	if (tally_phase_at(t, us) != PHASE_CRASHED)
		count_reason(t, reason);
	return true;
}

static bool on_cfgi_ste(struct tally *t, const char *p, int64_t us)
{
	struct tally_sid *s;
	uint64_t sid;

	if (!find_hex(p, "streamid= 0x", &sid) || sid > UINT32_MAX)
		return false;
	if (tally_phase_at(t, us) == PHASE_CRASHED)
		return true;
	s = get_sid(t, sid);
	if (!s)
		return true;
	s->cfgi_ste++;
	if (s->handover_us < 0) {
		s->handover_us = us;
		s->handover_phase = tally_phase_at(t, us);
		s->quiesced_first = s->quiesced_us >= 0;
	}
	return true;
}

/* "e1000e 00:01.0 @0x4 <- 0x6" */
static bool on_cfg_write(struct tally *t, const char *p, int64_t us)
{
	struct tally_sid *s;
	uint64_t bus, dev, fn, reg, val;
	bool crashed = tally_phase_at(t, us) == PHASE_CRASHED, master;

	p = strchr(p, ' ');
	if (!p++ || !take_number(&p, 16, &bus) || !take(&p, ":") || !take_number(&p, 16, &dev) ||
	    !take(&p, ".") || !take_number(&p, 16, &fn) || !take(&p, " @0x") ||
	    !take_number(&p, 16, &reg) || !take(&p, " <- 0x") || !take_number(&p, 16, &val))
		return false;
	if (reg != PCI_COMMAND || bus > 0xff || dev > 0x1f || fn > 7)
		return true;
	s = get_sid(t, (uint32_t)(bus << 8 | dev << 3 | fn));
	if (!s)
		return true;
	master = val & PCI_COMMAND_MASTER;
	if (crashed)
		s->master_at_crash = master;
	else if (s->master_at_crash && !master && s->quiesced_us < 0)
		s->quiesced_us = us;
	s->master = master;
	s->master_known = true;
	return true;
}

/* --- one line of QEMU's log --------------------------------------------------------------------
 */

/* Takes "2026-11-25T09:29:55.554956Z ", as QEMU 8 and later write it. */
static const char *take_iso_stamp(const char *line, int64_t *us)
{
	struct tm tm = { 0 };
	const char *p = strptime(line, "%Y-%m-%dT%H:%M:%S", &tm);
	uint64_t frac;

	if (!p || !take(&p, ".") || !take_number(&p, 10, &frac) || !take(&p, "Z ") || frac > 999999)
		return line;
	*us = (int64_t)timegm(&tm) * 1000000 + (int64_t)frac;
	return p;
}

/* Takes "PID@SEC.USEC:"; without one, the line keeps now_us. */
static const char *take_stamp(const char *line, int64_t *us)
{
	const char *p = line;
	uint64_t pid, sec, frac;

	if (!take_number(&p, 10, &pid) || !take(&p, "@") || !take_number(&p, 10, &sec) ||
	    !take(&p, ".") || !take_number(&p, 10, &frac) || !take(&p, ":") ||
	    sec > INT64_MAX / 2000000 || frac > 999999)
		return take_iso_stamp(line, us);
	*us = (int64_t)(sec * 1000000 + frac);
	return p;
}

static enum tally_line parse_line(struct tally *t, const char *p, int64_t us, bool *ok)
{
	uint64_t sid;

	*ok = true;
	if (take(&p, "smmuv3_")) {
		if (take(&p, "translate_success "))
			*ok = on_translate(t, p, KIND_TRANSLATED, us);
		else if (take(&p, "translate_abort "))
			*ok = on_translate(t, p, KIND_REFUSED, us);
		else if (take(&p, "translate_bypass ") || take(&p, "translate_disable "))
			*ok = on_translate(t, p, KIND_BYPASSED, us);
		else if (take(&p, "cmdq_cfgi_ste "))
			return *ok = on_cfgi_ste(t, p, us), LINE_EVENT;
		else if (take(&p, "cmdq_cfgi_ste_range "))
			return t->invalidate_all += tally_phase_at(t, us) != PHASE_CRASHED,
			       LINE_EVENT;
		else
			return LINE_OTHER;
		return LINE_TRANSACTION;
	}
	if (take(&p, "pci_cfg_write "))
		return *ok = on_cfg_write(t, p, us), LINE_EVENT;
	if (take(&p, "invalid sid=")) {
		t->last_bad_sid_valid = take_number(&p, 10, &sid) && sid <= UINT32_MAX;
		t->last_bad_sid = t->last_bad_sid_valid ? (uint32_t)sid : 0;
		return LINE_TRANSACTION;
	}
	if (strstr(p, " translation failed for iova=")) {
		*ok = on_refused(t, p, us);
		return LINE_TRANSACTION;
	}
	return LINE_OTHER;
}

enum tally_line tally_log_line(struct tally *t, const char *line, int64_t now_us)
{
	int64_t us = now_us;
	const char *p = take_stamp(line, &us);
	bool ok, bad_sid = t->last_bad_sid_valid;
	enum tally_line kind;

	t->lines++;
	kind = parse_line(t, p, us, &ok);
	if (bad_sid) /* it speaks for the line right behind it only */
		t->last_bad_sid_valid = false;
	if (!ok)
		t->unparsed++;
	return kind;
}

/* --- one line of the console -------------------------------------------------------------------
 */

static bool parse_crashkernel(struct tally *t, const char *p)
{
	uint64_t start, end;

	while (*p == ' ')
		p++;
	if (!take(&p, "0x") || !take_number(&p, 16, &start) || !take(&p, " - 0x") ||
	    !take_number(&p, 16, &end) || end <= start)
		return false;
	t->capture_start = start;
	t->capture_end = end;
	return true;
}

/* The word at the start of `p` is exactly `word`. */
static bool is_word(const char *p, const char *word)
{
	return strcspn(p, " \r") == strlen(word) && !strncmp(p, word, strlen(word));
}

static void on_phase(struct tally *t, const char *name, int64_t us)
{
	if (is_word(name, "crash"))
		t->crash_marked = true;
	else if (is_word(name, "daemon-start") && t->daemon_start_us < 0)
		t->daemon_start_us = us;
	else if (is_word(name, "daemon-end") && t->daemon_end_us < 0)
		t->daemon_end_us = us;
	else if (is_word(name, "coldplug") && t->coldplug_us < 0)
		t->coldplug_us = us;
}

enum tally_mark tally_console_line(struct tally *t, const char *line, int64_t us,
				   const char **ret_rest)
{
	const char *p;

	t->console_lines++;
	if ((p = strstr(line, "VM-PHASE: "))) {
		*ret_rest = p + strlen("VM-PHASE: ");
		on_phase(t, *ret_rest, us);
		return MARK_PHASE;
	}
	if ((p = strstr(line, "VM-FACT: "))) {
		*ret_rest = p + strlen("VM-FACT: ");
		return MARK_FACT;
	}
	if (t->crash_us < 0 && (p = strstr(line, "crashkernel reserved:")))
		return parse_crashkernel(t, p + strlen("crashkernel reserved:")) ? MARK_CRASHKERNEL
										 : MARK_NONE;
	/* The last thing the crashed kernel says; earlier DMA is nobody's fault. */
	if (t->crash_us < 0 && t->crash_marked && strstr(line, "Kernel panic - not syncing")) {
		t->crash_us = us;
		return MARK_PANIC;
	}
	if (t->crash_us >= 0 && strstr(line, "Booting Linux on physical CPU"))
		return MARK_BOOT;
	return MARK_NONE;
}
