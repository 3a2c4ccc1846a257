// SPDX-License-Identifier: GPL-2.0
/* System V IPC. */
#include "event.bpf.h"

TSEM_GENERIC(ipc_permission)
TSEM_GENERIC(shm_associate)
TSEM_GENERIC(shm_shmat)
TSEM_GENERIC(shm_shmctl)
TSEM_GENERIC(sem_associate)
TSEM_GENERIC(sem_semctl)
TSEM_GENERIC(sem_semop)
TSEM_GENERIC(msg_queue_associate)
TSEM_GENERIC(msg_queue_msgctl)
TSEM_GENERIC(msg_queue_msgsnd)
TSEM_GENERIC(msg_queue_msgrcv)
