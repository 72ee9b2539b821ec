# SPDX-License-Identifier: LGPL-2.1-or-later
#
# smmu-adopt - `make help` lists the targets.
#
# Everything is built below build/, objects of the two architectures side by
# side: build/native (the analysis host, unit tests) and build/arm64 (what goes
# into a capture image). Variables that a packager may set:
#
#   CC, CFLAGS, CPPFLAGS, LDFLAGS   the user's; CFLAGS come last
#   CROSS_COMPILE                   arm64 tool prefix   (aarch64-linux-gnu-)
#   KDIR                            kernel headers to build smmu_adopt.ko against
#   KSOURCE                         kernel source for the adopting driver
#   WERROR=1                        warnings are errors (default with CI=true)
#   V=1                             show commands

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

.DEFAULT_GOAL := help
BUILD := build

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n' $(1) $(2)
endif

# ---- flags -------------------------------------------------------------------

CROSS_COMPILE ?= aarch64-linux-gnu-
CFLAGS ?= -O2 -g
WERROR ?= $(if $(CI),1,0)

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wundef \
	-Wformat=2 -Wpointer-arith -Wwrite-strings
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
# No path of the build folder gets into what is built.
BASE_CFLAGS := -std=gnu11 -I. -D_GNU_SOURCE -fno-strict-aliasing -fstack-protector-strong $(WARNINGS) \
	-ffile-prefix-map=$(CURDIR)=.
# What goes into a capture image is small: no function that is not called, no unwind tables (C that nobody unwinds;
# the debugger has its own). The daemon waits for devices, not for the processor: -Os behind the user's -O2.
BASE_CFLAGS += -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables
SMALL ?= -Os
ALL_CFLAGS = $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LINK_FLAGS = $(ALL_CFLAGS) -Wl,--gc-sections $(LDFLAGS)

CC_native := $(CC)
CC_arm64 := $(CROSS_COMPILE)gcc
AR_native := ar
AR_arm64 := $(CROSS_COMPILE)ar
OBJCOPY_arm64 := $(CROSS_COMPILE)objcopy

# The daemon's libraries; inih is linked statically (7 kB against one more .so in the image). libkmod and
# libsystemd are loaded when they are used (lib/machine/modload.c, lib/machine/sdlib.h): only their headers are needed.
LIBS := -l:libinih.a -ldl
TEST_LIBS = -lcmocka -lsystemd $(if $(KDUMPFILE),-laddrxlat) $(LIBS)

# ---- sources -----------------------------------------------------------------

CORE_SRCS := $(wildcard core/*.c)
# libadopt.a is what all programs share; the linker shows that none needs the rooms of another.
LIB_SRCS := $(CORE_SRCS) $(wildcard lib/*/*.c)
# The reader of kdump's files is shared with smmu-adoptctl; the rest needs libraries that only this program has.
KDUMP_SRCS := $(wildcard resolve/kdump*.c) resolve/shell.c resolve/tree.c
RESOLVE_SRCS := $(filter-out $(KDUMP_SRCS) resolve/main.c,$(wildcard resolve/*.c))
RESOLVE_LIBS := -ludev -lmount -lblkid -lmnl
DAEMON_SRCS := $(filter-out daemon/main.c,$(wildcard daemon/*.c daemon/*/*.c))
# Of the twins ctl/dump/mem_kdump*.c one is built.
CTL_SRCS := $(filter-out ctl/dump/mem_kdump%,$(wildcard ctl/*.c ctl/*/*.c))
# Libraries for the analysis host only: those that unpack the pages of kdump-compressed dumps, and libkdumpfile for the
# kinds of such dumps that ctl/dump/mem_kdpages.c does not read. Each may be missing.
# Asked of compiler and linker: pkg-config would also want the headers of libkdumpfile's codecs, and a cross compiler
# sees this machine's header, but not its library.
KDUMPFILE := $(shell printf '\043include <libkdumpfile/kdumpfile.h>\nint main(void) { return 0; }\n' | \
	$(CC) $(CPPFLAGS) $(LDFLAGS) -x c - -o /dev/null -lkdumpfile >/dev/null 2>&1 && echo 1)
