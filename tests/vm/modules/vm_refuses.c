// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vm_refuses - in place of the adopting driver: a module whose init returns an error.
 */
#include <linux/module.h>

static int __init vm_refuses_init(void)
{
	pr_err("vm_refuses: init fails\n");
	return -EIO;
}
module_init(vm_refuses_init);

MODULE_DESCRIPTION("Refuses to be loaded, for tests");
MODULE_LICENSE("GPL");
