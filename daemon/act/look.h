/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* look.h - the operation "look" of act_real_ops. */
#ifndef DAEMON_ACT_LOOK_H
#define DAEMON_ACT_LOOK_H

#include "daemon/act/act.h"

/* As struct act_ops has it; @priv is a struct act_real. */
int look_real(void *priv, const char *smmu, const struct inv_device *const *devs, size_t n,
	      struct act_sight *ret);

#endif
