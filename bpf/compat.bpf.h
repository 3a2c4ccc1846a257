/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel differences, each with the commit that made it, and kernel symbols that vmlinux.h does not declare.
 */
#ifndef TSEM_COMPAT_BPF_H
#define TSEM_COMPAT_BPF_H

/* Sequence counts that a change of name or of mounts moves; plain symbols, found in kallsyms. */
extern const void rename_lock __weak __ksym;
extern const void mount_lock __weak __ksym;

extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
/* Since 6.13 (675c3596ff32): the number as the caller's pid namespace has it. */
extern struct task_struct *bpf_task_from_vpid(s32 pid) __weak __ksym;

#endif
