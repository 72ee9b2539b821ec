// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdump.c - kdump-compressed dumps, through libkdumpfile.
 *
 * The library dies on damaged input. So headers and page descriptors are checked first
 * (mem_kdmap.c), and the library runs in a child without rights (mem_kdump_child.c). The child's
 * death is an error of the dump. A question and its answer cost more than inflating a page; so who
 * says what will be needed has it read in batches, one ahead of the one that is looked at.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/dump/mem_kdmap.h"
#include "ctl/dump/mem_kdump.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define WANTED_MAX 8192u /* entries of the largest table */

/* What is in one half of the shared memory, or on its way there. */
struct batch {
	u32 n, at; /* pieces; the one that is looked at next */
	bool answered;
	u64 len;
	u64 addr[KDUMP_BATCH];
	s32 outcome[KDUMP_BATCH];
};

struct kdump {
	struct kdmap map;
	pid_t child;
	int sock;
	bool dead;
	u8 *shared;
	struct batch batch[2];
	u32 current; /* batch that is looked at; the other one comes after it */
	/* Announced by will_need, in this order. */
	bool wanted_over; /* a read came: the next announcement begins anew */
	u32 n_wanted, asked;
	u64 wanted_len;
	u64 wanted[WANTED_MAX];
};

static int take(struct kdump *k, void *buf, size_t len)
{
	struct pollfd p = { .fd = k->sock, .events = POLLIN };
	u8 *at = buf;
	ssize_t n;
	int r;

	while (len) {
		n = recv(k->sock, at, len, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			r = clock_poll(&p, 1, KDUMP_PATIENCE_MS);
			if (r > 0 || (r < 0 && errno == EINTR))
				continue;
		}
		if (n <= 0) {
			k->dead = true;
			return -EIO;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int send_batch(struct kdump *k, u32 half)
{
	struct batch *b = &k->batch[half];
	struct kdump_request rq = { .half = half, .n = b->n, .len = b->len };

	b->at = 0;
	b->answered = false;
	memcpy(rq.addr, b->addr, b->n * sizeof(b->addr[0]));
	if (!k->dead && send(k->sock, &rq, sizeof(rq), MSG_NOSIGNAL) == (ssize_t)sizeof(rq))
		return 0;
	k->dead = true;
	b->n = 0;
	return -EIO;
}

/* Wait for what is on its way: @half, and the one before it. */
static int take_answer(struct kdump *k, u32 half)
{
	struct kdump_reply reply;
	struct batch *b;
	u32 i, which;

	for (i = 0; i < 2; i++) {
		which = i ? half : !half;
		b = &k->batch[which];
		/* The current one was asked for first. */
		if (!b->n || b->answered || (which != half && which != k->current))
			continue;
		if (k->dead || take(k, &reply, sizeof(reply)) < 0)
			return -EIO;
		memcpy(b->outcome, reply.outcome, sizeof(b->outcome));
		b->answered = true;
	}
	return 0;
}

/* Ask for the next announced pieces, into @half, whose content is done with. */
static void ask_ahead(struct kdump *k, u32 half)
{
	struct batch *b = &k->batch[half];

	b->n = 0;
	b->len = k->wanted_len;
	while (b->n < KDUMP_BATCH && k->asked < k->n_wanted && (b->n + 1) * b->len <= KDUMP_HALF)
		b->addr[b->n++] = k->wanted[k->asked++];
	if (b->n)
		(void)send_batch(k, half);
}

/* Nothing is on its way, and nothing announced is left. */
static void forget(struct kdump *k)
{
	(void)take_answer(k, !k->current);
	k->batch[0].n = k->batch[1].n = 0;
	k->n_wanted = k->asked = 0;
	k->current = 0;
}

/* The place of @addr in the batch that is looked at, -1: it is not there. */
static int place_of(struct batch *b, u64 addr, u64 len)
{
	u32 i;

	for (i = b->at; b->len == len && i < b->n; i++) {
		if (b->addr[i] == addr) {
			b->at = i + 1;
			return (int)i;
		}
	}
	return -1;
}

/* The place in the current batch of a piece that was announced, -1 when it was not. */
static int find_ahead(struct kdump *k, u64 addr, u64 len)
{
	int place = place_of(&k->batch[k->current], addr, len);

	if (place < 0 && k->batch[!k->current].n) {
		if (take_answer(k, k->current) < 0)
			return -1;
		k->current = !k->current;
		place = place_of(&k->batch[k->current], addr, len);
		ask_ahead(k, !k->current);
	} else if (place < 0 && k->asked < k->n_wanted && !k->batch[k->current].n) {
		ask_ahead(k, k->current);
		ask_ahead(k, !k->current);
		place = place_of(&k->batch[k->current], addr, len);
	}
	return place;
}

static int read_piece(struct kdump *k, u64 addr, void *buf, u64 len)
{
	int place = find_ahead(k, addr, len);
	struct batch *b;

	if (place < 0) {
		forget(k);
		b = &k->batch[k->current];
		b->n = 1;
		b->len = len;
		b->addr[0] = addr;
		place = 0;
		if (send_batch(k, k->current) < 0)
			return -EIO;
		b->at = 1;
	}
	b = &k->batch[k->current];
	if (take_answer(k, k->current) < 0)
		return -EIO;
	if (b->outcome[place])
		return b->outcome[place] == SMMU_MEM_EXCLUDED ? SMMU_MEM_EXCLUDED : -EIO;
	memcpy(buf, k->shared + (size_t)k->current * KDUMP_HALF + (size_t)place * len, len);
	return 0;
}

/* The part of [@addr, @addr + @len) that lies in the page of @addr. */
static u64 in_page(const struct kdump *k, u64 addr, u64 len)
{
	u64 page = 1ull << k->map.shift, left = page - (addr & (page - 1));

	left = left < len ? left : len;
	return left < KDUMP_MAX_READ ? left : KDUMP_MAX_READ;
}

static int kdump_mem_read(void *priv, u64 addr, void *buf, size_t len)
{
	struct kdump *k = priv;
	u64 some;
	u8 *p = buf;
	int r;

	k->wanted_over = true;
	while (len) {
		some = in_page(k, addr, len);
		r = kdmap_check(&k->map, addr);
		if (!r)
			r = read_piece(k, addr, p, some);
		if (r)
			return r;
		p += some;
		addr += some;
		len -= some;
	}
	return SMMU_MEM_OK;
}

static void kdump_mem_will_need(void *priv, u64 addr, size_t len)
{
	struct kdump *k = priv;
	u64 some;

	if (k->wanted_over)
		forget(k);
	k->wanted_over = false;
	for (; len; addr += some, len -= some) {
		some = in_page(k, addr, len);
		/* One length for all; what is left out is read when it is asked for. */
		if (k->n_wanted == WANTED_MAX || (k->n_wanted && some != k->wanted_len))
			return;
		if (kdmap_check(&k->map, addr))
			continue;
		k->wanted_len = some;
		k->wanted[k->n_wanted++] = addr;
	}
}

static void kdump_mem_close(void *priv)
{
	struct kdump *k = priv;

	close(k->sock);
	kill(k->child, SIGKILL);
	while (waitpid(k->child, NULL, 0) < 0 && errno == EINTR)
		;
	(void)munmap(k->shared, 2 * KDUMP_HALF);
	kdmap_free(&k->map);
	free(k);
}

static int start_child(int fd, struct kdump *k)
{
	int pair[2], r;

	k->shared = mmap(NULL, 2 * KDUMP_HALF, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	if (k->shared == MAP_FAILED)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		r = -errno;
		goto err_unmap;
	}
	(void)fflush(NULL);
	k->child = fork();
	if (k->child < 0) {
		r = -errno;
		goto err_close;
	}
	if (!k->child)
		kdump_child(fd, pair[1], k->shared);
	close(pair[1]);
	k->sock = pair[0];
	return 0;

err_close:
	close(pair[0]);
	close(pair[1]);
err_unmap:
	(void)munmap(k->shared, 2 * KDUMP_HALF);
	return r;
}

int mem_kdump_open(struct dump_file *file, struct memdump *ret, struct errbuf *err)
{
	struct kdump *k;
	struct kdump_reply reply = { 0 };
	int r;

	/* The library reads flattened dumps since 0.5.3, and knows nothing of cut ones. */
	if (dump_file_is_flat(file)) {
		errbuf_set(err, "a kind of flattened dump that is read only when it is whole: "
				"makedumpfile -R makes it so");
		return -ENOTSUP;
	}
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	r = kdmap_open(&k->map, file, &ret->info, err);
	if (r >= 0) {
		errbuf_set(err, "the reader process could not start");
		r = start_child(file->fd, k);
	}
	if (r < 0) {
		kdmap_free(&k->map);
		free(k);
		return r;
	}
	r = take(k, &reply, sizeof(reply));
	if (r < 0 || reply.outcome[0]) {
		reply.text[sizeof(reply.text) - 1] = 0;
		errbuf_set(err, "damaged: %s",
			   r < 0 ? "libkdumpfile crashed on this file" : reply.text);
		kdump_mem_close(k);
		return -EBADMSG;
	}
	ret->format = "kdump-compressed";
	ret->mem = (struct smmu_mem){ kdump_mem_read, k, kdump_mem_will_need };
	ret->close = kdump_mem_close;
	ret->cut_bytes = kdmap_cut_bytes(&k->map);
	return 0;
}
