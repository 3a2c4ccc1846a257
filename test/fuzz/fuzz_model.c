// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of what reads the descriptions of a model: summary, diff, lint, rebase and deviations
 * (loader/lib/model_*.c, deviations*.c). The first byte chooses the encoding; the other lines are events, up to a line
 * `--`. They become a model in which each has its own coefficient, because a fuzzer cannot find hashes. The rest is a
 * forensics file.
 *
 * A model must not differ from itself. Without new files a rebase must change nothing. What was added to a model must
 * be in it, and no deviation any more.
 *
 * Build with `clang -fsanitize=fuzzer,address,undefined`, or with -DFUZZ_MAIN to run over a corpus.
 */
#include <errno.h>
#include <string.h>

#include "deviations.h"
#include "digest.h"
#include "fuzz_main.h"
#include "model_diff.h"
#include "model_lint.h"
#include "model_rebase.h"
#include "model_summary.h"

/* Writes the line as a state and its event, if it is one. */
static void write_event(FILE *out, struct model_events *events, const char *line, size_t size)
{
	struct json_object *json = event__from_line(line, size), *event = NULL;
	char hex[2 * TSEM_DIGEST_MAX + 1];
	const char *fault;

	if (json && !model_events__read(events, json, &event, &fault)) {
		digest__to_hex(events->digests.coefficient, events->width, hex);
		fprintf(out, "state %s\nevent %s\n", hex, event__line(event));
	}
	json_object_put(event);
	json_object_put(json);
}

/* Makes a text of the events before `--`; *rest is what comes after it. The caller frees the text. */
static char *write_model(const char *data, size_t size, bool portable, size_t *length, const char **rest)
{
	static struct model_events events;
	struct model empty = { .digest = TSEM_DIGEST_SHA256,
			       .encoding = portable ? TSEM_ENCODING_PORTABLE : TSEM_ENCODING_HOST };
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	const char *at = data, *end = data + size, *stop;

	FUZZ_CHECK(out && !model_events__init(&events, &empty));
	fprintf(out,
		"digest sha256\nencoding %s\ncontent sha256\nscope all\ninstances 3\npattern /tmp/*.log any\n"
		"pattern /var/**\nstrict /srv/up\n",
		portable ? "portable" : "host");
	for (; at < end; at = stop + (stop < end)) {
		stop = memchr(at, '\n', end - at) ?: end;
		if (stop - at == 2 && !memcmp(at, "--", 2))
			break;
		write_event(out, &events, at, stop - at);
	}
	fputs("seal\nend\n", out);
	FUZZ_CHECK(!fclose(out));
	*rest = at;
	return text;
}

static void read_model(const char *text, size_t size, struct model *model)
{
	struct model_error error;

	FUZZ_CHECK(!model__parse(text, size, model, &error));
}

static void check_readers(const struct model *model)
{
	struct json_object *out;

	for (int tree = 0; tree < 2; tree++) {
		FUZZ_CHECK(!model_summary__make(model, tree, &out));
		FUZZ_CHECK(!json_object_get_int64(json_object_object_get(out, "mismatched")));
		json_object_put(out);
	}
	FUZZ_CHECK(!model_lint__make(model, &out));
	json_object_put(out);
	FUZZ_CHECK(!model_diff__make(model, model, &out));
	FUZZ_CHECK(!json_object_array_length(out));
	json_object_put(out);
}

/* A directory without files. */
static void check_rebase(struct model *model)
{
	static struct newfiles files = { .directory = -1 };
	char name[] = "/tmp/fuzz_model.XXXXXX";
	struct model_rebase rebase;

	if (files.directory < 0) {
		FUZZ_CHECK(mkdtemp(name));
		FUZZ_CHECK(!newfiles__open(&files, name));
		remove(name);
	}
	FUZZ_CHECK(!model_rebase__make(&rebase, model, &files));
	FUZZ_CHECK(!rebase.coefficients && !rebase.programs);
	model_rebase__free(&rebase);
}

static void check_deviations(struct model *model, const char *data, size_t size)
{
	struct deviations_error error;
	struct deviations list;
	FILE *file = fmemopen((void *)data, size, "r");
	size_t before = model->states.count, count;
	int err;

	FUZZ_CHECK(file);
	err = deviations__read(&list, model, file, &error);
	FUZZ_CHECK(!err || err == -EINVAL);
	FUZZ_CHECK(!err == !*error.text);
	if (!err) {
		count = deviations__choose_all(&list);
		FUZZ_CHECK(!deviations__complete(&list));
		FUZZ_CHECK(!deviations__apply(&list, model));
		FUZZ_CHECK(model->states.count == before + count);
		FUZZ_CHECK(!model__unique(model) && model->states.count == before + count);
		check_readers(model);
		deviations__free(&list);
	}
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model model;
	const char *rest;
	size_t length;
	char *text;

	if (!size)
		return 0;
	text = write_model((const char *)data + 1, size - 1, data[0] & 1, &length, &rest);
	read_model(text, length, &model);
	check_readers(&model);
	check_rebase(&model);
	size -= rest - (const char *)data;
	if (size > 3)
		check_deviations(&model, rest + 3, size - 3);
	model__free(&model);
	free(text);
	return 0;
}
