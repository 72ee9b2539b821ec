// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* vmcoreinfo.c - see vmcoreinfo.h. */
#include "vmcoreinfo.h"

#define OWNER "VMCOREINFO"
#define NOTE_HEADER_BYTES 12u

/* arm64 without LPA2, built for it, enters its tables of 64 KiB pages behind their start. */
#define TTBR1_4852_OFFSET 0x1e00u

/* Step over @word at @text; NULL: something else is there. */
static const char *after(const char *text, const char *word)
{
	for (; *word; word++, text++)
		if (*text != *word)
			return NULL;
	return text;
}

/* The value of the line that begins with @before, @key, @behind and "=". */
static const char *value_of(const char *text, const char *before, const char *key,
			    const char *behind)
{
	const char *p;

	while (*text) {
		p = after(text, before);
		p = p ? after(p, key) : NULL;
		p = p ? after(p, behind) : NULL;
		if (p && *p == '=')
			return p + 1;
		while (*text && *text != '\n')
			text++;
		if (*text)
			text++;
	}
	return NULL;
}

bool vmcoreinfo_value(const char *text, const char *key, char *buf, size_t cap)
{
	const char *p = value_of(text, "", key, "");
	size_t n = 0;

	while (p && n < cap && p[n] && p[n] != '\n')
		n++;
	if (!p || n >= cap)
		return false;
	memcpy(buf, p, n);
	buf[n] = 0;
	return true;
}

void vmcoreinfo_crashed(const char *text, struct rec_crashed *ret)
{
	(void)vmcoreinfo_value(text, "OSRELEASE", ret->release, sizeof(ret->release));
	(void)vmcoreinfo_value(text, "BUILD-ID", ret->build_id, sizeof(ret->build_id));
	(void)vmcoreinfo_number(text, "CRASHTIME", &ret->crash_s);
}

static u32 digit(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (u32)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (u32)(c - 'A') + 10 : 16;
}

static bool read_number(const char *p, u32 base, u64 *ret)
{
	u64 value = 0;
	u32 d;

	if (digit(*p) >= base)
		return false;
	for (; *p && *p != '\n'; p++) {
		d = digit(*p);
		if (d >= base || value > (~(u64)0 - d) / base)
			return false;
		value = value * base + d;
	}
	*ret = value;
	return true;
}

bool vmcoreinfo_symbol(const char *text, const char *name, u64 *ret)
{
	const char *p = value_of(text, "SYMBOL(", name, ")");

	return p && read_number(p, 16, ret);
}

bool vmcoreinfo_number(const char *text, const char *key, u64 *ret)
{
	const char *p = value_of(text, "", key, ""), *hex = p ? after(p, "0x") : NULL;

	return p && (hex ? read_number(hex, 16, ret) : read_number(p, 10, ret));
}

bool vmcoreinfo_tables(const char *text, struct ptw_geom *ret)
{
	u64 swapper, voffset, page, bits, t1sz;

	memset(ret, 0, sizeof(*ret));
	if (!vmcoreinfo_symbol(text, "swapper_pg_dir", &swapper) ||
	    !vmcoreinfo_number(text, "NUMBER(kimage_voffset)", &voffset) ||
	    !vmcoreinfo_number(text, "PAGESIZE", &page) ||
	    !vmcoreinfo_number(text, "NUMBER(VA_BITS)", &bits) || bits > 52 || bits < 36)
		return false;
	if (vmcoreinfo_number(text, "NUMBER(TCR_EL1_T1SZ)", &t1sz) && t1sz >= 12 && t1sz <= 28)
		bits = 64 - t1sz;
	ret->root = swapper - voffset;
	ret->granule_shift = page == 4096 ? 12 : page == 16384 ? 14 : page == 65536 ? 16 : 0;
	ret->input_bits = (u8)bits;
	ret->input_base = ~(u64)0 << bits;
	ret->output_bits = 52;
	/* A kernel built for 64 KiB pages and 52 bits writes addresses so whatever the hardware. */
	if (page == 65536)
		ret->form = PTW_FORM_LPA;
	else if (bits > 48)
		ret->form = PTW_FORM_DS;
	if (page == 65536 && bits == 48)
		ret->root += TTBR1_4852_OFFSET;
	return ret->granule_shift && ptw_finish(ret, 0) == PTW_USABLE;
}

const char *vmcoreinfo_find(const u8 *notes, size_t len, size_t *ret_len)
{
	u64 at = 0, name, body, next;

	while (at <= len && len - at >= NOTE_HEADER_BYTES) {
		name = core_ld32(notes + at);
		body = core_ld32(notes + at + 4);
		/* All zeros end the notes. */
		if (!name && !body)
			return NULL;
		next = at + NOTE_HEADER_BYTES + ((name + 3) & ~(u64)3);
		if (next > len || body > len - next)
			return NULL;
		if (name == sizeof(OWNER) &&
		    !memcmp(notes + at + NOTE_HEADER_BYTES, OWNER, sizeof(OWNER))) {
			*ret_len = (size_t)body;
			return (const char *)notes + next;
		}
		at = next + ((body + 3) & ~(u64)3);
	}
	return NULL;
}
