// SPDX-License-Identifier: GPL-2.0
/* Objects of others: keyrings and System V IPC. */
#include <linux/keyctl.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "attack.h"

/* Keyrings. The first process outside becomes the parent of who has lost his. */
static long key_outside, session_before;

static long session(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

static int adopt_prepare(const struct attempt *a)
{
	(void)a;
	TRY(prctl(PR_SET_CHILD_SUBREAPER, 1));
	TRY(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "outside"));
	session_before = session();
	return 0;
}

static int session_to_parent(const struct attempt *a)
{
	pid_t first = getpid(), child = spawn();

	(void)a;
	if (!child) {
		if (spawn())
			_exit(0);
		while (getppid() == first || getppid() == 1)
			nap(5);
		nap(50);
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "attack");
		errno = 0;
		/* The kernel takes a denial there for want of memory. */
		if (syscall(SYS_keyctl, KEYCTL_SESSION_TO_PARENT) && errno == ENOMEM)
			errno = EPERM;
		if (errno)
			answer->error = failed_at("KEYCTL_SESSION_TO_PARENT");
		strcpy(answer->text, answer->error ? "refused" : "done");
		_exit(0);
	}
	ended(child);
	for (int i = 0; i < 100 && !*answer->text; i++)
		nap(20);
	return answer->error;
}

static bool session_changed(const struct attempt *a)
{
	(void)a;
	return session() != session_before || !strcmp(answer->text, "done");
}

static void adopt_restore(const struct attempt *a)
{
	(void)a;
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static int key_prepare(const struct attempt *a)
{
	(void)a;
	key_outside =
		TRY(syscall(SYS_add_key, "user", "attack-outside", SECRET, sizeof(SECRET), KEY_SPEC_USER_KEYRING));
	snprintf(scene.message, sizeof(scene.message), "%ld", key_outside);
	return 0;
}

static int key_read(const struct attempt *a)
{
	(void)a;
	TRY(syscall(SYS_keyctl, KEYCTL_READ, atol(scene.message), answer->text, sizeof(answer->text)));
	return 0;
}

static int key_revoke(const struct attempt *a)
{
	(void)a;
	TRY(syscall(SYS_keyctl, KEYCTL_REVOKE, atol(scene.message)));
	return 0;
}

static bool key_revoked(const struct attempt *a)
{
	char text[64];

	(void)a;
	return syscall(SYS_keyctl, KEYCTL_READ, key_outside, text, sizeof(text)) < 0;
}

static void key_restore(const struct attempt *a)
{
	(void)a;
	syscall(SYS_keyctl, KEYCTL_UNLINK, key_outside, KEY_SPEC_USER_KEYRING);
}

static int key_add(const struct attempt *a)
{
	(void)a;
	TRY(syscall(SYS_add_key, "user", "attack", "x", 1, KEY_SPEC_PROCESS_KEYRING));
	return 0;
}

/* Objects of System V IPC outside, and of its own. */
#define IPC_KEY 0x7a77

static int ipc_ids[3] = { -1, -1, -1 };

struct letter {
	long type;
	char text[sizeof(SECRET)];
};

static int ipc_prepare(const struct attempt *a)
{
	struct letter letter = { 1, SECRET };
	char *memory;

	(void)a;
	ipc_ids[0] = TRY(shmget(IPC_KEY, 4096, IPC_CREAT | 0600));
	ipc_ids[1] = TRY(msgget(IPC_KEY, IPC_CREAT | 0600));
	ipc_ids[2] = TRY(semget(IPC_KEY, 1, IPC_CREAT | 0600));
	memory = shmat(ipc_ids[0], NULL, 0);
	TRY(memory);
	strcpy(memory, SECRET);
	shmdt(memory);
	TRY(msgsnd(ipc_ids[1], &letter, sizeof(letter.text), IPC_NOWAIT));
	return 0;
}

static void ipc_restore(const struct attempt *a)
{
	(void)a;
	shmctl(ipc_ids[0], IPC_RMID, NULL);
	msgctl(ipc_ids[1], IPC_RMID, NULL);
	semctl(ipc_ids[2], 0, IPC_RMID);
}

static int segment_read(const struct attempt *a)
{
	int id = TRY(shmget(scene.attacking ? IPC_KEY : IPC_PRIVATE, 4096, scene.attacking ? 0 : IPC_CREAT | 0600));
	char *memory = shmat(id, NULL, 0);

	(void)a;
	TRY(memory);
	tell(memory, sizeof(SECRET));
	if (!scene.attacking)
		TRY(shmctl(id, IPC_RMID, NULL));
	return 0;
}

static int queue_read(const struct attempt *a)
{
	int id = TRY(msgget(scene.attacking ? IPC_KEY : IPC_PRIVATE, scene.attacking ? 0 : IPC_CREAT | 0600));
	struct letter letter = { 1, "nothing" };

	(void)a;
	if (!scene.attacking)
		TRY(msgsnd(id, &letter, sizeof(letter.text), IPC_NOWAIT));
	TRY(msgrcv(id, &letter, sizeof(letter.text), 0, IPC_NOWAIT));
	tell(letter.text, sizeof(letter.text));
	if (!scene.attacking)
		TRY(msgctl(id, IPC_RMID, NULL));
	return 0;
}

static int semaphore_add(const struct attempt *a)
{
	int id = TRY(semget(scene.attacking ? IPC_KEY : IPC_PRIVATE, 1, scene.attacking ? 0 : IPC_CREAT | 0600));
	struct sembuf add = { 0, 7, 0 };

	(void)a;
	TRY(semop(id, &add, 1));
	if (!scene.attacking)
		TRY(semctl(id, 0, IPC_RMID));
	return 0;
}

static bool semaphore_added(const struct attempt *a)
{
	(void)a;
	return semctl(ipc_ids[2], 0, GETVAL) == 7;
}

const struct attempt ipc_attempts[] = {
	{ "segment-outside", segment_read, segment_read, ipc_prepare, told_secret, ipc_restore },
	{ "queue-outside", queue_read, queue_read, ipc_prepare, told_secret, ipc_restore },
	{ "semaphore-outside", semaphore_add, semaphore_add, ipc_prepare, semaphore_added, ipc_restore },
	{ "session-to-parent", session_to_parent, NULL, adopt_prepare, session_changed, adopt_restore },
	{ "key-read", key_read, NULL, key_prepare, told_secret, key_restore },
	{ "key-revoke", key_revoke, NULL, key_prepare, key_revoked, key_restore },
	{ "key-add", key_add },
	{},
};
