# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fleet.mk - crashes of many machines into the engines that doc/fleet/ is for.

.PHONY: check-fleet
##   make check-fleet      collect, and doc/fleet/ in sqlite3 and, where it is installed, ClickHouse
check-fleet: native $(BUILD)/native/tests/tools/mkrec
	$(Q)tests/fleet/run.sh $(BUILD)
