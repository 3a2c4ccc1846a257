// SPDX-License-Identifier: GPL-2.0
/*
 * The agent reads bytes that a compromised kernel may have made up. It holds a key and a model, and needs nothing else.
 * Whoever takes it over finds a process that can only read from its collector and answer.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cap-ng.h>
#include <seccomp.h>

#include "process.h"

/* No capability in any set, and none by executing a file of root's. */
static int drop_capabilities(void)
{
	capng_select_t sets = CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT;

	if (capng_get_caps_process())
		return -EPERM;
	/* Without this one, the bounding set cannot be changed; no_new_privs makes it useless. */
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		sets |= CAPNG_SELECT_BOUNDS;
		if (capng_lock())
			return -EPERM;
	}
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID) && setgroups(0, NULL))
		return -errno;
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(sets) || capng_get_caps_process() || capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		return -EPERM;
	return 0;
}

static int limit(int resource, rlim_t value)
{
	struct rlimit both = { value, value };

	return setrlimit(resource, &both) ? -errno : 0;
}

static int limit_all(bool listening)
{
	struct stat st;
	int err = limit(RLIMIT_NOFILE, listening ? SANDBOX_COLLECTOR + 1 : SANDBOX_LISTENER);

	err = err ? err : limit(RLIMIT_NPROC, 0);
	err = err ? err : limit(RLIMIT_CORE, 0);
	err = err ? err : limit(RLIMIT_MEMLOCK, 0);
	err = err ? err : limit(RLIMIT_MSGQUEUE, 0);
	/* Messages may go to a file. */
	if (!err && (fstat(STDERR_FILENO, &st) || !S_ISREG(st.st_mode)))
		err = limit(RLIMIT_FSIZE, 0);
	return err;
}

static int allow(scmp_filter_ctx filter, int call, u32 fd)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A0(SCMP_CMP_EQ, fd));
}

/* The calls on collectors, and on the socket where they come from. */
static int allow_collectors(scmp_filter_ctx filter, bool listening)
{
	int err;

	if (!listening) {
		err = allow(filter, SCMP_SYS(read), STDIN_FILENO);
		return err ? err : allow(filter, SCMP_SYS(write), STDOUT_FILENO);
	}
	err = allow(filter, SCMP_SYS(accept4), SANDBOX_LISTENER);
	err = err ? err : allow(filter, SCMP_SYS(read), SANDBOX_COLLECTOR);
	err = err ? err : allow(filter, SCMP_SYS(write), SANDBOX_COLLECTOR);
	err = err ? err : allow(filter, SCMP_SYS(close), SANDBOX_COLLECTOR);
	/* Where the machine's clock is not readable without a call. */
	err = err ? err : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clock_gettime), 0);
	return err ? err
		   : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 3,
				      SCMP_A0(SCMP_CMP_EQ, SANDBOX_COLLECTOR), SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET),
				      SCMP_A2(SCMP_CMP_EQ, SO_RCVTIMEO));
}

/* Any other system call ends the process. */
static int filter_calls(bool listening)
{
	static const int calls[] = { SCMP_SYS(getrandom), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
				     SCMP_SYS(restart_syscall) };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = filter ? allow(filter, SCMP_SYS(write), STDERR_FILENO) : -ENOMEM;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && !err; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	err = err ? err : allow_collectors(filter, listening);
	err = err ? err : seccomp_load(filter);
	/* In the filter, freeing memory might be a call that ends the process. */
	if (err)
		seccomp_release(filter);
	return err;
}

int sandbox__enter(bool listening, const char **step)
{
	int err;

	*step = "closing descriptors";
	if (close_range(listening ? SANDBOX_COLLECTOR : SANDBOX_LISTENER, ~0U, 0) || chdir("/"))
		return -errno;
	*step = "dropping capabilities";
	err = drop_capabilities();
	if (err)
		return err;
	*step = "giving up new privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -errno;
	*step = "setting limits";
	err = limit_all(listening);
	if (err)
		return err;
	*step = "filtering system calls";
	return filter_calls(listening);
}
