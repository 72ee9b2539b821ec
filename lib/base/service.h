/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * service.h - the three things a service says to, and gets from, its service
 * manager: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3). They are a
 * datagram and three environment variables: no library for that.
 */
#ifndef LIB_BASE_SERVICE_H
#define LIB_BASE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Send "KEY=value" lines. Nobody there to listen is no error: 0; 1 = sent;
 * negative errno. Never waits.
 */
int service_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool service_is_told(void); /* does anybody hear it? */

/*
 * "Still at work": the unit's timeout, whichever runs, is over in @ms and SERVICE_ALIVE_MS, not
 * earlier. A unit with TimeoutStartSec= of SERVICE_ALIVE_MS so ends a start that hangs, however
 * long one that works may take.
 */
#define SERVICE_ALIVE_MS 3000u
void service_alive(uint32_t ms);

/* How often WATCHDOG=1 must be sent, in ms; 0: nobody waits for it. */
uint32_t service_watchdog_ms(void);

/* The one listening stream socket that was passed to us, or -ENOENT. */
int service_listen_fd(void);

#endif
