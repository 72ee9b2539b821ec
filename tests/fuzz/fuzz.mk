# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fuzz.mk - long fuzzing with libFuzzer, included by the top-level Makefile. Needs
# clang (FUZZ_CC) with its runtime library; `make check-unit` needs neither, and
# runs the same targets on mutated seeds (tests/unit/test_fuzz.c).

FUZZ_CC ?= clang
FUZZ_SECONDS ?= 1800
FUZZ_NAMES := dump rec embed undo klog mem iort printk
FUZZ_DIR := $(BUILD)/fuzz
FUZZ_SRCS := $(CORE_SRCS) $(wildcard lib/base/*.c lib/story/*.c lib/report/*.c ctl/dump/dump*.c ctl/embed/embed*.c) \
	ctl/input/bytes.c ctl/input/folder.c ctl/input/kernel_log.c lib/machine/boot.c lib/machine/crashdir.c \
	$(wildcard ctl/dump/kd*.c ctl/dump/mem.c ctl/dump/mem_elf.c ctl/dump/mem_kdmap.c ctl/dump/mem_kdpages.c) ctl/dump/mem_kdump_none.c \
	ctl/dump/kernel.c ctl/dump/printk.c ctl/dump/vmcoreinfo.c \
	tests/unit/support_fuzz.c tests/fuzz/main.c

define fuzz_rule
$(FUZZ_DIR)/fuzz-$(1): $(FUZZ_SRCS) $(STAMP)
	@mkdir -p $$(@D)
	$$(call say,FUZZ,$$@)
	$$(Q)$(FUZZ_CC) -std=gnu11 -I. -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -DFUZZ_TARGET=$(2) $(CODEC_FLAGS) -o $$@ $(FUZZ_SRCS) $(CODEC_LIBS)
endef
$(eval $(call fuzz_rule,dump,0))
$(eval $(call fuzz_rule,rec,1))
$(eval $(call fuzz_rule,embed,2))
$(eval $(call fuzz_rule,undo,3))
$(eval $(call fuzz_rule,klog,4))
$(eval $(call fuzz_rule,mem,5))
$(eval $(call fuzz_rule,iort,6))
$(eval $(call fuzz_rule,printk,7))

##   make fuzz             libFuzzer on each parser, FUZZ_SECONDS=1800 each (FUZZ_NAMES= for some)
.PHONY: fuzz
fuzz: fuzz-machines
fuzz: $(FUZZ_NAMES:%=$(FUZZ_DIR)/fuzz-%) $(BUILD)/native/tests/unit/test_fuzz
	$(Q)mkdir -p $(FUZZ_DIR)/seeds $(FUZZ_NAMES:%=$(FUZZ_DIR)/corpus-%)
	$(Q)FUZZ_SEEDS=$(FUZZ_DIR)/seeds $(BUILD)/native/tests/unit/test_fuzz >/dev/null 2>&1
	$(Q)for name in $(FUZZ_NAMES); do \
		echo "== fuzz-$$name, $(FUZZ_SECONDS) s"; \
		$(FUZZ_DIR)/fuzz-$$name -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 -print_final_stats=1 \
			-verbosity=0 -artifact_prefix=$(FUZZ_DIR)/$$name- $(FUZZ_DIR)/corpus-$$name $(FUZZ_DIR)/seeds || exit 1; \
	done
