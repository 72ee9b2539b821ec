/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cmocka_all.h - cmocka wants these headers before its own, in this order. */
#ifndef TESTS_CMOCKA_ALL_H
#define TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
