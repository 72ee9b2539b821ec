// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * address.c - see address.h. An earlier version read "44123000" as decimal and answered that no
 * device could reach it. So there is one base, and an address outside memory is reported.
 */
#include "ctl/triage/address.h"

#include <ctype.h>
#include <stdio.h>

#include "ctl/dump/kernel.h"
#include "ctl/dump/vmcoreinfo.h"
#include "ctl/input/symbols.h"
#include "lib/base/parse.h"

#define PHYS_BITS 52
#define WORD 64		      /* maximal length of one part of the text */
#define NAME_DIGITS 8	      /* a shorter number that begins with a letter may be a name */
#define PIECES_MAX (1u << 20) /* pages of a virtual range that are looked up */

struct finder {
	const struct triage *t;
	struct kernel kernel;
	struct address_range *ret;
	struct errbuf *err;
};

static enum exit_code refuse(struct finder *f, const char *text)
{
	errbuf_set(f->err, "'%.64s' is not an address, range, page frame or symbol", text);
	return EXIT_USAGE;
}

/* A length: hexadecimal, or decimal with a unit. */
static bool parse_length(const char *text, u64 *ret)
{
	static const char units[] = "KMGT";
	size_t n = strlen(text);
	const char *unit = n > 1 ? strchr(units, toupper((unsigned char)text[n - 1])) : NULL;
	char number[WORD];
	unsigned int shift;

	if (!unit || !*unit || n >= sizeof(number))
		return parse_hex(text, ret) == 0 && *ret;
	(void)snprintf(number, sizeof(number), "%.*s", (int)n - 1, text);
	shift = 10 * (unsigned int)(unit - units + 1);
	if (parse_u64(number, 1, UINT64_MAX >> shift, ret) < 0)
		return false;
	*ret <<= shift;
	return true;
}

/* ---- symbols ---- */

/*
 * Find the offset of the running kernel against the file. Two symbols must have the same distance
 * in the file and in VMCOREINFO: else the file is of another kernel.
 */
static enum exit_code moved_by(struct finder *f, const struct symbol *stext,
			       const struct symbol *swapper, u64 *ret)
{
	u64 text, tables;

	if (f->kernel.info && vmcoreinfo_symbol(f->kernel.info, "_stext", &text) &&
	    vmcoreinfo_symbol(f->kernel.info, "swapper_pg_dir", &tables) && stext->found &&
	    swapper->found) {
		*ret = text - stext->addr;
		if (tables - text == swapper->addr - stext->addr)
			return EXIT_DONE;
		errbuf_set(f->err, "--symbols %s is of another kernel than the dump",
			   f->t->ctl->symbols);
		return EXIT_FAILED;
	}
	errbuf_set(f->err,
		   "--symbols %s: _stext or swapper_pg_dir is missing there or in "
		   "VMCOREINFO, so the kernel's address is not known",
		   f->t->ctl->symbols);
	return EXIT_FAILED;
}

static enum exit_code find_symbol(struct finder *f, const char *name, u64 *ret, u64 *ret_bytes)
{
	struct symbol s[3] = { { .name = name },
			       { .name = "_stext" },
			       { .name = "swapper_pg_dir" } };
	enum exit_code code;
	u64 moved = 0;

	*ret_bytes = 1;
	if (f->kernel.info && vmcoreinfo_symbol(f->kernel.info, name, ret))
		return EXIT_DONE;
	if (!f->t->ctl->symbols) {
		errbuf_set(f->err,
			   "'%.64s' is neither an address nor a symbol of VMCOREINFO; give a "
			   "System.map or vmlinux with --symbols FILE",
			   name);
		return EXIT_USAGE;
	}
	if (symbols_find(f->t->ctl, f->t->ctl->symbols, s, 3, f->err) < 0)
		return EXIT_FAILED;
	if (!s[0].found) {
		errbuf_set(f->err, "'%.64s' is neither an address nor a symbol of %s", name,
			   f->t->ctl->symbols);
		return EXIT_USAGE;
	}
	code = moved_by(f, &s[1], &s[2], &moved);
	*ret = s[0].addr + moved;
	*ret_bytes = s[0].bytes ? s[0].bytes : 1;
	return code;
}

int address_number(const char *word, u64 *ret)
{
	int rc = parse_hex(word, ret);

	if (rc < 0)
		return rc;
	return isalpha((unsigned char)word[0]) && strlen(word) < NAME_DIGITS ? -ENOTUNIQ : 0;
}

/*
 * Find a number or a symbol. *ret_bytes: the size of the symbol, else 1. @alone: the word is not
 * part of a range.
 */
static enum exit_code find_number(struct finder *f, const char *word, bool alone, u64 *ret,
				  u64 *ret_bytes)
{
	enum exit_code code;
	int rc = address_number(word, ret);

	*ret_bytes = 1;
	if (!rc || (rc == -ENOTUNIQ && !alone))
		return EXIT_DONE;
	if (!isalpha((unsigned char)word[0]) && word[0] != '_')
		return refuse(f, word);
	code = find_symbol(f, word, ret, ret_bytes);
	if (code != EXIT_DONE && rc == -ENOTUNIQ)
		errbuf_set(f->err, "'%.64s' may be a name; write 0x%.64s for the address", word,
			   word);
	if (code == EXIT_DONE && !f->ret->symbol[0])
		(void)snprintf(f->ret->symbol, sizeof(f->ret->symbol), "%s", word);
	return code;
}

/* ---- places ---- */

