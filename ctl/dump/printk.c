// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * printk.c - see printk.h, and kernel/printk/printk_ringbuffer.c of Linux for the buffer.
 *
 * A message has a descriptor and an info, both at the same position of two arrays, and a block in
 * a ring of bytes, which begins with the descriptor's id. Nothing is believed alone: a message
 * counts only if the id in its descriptor, the id in its block and the number in its info fit.
 * So damage makes messages fewer and never other ones.
 */
#include "ctl/dump/printk.h"

#include <stddef.h>

#include "ctl/dump/vmcoreinfo.h"

#define STRUCT_MAX 512u /* bytes of the largest structure; Linux's has 88 */
#define COUNT_BITS_MAX 26u
#define SIZE_BITS_MAX 31u	  /* the kernel's own limit of log_buf_len= */
#define TEXT_MAX 0xffffu	  /* the length of a text has 16 bits */
#define MESSAGES_MAX (1ull << 20) /* the newest; a budget for damaged buffers */

#define STATE_SHIFT 62
#define ID_MASK ((1ull << STATE_SHIFT) - 1)

enum desc_state {
	DESC_RESERVED, /* being written when the machine stopped */
	DESC_COMMITTED,
	DESC_FINALIZED,
	DESC_REUSABLE,
};

/* Where the members are, in the order of keys[]. */
struct layout {
	u64 ring, ring_descs, ring_texts;
	u64 count_bits, descs, infos, head_id, tail_id;
	u64 desc, state, text_at, begin, next;
	u64 info, seq, ns, text_len;
	u64 size_bits, data, head, tail;
	u64 counter;
};

static const struct {
	const char *key;
	size_t member;
} keys[] = {
#define KEY(text, member)                             \
	{                                             \
		text, offsetof(struct layout, member) \
	}
	KEY("SIZE(printk_ringbuffer)", ring),
	KEY("OFFSET(printk_ringbuffer.desc_ring)", ring_descs),
	KEY("OFFSET(printk_ringbuffer.text_data_ring)", ring_texts),
	KEY("OFFSET(prb_desc_ring.count_bits)", count_bits),
	KEY("OFFSET(prb_desc_ring.descs)", descs),
	KEY("OFFSET(prb_desc_ring.infos)", infos),
	KEY("OFFSET(prb_desc_ring.head_id)", head_id),
	KEY("OFFSET(prb_desc_ring.tail_id)", tail_id),
	KEY("SIZE(prb_desc)", desc),
	KEY("OFFSET(prb_desc.state_var)", state),
	KEY("OFFSET(prb_desc.text_blk_lpos)", text_at),
	KEY("OFFSET(prb_data_blk_lpos.begin)", begin),
	KEY("OFFSET(prb_data_blk_lpos.next)", next),
	KEY("SIZE(printk_info)", info),
	KEY("OFFSET(printk_info.seq)", seq),
	KEY("OFFSET(printk_info.ts_nsec)", ns),
	KEY("OFFSET(printk_info.text_len)", text_len),
	KEY("OFFSET(prb_data_ring.size_bits)", size_bits),
	KEY("OFFSET(prb_data_ring.data)", data),
	KEY("OFFSET(prb_data_ring.head_lpos)", head),
	KEY("OFFSET(prb_data_ring.tail_lpos)", tail),
	KEY("OFFSET(atomic_long_t.counter)", counter),
#undef KEY
};

struct ring {
	const struct kernel *k;
	struct errbuf *err;
	struct layout at;
	/* Addresses. */
	u64 descs, infos, data;
	struct kernel_place desc_place, info_place, text_place;
	u32 count_bits, size_bits;
	u64 head_id, tail_id;
	u64 head, tail;	 /* logical positions in the ring of bytes */
	u64 text_budget; /* undamaged texts are no longer than their ring */
	u8 *block;	 /* room for the longest one */
};

struct message {
	u64 id, ns;
	const char *text;
	size_t len;
};

static int find_layout(struct ring *r)
{
	size_t i;
	u64 value;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!vmcoreinfo_number(r->k->info, keys[i].key, &value)) {
			errbuf_set(r->err,
				   "VMCOREINFO has no line %s: the log of kernels before "
				   "5.10 is not read",
				   keys[i].key);
			return -ENODATA;
		}
		if (value > STRUCT_MAX - sizeof(u64)) {
			errbuf_set(r->err, "VMCOREINFO's %s is too large to be right", keys[i].key);
			return -ENODATA;
		}
		memcpy((u8 *)&r->at + keys[i].member, &value, sizeof(value));
	}
	return 0;
}

/* A member, when the structure @s of @bytes bytes has it; else 0, which no check accepts. */
static u64 member(const u8 *s, u64 bytes, u64 offset, u64 width)
{
	if (offset + width > bytes)
		return 0;
	return width == 8   ? core_ld64(s + offset)
	       : width == 4 ? core_ld32(s + offset)
			    : core_ld16(s + offset);
}

