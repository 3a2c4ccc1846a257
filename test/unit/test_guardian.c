// SPDX-License-Identifier: GPL-2.0
/*
 * The guardian of a workload, without a kernel that has namespaces: what it asks of one is answered and noted here, in
 * memory that all processes of the test share.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "workload.h"

static struct shared {
	volatile u32 mode, tasks;
	volatile bool deleted, kept, gone;
	volatile int steps, session;
} *shared;

static int fake_read(struct tsem *tsem, u32 id, struct tsem_namespace *ns)
{
	(void)tsem;
	ns->id = id;
	ns->mode = shared->mode;
	ns->live_tasks = shared->tasks;
	return shared->gone ? -ENOENT : 0;
}

static int fake_control(struct tsem *tsem, u32 verb, u32 ns, const u8 *value, u64 *result)
{
	(void)tsem;
	(void)ns;
	(void)value;
	(void)result;
	if (verb != TSEM_CONTROL_SEAL)
		return -EINVAL;
	shared->mode = TSEM_MODE_SEALED;
	return 0;
}

static int fake_step(struct workload *w, int ms)
{
	usleep(ms * 100);
	shared->steps++;
	shared->session = getsid(0);
	return fake_read(&w->tsem, w->ns.id, &w->ns);
}

static int fake_delete(struct workload *w, bool keep)
{
	(void)w;
	shared->kept = keep;
	shared->deleted = true;
	return 0;
}

#define namespace__read fake_read
#define tsem__control fake_control
#define workload__step fake_step
#define workload__delete fake_delete
#include "../../loader/cmd/guardian.c"

/* What makes the collector: it starts a guardian, and does as `end` says. */
static pid_t collector(void (*end)(struct guardian *guardian), bool keep)
{
	pid_t pid = fork();

	if (!pid) {
		struct workload w;
		struct guardian guardian;

		workload__init(&w);
		w.ns.id = 7;
		w.ns.mode = shared->mode;
		if (guardian__start(&guardian, &w, "test", keep))
			_exit(1);
		end(&guardian);
		_exit(0);
	}
	return pid;
}

static void is_killed(struct guardian *guardian)
{
	(void)guardian;
	raise(SIGKILL);
}

static void hands_over(struct guardian *guardian)
{
	guardian__take_over(guardian, false);
}

static void hands_over_to_be_kept(struct guardian *guardian)
{
	guardian__take_over(guardian, true);
}

static void dismisses(struct guardian *guardian)
{
	guardian__dismiss(guardian);
}

static int set_up(void **state)
{
	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* A guardian whose collector has gone is our child then. */
	return shared == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static int tear_down(void **state)
{
	(void)state;
	return munmap(shared, sizeof(*shared));
}

/* Waits for a process that is our child, and for its end. */
static void ended(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0)
		assert_int_equal(errno, EINTR);
}

static void wait_until(const volatile int *what, int least)
{
	for (int i = 0; i < 1000 && *what < least; i++)
		usleep(10000);
	assert_true(*what >= least);
}

static void a_killed_collector_leaves_a_learning_namespace_sealed(void **state)
{
	(void)state;
	shared->tasks = 1;
	ended(collector(is_killed, false));
	wait_until(&shared->steps, 2);
	assert_int_equal(shared->mode, TSEM_MODE_SEALED);
	assert_false(shared->deleted);
	assert_int_not_equal(shared->session, getsid(0));
	shared->tasks = 0;
	ended(-1);
	assert_true(shared->deleted);
	assert_false(shared->kept);
}

static void an_enforcing_namespace_stays_so(void **state)
{
	(void)state;
	shared->mode = TSEM_MODE_ENFORCING;
	shared->tasks = 1;
	ended(collector(is_killed, true));
	wait_until(&shared->steps, 2);
	assert_int_equal(shared->mode, TSEM_MODE_ENFORCING);
	shared->tasks = 0;
	ended(-1);
	assert_true(shared->deleted && shared->kept);
}

/* Nothing runs in it, and nothing will. */
static void a_namespace_without_tasks_is_removed_at_once(void **state)
{
	(void)state;
	ended(collector(is_killed, false));
	ended(-1);
	assert_int_equal(shared->mode, TSEM_MODE_FREE);
	assert_true(shared->deleted);
}

static void a_namespace_that_has_gone_ends_it(void **state)
{
	(void)state;
	shared->tasks = 1;
	shared->gone = true;
	ended(collector(is_killed, false));
	ended(-1);
	assert_true(shared->deleted);
}

static void what_is_handed_over_is_sealed_and_removed(void **state)
{
	void (*const ends[])(struct guardian *guardian) = { hands_over, hands_over_to_be_kept };

	(void)state;
	for (int i = 0; i < 2; i++) {
		memset((void *)shared, 0, sizeof(*shared));
		shared->tasks = 1;
		ended(collector(ends[i], false));
		wait_until(&shared->steps, 2);
		assert_int_equal(shared->mode, TSEM_MODE_SEALED);
		shared->tasks = 0;
		ended(-1);
		assert_true(shared->deleted);
		assert_int_equal(shared->kept, i);
	}
}

static void a_guardian_that_is_dismissed_does_nothing(void **state)
{
	(void)state;
	shared->tasks = 1;
	ended(collector(dismisses, false));
	/* It was waited for. */
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(shared->mode, TSEM_MODE_FREE);
	assert_false(shared->deleted);
	assert_int_equal(shared->steps, 0);
}

/* Signals of a terminal or of a service's stop do not end it. */
static void it_stands_signals(void **state)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2 };
	pid_t guardian;

	(void)state;
	shared->tasks = 1;
	ended(collector(is_killed, false));
	wait_until(&shared->steps, 1);
	guardian = shared->session;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		assert_int_equal(kill(guardian, signals[i]), 0);
	wait_until(&shared->steps, shared->steps + 3);
	shared->tasks = 0;
	ended(guardian);
	assert_true(shared->deleted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_killed_collector_leaves_a_learning_namespace_sealed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_enforcing_namespace_stays_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_namespace_without_tasks_is_removed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_namespace_that_has_gone_ends_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_handed_over_is_sealed_and_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_guardian_that_is_dismissed_does_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_stands_signals, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
