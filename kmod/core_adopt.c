// SPDX-License-Identifier: GPL-2.0-only
/* Compiles core/adopt.c into the module; kbuild wants its sources in one folder. */
#include "core/adopt.c"
