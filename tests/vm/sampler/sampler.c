// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sampler.c - an onlooker in the capture kernel, the same whoever is in charge:
 * when the kernel announced each bind and each block device, and the least
 * memory that was available. Kernel uevents arrive by themselves, so only the
 * memory is polled.
 *
 *	sampler PATH	writes PATH.done at SIGTERM: lines "KIND WORDS..."
 *		bind MS SUBSYSTEM DEVICE
 *		block MS NAME
 *		memory TOTAL-KIB LEAST-AVAILABLE-KIB LEAST-FREE-KIB AT-MS
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 25
#define RECEIVE_BYTES (4 << 20)

struct memory {
	unsigned long total, available, free;
};

static volatile sig_atomic_t over;

static void on_term(int signal)
{
	(void)signal;
	over = 1;
}

/* The clock of /proc/uptime, which the init reads. */
static unsigned long uptime_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (unsigned long)t.tv_sec * 1000 + (unsigned long)t.tv_nsec / 1000000;
}

static unsigned long value_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

static int read_memory(int fd, struct memory *ret)
{
	char text[512];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return -1;
	text[n] = 0;
	ret->total = value_of(text, "MemTotal:");
	ret->free = value_of(text, "MemFree:");
	ret->available = value_of(text, "MemAvailable:");
	return 0;
}

static int open_uevents(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int bytes = RECEIVE_BYTES;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

/* "ACTION@DEVPATH", then KEY=VALUE, each with its NUL. */
static void take_uevent(int fd, FILE *out)
{
	char text[8192];
	const char *at, *subsystem = "", *name;
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = 0;
		subsystem = "";
		for (at = text; at < text + n; at += strlen(at) + 1)
			if (strncmp(at, "SUBSYSTEM=", 10) == 0)
				subsystem = at + 10;
		name = strrchr(text, '/');
		name = name ? name + 1 : text;
		if (strncmp(text, "bind@", 5) == 0)
			fprintf(out, "bind %lu %s %s\n", uptime_ms(), subsystem, name);
		else if (strncmp(text, "add@", 4) == 0 && strcmp(subsystem, "block") == 0)
			fprintf(out, "block %lu %s\n", uptime_ms(), name);
	}
}

int main(int argc, char **argv)
{
	struct memory now, least = { .available = ~0ul, .free = ~0ul };
	unsigned long next = 0, at = 0;
	char path[256], done[264];
	struct pollfd p = { .events = POLLIN };
	int memory;
	FILE *out;

	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "%s", argv[1]);
	snprintf(done, sizeof(done), "%s.done", path);
	memory = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	p.fd = open_uevents();
	out = fopen(path, "we");
	if (memory < 0 || p.fd < 0 || !out)
		return 1;
	signal(SIGTERM, on_term);
	while (!over) {
		if (poll(&p, 1, TICK_MS) > 0)
			take_uevent(p.fd, out);
		if (uptime_ms() < next || read_memory(memory, &now) < 0)
			continue;
		next = uptime_ms() + TICK_MS;
		least.total = now.total;
		if (now.available < least.available) {
			least.available = now.available;
			at = uptime_ms();
		}
		if (now.free < least.free)
			least.free = now.free;
	}
	fprintf(out, "memory %lu %lu %lu %lu\n", least.total, least.available, least.free, at);
	return fclose(out) == 0 && rename(path, done) == 0 ? 0 : 1;
}
