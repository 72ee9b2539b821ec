/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sdlib.h - sd-bus and sd-event of libsystemd, loaded at run time.
 *
 * libsystemd and the libraries that it needs are 2.4 MB, which a capture image does not have
 * otherwise. Only the D-Bus interface needs them: without the library there is no bus, and
 * everything else works.
 *
 * Include this file after the headers of libsystemd, call sdlib_load(), and then call the
 * library's functions by their names. If the linker misses a function, add it to the list below.
 */
#ifndef LIB_MACHINE_SDLIB_H
#define LIB_MACHINE_SDLIB_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#include "lib/base/errbuf.h"

#define SDLIB_FUNCTIONS(F)                \
	F(sd_bus_add_filter)              \
	F(sd_bus_add_object_vtable)       \
	F(sd_bus_attach_event)            \
	F(sd_bus_close_unref)             \
	F(sd_bus_detach_event)            \
	F(sd_bus_emit_properties_changed) \
	F(sd_bus_emit_signal)             \
	F(sd_bus_error_set_errnof)        \
	F(sd_bus_error_setf)              \
	F(sd_bus_get_n_queued_write)      \
	F(sd_bus_is_ready)                \
	F(sd_bus_message_append)          \
	F(sd_bus_message_get_error)       \
	F(sd_bus_message_is_method_error) \
	F(sd_bus_message_is_signal)       \
	F(sd_bus_message_read)            \
	F(sd_bus_new)                     \
	F(sd_bus_reply_method_return)     \
	F(sd_bus_request_name_async)      \
	F(sd_bus_set_anonymous)           \
	F(sd_bus_set_bus_client)          \
	F(sd_bus_set_fd)                  \
	F(sd_bus_set_method_call_timeout) \
	F(sd_bus_set_server)              \
	F(sd_bus_start)                   \
	F(sd_event_add_io)                \
	F(sd_event_get_fd)                \
	F(sd_event_new)                   \
	F(sd_event_run)                   \
	F(sd_event_source_disable_unref)  \
	F(sd_event_unref)                 \
	F(sd_id128_randomize)

#define SDLIB_MEMBER(f) __typeof__(f) *f;
struct sdlib {
	SDLIB_FUNCTIONS(SDLIB_MEMBER)
};
extern struct sdlib sdlib;

/* What vtables refer to so that old libraries are refused; the list does that here. */
extern const unsigned int sdlib_vtable_format;

/* Returns 0, or -ENOENT with @err. May be called again. */
int sdlib_load(struct errbuf *err);

#ifndef SDLIB_PLAIN_NAMES
#define sd_bus_object_vtable_format sdlib_vtable_format
#define sd_bus_add_filter sdlib.sd_bus_add_filter
#define sd_bus_add_object_vtable sdlib.sd_bus_add_object_vtable
#define sd_bus_attach_event sdlib.sd_bus_attach_event
#define sd_bus_close_unref sdlib.sd_bus_close_unref
#define sd_bus_detach_event sdlib.sd_bus_detach_event
#define sd_bus_emit_properties_changed sdlib.sd_bus_emit_properties_changed
#define sd_bus_emit_signal sdlib.sd_bus_emit_signal
#define sd_bus_error_set_errnof sdlib.sd_bus_error_set_errnof
#define sd_bus_error_setf sdlib.sd_bus_error_setf
#define sd_bus_get_n_queued_write sdlib.sd_bus_get_n_queued_write
#define sd_bus_is_ready sdlib.sd_bus_is_ready
#define sd_bus_message_append sdlib.sd_bus_message_append
#define sd_bus_message_get_error sdlib.sd_bus_message_get_error
#define sd_bus_message_is_method_error sdlib.sd_bus_message_is_method_error
#define sd_bus_message_is_signal sdlib.sd_bus_message_is_signal
#define sd_bus_message_read sdlib.sd_bus_message_read
#define sd_bus_new sdlib.sd_bus_new
#define sd_bus_reply_method_return sdlib.sd_bus_reply_method_return
#define sd_bus_request_name_async sdlib.sd_bus_request_name_async
#define sd_bus_set_anonymous sdlib.sd_bus_set_anonymous
#define sd_bus_set_bus_client sdlib.sd_bus_set_bus_client
#define sd_bus_set_fd sdlib.sd_bus_set_fd
#define sd_bus_set_method_call_timeout sdlib.sd_bus_set_method_call_timeout
#define sd_bus_set_server sdlib.sd_bus_set_server
#define sd_bus_start sdlib.sd_bus_start
#define sd_event_add_io sdlib.sd_event_add_io
#define sd_event_get_fd sdlib.sd_event_get_fd
#define sd_event_new sdlib.sd_event_new
#define sd_event_run sdlib.sd_event_run
#define sd_event_source_disable_unref sdlib.sd_event_source_disable_unref
#define sd_event_unref sdlib.sd_event_unref
#define sd_id128_randomize sdlib.sd_id128_randomize
#endif

#endif
