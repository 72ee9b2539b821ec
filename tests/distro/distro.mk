# SPDX-License-Identifier: LGPL-2.1-or-later
#
# distro.mk - whole distributions on the emulated machine, included by the top-level Makefile. Needs
# root: Debian's own tools make the root file systems in a chroot under user emulation.

DISTRO := tests/distro
DISTRO_DEBS := $(BUILD)/deb/.arm64
DISTRO_SCENARIOS := $(patsubst $(DISTRO)/scenarios/%.toml,%,$(wildcard $(DISTRO)/scenarios/*.toml))
DEB_SOURCES = $(shell git ls-files -co --exclude-standard core lib kmod daemon resolve ctl conf man units packaging Makefile LICENSES 2>/dev/null)
# What a machine that crashes has: not the debug symbols.
distro_debs = $$(ls $(BUILD)/deb/*.deb | grep -v dbgsym)

DISTRO_DRACUT_DEBS = $$(ls $(BUILD)/deb/smmu-adopt_*.deb $(BUILD)/deb/smmu-adopt-tools_*.deb)

$(DISTRO_DEBS): $(DEB_SOURCES)
	$(Q)$(MAKE) --no-print-directory deb DEB_ARCH=arm64 >/dev/null
	@touch $@

# Packages name the libraries, and have the paths, of the release they were built on.
DISTRO_TRIXIE := $(BUILD)/deb-trixie
distro_trixie_debs = $$(ls $(DISTRO_TRIXIE)/*.deb | grep -v dbgsym)

$(DISTRO_TRIXIE)/.arm64: $(DEB_SOURCES) $(DISTRO)/mkdebs.sh
	$(Q)$(MAKE) --no-print-directory dist
	$(Q)SOURCE_DATE_EPOCH=$(SOURCE_EPOCH) $(DISTRO)/mkdebs.sh trixie $(TARBALL) $(@D)
	@touch $@

DISTRO_CHOSEN = $(or $(SCENARIO),$(DISTRO_SCENARIOS))
# SCENARIO may be one of tests/vm: none of these files is there then.
DISTRO_ROOTS = $(sort $(shell sed -n 's/^root = "\(.*\)"/\1/p' /dev/null $(wildcard $(DISTRO_CHOSEN:%=$(DISTRO)/scenarios/%.toml))))
DISTRO_MODULES := $(BUILD)/distro/modules

DISTRO_PARTS = $(if $(filter-out trixie%,$(DISTRO_ROOTS)),$(DISTRO_DEBS) kmod adopting-driver) \
	$(if $(filter trixie%,$(DISTRO_ROOTS)),$(DISTRO_TRIXIE)/.arm64) \
	$(if $(filter trixie-native,$(DISTRO_ROOTS)),distro-native-kernel)

.PHONY: $(addprefix distro-,images parts native-kernel image-plain image-us image-dracut image-dracut-plain image-trixie image-trixie-native) check-distro check-distro-parts
distro-images: distro-parts
	$(Q)$(MAKE) --no-print-directory $(DISTRO_ROOTS:%=distro-image-%)

# The kernel modules as kmod and adopting-driver make them are for the root "dracut"; DKMS is tried by "us".
distro-parts: native $(VM_WATCH) $(DISTRO_PARTS)
	$(Q)$(if $(filter-out trixie%,$(DISTRO_ROOTS)),mkdir -p $(DISTRO_MODULES) && \
		cp $(BUILD)/kmod/smmu_adopt.ko $(BUILD)/adopting-driver/arm-smmu-v3-adopt.ko $(DISTRO_MODULES),:)

# Without prerequisites, for run.py has several of them made at once.
distro-image-plain:
	$(Q)$(DISTRO)/mkimage.sh $(BUILD)/distro/plain

distro-image-us:
	$(Q)$(DISTRO)/mkimage.sh $(BUILD)/distro/us $(distro_debs)

distro-image-dracut:
	$(Q)$(DISTRO)/mkimage.sh --modules $(DISTRO_MODULES) --overlay $(DISTRO)/overlay-dracut $(BUILD)/distro/dracut \
		$(DISTRO_DRACUT_DEBS)

distro-image-dracut-plain:
	$(Q)$(DISTRO)/mkimage.sh --overlay $(DISTRO)/overlay-dracut $(BUILD)/distro/dracut-plain

distro-image-trixie:
	$(Q)$(DISTRO)/mkimage.sh --suite trixie $(BUILD)/distro/trixie $(distro_trixie_debs)

# A kernel that adopts by itself, and our helper built against it: DKMS has no headers of it.
DISTRO_NATIVE := $(BUILD)/distro/native-kernel
distro-native-kernel: vm-tools native arm64
	$(Q)tests/tools/deps.sh kernels
	$(Q)set -e; kernel=$$(tests/kernels/build.sh native); kdir=$$kernel/obj; source=$$kernel/source; \
	$(call vm_parts_for,$(VM_NATIVE),kmod); \
	rm -rf $(DISTRO_NATIVE); mkdir -p $(DISTRO_NATIVE)/modules; ln -s "$$kernel" $(DISTRO_NATIVE)/kernel; \
	cp $(VM_NATIVE)/kmod/smmu_adopt.ko $(DISTRO_NATIVE)/modules

distro-image-trixie-native:
	$(Q)$(DISTRO)/mkimage.sh --suite trixie --kernel $(DISTRO_NATIVE)/kernel --modules $(DISTRO_NATIVE)/modules \
		$(BUILD)/distro/trixie-native $$(ls $(DISTRO_TRIXIE)/smmu-adopt_*.deb $(DISTRO_TRIXIE)/smmu-adopt-tools_*.deb)

# What CI has the time for; check-distro and the night run the others, too.
DISTRO_CI := kdump-tools dracut

##   make check-distro     Debian with our packages crashes on the emulated machine (root; SCENARIO=name for one)
# A second make, since deps may have to install what the images are made with.
check-distro:
	$(Q)tests/tools/deps.sh distro
	$(Q)$(MAKE) --no-print-directory check-distro-parts

# CI's: where it cannot be run, that is told and is no failure.
.PHONY: check-distro-if-able
check-distro-if-able:
	$(Q)tests/tools/deps.sh distro
	$(Q)if why=$$($(DISTRO)/able.sh); then \
		$(MAKE) --no-print-directory check-distro-parts SCENARIO="$(DISTRO_CI)"; \
	else \
		echo "SKIP check-distro: $$why"; echo "distro: 0 passed, 0 failed, 1 skipped"; \
	fi

check-distro-parts: distro-parts
	$(Q)$(DISTRO)/run.py --images --build $(BUILD) --totals $(DISTRO_CHOSEN)
	$(Q)$(if $(SCENARIO),:,$(DISTRO)/run.py --build $(BUILD) --measures plain kdump-tools dracut-plain dracut)
