// SPDX-License-Identifier: GPL-2.0-only
/* Compiles core/adopt_log.c into the module; kbuild wants its sources in one folder. */
#include "core/adopt_log.c"
