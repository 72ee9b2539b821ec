// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * control.c - asks /dev/smmu_adopt for everything it can do, well and badly, and
 * tells the kernel log what came of each: lines "VM-FACT: control.KEY RESULT",
 * RESULT being "ok", the name of an errno, or a number.
 *
 *	control free|bound|released|stock DEVICE
 *		free      no driver has the device, it is held and quiesced
 *		bound     a driver has it
 *		released  a driver had it and attached it
 *		stock     behind an SMMU that did not adopt
 *	control calls BRIDGE	what does not depend on a device, and a bridge
 *	control random DEVICE	calls of chance from three processes at once; nothing comes of
 *				them but what a kernel that looks for mistakes has to say
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/rec.h"
#include "kmod/smmu_adopt_uapi.h"

#define DEVICE "/dev/smmu_adopt"
#define RANDOM_PROCESSES 3
#define RANDOM_CALLS 1000 /* of each */
#define N(a) (sizeof(a) / sizeof((a)[0]))

static FILE *kmsg;
static int fd;
static void *volatile nowhere = (void *)8; /* mapped by nobody; not for the compiler to judge */

static void fact(const char *key, const char *value)
{
	(void)fprintf(kmsg, "<6>VM-FACT: control.%s %s\n", key, value);
	(void)fflush(kmsg);
}

/* @r: of a system call that just returned */
static void outcome(const char *key, long r)
{
	fact(key, r >= 0 ? "ok" : strerrorname_np(errno));
}

static void number(const char *key, unsigned long long value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu", value);
	fact(key, text);
}

static struct smmu_adopt_device request(const char *name)
{
	struct smmu_adopt_device req = { .flags = 0 };

	(void)snprintf(req.name, sizeof(req.name), "%s", name);
	return req;
}

/* All three calls on one device; keys KIND.CALL, and KIND.result of the first. */
static void on_device(const char *kind, const char *name)
{
	static const struct {
		const char *key;
		unsigned long cmd;
	} calls[] = {
		{ "master_off", SMMU_ADOPT_IOC_MASTER_OFF },
		{ "flush", SMMU_ADOPT_IOC_FLUSH },
		{ "domain", SMMU_ADOPT_IOC_DOMAIN },
		{ "flush_with_domain", SMMU_ADOPT_IOC_FLUSH },
	};
	struct smmu_adopt_device req;
	char key[64];
	size_t i;
	int r;

	for (i = 0; i < N(calls); i++) {
		req = request(name);
		r = ioctl(fd, calls[i].cmd, &req);
		(void)snprintf(key, sizeof(key), "%s.%s", kind, calls[i].key);
		outcome(key, r);
		if (i || r < 0)
			continue;
		(void)snprintf(key, sizeof(key), "%s.result", kind);
		number(key, req.result);
	}
}

static void bad_requests(const char *bridge)
{
	struct smmu_adopt_device req = request("ffff:ff:1f.7");

	outcome("no_such_device", ioctl(fd, SMMU_ADOPT_IOC_MASTER_OFF, &req));
	req = request(bridge);
	outcome("bridge", ioctl(fd, SMMU_ADOPT_IOC_MASTER_OFF, &req));
	req.flags = 1;
	outcome("flags", ioctl(fd, SMMU_ADOPT_IOC_MASTER_OFF, &req));
	req = request(bridge);
	req.reserved[1] = 1;
	outcome("reserved", ioctl(fd, SMMU_ADOPT_IOC_FLUSH, &req));
	req = request("");
	outcome("no_name", ioctl(fd, SMMU_ADOPT_IOC_DOMAIN, &req));
	memset(req.name, 'x', sizeof(req.name));
	outcome("no_end_of_name", ioctl(fd, SMMU_ADOPT_IOC_FLUSH, &req));
	outcome("bad_pointer", ioctl(fd, SMMU_ADOPT_IOC_FLUSH, nowhere));
	outcome("no_such_call", ioctl(fd, _IO(SMMU_ADOPT_IOC_TYPE, 99), &req));
	outcome("other_size", ioctl(fd, _IOWR(SMMU_ADOPT_IOC_TYPE, 1, char[8]), &req));
	outcome("other_type", ioctl(fd, _IO('x', 0), &req));
}

