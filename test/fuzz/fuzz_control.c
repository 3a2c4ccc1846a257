// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of the parsers of text: the control verbs and settings (loader/lib/control.c), model files
 * (loader/model.c) and hexadecimal (loader/lib/digest.c). Every input goes to each of them.
 *
 * What is refused must say why and change nothing; what is taken must be within its limits, and a model that was read
 * must be written and read again as the same model.
 *
 * Build with `clang -fsanitize=fuzzer,address,undefined`, or with -DFUZZ_MAIN to run over a corpus.
 */
#include <errno.h>
#include <string.h>

#include "control.h"
#include "digest.h"
#include "event.h"
#include "fuzz_main.h"
#include "model.h"
#include "pattern.h"

static void check_namespace(const struct control_namespace *ns)
{
	u32 ring;

	FUZZ_CHECK(ns->nsref == TSEM_NSREF_INITIAL || ns->nsref == TSEM_NSREF_CURRENT);
	FUZZ_CHECK(digest__name(ns->digest) && digest__name(ns->content));
	FUZZ_CHECK(control__word(CONTROL_WORDS_ENCODING, ns->encoding));
	FUZZ_CHECK(control__word(CONTROL_WORDS_SCOPE, ns->scope));
	FUZZ_CHECK(control__word(CONTROL_WORDS_ACTION, ns->on_violation));
	FUZZ_CHECK(ns->model == TSEM_MODEL_SET);
	FUZZ_CHECK(ns->cache >= 1 && ns->cache <= CONTROL_CACHE_MAX);
	ring = control__ring_size(ns->cache);
	FUZZ_CHECK(ring >= 4096 && !(ring & (ring - 1)));
	FUZZ_CHECK((u64)ring >= (u64)ns->cache * sizeof(struct tsem_record));
}

/* The message is there, and ends within its array. */
static void check_error(const struct control_error *error)
{
	FUZZ_CHECK(error->text[0] && memchr(error->text, 0, sizeof(error->text)));
}

/* All of the text is the prefix, and its escaped form gives it again. */
static void check_strict(const struct tsem_pattern *p)
{
	char text[PATTERN_TEXT_SIZE];
	struct tsem_pattern again;

	FUZZ_CHECK(p->size && p->size <= TSEM_PATTERN_MAX && p->prefix_size == p->size && !p->suffix_size);
	FUZZ_CHECK(p->text[0] == '/' && p->text[p->size - 1] == '/' && !memchr(p->text, 0, p->size));
	pattern__text(p, text);
	FUZZ_CHECK(strlen(text) < sizeof(text));
	FUZZ_CHECK(!pattern__parse_strict(text, strlen(text), &again));
	FUZZ_CHECK(!memcmp(&again, p, sizeof(again)));
}

/* Prefix, stars and suffix are the text, and its escaped form gives it again. */
static void check_pattern(const struct tsem_pattern *p)
{
	u32 stars = p->flags & TSEM_PATTERN_DEEP ? 2 : 1;
	char text[PATTERN_TEXT_SIZE];
	struct tsem_pattern again;

	if (pattern__is_strict(p)) {
		check_strict(p);
		return;
	}
	FUZZ_CHECK(p->size <= TSEM_PATTERN_MAX && p->prefix_size + stars + p->suffix_size == p->size);
	FUZZ_CHECK(p->text[0] == '/' && p->text[p->prefix_size] == '*');
	FUZZ_CHECK(!memcmp(p->text + p->prefix_size + stars, p->suffix, p->suffix_size));
	FUZZ_CHECK(!memchr(p->suffix, '*', p->suffix_size) && !memchr(p->text, 0, p->size));
	pattern__text(p, text);
	FUZZ_CHECK(strlen(text) < sizeof(text));
	FUZZ_CHECK(!pattern__parse(text, strlen(text), p->flags & TSEM_PATTERN_ANY, &again));
	FUZZ_CHECK(!memcmp(&again, p, sizeof(again)));
}

static void fuzz_verb(const char *line)
{
	struct control_request request;
	struct control_error error;
	int err;

	memset(&error, 0xff, sizeof(error));
	err = control__parse(line, &request, &error);
	FUZZ_CHECK(!err || err == -EINVAL);
	if (err) {
		check_error(&error);
		return;
	}
	if (request.verb == CONTROL_INTERNAL || request.verb == CONTROL_EXTERNAL) {
		check_namespace(&request.namespace);
		FUZZ_CHECK(digest__size(request.namespace.content) <= digest__size(request.namespace.digest));
		FUZZ_CHECK(!!request.namespace.key_size == (request.verb == CONTROL_EXTERNAL));
	}
	if (request.verb == CONTROL_PATTERN || request.verb == CONTROL_STRICT)
		check_pattern(&request.pattern);
	if (request.verb == CONTROL_ACTION) {
		FUZZ_CHECK(!request.action.event || event__name(request.action.event));
		FUZZ_CHECK(control__word(CONTROL_WORDS_ACTION, request.action.action));
	}
	if (request.verb == CONTROL_TRUSTED || request.verb == CONTROL_UNTRUSTED)
		FUZZ_CHECK(request.pid >= 1 && request.pid <= 0x7fffffff);
}

