#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Sourced by dracut before it reads its command line: /sys, /proc and /dev are mounted.

@PREFIX@/lib/tsem-bpf/boot
if [ $? = 3 ]; then
	die "tsem-bpf: the root is not modeled, and /etc/tsem-bpf/boot.conf says stop (tsem.boot=off boots without)"
fi