CODECS := $(shell for c in ZLIB:zlib.h:z LZO:lzo/lzo1x.h:lzo2 SNAPPY:snappy-c.h:snappy ZSTD:zstd.h:zstd; do \
	IFS=:; set -- $$c; printf '\043include <%s>\nint main(void) { return 0; }\n' $$2 | \
	$(CC) $(CPPFLAGS) $(LDFLAGS) -x c - -o /dev/null -l$$3 >/dev/null 2>&1 && echo $$1:$$3; done)
CODEC_FLAGS := $(foreach c,$(CODECS),-DHAVE_$(firstword $(subst :, ,$c)))
CODEC_LIBS := $(foreach c,$(CODECS),-l$(lastword $(subst :, ,$c)))
$(addprefix $(BUILD)/native/,ctl/dump/kdcodec.o tests/unit/support_kdump.o): BASE_CFLAGS += $(CODEC_FLAGS)
CTL_SRCS_native := $(CTL_SRCS) $(if $(KDUMPFILE),ctl/dump/mem_kdump.c ctl/dump/mem_kdump_child.c,ctl/dump/mem_kdump_none.c)
CTL_SRCS_arm64 := $(CTL_SRCS) ctl/dump/mem_kdump_none.c
CTL_LIBS_native := -lsystemd $(CODEC_LIBS) $(if $(KDUMPFILE),-lkdumpfile)
CTL_LIBS_arm64 := -lsystemd
# libaddrxlat, of the same package, is a second opinion on table walks.
$(addprefix $(BUILD)/native/tests/unit/test_,mem.o kdpages.o ptw_library.o): BASE_CFLAGS += $(if $(KDUMPFILE),-DHAVE_KDUMPFILE)
TESTS := $(patsubst %.c,%,$(wildcard tests/unit/test_*.c tests/integ/test_*.c))
TEST_SUPPORT := $(wildcard tests/unit/support*.c)

objs = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2))

# A change of compiler or flags rebuilds everything.
STAMP := $(BUILD)/.flags
FLAGS_NOW := $(CC_native)|$(CC_arm64)|$(LINK_FLAGS)|$(SMALL)|$(LIBS) $(RESOLVE_LIBS)|$(KDUMPFILE)|$(CODECS)
$(shell mkdir -p $(BUILD); printf '%s' '$(FLAGS_NOW)' | cmp -s - $(STAMP) || printf '%s' '$(FLAGS_NOW)' >$(STAMP))

define arch_rules
$(BUILD)/$(1)/%.o: %.c $(STAMP)
	@mkdir -p $$(@D)
	$$(call say,CC,$(1)/$$<)
	$$(Q)$$(CC_$(1)) -MMD -MP $$(ALL_CFLAGS) $$(if $$(filter daemon/% resolve/% lib/%,$$<),$$(SMALL)) -c $$< -o $$@

$(BUILD)/$(1)/libadopt.a: $(call objs,$(1),$(LIB_SRCS))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR_$(1)) rcs $$@ $$^

$(BUILD)/$(1)/daemon/smmu-adoptd: $(call objs,$(1),daemon/main.c $(DAEMON_SRCS)) $(BUILD)/$(1)/libadopt.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC_$(1)) $$(LINK_FLAGS) -o $$@ $$^ $(LIBS)

$(BUILD)/$(1)/resolve/smmu-adopt-resolve: $(call objs,$(1),resolve/main.c $(RESOLVE_SRCS) $(KDUMP_SRCS)) $(BUILD)/$(1)/libadopt.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC_$(1)) $$(LINK_FLAGS) -o $$@ $$^ $(RESOLVE_LIBS) $(LIBS)

$(BUILD)/$(1)/ctl/smmu-adoptctl: $(call objs,$(1),$(CTL_SRCS_$(1)) $(KDUMP_SRCS)) $(BUILD)/$(1)/libadopt.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC_$(1)) $$(LINK_FLAGS) -o $$@ $$^ $(CTL_LIBS_$(1)) $(LIBS)

-include $$(patsubst %.o,%.d,$(call objs,$(1),$(LIB_SRCS) $(wildcard resolve/*.c) $(DAEMON_SRCS) daemon/main.c \
	$(CTL_SRCS_$(1)) $(wildcard tests/*/*.c)))
endef
$(eval $(call arch_rules,native))
$(eval $(call arch_rules,arm64))

$(BUILD)/native/tests/%: $(BUILD)/native/tests/%.o $(call objs,native,$(TEST_SUPPORT)) \
		$(call objs,native,$(filter-out ctl/main.c,$(CTL_SRCS_native)) $(KDUMP_SRCS) $(DAEMON_SRCS)) $(BUILD)/native/libadopt.a
	$(call say,LD,$@)
	$(Q)$(CC_native) $(LINK_FLAGS) -o $@ $^ $(CTL_LIBS_native) $(MORE_LIBS) $(TEST_LIBS)

