# SPDX-License-Identifier: GPL-2.0
# tsem-bpf: make, make demo, make test, sudo make install. Output goes below build/; V=1 shows the commands.
VERSION := 0.1
PREFIX ?= /usr/local
# Where those who read it look, whatever PREFIX is.
INITRAMFS_TOOLS ?= /usr/share/initramfs-tools
DRACUT_MODULES ?= /usr/lib/dracut/modules.d
SYSTEMD_UNITS ?= /usr/lib/systemd/system
BUILD := build
CLANG ?= clang-19
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
# The types of the kernel; the programs are relocated to the kernel that they are loaded into.
VMLINUX_BTF ?= /sys/kernel/btf/vmlinux
CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 -fno-strict-aliasing -Wall -Wextra -Imaps -Iloader/lib -Itma/core -I$(BUILD) -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -MMD -MP
# Descriptions are written in fields and read in words: no assumption that these are different memory.
# The core of an agent: no C library, no large frames.
TMA_CORE_CFLAGS := -std=c11 -ffreestanding -fno-strict-aliasing -Wframe-larger-than=1024
BPF_CFLAGS := -O2 -g -fno-strict-aliasing -mcpu=v3 -target bpf -D__TARGET_ARCH_x86 -Wall -Wextra -Wno-unused-parameter -Ibpf -Imaps -I$(BUILD) -MMD -MP
# WERROR=1, as lint has it: a warning ends the build.
ifeq ($(WERROR),1)
override CFLAGS += -Werror
BPF_CFLAGS += -Werror
endif
LDLIBS := -lbpf -ljson-c -lcrypto -lzstd -lcap-ng -ltss2-esys -ltss2-mu -ltss2-rc -ltss2-tctildr
ifneq ($(V),1)
Q := @
say = @printf '  %-8s %s\n' $(1) $@
endif

