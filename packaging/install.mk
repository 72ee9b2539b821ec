# SPDX-License-Identifier: LGPL-2.1-or-later
#
# install.mk - `make install` and packages, included by the top-level Makefile. Uses its BUILD, Q.
#
#   DESTDIR, PREFIX   where to; PREFIX=/usr is the only one that the capture images look into
#   ARCH              whose programs: "native" (this machine, or what CC builds for) or "arm64"
#
# One list, INSTALLS, of source=place:mode is what install, uninstall and the manifest are made from.

VERSION := $(shell sed -n 's/^\#define SMMU_ADOPT_VERSION "\(.*\)"/\1/p' core/names.h)
PREFIX ?= /usr/local
ARCH ?= native
# Fedora 42 and later have /usr/sbin as a link to /usr/bin; whoever calls the programs finds them there.
SBINDIR ?= $(PREFIX)/sbin
UNITDIR ?= $(PREFIX)/lib/systemd/system
MODPROBEDIR ?= $(PREFIX)/lib/modprobe.d
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
# Not below PREFIX: that is where the tools of the distributions look.
INITRAMFS_TOOLS := /usr/share/initramfs-tools
DRACUT := /usr/lib/dracut/modules.d/55smmu-adopt
LIBDIR := $(PREFIX)/lib/smmu-adopt
EXAMPLES := $(PREFIX)/share/doc/smmu-adopt-tools/examples
DKMS_SRC := /usr/src/smmu-adopt-$(VERSION)
DRIVER_SRC := /usr/src/smmu-adopt-driver-$(VERSION)
DRIVER_DIR := kmod/adopting-driver
DRIVER_SCRIPTS := $(addprefix $(DRIVER_DIR)/,build.sh dkms-build.sh apply-hunks.py)
DRIVER_FILES := $(wildcard $(DRIVER_DIR)/*.[ch] $(DRIVER_DIR)/patches/*/*) $(addprefix $(DRIVER_DIR)/,Kbuild README.md dkms.conf)
UNITS := units/smmu-adoptd.service units/smmu-adoptd.socket

at = $(foreach f,$(1),$(f)=$(2)/$(notdir $(f)):$(3))

