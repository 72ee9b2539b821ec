# SPDX-License-Identifier: LGPL-2.1-or-later
#
# iort.mk - the reading of an IORT against a model of Linux' own.

IORT_TABLES ?= 4000
IORT_SEED ?= 20

.PHONY: check-iort
##   make check-iort       StreamIDs out of IORTs, damaged ones too, against a model of Linux (IORT_TABLES=, IORT_SEED=)
check-iort: $(BUILD)/native/tests/iort/iort_map
	$(Q)tests/iort/model.py $< $(IORT_TABLES) $(IORT_SEED)
