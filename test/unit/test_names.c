// SPDX-License-Identifier: GPL-2.0
/* The names of numbers: the tables against the numbers that the kernel's ABI fixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "names.h"

static void numbers_have_their_names(void **state)
{
	static const struct {
		enum names_kind kind;
		u64 value;
		const char *name;
	} cases[] = {
		{ NAMES_IOCTL, 0x5401, "TCGETS" },
		{ NAMES_IOCTL, 0x5413, "TIOCGWINSZ" },
		{ NAMES_IOCTL, 0x541b, "FIONREAD" },
		{ NAMES_IOCTL, 0x5421, "FIONBIO" },
		{ NAMES_IOCTL, 0x40049409, "FICLONE" },
		{ NAMES_IOCTL, 0x80086601, "FS_IOC_GETFLAGS" },
		{ NAMES_IOCTL, 0xc0189436, "FIDEDUPERANGE" },
		{ NAMES_IOCTL, 0xae80, "KVM_RUN" },
		{ NAMES_IOCTL, 0x5402ffff, NULL },
		{ NAMES_FCNTL, 2, "F_SETFD" },
		{ NAMES_FCNTL, 6, "F_SETLK" },
		{ NAMES_FCNTL, 1030, "F_DUPFD_CLOEXEC" },
		{ NAMES_FCNTL, 99, NULL },
		{ NAMES_FAMILY, 16, "netlink" },
		{ NAMES_FAMILY, 40, "vsock" },
		{ NAMES_FAMILY, 99, NULL },
		{ NAMES_LEVEL, 6, "SOL_TCP" },
		{ NAMES_PRCTL, 38, "PR_SET_NO_NEW_PRIVS" },
		{ NAMES_PRCTL, 15, "PR_SET_NAME" },
		{ NAMES_BPF, 5, "BPF_PROG_LOAD" },
		{ NAMES_BPF_MAP, 27, "RINGBUF" },
		{ NAMES_BPF_PROG, 29, "LSM" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name = names__find(cases[i].kind, cases[i].value);

		if (!cases[i].name)
			assert_null(name);
		else if (!name || strcmp(name, cases[i].name))
			fail_msg("%s, not %s", name ?: "no name", cases[i].name);
	}
}

static void socket_options_have_names_at_their_level(void **state)
{
	(void)state;
	assert_string_equal(names__socket_option(1, 2), "SO_REUSEADDR");
	assert_string_equal(names__socket_option(6, 1), "TCP_NODELAY");
	assert_string_equal(names__socket_option(41, 26), "IPV6_V6ONLY");
	assert_string_equal(names__socket_option(270, 1), "NETLINK_ADD_MEMBERSHIP");
	assert_null(names__socket_option(1, 9999));
	assert_null(names__socket_option(9999, 1));
}

static void check_flags(enum names_kind kind, u64 value, const char *want)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	names__write_flags(out, kind, value);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

static void flags_are_listed(void **state)
{
	(void)state;
	check_flags(NAMES_OPEN, 0, "O_RDONLY");
	check_flags(NAMES_OPEN, 01 | 0100 | 02000, "O_WRONLY|O_CREAT|O_APPEND");
	/* Flags of several bits are named as a whole, and not in parts as well. */
	check_flags(NAMES_OPEN, 02 | 04010000, "O_RDWR|O_SYNC");
	check_flags(NAMES_OPEN, 02 | 010000, "O_RDWR|O_DSYNC");
	check_flags(NAMES_OPEN, 0200000 | 0x80000000ULL, "O_RDONLY|O_DIRECTORY|0x80000000");
	check_flags(NAMES_MMAP, 0x22, "MAP_PRIVATE|MAP_ANONYMOUS");
	check_flags(NAMES_MMAP, 0x812, "MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE");
	check_flags(NAMES_MMAP, 0, "0");
	check_flags(NAMES_CLONE, 0x10020000, "CLONE_NEWNS|CLONE_NEWUSER");
	check_flags(NAMES_MESSAGE, 0, "0");
	check_flags(NAMES_MESSAGE, 01000, "IPC_CREAT");
	check_flags(NAMES_NOTIFY, 0x22, "modify|open");
	check_flags(NAMES_UMOUNT, 2, "MNT_DETACH");
	check_flags(NAMES_XATTR, ~0ULL, "XATTR_CREATE|XATTR_REPLACE|0xfffffffffffffffc");
}

static void check_written(void (*write)(FILE *out, u64 value), u64 value, const char *want)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write(out, value);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

static void write_ioctl(FILE *out, u64 value)
{
	names__write(out, NAMES_IOCTL, "ioctl ", value);
}

static void numbers_without_a_name_stay_numbers(void **state)
{
	(void)state;
	check_written(write_ioctl, 0x5401, "TCGETS");
	check_written(write_ioctl, 5, "ioctl 5");
	check_written(write_ioctl, 0xdead, "ioctl 0xdead");
	check_written(names__write_signal, 9, "SIGKILL");
	check_written(names__write_signal, 34, "real-time signal 34");
	check_written(names__write_signal, 99, "signal 99");
	check_written(names__write_capability, 21, "CAP_SYS_ADMIN");
	check_written(names__write_capability, 0, "CAP_CHOWN");
	check_written(names__write_capability, 63, "capability 63");
	check_written(names__write_capability, 1ULL << 40, "capability 1099511627776");
}

static void some_ioctls_only_ask_a_terminal(void **state)
{
	(void)state;
	assert_true(names__terminal_ioctl(0x5401));
	assert_true(names__terminal_ioctl(0x5413));
	assert_false(names__terminal_ioctl(0x5421));
	assert_false(names__terminal_ioctl(0x541b));
	assert_false(names__terminal_ioctl(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_their_names),
		cmocka_unit_test(socket_options_have_names_at_their_level),
		cmocka_unit_test(flags_are_listed),
		cmocka_unit_test(numbers_without_a_name_stay_numbers),
		cmocka_unit_test(some_ioctls_only_ask_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