static int find_ring(struct ring *r)
{
	const struct layout *at = &r->at;
	struct kernel_place place = { 0 };
	u8 s[STRUCT_MAX], pointer[8];
	u64 prb, descs = at->ring_descs, texts = at->ring_texts;
	int rc;

	if (!vmcoreinfo_symbol(r->k->info, "prb", &prb)) {
		errbuf_set(r->err, "VMCOREINFO has no line SYMBOL(prb)");
		return -ENODATA;
	}
	rc = kernel_read(r->k, &place, prb, pointer, sizeof(pointer), r->err);
	if (rc >= 0)
		rc = kernel_read(r->k, &place, core_ld64(pointer), s, at->ring, r->err);
	if (rc < 0)
		return -ENODATA;
	r->count_bits = (u32)member(s, at->ring, descs + at->count_bits, 4);
	r->descs = member(s, at->ring, descs + at->descs, 8);
	r->infos = member(s, at->ring, descs + at->infos, 8);
	r->head_id = member(s, at->ring, descs + at->head_id + at->counter, 8) & ID_MASK;
	r->tail_id = member(s, at->ring, descs + at->tail_id + at->counter, 8) & ID_MASK;
	r->size_bits = (u32)member(s, at->ring, texts + at->size_bits, 4);
	r->data = member(s, at->ring, texts + at->data, 8);
	r->head = member(s, at->ring, texts + at->head + at->counter, 8);
	r->tail = member(s, at->ring, texts + at->tail + at->counter, 8);
	if (!r->count_bits || r->count_bits > COUNT_BITS_MAX || r->size_bits <= 3 ||
	    r->size_bits > SIZE_BITS_MAX || !kernel_is_virtual(r->descs) ||
	    !kernel_is_virtual(r->infos) || !kernel_is_virtual(r->data) ||
	    r->head - r->tail > 1ull << r->size_bits) {
		errbuf_set(r->err, "the head of the log buffer is damaged");
		return -ENODATA;
	}
	r->text_budget = 1ull << r->size_bits;
	return 0;
}

/* Read one block of the ring of bytes, from its id on. Returns its length, 0: damaged. */
static size_t read_block(struct ring *r, u64 begin, u64 next, u64 len)
{
	u64 mask = (1ull << r->size_bits) - 1, bytes, at = begin & mask;
	struct errbuf ignored;

	/* Both within what the ring has, whose positions count from its tail. */
	if (next - r->tail > r->head - r->tail || begin - r->tail >= next - r->tail)
		return 0;
	bytes = next - begin;
	/* A block is not split: what does not fit before the end of the ring is at its start. */
	if (begin >> r->size_bits != (next - 1) >> r->size_bits) {
		at = 0;
		bytes = next & mask;
	}
	if (bytes <= 8 || len > bytes - 8 || len > r->text_budget)
		return 0;
	r->text_budget -= len;
	if (kernel_read(r->k, &r->text_place, r->data + at, r->block, 8 + len, &ignored) < 0)
		return 0;
	return 8 + len;
}

/* Read the message @id. Returns 1; 0: it has no text; -EBADMSG: it is damaged. */
static int read_message(struct ring *r, u64 id, struct message *ret)
{
	const struct layout *at = &r->at;
	u64 pos = id & ((1ull << r->count_bits) - 1), state, begin, next;
	u8 desc[STRUCT_MAX], info[STRUCT_MAX];
	struct errbuf ignored;
	size_t len;

	if (kernel_read(r->k, &r->desc_place, r->descs + pos * at->desc, desc, at->desc, &ignored) <
		    0 ||
	    kernel_read(r->k, &r->info_place, r->infos + pos * at->info, info, at->info, &ignored) <
		    0)
		return -EBADMSG;
	state = member(desc, at->desc, at->state + at->counter, 8);
	if ((state & ID_MASK) != id)
		return -EBADMSG;
	state >>= STATE_SHIFT;
	if (state == DESC_RESERVED || state == DESC_REUSABLE)
		return 0;
	/* Numbers and ids of messages begin at 0 of the array, and both go up by one. */
	if ((member(info, at->info, at->seq, 8) ^ id) & ((1ull << r->count_bits) - 1))
		return -EBADMSG;
	begin = member(desc, at->desc, at->text_at + at->begin, 8);
	next = member(desc, at->desc, at->text_at + at->next, 8);
	/* Odd positions stand for an empty text, or one that found no room. */
	if (begin & next & 1)
		return 0;
	len = read_block(r, begin, next, member(info, at->info, at->text_len, 2));
	if (!len || core_ld64(r->block) != id)
		return -EBADMSG;
	*ret = (struct message){ id, member(info, at->info, at->ns, 8), (const char *)r->block + 8,
				 len - 8 };
	return ret->len ? 1 : 0;
}

static int read_all(struct ring *r, printk_fn fn, void *priv)
{
	u64 n = ((r->head_id - r->tail_id) & ID_MASK) + 1, count = 1ull << r->count_bits, i;
	u64 read = 0, damaged = 0;
	struct message m;
	int rc;

	/* More than there is room for: one of the two ids is damaged. The newest matter most. */
	if (n > count)
		n = count;
	if (n > MESSAGES_MAX) {
		errbuf_set(r->err, "only the newest %llu messages were read", MESSAGES_MAX);
		n = MESSAGES_MAX;
	}
	for (i = 0; i < n; i++) {
		rc = read_message(r, (r->head_id - (n - 1 - i)) & ID_MASK, &m);
		damaged += rc < 0;
		if (rc <= 0)
			continue;
		read++;
		rc = fn(priv, m.ns, m.text, m.len);
		if (rc < 0)
			return rc;
	}
	if (damaged)
		errbuf_set(r->err, "the log buffer is damaged: %llu of %llu messages are lost",
			   damaged, damaged + read);
	else if (!read)
		errbuf_set(r->err, "the log buffer is empty");
	return read ? 0 : -ENODATA;
}

int printk_read(const struct kernel *k, printk_fn fn, void *priv, struct errbuf *err)
{
	_cleanup_free_ u8 *block = malloc(8 + TEXT_MAX);
	struct ring r = { .k = k, .err = err, .block = block };
	int rc = block ? 0 : -ENOMEM;

	err->text[0] = 0;
	if (rc >= 0 && !k->info) {
		errbuf_set(err, "the dump has no VMCOREINFO note");
		rc = -ENODATA;
	}
	if (rc >= 0)
		rc = find_layout(&r);
	if (rc >= 0)
		rc = find_ring(&r);
	return rc < 0 ? rc : read_all(&r, fn, priv);
}
