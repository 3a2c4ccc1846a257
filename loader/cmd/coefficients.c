// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf coefficients: computes the coefficients of JSON events, one event per line, without the kernel. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "digest.h"
#include "event.h"
#include "stream.h"

/* Prints a message about a bad line; returns the exit code. */
static int bad(const char *path, size_t number, const char *word, const char *why)
{
	return cmd__fail(EXIT_FAILED, "coefficients: %s: line %zu: '%.80s' %s", path, number, word, why);
}

/* Prints a message about an event that cannot be read; returns the exit code. */
static int bad_event(const char *path, size_t number, const char *fault, int err, u32 digest)
{
	if (err == -ENOMEM)
		return bad(path, number, fault, strerror(ENOMEM));
	if (err == -E2BIG)
		return bad(path, number, fault, "makes the event too large");
	if (!strcmp(fault, "task_id"))
		return cmd__fail(
			EXIT_FAILED,
			"coefficients: %s: line %zu: 'task_id' is no value of %s, which has %zu digits; give --digest",
			path, number, digest__name(digest), 2 * digest__size(digest));
	return bad(path, number, fault, "is missing or malformed");
}

static int one(const char *path, size_t number, const char *line, size_t size, u32 digest, u32 encoding, bool json)
{
	struct json_object *event = event__from_line(line, size);
	static struct tsem_record record;
	char hex[2 * TSEM_DIGEST_MAX + 1];
	size_t width = digest__size(digest);
	struct event_digests out;
	const char *fault;
	int err;

	if (!event)
		return bad(path, number, line, "is no JSON");
	err = event__from_json(event, digest, encoding, &record, &fault);
	if (err)
		err = bad_event(path, number, fault, err, digest);
	json_object_put(event);
	if (err)
		return err;
	err = event__coefficient(&record, &out);
	if (err)
		return bad(path, number, event__name(record.event), strerror(-err));
	digest__to_hex(out.coefficient, width, hex);
	if (!json) {
		puts(hex);
		return 0;
	}
	printf("{\"coefficient\":\"%s\",", hex);
	digest__to_hex(out.coe, width, hex);
	printf("\"coe\":\"%s\",", hex);
	digest__to_hex(out.cell, width, hex);
	printf("\"cell\":\"%s\"}\n", hex);
	return 0;
}

/* Prints the coefficients of all lines of the file. Returns the exit code. */
static int all(const char *path, FILE *file, int digest, int encoding, bool json)
{
	size_t number = 0, room = 0;
	char *line = NULL;
	ssize_t size;
	int err = 0;

	while (!err && (size = stream__line(file, &line, &room, STREAM_EVENT_LINE)) > 0) {
		number++;
		if (line[size - 1] == '\n')
			line[--size] = 0;
		err = one(path, number, line, size, digest, encoding, json);
	}
	if (!err && size < 0)
		err = cmd__fail(EXIT_FAILED, "coefficients: %s: line %zu: %s", path, number + 1,
				size == -EFBIG ? "is too long for an event" : strerror(-size));
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = cmd__fail(EXIT_FAILED, "coefficients: the output cannot be written: %s", strerror(errno));
	free(line);
	return err;
}

int cmd_coefficients(int argc, char **argv)
{
	static const struct option options[] = {
		{ "digest", required_argument, NULL, 'd' },
		{ "encoding", required_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' },
		{},
	};
	int digest = TSEM_DIGEST_SHA256, encoding = TSEM_ENCODING_HOST, option, err;
	const char *path = "-";
	bool json = false;
	FILE *file;

	while ((option = cmd__option(argc, argv, "+:", options)) != -1) {
		switch (option) {
		case 'd':
			digest = digest__parse(optarg);
			if (digest < 0)
				return cmd__fail(EXIT_USAGE,
						 "coefficients: --digest: '%s' is unknown; there are " DIGEST_NAMES,
						 optarg);
			break;
		case 'e':
			encoding = digest__parse_encoding(optarg);
			if (encoding < 0)
				return cmd__fail(EXIT_USAGE,
						 "coefficients: --encoding: '%s' is unknown; give host or portable",
						 optarg);
			break;
		case 'j':
			json = true;
			break;
		default:
			return cmd__bad_option(argv, option);
		}
	}
	if (optind < argc)
		path = argv[optind++];
	if (optind < argc)
		return cmd__fail(EXIT_USAGE, "coefficients: '%s' is one word too many", argv[optind]);
	file = stream__read(path);
	if (!file)
		return cmd__fail(EXIT_FAILED, "coefficients: %s: %s", path, strerror(errno));
	err = all(path, file, digest, encoding, json);
	fclose(file);
	return err;
}
