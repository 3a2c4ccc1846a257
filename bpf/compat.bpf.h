/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel differences, each with the commit that made it, and kernel symbols that vmlinux.h does not declare.
 */
#ifndef TSEM_COMPAT_BPF_H
#define TSEM_COMPAT_BPF_H

/* Sequence counts that a change of name or of mounts moves; plain symbols, found in kallsyms. */
extern const void rename_lock __weak __ksym;
extern const void mount_lock __weak __ksym;

#endif
