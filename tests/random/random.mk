# SPDX-License-Identifier: LGPL-2.1-or-later
#
# random.mk - tests/unit/test_random with its machine in memory, included by the top-level Makefile.
# The linker leads the doors of the daemon to that machine (doors.c), and lets mutants.c in.

RANDOM_OBJS := $(call objs,native,$(wildcard tests/random/*.c))
RANDOM_WRAPS := clock_now_ns log_line fsroot_openat fsroot_read_text fsroot_exists fsroot_each fsroot_mkdir recread_fd write lseek \
	ftruncate close helper_read_story control_version sysdev_read sysdev_find_bus drivers_name_modules drivers_look_up \
	plan_handover journal_write journal_finding early_give_back
RANDOM_PROGRAM := $(BUILD)/native/tests/unit/test_random

$(RANDOM_PROGRAM): private LINK_FLAGS += $(RANDOM_WRAPS:%=-Wl,--wrap=%)
$(RANDOM_PROGRAM): $(RANDOM_OBJS)

##   make fuzz-machines    a million machines of chance, other ones each time (RANDOM_MACHINES=, RANDOM_SEED=); part of fuzz
.PHONY: fuzz-machines
fuzz-machines: $(RANDOM_PROGRAM)
	$(Q)RANDOM_MACHINES=$${RANDOM_MACHINES:-1000000} RANDOM_SEED=$${RANDOM_SEED:-$$(date +%s)000000} $<
