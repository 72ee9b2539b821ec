# SPDX-License-Identifier: LGPL-2.1-or-later
#
# html.mk - the report's page in a real browser.

.PHONY: check-html
##   make check-html       report --html in headless Chromium: no console message, no request, pictures
check-html: native $(BUILD)/native/tests/tools/mkrec
	$(Q)tests/html/run.sh $(BUILD)
