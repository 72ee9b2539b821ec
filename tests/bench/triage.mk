# SPDX-License-Identifier: LGPL-2.1-or-later
#
# triage.mk - the table walks of smmu-adoptctl against floors and against drgn.

.PHONY: bench-triage
##   make bench-triage     table walks: ratios B1 to B14 (tests/bench/README.md), 5 minutes, 500 MB below build/
$(BUILD)/native/tests/bench/triage_walk: TEST_LIBS += -lz
bench-triage: native $(addprefix $(BUILD)/native/tests/bench/,triage_make triage_walk)
	$(Q)tests/bench/bench_triage.py --build $(BUILD)