LOADER := $(patsubst %.c,$(BUILD)/%.o,$(wildcard loader/*.c loader/cmd/*.c loader/lib/*.c))
LIBRARY := $(filter-out %/skel.o,$(patsubst %.c,$(BUILD)/%.o,$(wildcard loader/lib/*.c)))
TMA_CORE := $(wildcard tma/core/*.c)
TMA_PROCESS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tma/process/*.c))
UNIT := $(patsubst %.c,$(BUILD)/%,$(wildcard test/unit/test_*.c))
FUZZ := $(patsubst %.c,$(BUILD)/%,$(wildcard test/fuzz/*.c))
PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(wildcard test/prog/*.c)) $(BUILD)/test/prog/attack
MAN := $(patsubst docs/man/%.rst,$(BUILD)/man/%,$(wildcard docs/man/*.rst))

all: $(BUILD)/tsem-bpf $(BUILD)/tsem-tma $(MAN)
tests: all $(UNIT) $(FUZZ) $(PROGRAMS) $(BUILD)/test/bpf/kernel

# Another kernel's types are older or newer by their file's time: what counts is that it is another file.
$(BUILD)/vmlinux.from: FORCE
	@mkdir -p $(@D)
	@echo '$(VMLINUX_BTF)' | cmp -s - $@ || echo '$(VMLINUX_BTF)' >$@

$(BUILD)/vmlinux.h: $(VMLINUX_BTF) $(BUILD)/vmlinux.from
	$(call say,BTF)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) btf dump file $< format c >$@.tmp
	$(Q)mv $@.tmp $@

# Other flags are other programs: what is compiled is as new as this file.
$(BUILD)/tsem_bpf.o: bpf/tsem.bpf.c $(BUILD)/vmlinux.h Makefile
	$(call say,BPF)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MT $@ -MF $(BUILD)/tsem_bpf.d -c $< -o $(BUILD)/tsem.bpf.o
	$(Q)$(BPFTOOL) gen object $@ $(BUILD)/tsem.bpf.o

$(BUILD)/tsem_bpf.skel.h: $(BUILD)/tsem_bpf.o
	$(call say,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name tsem_bpf >$@.tmp
	$(Q)mv $@.tmp $@

$(BUILD)/loader/lib/skel.o: $(BUILD)/tsem_bpf.skel.h

# What reads events has no large frames: agents with little memory are built of the same code.
$(BUILD)/loader/lib/event%.o $(BUILD)/loader/lib/coefficient.o $(BUILD)/loader/lib/digest.o: override CFLAGS += -Wframe-larger-than=1024

$(BUILD)/loader/%.o: loader/%.c Makefile
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

$(BUILD)/tsem-bpf: $(LOADER) $(BUILD)/tma/core.a
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) $^ $(LDLIBS) -o $@

# The core of every agent; the collector has its frames and sessions. It is built as platforms without a C library do it.
$(BUILD)/tma/core/%.o: tma/core/%.c Makefile
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -std=% -D_GNU_SOURCE,$(CFLAGS)) $(TMA_CORE_CFLAGS) -c $< -o $@

$(BUILD)/tma/core.a: $(patsubst %.c,$(BUILD)/%.o,$(TMA_CORE))
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/tma/process/%.o: tma/process/%.c Makefile
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

$(BUILD)/tsem-tma: $(TMA_PROCESS) $(BUILD)/tma/core.a
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) $^ -lcap-ng -lseccomp -o $@

# The core for other machines: nothing may be missing in it but four functions, and helpers of the compiler.
TMA_MACHINES := x86_64 aarch64 cortex-m4
tma-cross: $(patsubst %,$(BUILD)/tma/core-%.o,$(TMA_MACHINES))

$(BUILD)/tma/core-x86_64.o: TOOLS := x86_64-linux-gnu-
$(BUILD)/tma/core-aarch64.o: TOOLS := aarch64-linux-gnu-
$(BUILD)/tma/core-cortex-m4.o: TOOLS := arm-none-eabi-
$(BUILD)/tma/core-cortex-m4.o: TMA_CORE_CFLAGS += -mcpu=cortex-m4 -mthumb
$(BUILD)/tma/core-%.o: $(TMA_CORE) $(wildcard tma/core/*.h maps/*.h) Makefile
	$(call say,CROSS)
	$(Q)mkdir -p $(@D)
	$(Q)$(TOOLS)gcc $(TMA_CORE_CFLAGS) -Wall -Wextra -Werror -O2 -Imaps -Itma/core -nostdlib -r $(TMA_CORE) -o $@.tmp
	$(Q)! $(TOOLS)nm -u $@.tmp | grep -vE ' (mem(cpy|cmp|set|move)|__aeabi_[a-z0-9]+)$$' || \
		{ echo "$@: the core needs what not every platform has" >&2; exit 1; }
	$(Q)mv $@.tmp $@

$(BUILD)/test/unit/%: test/unit/%.c $(LIBRARY) $(BUILD)/tma/core.a
	$(call say,TEST)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $< $(filter %.o %.a,$^) $(LDLIBS) -lcmocka -o $@

# They run over the files named to them; scripts/fuzz.sh makes fuzzers of the same sources.
$(BUILD)/test/fuzz/%: test/fuzz/%.c $(LIBRARY) $(BUILD)/tma/core.a
	$(call say,FUZZ)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -DFUZZ_MAIN $< $(filter %.o %.a,$^) $(LDLIBS) -o $@

$(BUILD)/test/prog/%: test/prog/%.c
	$(call say,PROG)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $< -pthread -o $@

# They speak to agents, and to collectors.
$(BUILD)/test/prog/tma_client $(BUILD)/test/prog/tma_fake: $(BUILD)/test/prog/%: test/prog/%.c $(BUILD)/tma/core.a
	$(call say,PROG)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(filter %.c %.a,$^) -o $@

# One program of several files.
$(BUILD)/test/prog/attack: $(wildcard test/prog/attack/*) test/prog/uring.h
	$(call say,PROG)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CFLAGS)) -Wno-missing-field-initializers $(filter %.c,$^) -pthread -lbpf -o $@

# Programs that try the kernel functions of kernel-patches/.
$(BUILD)/test/bpf/%.skel.h: test/bpf/%.bpf.c $(BUILD)/vmlinux.h
	$(call say,BPF)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MT $@ -MF $(@:.skel.h=.d) -c $< -o $(@:.skel.h=.bpf.o)
	$(Q)$(BPFTOOL) gen skeleton $(@:.skel.h=.bpf.o) name $* >$@.tmp
	$(Q)mv $@.tmp $@

$(BUILD)/test/bpf/%: test/bpf/%.c $(BUILD)/test/bpf/%.skel.h
	$(call say,PROG)
	$(Q)$(CC) $(CFLAGS) -I$(@D) $< -lbpf -o $@

$(BUILD)/man/%: docs/man/%.rst
	$(call say,MAN)
	$(Q)mkdir -p $(@D)
	$(Q)rst2man $< $@

# $(call install_boot,MODE,FILES,DIRECTORY): files of boot/, which are told where tsem-bpf is.
define install_boot
	$(Q)install -d $(DESTDIR)$(3)
	$(Q)for file in $(2); do to=$(DESTDIR)$(3)/$${file##*/}; \
		sed 's|@PREFIX@|$(PREFIX)|g' $$file >$$to && chmod $(1) $$to && echo "  INSTALL  $$to" || exit 1; done
endef

# Nothing of boot/ does anything as long as there is no /etc/tsem-bpf/boot.conf.
install: all
	install -D -m 0755 $(BUILD)/tsem-bpf $(DESTDIR)$(PREFIX)/sbin/tsem-bpf
	install -D -m 0755 $(BUILD)/tsem-tma $(DESTDIR)$(PREFIX)/sbin/tsem-tma
	install -d $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 0644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man8
	$(call install_boot,0755,boot/boot,$(PREFIX)/lib/tsem-bpf)
	$(call install_boot,0644,boot/boot.conf boot/dpkg.cfg,$(PREFIX)/share/doc/tsem-bpf)
	$(call install_boot,0755,boot/initramfs-tools/hooks/tsem-bpf,$(INITRAMFS_TOOLS)/hooks)
	$(call install_boot,0755,boot/initramfs-tools/scripts/init-top/tsem-bpf,$(INITRAMFS_TOOLS)/scripts/init-top)
	$(call install_boot,0755,$(wildcard boot/dracut/90tsem-bpf/*),$(DRACUT_MODULES)/90tsem-bpf)
	$(call install_boot,0644,$(wildcard boot/systemd/*),$(SYSTEMD_UNITS))

unit: $(UNIT)
	$(Q)for program in $^; do $$program || exit 1; done
	$(Q)bats test/unit

# These do all of their set-up: packages, a kernel image, the build, the virtual machine.
deps:
	scripts/deps.sh
demo test bench stress attacks services fuzz: deps
	scripts/$@.sh
lint:
	scripts/lint.sh
clean:
	rm -rf $(BUILD)

.PHONY: all tests tma-cross unit install deps demo test bench stress attacks services fuzz lint clean FORCE
.DELETE_ON_ERROR:
-include $(wildcard $(BUILD)/*.d $(BUILD)/loader/*.d $(BUILD)/loader/*/*.d $(BUILD)/tma/*/*.d $(BUILD)/test/*/*.d)