static void log_and_info(void)
{
	struct rec rec = { .type = REC_STAGE, .mono_ns = 1 };
	struct smmu_adopt_info before, after;
	static unsigned char big[65537];
	unsigned char frame[512];
	int len;

	outcome("info", ioctl(fd, SMMU_ADOPT_IOC_INFO, &before));
	number("version", before.version);
	number("flags_of_info", before.flags);
	number("smmus", before.smmus);
	number("adopted", before.adopted);
	(void)snprintf(rec.stage.text, sizeof(rec.stage.text), "control");
	len = rec_encode(&rec, frame, sizeof(frame));
	outcome("append", len < 0 ? -1 : write(fd, frame, (size_t)len));
	outcome("append_torn", write(fd, frame, (size_t)len - 8));
	frame[REC_HEADER_BYTES] ^= 1;
	outcome("append_garbage", write(fd, frame, (size_t)len));
	outcome("append_too_much", write(fd, big, sizeof(big)));
	outcome("append_bad_pointer", write(fd, nowhere, 64));
	(void)ioctl(fd, SMMU_ADOPT_IOC_INFO, &after);
	fact("log_grew_by_one", after.log_bytes - before.log_bytes == (unsigned)len ? "yes" : "no");
}

/* Root without CAP_SYS_ADMIN, which file modes do not stop. */
static void open_without_right(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	int r = (int)syscall(SYS_capget, &head, data);

	data[0].effective &= ~(1u << CAP_SYS_ADMIN);
	if (!r)
		r = (int)syscall(SYS_capset, &head, data);
	outcome("open_without_right", r ? r : open(DEVICE, O_RDWR | O_CLOEXEC));
}

/* xorshift; a run can be repeated */
static unsigned chance(unsigned below)
{
	static unsigned state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void random_call(const char *name)
{
	static const unsigned long calls[] = { SMMU_ADOPT_IOC_INFO, SMMU_ADOPT_IOC_MASTER_OFF,
					       SMMU_ADOPT_IOC_FLUSH, SMMU_ADOPT_IOC_DOMAIN };
	unsigned long cmd = calls[chance(N(calls))];
	union {
		struct smmu_adopt_info info;
		struct smmu_adopt_device device;
		unsigned char bytes[256];
	} arg = { .device = request(chance(4) ? name : "0000:00:00.0") };

	while (!chance(3))
		arg.bytes[chance(sizeof(arg.device))] = (unsigned char)chance(256);
	while (!chance(6))
		cmd ^= 1ul << chance(32);
	if (chance(8))
		(void)ioctl(fd, cmd, chance(10) ? (void *)&arg : nowhere);
	else
		(void)!write(fd, &arg, chance(sizeof(arg) + 1));
}

/* Facts: how many processes came to their end. */
static void random_calls(const char *name)
{
	int i, k, status, ended = 0;

	for (i = 0; i < RANDOM_PROCESSES; i++) {
		if (fork())
			continue;
		for (k = 0; k < i * 1000; k++)
			(void)chance(2);
		for (k = 0; k < RANDOM_CALLS; k++)
			random_call(name);
		_exit(0);
	}
	while (wait(&status) > 0)
		ended += status == 0;
	number("random_ended", (unsigned)ended);
}

int main(int argc, char **argv)
{
	kmsg = fopen("/dev/kmsg", "w");
	if (argc != 3 || !kmsg)
		return 2;
	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (strcmp(argv[1], "random") == 0) {
		random_calls(argv[2]);
		return 0;
	}
	if (strcmp(argv[1], "calls") != 0) {
		on_device(argv[1], argv[2]);
		return 0;
	}
	outcome("open", fd);
	log_and_info();
	bad_requests(argv[2]);
	open_without_right();
	return 0;
}
