// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * main.c - the main() of smmu-adoptctl. All else is in ctl.c, which tests can link.
 */
#include <signal.h>

#include "ctl/ctl.h"
#include "ctl/triage/progress.h"

int main(int argc, char **argv)
{
	enum exit_code code = ctl_run(argc, argv);

	/* The answer is written. Die of the signal, so that a shell loop sees the interruption. */
	if (progress_interrupted())
		(void)raise(progress_interrupted());
	return code;
}