# More than what smmu-adoptctl has of resolve/; and the resolver of the C library with a switch.
$(BUILD)/native/tests/unit/test_hosts: $(call objs,native,$(RESOLVE_SRCS))
$(BUILD)/native/tests/unit/test_hosts: MORE_LIBS := -Wl,--wrap=getaddrinfo $(RESOLVE_LIBS)

# The daemon at the clock of the test programs, for test_daemon.
DAEMON_CLOCKED := $(BUILD)/native/tests/smmu-adoptd
$(DAEMON_CLOCKED): $(call objs,native,daemon/main.c tests/unit/support_clock.c $(DAEMON_SRCS)) \
		$(BUILD)/native/libadopt.a
	$(call say,LD,$@)
	$(Q)$(CC_native) $(LINK_FLAGS) -o $@ $^ $(LIBS)

$(BUILD)/native/tests/unit/test_daemon: | $(DAEMON_CLOCKED)

# The same of resolve, for test_resolve.
RESOLVE_CLOCKED := $(BUILD)/native/tests/smmu-adopt-resolve
$(RESOLVE_CLOCKED): $(call objs,native,resolve/main.c tests/unit/support_clock.c $(RESOLVE_SRCS) $(KDUMP_SRCS)) \
		$(BUILD)/native/libadopt.a
	$(call say,LD,$@)
	$(Q)$(CC_native) $(LINK_FLAGS) -o $@ $^ $(RESOLVE_LIBS) $(LIBS)

$(BUILD)/native/tests/unit/test_resolve: | $(RESOLVE_CLOCKED)

# ---- what people build -------------------------------------------------------

.PHONY: help all native arm64 kmod adopting-driver deps demo check check-unit check-sanitize check-build check-install check-driver check-driver-all check-helper check-kernels check-kdump check-dracut bench bench-vm clean
help:
	@sed -n 's/^##//p' $(MAKEFILE_LIST)

## Two commands do it all on a fresh machine:
##   make demo             install what is needed, build, crash an emulated Arm machine, show the results
##   make check            every test, the emulated machine included; ends with "N passed, N failed"
##
## Building:
##   make all              native, arm64, kmod, adopting-driver
##   make native           daemon, resolve and smmu-adoptctl for this machine
##   make arm64            the same for a capture image
##   make kmod             smmu_adopt.ko               (KDIR=headers, default: fetched Debian headers)
##   make adopting-driver  arm-smmu-v3-adopt.ko        (KDIR=, KSOURCE=linux-source tarball)
##   make deps             install missing Debian packages (needs root; no other target of this part does)
##   make clean            remove build/
all: native arm64 kmod adopting-driver

programs = $(addprefix $(BUILD)/$(1)/,daemon/smmu-adoptd resolve/smmu-adopt-resolve ctl/smmu-adoptctl)
native: $(call programs,native)
arm64: $(call programs,arm64)

KDIR ?= $(shell tests/vm/fetch.sh --print kdir)
KSOURCE ?= $(shell tests/vm/fetch.sh --print ksource)

kmod:
	$(call say,KMOD,$(BUILD)/kmod/smmu_adopt.ko)
	$(Q)$(MAKE) -C kmod --no-print-directory $(if $(filter 1,$(V)),,-s) KDIR=$(KDIR) O=$(abspath $(BUILD)/kmod)

adopting-driver:
	$(call say,KMOD,$(BUILD)/adopting-driver/arm-smmu-v3-adopt.ko)
	$(Q)kmod/adopting-driver/build.sh --source $(KSOURCE) --kdir $(KDIR) --out $(BUILD)/adopting-driver

deps:
	$(Q)tests/tools/deps.sh

clean:
	rm -rf $(BUILD)

# ---- tests -------------------------------------------------------------------

## Testing:
##   make check-unit       unit and integration tests (TEST=test_x for one)
##   make check-build      include direction, freestanding core, symbol prefixes, formatting
TEST ?= $(notdir $(TESTS))
TEST_PROGRAMS = $(addprefix $(BUILD)/native/,$(foreach t,$(TEST),$(or $(filter %/$t,$(TESTS)),$(error no test $t))))
check-unit: $(TEST_PROGRAMS) native
	$(Q)tests/tools/run-units.sh $(TEST_PROGRAMS)

