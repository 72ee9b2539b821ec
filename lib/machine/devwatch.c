// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * devwatch.c - a netlink socket of kernel uevents (lib/kobject_uevent.c of the kernel).
 *
 * One message is "ACTION@DEVPATH" and strings "KEY=value", each with its NUL. Any process with the
 * right capability may send to the group, so only messages from port 0, the kernel's, count. A
 * storm of events may make the socket overflow and lose an event; then the caller's look at the
 * driver link decides.
 *
 * libudev would do the same, but it is 200 kB that an image with udevd does not have otherwise.
 */
#include "lib/machine/devwatch.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_PER_LOOK 4096
#define EVENT_BYTES 8192
#define KERNEL_GROUP 1
#define RECEIVE_BYTES (1 << 20)

struct devwatch {
	int fd;
};

struct devwatch *devwatch_new(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	struct devwatch *watch = calloc(1, sizeof(*watch));
	int bytes = RECEIVE_BYTES;

	if (!watch)
		return NULL;
	watch->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			   NETLINK_KOBJECT_UEVENT);
	if (watch->fd < 0 || bind(watch->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		devwatch_free(watch);
		return NULL;
	}
	/* A larger buffer than the default; without the capability for it the default is used. */
	(void)setsockopt(watch->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return watch;
}

void devwatch_free(struct devwatch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
}

int devwatch_fd(const struct devwatch *watch)
{
	return watch->fd;
}

bool devwatch_is_bind(const char *event, size_t len, const char *subsystem, const char *device)
{
	static const char action[] = "bind@", key[] = "SUBSYSTEM=";
	const char *at, *name;

	if (!len || event[len - 1] || strncmp(event, action, sizeof(action) - 1))
		return false;
	name = strrchr(event, '/');
	if (!name || strcmp(name + 1, device))
		return false;
	for (at = event; at < event + len; at += strlen(at) + 1)
		if (strncmp(at, key, sizeof(key) - 1) == 0)
			return strcmp(at + sizeof(key) - 1, subsystem) == 0;
	return false;
}

bool devwatch_saw_bind(struct devwatch *watch, const char *subsystem, const char *device)
{
	unsigned int budget = EVENTS_PER_LOOK;
	char event[EVENT_BYTES];
	struct sockaddr_nl from;
	bool seen = false;
	socklen_t len;
	ssize_t n;

	while (budget--) {
		len = sizeof(from);
		n = recvfrom(watch->fd, event, sizeof(event), MSG_TRUNC, (struct sockaddr *)&from,
			     &len);
		if (n <= 0)
			break;
		if (len == sizeof(from) && !from.nl_pid && (size_t)n <= sizeof(event))
			seen |= devwatch_is_bind(event, (size_t)n, subsystem, device);
	}
	return seen;
}
