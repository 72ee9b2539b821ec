// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * main.c - smmu-adoptctl's entry. Everything else is in ctl.c, which tests can
 * link.
 */
#include "ctl/ctl.h"

int main(int argc, char **argv)
{
	return ctl_run(argc, argv);
}