##   make check-sanitize   the unit tests once more, under ASan and UBSan
# Not those that limit a child's address space, start the program of build/native, or test another library.
SANITIZED := $(BUILD)/sanitize
SANITIZED_TESTS = $(filter-out test_daemon test_mem test_ptw_library,$(notdir $(filter tests/unit/%,$(TESTS))))
check-sanitize:
	$(Q)UNITS_NAME=sanitize FUZZ_ROUNDS=100 RANDOM_MACHINES=5000 $(MAKE) --no-print-directory BUILD=$(SANITIZED) \
		CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" \
		TEST="$(SANITIZED_TESTS)" check-unit

check-build: native
	$(Q)tests/build/run.sh

##   make check-driver     the adopting driver's builder and functions, 6.12 and the newest kernel
NEWEST := tests/build/newest.sh --print
check-driver:
	$(Q)tests/build/adopting-driver.sh $(KSOURCE) $(KDIR) $(BUILD)/check-driver
	$(Q)tests/build/adopting-driver.sh "$$($(NEWEST) source)" "$$($(NEWEST) headers | sed -n 1p)" $(BUILD)/check-driver-newest
	$(Q)tests/driver/run.sh $(KSOURCE) $(BUILD)/check-driver-harness
	$(Q)tests/driver/run.sh "$$($(NEWEST) source)" $(BUILD)/check-driver-harness
	$(Q)tests/build/dkms.sh

##   make check-driver-all the same functions and a build for the newest kernel of each Debian suite
check-driver-all:
	$(Q)tests/build/driver-matrix.sh

##   make check-helper     compile smmu_adopt.ko for 6.12 and the newest kernel Debian has
check-helper:
	$(Q)tests/build/kernels.sh --quick

##   make check-kernels    the same for all flavours of the newest and for each Debian suite, and sparse
check-kernels:
	$(Q)tests/build/kernels.sh

##   make check-kdump      our pieces, run by the real scripts of kdump-utils and of SUSE's kdump (root; tests/kdump/run.sh tells whose folders)
check-kdump: native
	$(Q)tests/kdump/run.sh

##   make check-dracut     the real dracut makes images as each kdump calls it (root; nothing is booted)
check-dracut: native kmod
	$(Q)tests/build/dracut.sh

##   make bench            ratios and curves of tests/bench/
bench: native $(BUILD)/native/tests/tools/mkrec
	$(Q)tests/bench/run.sh

##   make bench-vm         us against systemd-udevd on the emulated machine, 8 minutes
bench-vm: vm-parts
	$(Q)tests/bench/vm-bench --build $(BUILD)

include packaging/install.mk
include tests/vm/vm.mk
include tests/triage/triage.mk
include tests/compat/compat.mk
include tests/random/random.mk
include tests/fuzz/fuzz.mk
include tests/html/html.mk
include tests/bench/triage.mk
include tests/fleet/fleet.mk
include tests/iort/iort.mk
include tests/distro/distro.mk

# A second make, since deps may have to install the compiler first. CHECK_MORE=check-... adds to it.
check: deps
	$(Q)$(MAKE) --no-print-directory check-parts

demo: deps
	$(Q)$(MAKE) --no-print-directory demo-vm
	@echo
	@echo "The report beside the first dump ($(BUILD)/vm/adopted/smmu-adopt.txt):"
	@echo
	$(Q)$(BUILD)/native/ctl/smmu-adoptctl report --verbose $(BUILD)/vm/adopted/smmu-adopt.rec
	$(Q)tests/vm/try_who.py --ctl $(BUILD)/native/ctl/smmu-adoptctl $(BUILD)/vm/adopted

##   make check-nightly    what check leaves out for time: every kernel, scenario and kill, debugging kernels, one that adopts, distributions, packages (root; 4 hours)
.PHONY: check-parts check-nightly
check-nightly: deps
	$(Q)tests/tools/check.sh check-driver-all check-kernels check-dracut check-kdump check-vm-all check-vm-kill check-vm-debug check-vm-kcsan check-vm-native check-distro check-packages

check-parts:
	$(Q)tests/tools/check.sh check-unit check-iort check-sanitize check-build check-install check-driver check-helper check-vm-unit check-vm-essential check-triage check-fleet $(CHECK_MORE)
