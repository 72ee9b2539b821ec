# SPDX-License-Identifier: LGPL-2.1-or-later
#
# compat.mk - other tools on our dumps, included by the top-level Makefile. Not a
# part of `make check`: it installs those tools.

$(BUILD)/native/tests/compat/fault.so: tests/compat/fault.c $(STAMP)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC_native) $(ALL_CFLAGS) -shared -fPIC -o $@ $<

##   make check-compat     embed and log with crash, drgn, libkdumpfile, makedumpfile (VMCORE=real dumps)
.PHONY: check-compat
check-compat: native $(BUILD)/native/tests/compat/fault.so
	$(Q)tests/tools/deps.sh compat
	$(Q)tests/compat/run.sh $(BUILD)/native/ctl/smmu-adoptctl $(VMCORE)

##   make check-note       the helper's note with a kernel that takes it, and in crash (builds that kernel once)
.PHONY: check-note
check-note: vm-parts
	$(Q)tests/tools/deps.sh compat kernels
	$(Q)tests/compat/note.sh $(BUILD)
