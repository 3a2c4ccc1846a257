#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Puts tsem-bpf into dracut's initramfs, if /etc/tsem-bpf/boot.conf says that it is wanted.
# shellcheck disable=SC2154 # dracut sets moddir

check() {
	[[ -e ${dracutsysrootdir-}/etc/tsem-bpf/boot.conf ]] || return 255
	require_binaries @PREFIX@/sbin/tsem-bpf
}

installkernel() {
	hostonly='' instmods tpm_crb tpm_tis
}

install() {
	sh -n "${dracutsysrootdir-}/etc/tsem-bpf/boot.conf" || {
		derror "tsem-bpf: /etc/tsem-bpf/boot.conf: a shell cannot read it; correct or remove it"
		return 1
	}
	inst_binary @PREFIX@/sbin/tsem-bpf
	inst_multiple mount modprobe
	inst_script @PREFIX@/lib/tsem-bpf/boot
	inst_simple /etc/tsem-bpf/boot.conf
	inst_hook cmdline 00 "$moddir/tsem-bpf.sh"
}
