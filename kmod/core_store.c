// SPDX-License-Identifier: GPL-2.0-only
/* Compiles core/store.c into the module; kbuild wants its sources in one folder. */
#include "core/store.c"
