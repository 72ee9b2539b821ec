// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * main.c - smmu-adoptctl's entry. Everything else is in ctl.c, which tests can
 * link.
 */
#include <signal.h>

#include "ctl/ctl.h"
#include "ctl/triage/progress.h"

int main(int argc, char **argv)
{
	enum exit_code code = ctl_run(argc, argv);

	/* The answer is out. A shell that runs us in a loop has to see that we were interrupted. */
	if (progress_interrupted())
		(void)raise(progress_interrupted());
	return code;
}
