# SPDX-License-Identifier: LGPL-2.1-or-later
#
# triage.mk - what smmu-adoptctl says of a real dump, against the log of QEMU's SMMU, and what the
# records say of the crash, against dump and onlooker. After vm.mk.

.PHONY: check-triage
##   make check-triage     one crash with the dump kept: verbs against QEMU's log, snapshot against dump
check-triage: vm-parts
	$(Q)$(VM)/run.py --build $(BUILD) --out $(BUILD)/vm/triage --quiet tests/triage/triage.toml
	$(Q)tests/triage/agree.py --ctl $(BUILD)/native/ctl/smmu-adoptctl $(BUILD)/vm/triage
	$(Q)tests/triage/snapshot.py $(BUILD)/vm/triage
