// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fdt.c - one pass over the structure block. Every token consumes at least four
 * bytes, so the pass ends; the depth is a number, so it does not recurse.
 */
#include "fdt.h"

#define FDT_MAGIC 0xd00dfeedu
#define FDT_HEADER_BYTES 40u

enum fdt_token {
	FDT_BEGIN_NODE = 1,
	FDT_END_NODE = 2,
	FDT_PROP = 3,
	FDT_NOP = 4,
	FDT_END = 9,
};

struct blob {
	const u8 *structs, *strings;
	u32 structs_len, strings_len;
};

struct want {
	const char *name;
	u32 addr_cells, size_cells; /* of the root node: they rule /chosen's properties */
	const u8 *value;
	u32 value_len;
};

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* [offset, offset + bytes) lies inside a blob of @len bytes. */
static bool inside(u32 offset, u32 bytes, size_t len)
{
	return offset <= len && bytes <= len - offset;
}

static int open_blob(const u8 *fdt, size_t len, struct blob *ret)
{
	u32 structs, strings;

	if (len < FDT_HEADER_BYTES || be32(fdt) != FDT_MAGIC)
		return -EINVAL;
	structs = be32(fdt + 8);
	strings = be32(fdt + 12);
	ret->strings_len = be32(fdt + 32);
	ret->structs_len = be32(fdt + 36);
	if (!inside(structs, ret->structs_len, len) || !inside(strings, ret->strings_len, len))
		return -EINVAL;
	ret->structs = fdt + structs;
	ret->strings = fdt + strings;
	return 0;
}

/* What lies at @p, of which @len bytes may be read, is the text @name with its NUL. */
static bool text_is(const u8 *p, u32 len, const char *name)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (p[i] != (u8)name[i])
			return false;
		if (!name[i])
			return true;
	}
	return false;
}

/* Length of the node name at @p with its NUL, padded; 0: no NUL in @len bytes. */
static u32 name_bytes(const u8 *p, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (!p[i])
			return (i + 1 + 3) & ~3u;
	return 0;
}

static void take_prop(const struct blob *b, u32 depth, bool in_chosen, const u8 *prop,
		      struct want *w)
{
	u32 len = be32(prop), nameoff = be32(prop + 4), left;
	const u8 *name;

	if (nameoff >= b->strings_len)
		return;
	name = b->strings + nameoff;
	left = b->strings_len - nameoff;
	if (depth == 1 && len == 4 && text_is(name, left, "#address-cells"))
		w->addr_cells = be32(prop + 8);
	else if (depth == 1 && len == 4 && text_is(name, left, "#size-cells"))
		w->size_cells = be32(prop + 8);
	else if (in_chosen && depth == 2 && text_is(name, left, w->name)) {
		w->value = prop + 8;
		w->value_len = len;
	}
}

static int scan(const struct blob *b, struct want *w)
{
	u32 pos = 0, depth = 0, left, n;
	bool in_chosen = false;
	const u8 *p;

	while (inside(pos, 4, b->structs_len)) {
		p = b->structs + pos + 4;
		left = b->structs_len - pos - 4;
		n = 0;
		switch (be32(p - 4)) {
		case FDT_BEGIN_NODE:
			n = name_bytes(p, left);
			if (!n)
				return -EINVAL;
			depth++;
			if (depth == 2)
				in_chosen = text_is(p, left, "chosen");
			break;
		case FDT_END_NODE:
			if (!depth)
				return -EINVAL;
			depth--;
			break;
		case FDT_PROP:
			if (left < 8 || be32(p) > left - 8)
				return -EINVAL;
			take_prop(b, depth, in_chosen, p, w);
			n = 8 + ((be32(p) + 3) & ~3u);
			break;
		case FDT_NOP: break;
		case FDT_END: return 0;
		default: return -EINVAL;
		}
		if (n > left)
			return -EINVAL;
		pos += 4 + n;
	}
	return -EINVAL;
}

static u64 cells(const u8 *p, u32 n)
{
	return n == 2 ? (u64)be32(p) << 32 | be32(p + 4) : be32(p);
}

int fdt_chosen_reg(const u8 *fdt, size_t len, const char *name, u64 *ret_addr, u64 *ret_bytes)
{
	struct want w = { .name = name, .addr_cells = 2, .size_cells = 1 };
	struct blob b;
	int r;

	r = open_blob(fdt, len, &b);
	if (r)
		return r;
	r = scan(&b, &w);
	if (r)
		return r;
	if (!w.value)
		return 1;
	if (w.addr_cells < 1 || w.addr_cells > 2 || w.size_cells < 1 || w.size_cells > 2 ||
	    w.value_len != (w.addr_cells + w.size_cells) * 4)
		return -EINVAL;
	*ret_addr = cells(w.value, w.addr_cells);
	*ret_bytes = cells(w.value + w.addr_cells * 4, w.size_cells);
	return 0;
}
