# SPDX-License-Identifier: LGPL-2.1-or-later
#
# triage.mk - what smmu-adoptctl says of a real dump, against the log of QEMU's SMMU, what the
# records say of the crash, against dump and onlooker, contrib/drgn against
# smmu-adoptctl, the last line of `make demo`, and the dump against its kdump-compressed twins. After vm.mk.

SLOW := $(BUILD)/native/tests/triage/slow.so
$(SLOW): tests/triage/slow.c $(STAMP)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC_native) $(filter-out -Wmissing-prototypes,$(ALL_CFLAGS)) -shared -fPIC -o $@ $<

.PHONY: check-triage
##   make check-triage     one crash with the dump kept: verbs against QEMU's log, snapshot against dump, readers, drgn; Ctrl-C
check-triage: vm-parts $(SLOW) $(BUILD)/native/tests/bench/triage_make $(BUILD)/native/tests/triage/readers
	$(Q)tests/triage/interrupt.py --ctl $(BUILD)/native/ctl/smmu-adoptctl \
		--make $(BUILD)/native/tests/bench/triage_make --slow $(SLOW)
	$(Q)$(VM)/run.py --build $(BUILD) --out $(BUILD)/vm/triage --quiet tests/triage/triage.toml
	$(Q)tests/triage/agree.py --ctl $(BUILD)/native/ctl/smmu-adoptctl $(BUILD)/vm/triage
	$(Q)tests/triage/snapshot.py $(BUILD)/vm/triage
	$(Q)tests/vm/try_who.py --ctl $(BUILD)/native/ctl/smmu-adoptctl $(BUILD)/vm/triage
	$(Q)tests/triage/drgn_agree.py --ctl $(BUILD)/native/ctl/smmu-adoptctl $(BUILD)/vm/triage
	$(Q)tests/triage/readers.py --ctl $(BUILD)/native/ctl/smmu-adoptctl \
		--readers $(BUILD)/native/tests/triage/readers --work $(BUILD)/triage/readers $(BUILD)/vm/triage
