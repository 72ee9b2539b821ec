// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * service.c - see service.h. The service manager sets the environment variables; their values are
 * checked all the same.
 */
#include "lib/base/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#define LISTEN_FD_FIRST 3

static int send_text(const char *path, const char *text, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t path_len = strlen(path);
	_cleanup_close_ int fd = -1;

	if ((path[0] != '/' && path[0] != '@') || path_len < 2 ||
	    path_len >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, path_len);
	if (path[0] == '@')
		address.sun_path[0] = 0;
	else
		path_len++;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, text, len, MSG_NOSIGNAL, (struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len)) < 0)
		return -errno;
	return 1;
}

int service_notify(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char text[1024];
	va_list ap;
	int n;

	if (!path || !path[0])
		return 0;
	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	return send_text(path, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

bool service_is_told(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && path[0];
}

void service_alive(uint32_t ms)
{
	service_notify("EXTEND_TIMEOUT_USEC=%llu", ((u64)ms + SERVICE_ALIVE_MS) * 1000);
}

/* Is @name set to our process id? */
static bool is_for_us(const char *name)
{
	const char *text = getenv(name);
	uint32_t pid;

	return text && parse_u32(text, 1, INT32_MAX, &pid) == 0 && (pid_t)pid == getpid();
}

uint32_t service_watchdog_ms(void)
{
	const char *text = getenv("WATCHDOG_USEC");
	uint32_t usec;

	if (!text || parse_u32(text, 1, UINT32_MAX, &usec) < 0 ||
	    (getenv("WATCHDOG_PID") && !is_for_us("WATCHDOG_PID")))
		return 0;
	/* Half of what is allowed. */
	return usec / 2000 ? usec / 2000 : 1;
}

int service_listen_fd(void)
{
	const char *count = getenv("LISTEN_FDS");
	int listening = 0, type = 0, domain = 0;
	socklen_t len = sizeof(int);

	if (!count || strcmp(count, "1") || !is_for_us("LISTEN_PID"))
		return -ENOENT;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (getsockopt(LISTEN_FD_FIRST, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 ||
	    getsockopt(LISTEN_FD_FIRST, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    getsockopt(LISTEN_FD_FIRST, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 || !listening ||
	    type != SOCK_STREAM || domain != AF_UNIX)
		return -ENOENT;
	fcntl(LISTEN_FD_FIRST, F_SETFD, FD_CLOEXEC);
	return LISTEN_FD_FIRST;
}
