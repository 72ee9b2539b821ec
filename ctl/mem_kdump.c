// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mem_kdump.c - kdump-compressed dumps, through libkdumpfile.
 *
 * The library dies on damaged input. So headers and page descriptors are checked
 * first (mem_kdmap.c), and the library runs in a child without rights: no files but the dump, no
 * network, bounded memory and time, mmap of the dump off (a cut file would end it with SIGBUS).
 * Parent and child talk over a socket: {address, length} there, {outcome, length} and the bytes
 * back. The child's death is an error of the dump.
 */
#include <errno.h>
#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/mem_kdmap.h"
#include "daemon/base/cleanup.h"

#define PATIENCE_MS 20000
#define CHILD_AS_BYTES (4ull << 30)
#define CHILD_CPU_S 3600
#define MAX_READ 65536u
/* The child's only descriptors besides 0 to 2. */
#define CHILD_DUMP 3
#define CHILD_SOCK 4

struct request {
	u64 addr;
	u64 len;
};

struct reply {
	s32 outcome; /* enum smmu_mem_outcome, or -EIO */
	u32 len;
	char text[112]; /* the library's words, when it failed */
};

struct kdump {
	struct kdmap map;
	pid_t child;
	int sock;
	bool dead;
};

/* --- the child --- */

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

static void serve_one(kdump_ctx_t *ctx, const struct request *rq, struct reply *reply, u8 *data)
{
	size_t len = rq->len;
	kdump_status st;

	memset(reply, 0, sizeof(*reply));
	st = kdump_read(ctx, KDUMP_MACHPHYSADDR, rq->addr, data, &len);
	if (st == KDUMP_OK && len == rq->len) {
		reply->len = (u32)len;
		return;
	}
	if (st == KDUMP_ERR_NODATA || st == KDUMP_OK) {
		reply->outcome = SMMU_MEM_EXCLUDED;
		return;
	}
	reply->outcome = -EIO;
	(void)snprintf(reply->text, sizeof(reply->text), "%s", kdump_get_err(ctx));
}

static void child_main(void)
{
	static u8 data[MAX_READ];
	struct reply reply = { 0 };
	struct request rq;
	kdump_ctx_t *ctx;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGINT, SIG_IGN); /* a terminal sends it to both; the parent ends us */
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, CHILD_AS_BYTES);
	limit(RLIMIT_CPU, CHILD_CPU_S);
	if (confine() < 0)
		_exit(2);
	ctx = kdump_new();
	if (!ctx)
		_exit(3);
	if (kdump_set_number_attr(ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER) != KDUMP_OK ||
	    kdump_open_fd(ctx, CHILD_DUMP) != KDUMP_OK) {
		reply.outcome = -EBADMSG;
		(void)snprintf(reply.text, sizeof(reply.text), "%s", kdump_get_err(ctx));
	}
	if (!whole(CHILD_SOCK, &reply, sizeof(reply), true) || reply.outcome)
		_exit(0);
	while (whole(CHILD_SOCK, &rq, sizeof(rq), false)) {
		if (rq.len > sizeof(data))
			_exit(4);
		serve_one(ctx, &rq, &reply, data);
		if (!whole(CHILD_SOCK, &reply, sizeof(reply), true) ||
		    (reply.len && !whole(CHILD_SOCK, data, reply.len, true)))
			break;
	}
	_exit(0);
}

/* --- the parent --- */

static int take(struct kdump *k, void *buf, size_t len)
{
	struct pollfd p = { .fd = k->sock, .events = POLLIN };
	u8 *at = buf;
	ssize_t n;
	int r;

	while (len) {
		r = poll(&p, 1, PATIENCE_MS);
		if (r < 0 && errno == EINTR)
			continue;
		n = r <= 0 ? -1 : recv(k->sock, at, len, 0);
		if (n <= 0) {
			k->dead = true;
			return -EIO;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_some(struct kdump *k, u64 addr, void *buf, size_t len)
{
	struct request rq = { addr, len };
	struct reply reply;

	if (k->dead)
		return -EIO;
	if (send(k->sock, &rq, sizeof(rq), MSG_NOSIGNAL) != (ssize_t)sizeof(rq)) {
		k->dead = true;
		return -EIO;
	}
	if (take(k, &reply, sizeof(reply)) < 0)
		return -EIO;
	if (reply.outcome)
		return reply.outcome > 0 && reply.outcome <= SMMU_MEM_EXCLUDED ? reply.outcome
									       : -EIO;
	if (reply.len != len) {
		k->dead = true;
		return -EIO;
	}
	return take(k, buf, len);
}

static int kdump_mem_read(void *impl, u64 addr, void *buf, size_t len)
{
	struct kdump *k = impl;
	u64 page = 1ull << k->map.shift;
	size_t some;
	u8 *p = buf;
	int r;

	while (len) {
		some = page - (addr & (page - 1)) < len ? page - (addr & (page - 1)) : len;
		r = kdmap_check(&k->map, addr);
		if (!r)
			r = read_some(k, addr, p, some);
		if (r)
			return r;
		p += some;
		addr += some;
		len -= some;
	}
	return SMMU_MEM_OK;
}

static void kdump_mem_close(void *impl)
{
	struct kdump *k = impl;

	close(k->sock);
	kill(k->child, SIGKILL);
	while (waitpid(k->child, NULL, 0) < 0 && errno == EINTR)
		;
	kdmap_free(&k->map);
	free(k);
}

static const struct memdump_ops kdump_ops = { .read = kdump_mem_read, .close = kdump_mem_close };

static int start_child(int fd, struct kdump *k)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	(void)fflush(NULL);
	k->child = fork();
	if (k->child < 0) {
		close(pair[0]);
		close(pair[1]);
		return -errno;
	}
	if (!k->child) {
		if (shed_descriptors(fd, pair[1]))
			child_main();
		_exit(5);
	}
	close(pair[1]);
	k->sock = pair[0];
	return 0;
}

int mem_kdump_open(int fd, u64 size, const char *name, struct memdump *ret, struct errbuf *err)
{
	struct kdump *k = calloc(1, sizeof(*k));
	struct reply reply = { 0 };
	const char *problem;
	int r = -ENOMEM;

	problem = k ? kdmap_open(&k->map, fd, size, &r) : "out of memory";
	if (!problem) {
		r = start_child(fd, k);
		problem = r < 0 ? "no reader process" : NULL;
	}
	if (problem) {
		errbuf_set(err, "%s: kdump-compressed, %s", name, problem);
		if (k)
			kdmap_free(&k->map);
		free(k);
		return r;
	}
	r = take(k, &reply, sizeof(reply));
	if (r < 0 || reply.outcome) {
		reply.text[sizeof(reply.text) - 1] = 0;
		errbuf_set(err, "%s: damaged: %s", name,
			   r < 0 ? "libkdumpfile died on it" : reply.text);
		kdump_mem_close(k);
		return -EBADMSG;
	}
	ret->format = "kdump-compressed";
	ret->ops = &kdump_ops;
	ret->impl = k;
	ret->cut_bytes = kdmap_cut_bytes(&k->map);
	if (!ret->cut_bytes)
		ret->cut_bytes = k->map.incomplete;
	return 0;
}
