# SPDX-License-Identifier: LGPL-2.1-or-later
#
# triage.mk - what smmu-adoptctl says of a real dump, against the log of QEMU's SMMU. After vm.mk.

.PHONY: check-triage
##   make check-triage     one crash with the dump kept; walk, maps, who against QEMU's log
check-triage: vm-parts
	$(Q)$(VM)/run.py --build $(BUILD) --out $(BUILD)/vm/triage --quiet tests/triage/triage.toml
	$(Q)tests/triage/agree.py --ctl $(BUILD)/native/ctl/smmu-adoptctl $(BUILD)/vm/triage
