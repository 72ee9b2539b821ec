# SPDX-License-Identifier: LGPL-2.1-or-later
#
# distro.mk - whole distributions on the emulated machine, included by the top-level Makefile. Needs
# root: Debian's own tools make the root file systems in a chroot under user emulation.

DISTRO := tests/distro
DISTRO_DEBS := $(BUILD)/deb/.arm64
DISTRO_SCENARIOS := $(patsubst $(DISTRO)/scenarios/%.toml,%,$(wildcard $(DISTRO)/scenarios/*.toml))
DEB_SOURCES = $(shell git ls-files -co --exclude-standard core kmod daemon ctl conf man units packaging Makefile LICENSES)
# What a machine that crashes has: not the debug symbols, not the other image builder's.
distro_debs = $$(ls $(BUILD)/deb/*.deb | grep -v -e dbgsym $(if $(1),,-e smmu-adopt-dracut))

$(DISTRO_DEBS): $(DEB_SOURCES)
	$(Q)$(MAKE) --no-print-directory deb DEB_ARCH=arm64 >/dev/null
	@touch $@

.PHONY: distro-images check-distro
distro-images: $(DISTRO_DEBS)
	$(Q)$(DISTRO)/mkimage.sh $(BUILD)/distro/plain
	$(Q)$(DISTRO)/mkimage.sh $(BUILD)/distro/us $(call distro_debs)

##   make check-distro     Debian with our packages crashes on the emulated machine (root; SCENARIO=name for one)
check-distro: native $(VM_WATCH) distro-images
	$(Q)$(DISTRO)/run.py --build $(BUILD) --totals $(or $(SCENARIO),$(DISTRO_SCENARIOS))
	$(Q)$(if $(SCENARIO),:,$(DISTRO)/run.py --build $(BUILD) --measures plain kdump-tools)
