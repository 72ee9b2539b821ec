/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * address.h - parse the ADDRESS argument: addresses as crash and drgn print them can be pasted.
 *
 *	44123000	a physical address; numbers are hexadecimal, with or without 0x. What could
 *			be a name, as "e1000e", must have it
 *	ADDR-ADDR	the first and the last byte
 *	ADDR+LEN	so many bytes; 4K, 2M, 1G are decimal
 *	pfn:44123	a page frame; also pfn:44123-44130, pfn:44123+10
 *	ffff0000c0123000	a kernel virtual address
 *	init_task	a symbol: of VMCOREINFO, or of --symbols
 */
#ifndef CTL_TRIAGE_ADDRESS_H
#define CTL_TRIAGE_ADDRESS_H

#include "ctl/triage/triage.h"
#include "lib/story/names.h"

struct address_range {
	u64 first, last; /* physical */
	bool is_virtual; /* the user gave a virtual address */
	u64 virtual_first;
	char symbol[64]; /* "" none */
};

/* Parse @text. Returns EXIT_DONE; EXIT_USAGE or EXIT_FAILED (cannot be translated) with @err. */
enum exit_code address_find(const struct triage *t, const char *text, struct address_range *ret,
			    struct errbuf *err);

/* Parse a hexadecimal number. Returns 0; -EINVAL: it is none; -ENOTUNIQ: it may also be a name. */
int address_number(const char *word, u64 *ret);

/* What kind of memory a range is. */
struct address_owner {
	bool known;	 /* false: neither records nor dump tell */
	u64 ram;	 /* bytes of the crashed kernel's RAM */
	u64 capture_ram; /* bytes that were reserved for the capture kernel */
};

void address_owner(const struct triage *t, const struct address_range *range,
		   struct address_owner *ret);
/*
 * A remark, without full stop, if not all of the range is ordinary RAM of the crashed kernel;
 * else NULL.
 */
const char *address_owner_text(const struct address_range *range,
			       const struct address_owner *owner);

#endif