INSTALLS := \
	$(BUILD)/$(ARCH)/daemon/smmu-adoptd=$(SBINDIR)/smmu-adoptd:755 \
	$(BUILD)/$(ARCH)/resolve/smmu-adopt-resolve=$(PREFIX)/libexec/smmu-adopt/resolve:755 \
	$(BUILD)/$(ARCH)/ctl/smmu-adoptctl=$(PREFIX)/bin/smmu-adoptctl:755 \
	conf/smmu-adopt.conf=$(LIBDIR)/smmu-adopt.conf:644 \
	conf/modprobe.conf=$(MODPROBEDIR)/smmu-adopt.conf:644 \
	conf/smmu-adopt.catalog=/usr/lib/systemd/catalog/smmu-adopt.catalog:644 \
	ctl/completion/smmu-adoptctl.bash=$(PREFIX)/share/bash-completion/completions/smmu-adoptctl:644 \
	ctl/completion/smmu-adoptctl.zsh=$(ZSHDIR)/_smmu-adoptctl:644 \
	$(call at,$(wildcard doc/fleet/*.sql),$(PREFIX)/share/smmu-adopt/fleet,644) \
	$(call at,$(wildcard doc/schema/*.json),$(PREFIX)/share/smmu-adopt/schema,644) \
	$(call at,$(wildcard contrib/drgn/*.py),$(EXAMPLES),644) \
	tests/tools/read_records.py=$(EXAMPLES)/read_records.py:755 \
	packaging/sos/smmu_adopt.py=$(PREFIX)/share/smmu-adopt/sos/smmu_adopt.py:644 \
	$(foreach m,$(wildcard man/*.[1-9]),$(m)=$(PREFIX)/share/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)):644) \
	$(call at,$(UNITS),$(UNITDIR),644) \
	packaging/kdump-tools/smmu-adopt-sidecar.service=$(UNITDIR)/smmu-adopt-sidecar.service:644 \
	units/dump-first.conf=$(UNITDIR)/kdump-tools-dump.service.d/smmu-adopt.conf:644 \
	$(call at,$(wildcard packaging/kdump-tools/smmu-adopt-reload.*),$(UNITDIR),644) \
	packaging/kdump-tools/sidecar=$(LIBDIR)/sidecar:755 \
	packaging/kdump-tools/real-root=$(LIBDIR)/real-root:755 \
	packaging/kdump-tools/rebuild=$(LIBDIR)/rebuild:755 \
	packaging/kdump-tools/dump-by-copy=$(LIBDIR)/dump-by-copy:644 \
	packaging/kdump-tools/header-postinst=/etc/kernel/header_postinst.d/zz-smmu-adopt:755 \
	packaging/kdump-tools/smmu-adopt-driver=$(SBINDIR)/smmu-adopt-driver:755 \
	packaging/initramfs-tools/hook=$(INITRAMFS_TOOLS)/hooks/smmu-adopt:755 \
	packaging/initramfs-tools/init-top=$(INITRAMFS_TOOLS)/scripts/init-top/smmu-adopt:755 \
	packaging/initramfs-tools/local-block=$(INITRAMFS_TOOLS)/scripts/local-block/smmu-adopt:755 \
	packaging/initramfs-tools/init-bottom=$(INITRAMFS_TOOLS)/scripts/init-bottom/smmu-adopt:755 \
	packaging/dracut/module-setup.sh=$(DRACUT)/module-setup.sh:755 \
	packaging/dracut/smmu-adopt-modules.sh=$(DRACUT)/smmu-adopt-modules.sh:755 \
	packaging/dracut/smmu-adopt-kdump-publish.sh=$(DRACUT)/smmu-adopt-kdump-publish.sh:755 \
	$(call at,$(wildcard packaging/dracut/*.service),$(DRACUT),644) \
	packaging/dracut/modules.conf=$(DRACUT)/modules.conf:644 \
	$(call at,$(UNITS) units/dump-first.conf,$(DRACUT),644) \
	packaging/dracut/kdump-pre.sh=/etc/kdump/pre.d/50-smmu-adopt:755 \
	packaging/dracut/kdump-post.sh=/etc/kdump/post.d/50-smmu-adopt:755 \
	$(foreach f,$(wildcard core/*.[ch] kmod/*.[ch] kmod/Kbuild kmod/Makefile),$(f)=$(DKMS_SRC)/$(f):644) \
	kmod/dkms.conf=$(DKMS_SRC)/dkms.conf:644 \
	$(foreach f,$(DRIVER_FILES),$(f)=$(DRIVER_SRC)/$(f:$(DRIVER_DIR)/%=%):644) \
	$(foreach f,$(DRIVER_SCRIPTS),$(f)=$(DRIVER_SRC)/$(f:$(DRIVER_DIR)/%=%):755)

place = $(firstword $(subst :, ,$(lastword $(subst =, ,$(1)))))

##
## Installing and packages:
##   make install          DESTDIR= PREFIX=/usr ARCH=native|arm64; `make uninstall` takes the same
##   make install-list     what it installs
##   make deb, make rpm    packages, in build/deb and build/rpm
.PHONY: install uninstall install-list
install: $(ARCH)
	$(Q)for f in $(INSTALLS); do \
		to=$${f#*=}; install -D -m "$${to##*:}" "$${f%%=*}" "$(DESTDIR)$${to%:*}" || exit 1; \
	done

# Empty folders of ours go as well; those of others are not empty.
uninstall:
	$(Q)for f in $(foreach i,$(INSTALLS),$(call place,$(i))); do \
		rm -f "$(DESTDIR)$$f"; \
		rmdir -p --ignore-fail-on-non-empty "$(DESTDIR)$${f%/*}" 2>/dev/null || :; \
	done

install-list:
	@printf '%s\n' $(foreach i,$(INSTALLS),$(call place,$(i))) | sort

# ---- packages ----------------------------------------------------------------

SOURCE_EPOCH = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || echo 0))
TARBALL := $(BUILD)/dist/smmu-adopt-$(VERSION).tar.gz
DEB_ARCH ?= $(shell dpkg --print-architecture)

# What git would give to somebody who clones, with what is not committed yet.
.PHONY: dist deb rpm check-install check-packages
dist:
	@mkdir -p $(BUILD)/dist
	$(Q)git ls-files -co --exclude-standard | while read -r f; do [ ! -e "$$f" ] || echo "$$f"; done | \
		LC_ALL=C sort | tar -czf $(TARBALL) --owner=0 --group=0 --numeric-owner --mtime=@$(SOURCE_EPOCH) \
		--transform 's,^,smmu-adopt-$(VERSION)/,' -T -

##                         DEB_ARCH=arm64 builds that by cross compiler
deb: dist
	$(Q)rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb
	$(Q)tar -C $(BUILD)/deb -xzf $(TARBALL) && cp -r packaging/debian $(BUILD)/deb/smmu-adopt-$(VERSION)/debian
	$(Q)cd $(BUILD)/deb/smmu-adopt-$(VERSION) && SOURCE_DATE_EPOCH=$(SOURCE_EPOCH) \
		dpkg-buildpackage -us -uc -b -a$(DEB_ARCH) $(if $(filter $(shell dpkg --print-architecture),$(DEB_ARCH)),,-Pcross$(comma)nocheck) \
		>../build.log 2>&1 || { tail -n 30 ../build.log; exit 1; }
	@ls $(BUILD)/deb/*.deb

rpm: dist
	$(Q)rm -rf $(BUILD)/rpm && mkdir -p $(BUILD)/rpm
	$(Q)SOURCE_DATE_EPOCH=$(SOURCE_EPOCH) rpmbuild -bb --nodeps --define '_topdir $(abspath $(BUILD)/rpm)' \
		--define '_sourcedir $(abspath $(BUILD)/dist)' packaging/rpm/smmu-adopt.spec >$(BUILD)/rpm/build.log 2>&1 || \
		{ tail -n 30 $(BUILD)/rpm/build.log; exit 1; }
	@find $(BUILD)/rpm -name '*.rpm'

comma := ,

##   make check-install    installed list, uninstall, hooks of the image builders
check-install:
	$(Q)tests/build/install.sh

##   make check-packages   lintian, rpmlint, identical builds and packages, autopkgtest (root, network; about 20 minutes)
check-packages:
	$(Q)tests/tools/deps.sh distro packages
	$(Q)tests/build/packages.sh
