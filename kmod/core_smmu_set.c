// SPDX-License-Identifier: GPL-2.0-only
/* Compiles core/smmu_set.c into the module; kbuild wants its sources in one folder. */
#include "core/smmu_set.c"
