// SPDX-License-Identifier: GPL-2.0
/* key_permission: makes a key and has it described. */
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	long key = syscall(SYS_add_key, "user", "tsem", "x", 1, KEY_SPEC_PROCESS_KEYRING);
	char text[256];

	return key < 0 || syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, text, sizeof(text)) < 0;
}
