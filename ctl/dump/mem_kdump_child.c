// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdump_child.c - libkdumpfile, where it can do no harm.
 *
 * The library dies on damaged input. It runs here in a process without rights: no files but the
 * dump, no network, bounded memory and time, mmap of the dump off (a cut file would end it with
 * SIGBUS). All that it can spoil is the memory that it shares with the parent, which takes the
 * bytes there for what they are, the dump's.
 */
#include <errno.h>
#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/smmu_mem.h"
#include "ctl/dump/mem_kdump.h"

#define CHILD_AS_BYTES (4ull << 30)
#define CHILD_CPU_S 3600
/* The child's only descriptors besides 0 to 2. */
#define CHILD_DUMP 3
#define CHILD_SOCK 4

static bool whole(int fd, void *buf, size_t len, bool out)
{
	u8 *p = buf;
	ssize_t n;

	while (len) {
		n = out ? write(fd, p, len) : read(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

#define ALLOW(name) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW)

#ifdef __aarch64__
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#define OUR_ARCH AUDIT_ARCH_X86_64
#endif

/* Everything else fails with EPERM: a library that asks for more goes on without. */
static int confine(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
		BPF_STMT(BPF_RET, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(pread64),
		ALLOW(write),
		ALLOW(lseek),
		ALLOW(fstat),
		ALLOW(newfstatat),
		ALLOW(close),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(mremap),
		ALLOW(mprotect),
		ALLOW(madvise),
		ALLOW(brk),
		ALLOW(futex),
		ALLOW(rt_sigreturn),
		ALLOW(exit),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog prog = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 ? -errno : 0;
}

/* Kernels before 5.9 lack close_range(), and /proc may be missing here. */
static void close_from(unsigned int first)
{
	long fd, last = sysconf(_SC_OPEN_MAX);

#ifdef SYS_close_range
	if (!syscall(SYS_close_range, first, ~0u, 0))
		return;
#endif
	for (fd = first; fd < (last > 0 ? last : 1024); fd++)
		(void)close((int)fd);
}

/*
 * What the caller has open is not the child's business: it keeps the dump as 3, the socket as 4,
 * and nothing behind 0 to 2. False: no /dev/null or no descriptors left.
 */
static bool shed_descriptors(int dump, int sock)
{
	int nothing = open("/dev/null", O_RDWR), fd;

	/* Above all targets, so that no dup2() ends what is still needed. */
	nothing = nothing < 0 ? -1 : fcntl(nothing, F_DUPFD, 5);
	dump = fcntl(dump, F_DUPFD, 5);
	sock = fcntl(sock, F_DUPFD, 5);
	for (fd = 0; fd < 3; fd++)
		if (dup2(nothing, fd) < 0)
			return false;
	if (dup2(dump, CHILD_DUMP) < 0 || dup2(sock, CHILD_SOCK) < 0)
		return false;
	close_from(CHILD_SOCK + 1);
	return true;
}

static void limit(int what, rlim_t value)
{
	struct rlimit lim = { value, value };

	(void)setrlimit(what, &lim);
}

static s32 read_piece(kdump_ctx_t *ctx, u64 addr, u8 *data, u64 want)
{
	size_t len = want;
	kdump_status st = kdump_read(ctx, KDUMP_MACHPHYSADDR, addr, data, &len);

	if (st == KDUMP_OK && len == want)
		return SMMU_MEM_OK;
	return st == KDUMP_ERR_NODATA || st == KDUMP_OK ? SMMU_MEM_EXCLUDED : -EIO;
}

struct piece {
	u64 addr; /* first: by_address() */
	u32 index;
};

static int by_address(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* In the order of addresses, which is that of the file. */
static void serve(kdump_ctx_t *ctx, const struct kdump_request *rq, struct kdump_reply *reply,
		  u8 *half)
{
	struct piece pieces[KDUMP_BATCH];
	u32 i;

	for (i = 0; i < rq->n; i++)
		pieces[i] = (struct piece){ rq->addr[i], i };
	qsort(pieces, rq->n, sizeof(pieces[0]), by_address);
	for (i = 0; i < rq->n; i++)
		reply->outcome[pieces[i].index] =
			read_piece(ctx, pieces[i].addr, half + pieces[i].index * rq->len, rq->len);
}

static kdump_ctx_t *open_dump(struct kdump_reply *reply)
{
	kdump_ctx_t *ctx = kdump_new();

	if (!ctx)
		_exit(3);
	if (kdump_set_number_attr(ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER) != KDUMP_OK ||
	    kdump_open_fd(ctx, CHILD_DUMP) != KDUMP_OK) {
		reply->outcome[0] = -EBADMSG;
		(void)snprintf(reply->text, sizeof(reply->text), "%s", kdump_get_err(ctx));
	}
	return ctx;
}

void kdump_child(int dump, int sock, u8 *shared)
{
	struct kdump_reply reply = { 0 };
	struct kdump_request rq;
	kdump_ctx_t *ctx;

	if (!shed_descriptors(dump, sock))
		_exit(5);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGINT, SIG_IGN); /* a terminal sends it to both; the parent ends us */
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, CHILD_AS_BYTES);
	limit(RLIMIT_CPU, CHILD_CPU_S);
	if (confine() < 0)
		_exit(2);
	ctx = open_dump(&reply);
	if (!whole(CHILD_SOCK, &reply, sizeof(reply), true) || reply.outcome[0])
		_exit(0);
	while (whole(CHILD_SOCK, &rq, sizeof(rq), false)) {
		if (rq.half > 1 || rq.n > KDUMP_BATCH || rq.len > KDUMP_MAX_READ ||
		    rq.n * rq.len > KDUMP_HALF)
			_exit(4);
		serve(ctx, &rq, &reply, shared + (size_t)rq.half * KDUMP_HALF);
		if (!whole(CHILD_SOCK, &reply, sizeof(reply), true))
			break;
	}
	_exit(0);
}