static enum exit_code check_place(struct finder *f, u64 first, u64 last)
{
	if (last < first) {
		errbuf_set(f->err, "0x%llx-0x%llx ends before it begins", first, last);
		return EXIT_USAGE;
	}
	if (kernel_is_virtual(first) || !(last >> PHYS_BITS))
		return EXIT_DONE;
	errbuf_set(f->err, "0x%llx is neither a physical address of %u bits nor a kernel address",
		   last, PHYS_BITS);
	return EXIT_USAGE;
}

/* Translate a virtual range. It is one physical range only if the mapped memory is contiguous. */
static enum exit_code translate(struct finder *f, u64 first, u64 last)
{
	u64 at = first, phys, bytes, start = 0;
	u32 pieces = 0;

	f->ret->is_virtual = true;
	f->ret->virtual_first = first;
	for (;;) {
		if (kernel_translate(&f->kernel, at, &phys, &bytes, f->err) < 0)
			return EXIT_FAILED;
		if (at == first)
			start = phys;
		if (phys - start != at - first || ++pieces > PIECES_MAX) {
			errbuf_set(f->err,
				   "the memory is not contiguous at 0x%llx, 0x%llx bytes after its "
				   "start: ask for each part alone",
				   at, (at - first));
			return EXIT_FAILED;
		}
		if (last - at < bytes)
			break;
		at += bytes;
	}
	f->ret->first = start;
	f->ret->last = start + (last - first);
	return EXIT_DONE;
}

static enum exit_code find_frames(struct finder *f, const char *left, char sep, const char *right)
{
	u64 page = 0, first, n = 1, last;

	if (parse_hex(left, &first) < 0 || (sep && parse_hex(right, &last) < 0))
		return refuse(f, sep ? right : left);
	if (sep)
		n = sep == '+' ? last : last - first + 1;
	if (!f->kernel.info || !vmcoreinfo_number(f->kernel.info, "PAGESIZE", &page) || !page) {
		errbuf_set(f->err,
			   "pfn:%s: the page size is not known, as the dump has no VMCOREINFO",
			   left);
		return EXIT_FAILED;
	}
	if (!n || (sep == '-' && last < first) || first > (1ull << PHYS_BITS) / page ||
	    n > (1ull << PHYS_BITS) / page)
		return refuse(f, left);
	f->ret->first = first * page;
	f->ret->last = (first + n) * page - 1;
	return check_place(f, f->ret->first, f->ret->last);
}

static enum exit_code find_bytes(struct finder *f, const char *left, char sep, const char *right)
{
	u64 first, last, bytes, ignored;
	enum exit_code code = find_number(f, left, !sep, &first, &bytes);

	if (code != EXIT_DONE)
		return code;
	if (sep == '+' && !parse_length(right, &bytes))
		return refuse(f, right);
	last = first + bytes - 1;
	if (sep == '-')
		code = find_number(f, right, false, &last, &ignored);
	if (code == EXIT_DONE)
		code = check_place(f, first, last);
	if (code == EXIT_DONE && kernel_is_virtual(first))
		return translate(f, first, last);
	f->ret->first = first;
	f->ret->last = last;
	return code;
}

enum exit_code address_find(const struct triage *t, const char *text, struct address_range *ret,
			    struct errbuf *err)
{
	struct finder f = { .t = t, .ret = ret, .err = err };
	bool frames = !strncmp(text, "pfn:", 4);
	const char *word = frames ? text + 4 : text;
	size_t n = strcspn(word, "+-");
	enum exit_code code;
	char left[WORD];

	*ret = (struct address_range){ 0 };
	if (!n || n >= sizeof(left) || strlen(word) >= 2 * sizeof(left) ||
	    (word[n] && !word[n + 1]))
		return refuse(&f, text);
	(void)snprintf(left, sizeof(left), "%.*s", (int)n, word);
	kernel_open(&t->mem, t->file, &f.kernel);
	code = frames ? find_frames(&f, left, word[n], word + n + 1)
		      : find_bytes(&f, left, word[n], word + n + 1);
	kernel_close(&f.kernel);
	return code;
}

/* ---- whose memory ---- */

static u64 common(const struct rec_range *r, const struct address_range *range)
{
	u64 first = r->start > range->first ? r->start : range->first, last = r->start + r->bytes;

	if (!r->bytes || last < r->start)
		return 0;
	last = last - 1 < range->last ? last - 1 : range->last;
	return last < first ? 0 : last - first + 1;
}

void address_owner(const struct triage *t, const struct address_range *range,
		   struct address_owner *ret)
{
	u8 byte;
	size_t i;
	int r;

	*ret = (struct address_owner){ .known = false };
	for (i = 0; i < t->story->n_ranges; i++) {
		const struct rec_range *part = &t->story->ranges[i];

		if (part->kind == REC_RANGE_CAPTURE_RAM)
			ret->capture_ram += common(part, range);
		if (part->kind != REC_RANGE_OLD_RAM)
			continue;
		ret->known = true;
		ret->ram += common(part, range);
	}
	if (ret->known)
		return;
	/* The dump's headers tell whether a single byte is RAM. */
	r = smmu_mem_read(&t->mem.mem, range->first, &byte, 1);
	ret->known = range->first == range->last && r >= 0;
	ret->ram = r == SMMU_MEM_NOT_RAM ? 0 : 1;
}

const char *address_owner_text(const struct address_range *range, const struct address_owner *owner)
{
	u64 bytes = range->last - range->first + 1;

	if (owner->capture_ram)
		return owner->capture_ram == bytes
			       ? "memory that was reserved for the capture kernel"
			       : "a part of it was reserved for the capture kernel";
	if (!owner->known || owner->ram >= bytes)
		return NULL;
	return owner->ram ? "a part of it is not RAM of the crashed kernel"
			  : "not RAM of the crashed kernel: registers of a device, or nothing";
}
