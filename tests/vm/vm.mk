# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vm.mk - the emulated machine, included by the top-level Makefile. Uses its BUILD, Q, say, WARNINGS
# and CC_native; the parts under test are prerequisites, so a run is always of what is in the tree.

VM := tests/vm
VM_WATCH := $(BUILD)/native/tests/vm/watch
VM_WATCH_SRCS := $(wildcard $(VM)/watch/*.c)
VM_SCENARIOS := $(filter-out base,$(patsubst $(VM)/scenarios/%.toml,%,$(wildcard $(VM)/scenarios/*.toml)))
# What `make check` runs: the main job, every way to stand aside, and what must never cost the dump.
VM_ESSENTIAL := adopted reset-stock no-helper rmr rmr-stock bad-input garbage-records damaged smmu-off \
	fallback-cd fault-before-crash rmr-abort normal-kernel unload-reload vanish daemon-killed coldplug alias-pair driverless \
	hung-probe failing-probe no-run-space plan-only loan-wrong-target builtin-virtio builtin-late driver-missing

$(VM_WATCH): $(VM_WATCH_SRCS) $(wildcard $(VM)/watch/*.h) $(STAMP)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC_native) $(ALL_CFLAGS) -o $@ $(VM_WATCH_SRCS)

# What kills the daemon in the guest.
VM_KILLER := $(BUILD)/arm64/tests/vm/killer
$(VM_KILLER): $(VM)/killer/killer.c $(BUILD)/arm64/libadopt.a $(STAMP)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC_arm64) $(ALL_CFLAGS) -o $@ $< $(BUILD)/arm64/libadopt.a

# What asks the helper's device for everything.
VM_CONTROL := $(BUILD)/arm64/tests/vm/control
$(VM_CONTROL): $(VM)/control/control.c kmod/smmu_adopt_uapi.h $(BUILD)/arm64/libadopt.a $(STAMP)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC_arm64) $(ALL_CFLAGS) -o $@ $< $(BUILD)/arm64/libadopt.a

# What takes times and memory of a capture for the benchmarks.
VM_SAMPLER := $(BUILD)/arm64/tests/vm/sampler
$(VM_SAMPLER): $(VM)/sampler/sampler.c $(STAMP)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC_arm64) $(ALL_CFLAGS) -o $@ $<

# A driver that behaves badly, a bug that takes mappings away, and a module that does not want to be loaded.
VM_PROBE := $(BUILD)/vm-modules/vm_probe.ko
VM_UNMAP := $(BUILD)/vm-modules/vm_unmap.ko
VM_REFUSES := $(BUILD)/vm-modules/vm_refuses.ko
$(VM_PROBE) $(VM_UNMAP) $(VM_REFUSES) &: $(wildcard $(VM)/modules/*)
	@mkdir -p $(@D)
	$(call say,KMOD,$(VM_PROBE) $(VM_UNMAP) $(VM_REFUSES))
	$(Q)cp $^ $(@D)
	$(Q)$(MAKE) --no-print-directory -C $(KDIR) M=$(abspath $(@D)) ARCH=arm64 CROSS_COMPILE=$(CROSS_COMPILE) O= modules >/dev/null

# A driver for the kernel that crashes: the stock one, for hardware without two-level stream tables.
# Only there, as QEMU never goes back from a two-level to a linear table.
VM_LINEAR := $(BUILD)/vm-linear/arm-smmu-v3-linear.ko
TWO_LEVEL := smmu->features |= ARM_SMMU_FEAT_2_LVL_STRTAB;
$(VM_LINEAR): $(wildcard kmod/adopting-driver/* kmod/adopting-driver/patches/*) | adopting-driver
	$(call say,KMOD,$@)
	$(Q)rm -rf $(@D)/source && mkdir -p $(@D) && cp -r $(BUILD)/adopting-driver/source $(@D)/source
	$(Q)grep -qF '$(TWO_LEVEL)' $(@D)/source/drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c
	$(Q)sed -i 's/$(TWO_LEVEL)/dev_info(smmu->dev, "vm: linear stream table\\n");/' \
		$(@D)/source/drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c
	$(Q)kmod/adopting-driver/build.sh --source $(@D)/source --kdir $(KDIR) --out $(@D)/driver >/dev/null
	$(Q)cp $(@D)/driver/arm-smmu-v3-adopt.ko $@

.PHONY: check-vm-newest check-vm-debug check-vm-kcsan check-vm-native check-vm-kill vm-tools vm-parts check-vm check-vm-all check-vm-essential check-vm-unit demo-vm
vm-tools: $(VM_WATCH) $(VM_KILLER) $(VM_CONTROL) $(VM_SAMPLER) $(VM_PROBE) $(VM_UNMAP) $(VM_REFUSES)
vm-parts: vm-tools native arm64 kmod adopting-driver $(VM_LINEAR)

##   make check-vm SCENARIO=name|path   one crash on the emulated Arm machine (tests/vm/README.md)
##   make check-vm-all     every scenario
##   make check-vm-kill    the daemon killed at every kind of step, 24 boots; 12 minutes on an idle machine
##   make check-vm-unit    tests of the machine's own tools, no emulation
check-vm: vm-parts
	$(Q)$(VM)/run.py --build $(BUILD) --totals $(or $(SCENARIO),$(error name one: SCENARIO=$(firstword $(VM_SCENARIOS)); there are: $(VM_SCENARIOS)))

##   make check-vm-newest SCENARIO=name   the same with the newest kernel Debian has, as both kernels
VM_NEWEST := $(BUILD)/newest
check-vm-newest: vm-tools native arm64
	$(Q)set -e; kdir=$$($(NEWEST) headers | sed -n 1p); source=$$($(NEWEST) source); kernel=$$($(NEWEST) kernel); \
	$(call vm_parts_for,$(VM_NEWEST),adopting-driver $(VM_NEWEST)/vm-linear/arm-smmu-v3-linear.ko); \
	$(VM)/run.py --build $(VM_NEWEST) --kernel "$$kernel" --totals $(or $(SCENARIO),adopted)

# In a recipe that has set $$kdir, $$source and $$kernel: what runs in the kernel, built for this one in a folder of its
# own. Without versions of symbols nothing tells a module of an earlier configuration: then it is built anew.
vm_parts_for = mkdir -p $(1) && ln -sfn ../native ../arm64 $(1)/; \
	[ ! -e "$$kernel/key" ] || cmp -s "$$kernel/key" $(1)/key || rm -rf $(1)/kmod $(1)/adopting-driver $(1)/vm-modules $(1)/vm-linear; \
	mkdir -p $(1)/vm-modules && cp $(wildcard $(VM)/modules/*) $(1)/vm-modules; \
	$(MAKE) --no-print-directory kmod $(or $(2),adopting-driver) BUILD=$(1) KDIR="$$kdir" KSOURCE="$$source"; \
	$(MAKE) --no-print-directory -C "$$kdir" M=$(abspath $(1))/vm-modules ARCH=arm64 \
		CROSS_COMPILE=$(CROSS_COMPILE) modules >/dev/null; \
	[ ! -e "$$kernel/key" ] || cp "$$kernel/key" $(1)/key

##   make check-vm-debug   what is in the kernel, under KASAN and lockdep; builds that kernel once (SCENARIO=names)
VM_DEBUG := $(BUILD)/debug
VM_DEBUG_SCENARIOS := adopted rmr alias-pair asid-flush asid-two-dump unload-reload removed-while-read control control-random \
	passthrough linear fault-before-crash normal-kernel
check-vm-debug: vm-tools native arm64
	$(Q)tests/tools/deps.sh kernels
	$(Q)set -e; kernel=$$(tests/kernels/build.sh debug); kdir=$$kernel/obj; source=$$kernel/source; \
	$(call vm_parts_for,$(VM_DEBUG),adopting-driver $(VM_DEBUG)/vm-linear/arm-smmu-v3-linear.ko); \
	$(VM)/run.py --build $(VM_DEBUG) --kernel "$$kernel" --debug debug --totals $(or $(SCENARIO),$(VM_DEBUG_SCENARIOS))

##   make check-vm-kcsan   the same, looking for data races; builds that kernel once (SCENARIO=names)
VM_KCSAN := $(BUILD)/kcsan
VM_KCSAN_SCENARIOS := adopted unload-reload removed-while-read control-random
check-vm-kcsan: vm-tools native arm64
	$(Q)tests/tools/deps.sh kernels
	$(Q)set -e; kernel=$$(tests/kernels/build.sh kcsan); kdir=$$kernel/obj; source=$$kernel/source; \
	$(call vm_parts_for,$(VM_KCSAN)); \
	$(VM)/run.py --build $(VM_KCSAN) --kernel "$$kernel" --debug kcsan --totals $(or $(SCENARIO),$(VM_KCSAN_SCENARIOS))

##   make check-vm-native  a kernel whose built-in driver adopts; builds that kernel once (SCENARIO=names)
VM_NATIVE := $(BUILD)/native-kernel
VM_NATIVE_SCENARIOS := adopted rmr asid-reuse asid-flush asid-free-first asid-two-dump alias-pair passthrough \
	$(VM)/scenarios/native/check-native.toml
check-vm-native: vm-tools native arm64
	$(Q)tests/tools/deps.sh kernels
	$(Q)set -e; kernel=$$(tests/kernels/build.sh native); kdir=$$kernel/obj; source=$$kernel/source; \
	$(call vm_parts_for,$(VM_NATIVE),kmod); \
	$(VM)/run.py --build $(VM_NATIVE) --kernel "$$kernel" --native --totals $(or $(SCENARIO),$(VM_NATIVE_SCENARIOS))

check-vm-all: vm-parts
	$(Q)$(VM)/run.py --build $(BUILD) --quiet --totals $(VM_SCENARIOS)

check-vm-essential: vm-parts
	$(Q)$(VM)/run.py --build $(BUILD) --quiet --totals $(VM_ESSENTIAL)

check-vm-kill: vm-parts
	$(Q)$(VM)/kill-everywhere.py --build $(BUILD)

check-vm-unit: vm-tools
	$(Q)$(VM)/selftest.py --watch $(VM_WATCH)

# The two runs of `make demo` and their results side by side.
demo-vm: vm-parts
	$(Q)$(VM)/run.py --build $(BUILD) --quiet --keep-dump adopted adopted reset-stock
	$(Q)$(VM)/compare.py $(BUILD)/vm/adopted $(BUILD)/vm/reset-stock
