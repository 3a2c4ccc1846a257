/* SPDX-License-Identifier: GPL-2.0 */
/* The two sockets outside that attempts on a peer share. */
#ifndef TEST_ATTACK_PEER_H
#define TEST_ATTACK_PEER_H

#include "attack.h"

#define GREETING "hello"

/* Outside: the first is one that the model has, the second one that it has not. -1: none. */
extern int listeners[2];
/* Outside: has something come to the second one? A stream has a connection, the others a message. */
bool heard(const struct attempt *a);
/* Outside: closes both. */
void listeners_close(const struct attempt *a);

#define PEER(name, call, prepare, number_) { name, call, call, prepare, heard, listeners_close, .number = number_ }

#endif