/* `text` is the key up to the first '=', and the value behind it. */
static void fuzz_option(char *text)
{
	struct control_namespace ns, before;
	char *value = strchr(text, '=');
	struct control_error error;

	if (!value)
		return;
	*value = 0;
	/* Compared as bytes below, padding included. */
	memset(&ns, 0, sizeof(ns));
	control__namespace_defaults(&ns, CONTROL_INTERNAL);
	memcpy(&before, &ns, sizeof(ns));
	memset(&error, 0xff, sizeof(error));
	if (control__namespace_option(&ns, text, value + 1, &error)) {
		check_error(&error);
		FUZZ_CHECK(!memcmp(&ns, &before, sizeof(ns)));
	} else {
		check_namespace(&ns);
	}
	*value = '=';
}

static void check_same(const struct digests *a, const struct digests *b)
{
	FUZZ_CHECK(a->count == b->count);
	FUZZ_CHECK(!a->count || !memcmp(a->digest, b->digest, a->count * sizeof(*a->digest)));
}

static void check_event(const struct model_event *a, const struct model_event *b)
{
	FUZZ_CHECK(a->size == b->size && !a->json == !b->json);
	FUZZ_CHECK(!a->json || !memcmp(a->json, b->json, a->size));
}

static int read_text(char *text, size_t size, struct model *model, struct model_error *error)
{
	FILE *file = fmemopen(text, size, "r");
	int err;

	FUZZ_CHECK(file);
	err = model__read(file, model, error);
	fclose(file);
	return err;
}

static void fuzz_model(char *text, size_t size)
{
	struct model model, again;
	struct model_error error;
	char *written = NULL;
	size_t written_size;
	FILE *file;
	int err;

	err = read_text(text, size, &model, &error);
	FUZZ_CHECK(!err || err == -EINVAL);
	if (err) {
		FUZZ_CHECK(error.line && error.why && memchr(error.word, 0, sizeof(error.word)));
		FUZZ_CHECK(!model.states.digest && !model.pseudonyms.digest && !model.events && !model.text);
		return;
	}
	file = open_memstream(&written, &written_size);
	FUZZ_CHECK(file);
	FUZZ_CHECK(!model__write(file, &model));
	fclose(file);
	FUZZ_CHECK(!read_text(written, written_size, &again, &error));
	FUZZ_CHECK(model.has_aggregate == again.has_aggregate && model.has_base == again.has_base);
	FUZZ_CHECK(!memcmp(model.aggregate, again.aggregate, sizeof(model.aggregate)));
	FUZZ_CHECK(!memcmp(model.base, again.base, sizeof(model.base)));
	FUZZ_CHECK(model.sealed == again.sealed);
	FUZZ_CHECK(!strcmp(model.name, again.name) && model.version == again.version);
	FUZZ_CHECK(model.digest == again.digest && model.content == again.content);
	FUZZ_CHECK(model.encoding == again.encoding && model.scope == again.scope);
	FUZZ_CHECK(model.instances == again.instances && model.patterns.count == again.patterns.count);
	for (size_t i = 0; i < model.patterns.count; i++) {
		check_pattern(&model.patterns.pattern[i]);
		FUZZ_CHECK(
			!memcmp(&model.patterns.pattern[i], &again.patterns.pattern[i], sizeof(struct tsem_pattern)));
	}
	for (size_t i = 0; model.events && i < model.states.count; i++)
		check_event(&model.events[i], again.events ? &again.events[i] : &(struct model_event){});
	check_same(&model.states, &again.states);
	check_same(&model.pseudonyms, &again.pseudonyms);
	model__free(&model);
	model__free(&again);
	free(written);
}

static void fuzz_hex(const char *text, size_t size)
{
	u8 bytes[32], untouched[32];
	char printed[2 * 32 + 1];

	memset(bytes, 0x5a, sizeof(bytes));
	memset(untouched, 0x5a, sizeof(untouched));
	if (digest__from_hex(text, size, bytes, sizeof(bytes))) {
		FUZZ_CHECK(!memcmp(bytes, untouched, sizeof(bytes)));
		return;
	}
	digest__to_hex(bytes, sizeof(bytes), printed);
	FUZZ_CHECK(strlen(printed) == size && !strncasecmp(printed, text, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	fuzz_verb(text);
	fuzz_option(text);
	fuzz_hex(text, size);
	/* fmemopen() takes no empty buffer; with its NUL the text is one line that is no line of a model. */
	fuzz_model(text, size ?: 1);
	free(text);
	return 0;
}
