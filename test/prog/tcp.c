// SPDX-License-Identifier: GPL-2.0
/* tcp serve PORT: answers each line with "thank you" until killed. tcp ask PORT TEXT: sends a line, prints the answer.
 */
#include <stdio.h>
#include <unistd.h>

#include "address.h"

static int serve(union address *a, socklen_t size)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &a->any, size) || listen(fd, 16))
		return 1;
	for (;;) {
		static const char answer[] = "thank you\n";
		int peer = accept(fd, NULL, NULL);
		char line[256];

		if (read(peer, line, sizeof(line)) > 0 && write(peer, answer, sizeof(answer) - 1) < 0)
			return 1;
		close(peer);
	}
}

static int ask(union address *a, socklen_t size, const char *text)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char answer[256];
	ssize_t n;

	if (connect(fd, &a->any, size) || write(fd, text, strlen(text)) < 0)
		return 1;
	n = read(fd, answer, sizeof(answer));
	return n <= 0 || write(STDOUT_FILENO, answer, n) != n;
}

int main(int argc, char **argv)
{
	union address a = {};
	socklen_t size = argc > 2 ? address_parse(&a, "inet", argv[2]) : 0;

	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(&a, size);
	if (argc == 4 && !strcmp(argv[1], "ask"))
		return ask(&a, size, argv[3]);
	fputs("usage: tcp serve PORT | tcp ask PORT TEXT\n", stderr);
	return 2;
}
