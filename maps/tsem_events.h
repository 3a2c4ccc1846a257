/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The security events, one row each: TSEM_EVENT(number, name).
 *
 * The name is the event's name in coefficients, in JSON and on the command line; it is also the name of the LSM hook,
 * unless docs/hooks.md says otherwise. Numbers are ABI: new ones go to the end, and none is reused.
 */
#ifndef TSEM_EVENTS_H
#define TSEM_EVENTS_H

/* clang-format off */
#define TSEM_EVENTS(TSEM_EVENT) \
	TSEM_EVENT(1, bprm_committing_creds) \
	TSEM_EVENT(2, file_open) \
	TSEM_EVENT(3, file_receive) \
	TSEM_EVENT(4, file_ioctl) \
	TSEM_EVENT(5, file_lock) \
	TSEM_EVENT(6, file_fcntl) \
	TSEM_EVENT(7, mmap_file) \
	TSEM_EVENT(8, kernel_read_file) \
	TSEM_EVENT(9, kernel_load_data) \
	TSEM_EVENT(10, kernel_module_request) \
	TSEM_EVENT(11, socket_create) \
	TSEM_EVENT(12, socket_connect) \
	TSEM_EVENT(13, socket_bind) \
	TSEM_EVENT(14, socket_accept) \
	TSEM_EVENT(15, socket_sendmsg) \
	TSEM_EVENT(16, socket_recvmsg) \
	TSEM_EVENT(17, socket_getsockname) \
	TSEM_EVENT(18, socket_getpeername) \
	TSEM_EVENT(19, tun_dev_attach_queue) \
	TSEM_EVENT(20, socket_listen) \
	TSEM_EVENT(21, socket_shutdown) \
	TSEM_EVENT(22, socket_setsockopt) \
	TSEM_EVENT(23, unix_stream_connect) \
	TSEM_EVENT(24, unix_may_send) \
	TSEM_EVENT(25, socket_socketpair) \
	TSEM_EVENT(26, netlink_send) \
	TSEM_EVENT(27, task_kill) \
	TSEM_EVENT(28, ptrace_access_check) \
	TSEM_EVENT(29, ptrace_traceme) \
	TSEM_EVENT(30, capget) \
	TSEM_EVENT(31, capset) \
	TSEM_EVENT(32, capable) \
	TSEM_EVENT(33, task_setpgid) \
	TSEM_EVENT(34, task_getpgid) \
	TSEM_EVENT(35, task_getsid) \
	TSEM_EVENT(36, task_getioprio) \
	TSEM_EVENT(37, task_setscheduler) \
	TSEM_EVENT(38, task_getscheduler) \
	TSEM_EVENT(39, task_setnice) \
	TSEM_EVENT(40, task_setioprio) \
	TSEM_EVENT(41, task_prlimit) \
	TSEM_EVENT(42, task_setrlimit) \
	TSEM_EVENT(43, task_prctl) \
	TSEM_EVENT(44, inode_create) \
	TSEM_EVENT(45, inode_mkdir) \
	TSEM_EVENT(46, inode_unlink) \
	TSEM_EVENT(47, inode_rmdir) \
	TSEM_EVENT(48, inode_link) \
	TSEM_EVENT(49, inode_symlink) \
	TSEM_EVENT(50, inode_mknod) \
	TSEM_EVENT(51, inode_rename) \
	TSEM_EVENT(52, inode_killpriv) \
	TSEM_EVENT(53, inode_listxattr) \
	TSEM_EVENT(54, sb_statfs) \
	TSEM_EVENT(55, quota_on) \
	TSEM_EVENT(56, inode_getattr) \
	TSEM_EVENT(57, inode_setattr) \
	TSEM_EVENT(58, inode_setxattr) \
	TSEM_EVENT(59, inode_getxattr) \
	TSEM_EVENT(60, inode_removexattr) \
	TSEM_EVENT(61, key_alloc) \
	TSEM_EVENT(62, key_permission) \
	TSEM_EVENT(63, ipc_permission) \
	TSEM_EVENT(64, shm_associate) \
	TSEM_EVENT(65, shm_shmat) \
	TSEM_EVENT(66, sem_associate) \
	TSEM_EVENT(67, msg_queue_associate) \
	TSEM_EVENT(68, shm_shmctl) \
	TSEM_EVENT(69, sem_semctl) \
	TSEM_EVENT(70, msg_queue_msgctl) \
	TSEM_EVENT(71, msg_queue_msgrcv) \
	TSEM_EVENT(72, sem_semop) \
	TSEM_EVENT(73, syslog) \
	TSEM_EVENT(74, settime) \
	TSEM_EVENT(75, sb_mount) \
	TSEM_EVENT(76, sb_umount) \
	TSEM_EVENT(77, sb_remount) \
	TSEM_EVENT(78, sb_pivotroot) \
	TSEM_EVENT(79, move_mount) \
	TSEM_EVENT(80, quotactl) \
	TSEM_EVENT(81, bpf) \
	TSEM_EVENT(82, bpf_map) \
	TSEM_EVENT(83, bpf_prog) \
	TSEM_EVENT(84, tun_dev_create) \
	TSEM_EVENT(85, tun_dev_attach) \
	TSEM_EVENT(86, tun_dev_open) \
	TSEM_EVENT(87, uring_override_creds) \
	TSEM_EVENT(88, uring_sqpoll) \
	TSEM_EVENT(89, uring_cmd) \
	TSEM_EVENT(90, userns_create) \
	TSEM_EVENT(91, perf_event_open) \
	TSEM_EVENT(92, msg_queue_msgsnd) \
	TSEM_EVENT(93, file_mprotect) \
	TSEM_EVENT(94, inode_set_acl) \
	TSEM_EVENT(95, inode_remove_acl) \
	TSEM_EVENT(96, inode_file_setattr) \
	TSEM_EVENT(97, task_fix_setuid) \
	TSEM_EVENT(98, task_fix_setgid) \
	TSEM_EVENT(99, task_fix_setgroups) \
	TSEM_EVENT(100, task_movememory) \
	TSEM_EVENT(101, path_chroot) \
	TSEM_EVENT(102, path_notify) \
	TSEM_EVENT(103, sb_set_mnt_opts) \
	TSEM_EVENT(104, anon_inode) \
	TSEM_EVENT(105, shm_alloc) \
	TSEM_EVENT(106, sem_alloc) \
	TSEM_EVENT(107, msg_queue_alloc) \
	TSEM_EVENT(108, sctp_bind_connect) \
	TSEM_EVENT(109, binder_set_context_mgr) \
	TSEM_EVENT(110, binder_transaction) \
	TSEM_EVENT(111, binder_transfer_binder) \
	TSEM_EVENT(112, binder_transfer_file)
/* clang-format on */

#define TSEM_EVENT_ENUM(number, name) TSEM_EVENT_##name = number,
enum tsem_event_type { TSEM_EVENTS(TSEM_EVENT_ENUM) TSEM_EVENT_END };

/* Size of arrays that are indexed by an event: ABI, so that a new event does not change the layout. */
#define TSEM_EVENT_ROOM 128
_Static_assert(TSEM_EVENT_END <= TSEM_EVENT_ROOM, "more events than tsem_namespace has actions for");

/* Longest event name with its terminator; BPF has the names in fixed-size arrays. */
#define TSEM_EVENT_NAME_MAX 24

#endif
