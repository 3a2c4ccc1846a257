// SPDX-License-Identifier: GPL-2.0
/*
 * The form of the evidence: one JSON object in one line, all leaves strings, keys in one order, so the same evidence
 * has only one form. The reader writes what it has read again, and compares. So it refuses every difference (a repeated
 * or unknown key, a blank, an upper case digit) without a rule for each.
 *
 *	{"version":"2","nonce":HEX,"pcrs":{"0":HEX, ... "7":HEX,"11":HEX},
 *	 "root":{"pcr","digest","encoding","base","initial","logged","lost","losses":{REASON:N...}},
 *	 "namespaces":[{"id","name","mode","digest","encoding","coefficients","forensics","measurement","state"}...],
 *	 "events":[EVENT or null...],"log":[HEX...],"quote":HEX,"signature":HEX}
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "attest_parts.h"
#include "digest.h"
#include "event.h"
#include "loss.h"

#define VERSION_TEXT "2"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const modes[] = { "free", "sealed", "enforcing" };

static void add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

static void add_number(struct json_object *o, const char *key, u64 number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	add_text(o, key, text);
}

static struct json_object *hex_object(const u8 *data, size_t size)
{
	char hex[2 * (sizeof(struct tpm2_quote)) + 1];

	digest__to_hex(data, size, hex);
	return json_object_new_string(hex);
}

static void add_hex(struct json_object *o, const char *key, const u8 *data, size_t size)
{
	json_object_object_add(o, key, hex_object(data, size));
}

static struct json_object *root_object(const struct attest_root *root)
{
	struct json_object *o = json_object_new_object(), *losses = json_object_new_object();

	add_number(o, "pcr", root->pcr);
	add_text(o, "digest", digest__name(root->digest) ?: "");
	add_text(o, "encoding", digest__encoding_name(root->encoding) ?: "");
	add_hex(o, "base", root->base, digest__size(root->digest));
	add_hex(o, "initial", root->initial, ATTEST_SIZE);
	add_number(o, "logged", root->logged);
	add_number(o, "lost", root->lost);
	for (u32 i = 0; i < TSEM_LOSS_END; i++)
		add_number(losses, loss__name(i), root->losses[i]);
	json_object_object_add(o, "losses", losses);
	return o;
}

static struct json_object *namespaces_object(const struct attest *a)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < a->namespace_count; i++) {
		const struct attest_namespace *ns = &a->namespaces[i];
		struct json_object *o = json_object_new_object();
		size_t size = digest__size(ns->digest);

		add_number(o, "id", ns->id);
		add_text(o, "name", ns->name);
		add_text(o, "mode", ns->mode < LENGTH(modes) ? modes[ns->mode] : "");
		add_text(o, "digest", digest__name(ns->digest) ?: "");
		add_text(o, "encoding", digest__encoding_name(ns->encoding) ?: "");
		add_number(o, "coefficients", ns->coefficients);
		add_number(o, "forensics", ns->forensics);
		add_hex(o, "measurement", ns->measurement, size);
		add_hex(o, "state", ns->state, size);
		json_object_array_add(array, o);
	}
	return array;
}

void attest__add_statements(struct json_object *o, const struct attest *a)
{
	json_object_object_add(o, "root", root_object(&a->root));
	json_object_object_add(o, "namespaces", namespaces_object(a));
	json_object_object_add(o, "events", a->events ? json_object_get(a->events) : json_object_new_array());
}

/* The whole evidence as an object. NULL: no memory. */
static struct json_object *to_json(const struct attest *a)
{
	struct json_object *o = json_object_new_object(), *pcrs = json_object_new_object();
	struct json_object *log = json_object_new_array();
	char key[16];

	if (!o || !pcrs || !log)
		return NULL;
	add_text(o, "version", VERSION_TEXT);
	add_hex(o, "nonce", a->nonce, a->nonce_size);
	for (u32 i = 0; i <= ATTEST_BOOT; i++) {
		snprintf(key, sizeof(key), "%u", i < ATTEST_BOOT ? i : a->root.pcr);
		add_hex(pcrs, key, i < ATTEST_BOOT ? a->boot[i] : a->pcr, ATTEST_SIZE);
	}
	json_object_object_add(o, "pcrs", pcrs);
	attest__add_statements(o, a);
	for (size_t i = 0; i < a->log.count; i++)
		json_object_array_add(log, hex_object(a->log.digest[i], digest__size(a->root.digest)));
	json_object_object_add(o, "log", log);
	add_hex(o, "quote", a->quote.attest, a->quote.attest_size);
	add_hex(o, "signature", a->quote.signature, a->quote.signature_size);
	return o;
}

int attest__write(FILE *file, const struct attest *a)
{
	struct json_object *o = to_json(a);
	const char *line = o ? event__line(o) : NULL;
	int err = line ? 0 : -ENOMEM;

	if (line && (fputs(line, file) < 0 || fputc('\n', file) < 0))
		err = -EIO;
	json_object_put(o);
	return err;
}

/*
 * Readers for the values of keys, one for each form. False, and the key in *fault, if the value is missing or
 * malformed.
 */
struct reader {
	struct json_object *o;
	const char *key; /* the last key that was read */
	bool bad;
};

static struct json_object *get(struct reader *r, const char *key, enum json_type type)
{
	struct json_object *value = NULL;

	if (r->bad)
		return NULL;
	r->key = key;
	r->bad = !json_object_object_get_ex(r->o, key, &value) || !json_object_is_type(value, type);
	return r->bad ? NULL : value;
}

static const char *get_text(struct reader *r, const char *key)
{
	struct json_object *value = get(r, key, json_type_string);

	/* A NUL in it is found when it is written again: the string ends there. */
	return value ? json_object_get_string(value) : "";
}

static u64 get_number(struct reader *r, const char *key)
{
	const char *text = get_text(r, key);
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(text, &end, 10);
	r->bad |= errno || *end || end == text;
	return value;
}

/* digest__from_hex() of any size. */
static bool from_hex(struct json_object *value, u8 *out, size_t size)
{
	const char *hex = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string) || (size_t)json_object_get_string_len(value) != 2 * size)
		return false;
	for (size_t at = 0; at < size; at += TSEM_DIGEST_MAX) {
		size_t n = size - at < TSEM_DIGEST_MAX ? size - at : TSEM_DIGEST_MAX;

		if (digest__from_hex(hex + 2 * at, 2 * n, out + at, n))
			return false;
	}
	return true;
}

static void get_hex(struct reader *r, const char *key, u8 *out, size_t size)
{
	struct json_object *value = get(r, key, json_type_string);

	r->bad = r->bad || !from_hex(value, out, size);
}

/* The same for at most `room` bytes. Returns their number. */
static size_t get_bytes(struct reader *r, const char *key, u8 *out, size_t room)
{
	struct json_object *value = get(r, key, json_type_string);
	size_t size = value ? json_object_get_string_len(value) / 2 : 0;

	r->bad = r->bad || size > room || !from_hex(value, out, size);
	return r->bad ? 0 : size;
}

/* The number of a name in a table; `parse` decides whether 0 is a number. */
static u32 get_name(struct reader *r, const char *key, int (*parse)(const char *name))
{
	int value = parse(get_text(r, key));

	r->bad |= value < 0;
	return r->bad ? 0 : value;
}

static int parse_mode(const char *name)
{
	for (size_t i = 0; i < LENGTH(modes); i++) {
		if (!strcmp(modes[i], name))
			return i;
	}
	return -EINVAL;
}

static void read_namespace(struct reader *r, struct attest_namespace *ns)
{
	const char *name;

	ns->id = get_number(r, "id");
	name = get_text(r, "name");
	r->bad |= strlen(name) > TSEM_NAME_SIZE;
	strncat(ns->name, name, TSEM_NAME_SIZE);
	ns->mode = get_name(r, "mode", parse_mode);
	ns->digest = get_name(r, "digest", digest__parse);
	ns->encoding = get_name(r, "encoding", digest__parse_encoding);
	ns->coefficients = get_number(r, "coefficients");
	ns->forensics = get_number(r, "forensics");
	get_hex(r, "measurement", ns->measurement, digest__size(ns->digest));
	get_hex(r, "state", ns->state, digest__size(ns->digest));
}

/* A reader for the object under `key`. */
static struct reader inside(struct reader *r, const char *key)
{
	struct json_object *o = get(r, key, json_type_object);

	return (struct reader){ .o = o, .key = key, .bad = r->bad };
}

/* Passes the fault of an inner reader on. */
static void outside(struct reader *r, const struct reader *in)
{
	if (!in->bad || r->bad)
		return;
	r->bad = true;
	r->key = in->key;
}

static void read_root(struct reader *r, struct attest_root *root)
{
	struct reader in;

	root->pcr = get_number(r, "pcr");
	r->bad = r->bad || root->pcr < ROOT_PCR_FIRST || root->pcr > ROOT_PCR_LAST;
	root->digest = get_name(r, "digest", digest__parse);
	root->encoding = get_name(r, "encoding", digest__parse_encoding);
	get_hex(r, "base", root->base, digest__size(root->digest));
	get_hex(r, "initial", root->initial, ATTEST_SIZE);
	root->logged = get_number(r, "logged");
	root->lost = get_number(r, "lost");
	in = inside(r, "losses");
	for (u32 i = 0; i < TSEM_LOSS_END; i++)
		root->losses[i] = get_number(&in, loss__name(i));
	outside(r, &in);
}

static void read_pcrs(struct reader *r, struct attest *a)
{
	char key[16];

	for (u32 i = 0; i <= ATTEST_BOOT; i++) {
		snprintf(key, sizeof(key), "%u", i < ATTEST_BOOT ? i : a->root.pcr);
		get_hex(r, key, i < ATTEST_BOOT ? a->boot[i] : a->pcr, ATTEST_SIZE);
	}
	r->key = "pcrs"; /* the register's key is local to this function */
}

static int read_namespaces(struct reader *r, struct attest *a)
{
	struct json_object *array = get(r, "namespaces", json_type_array);

	for (size_t i = 0; array && i < json_object_array_length(array) && !r->bad; i++) {
		struct attest_namespace *ns = attest__new_namespace(a);
		struct reader in = { .o = json_object_array_get_idx(array, i) };

		if (!ns)
			return -ENOMEM;
		in.bad = !json_object_is_type(in.o, json_type_object);
		read_namespace(&in, ns);
		outside(r, &in);
	}
	return 0;
}

static int read_log(struct reader *r, struct attest *a)
{
	struct json_object *array = get(r, "log", json_type_array);
	int err = 0;

	for (size_t i = 0; array && i < json_object_array_length(array) && !err && !r->bad; i++) {
		u8 coefficient[TSEM_DIGEST_MAX] = {};

		r->bad = !from_hex(json_object_array_get_idx(array, i), coefficient, digest__size(a->root.digest));
		err = digests__add(&a->log, coefficient);
	}
	return err;
}

/* Each is an object or null; their contents are checked together with their coefficients. */
static void read_events(struct reader *r, struct attest *a)
{
	struct json_object *array = get(r, "events", json_type_array);

	a->events = json_object_get(array);
	for (size_t i = 0; array && i < json_object_array_length(array) && !r->bad; i++) {
		struct json_object *event = json_object_array_get_idx(array, i);

		r->bad = event && !json_object_is_type(event, json_type_object);
	}
}

static int from_json(struct json_object *o, struct attest *a, const char **fault)
{
	struct reader r = { .o = o }, in;
	int err;

	r.bad = strcmp(get_text(&r, "version"), VERSION_TEXT);
	a->nonce_size = get_bytes(&r, "nonce", a->nonce, sizeof(a->nonce));
	in = inside(&r, "root");
	read_root(&in, &a->root);
	outside(&r, &in);
	in = inside(&r, "pcrs");
	read_pcrs(&in, a);
	outside(&r, &in);
	err = read_namespaces(&r, a);
	read_events(&r, a);
	err = err ?: read_log(&r, a);
	a->quote.attest_size = get_bytes(&r, "quote", a->quote.attest, sizeof(a->quote.attest));
	a->quote.signature_size = get_bytes(&r, "signature", a->quote.signature, sizeof(a->quote.signature));
	if (err || !r.bad)
		return err;
	*fault = r.key;
	return -EINVAL;
}

int attest__read(FILE *file, struct attest *a, const char **fault)
{
	struct json_object *o = NULL, *again;
	char *text = NULL;
	size_t room = 0;
	ssize_t size = getline(&text, &room, file);
	int err = size < 0 && ferror(file) ? -EIO : 0;

	memset(a, 0, sizeof(*a));
	*fault = NULL;
	if (!err && (size < 1 || text[size - 1] != '\n' || fgetc(file) != EOF))
		err = -EINVAL;
	if (!err && ferror(file))
		err = -EIO;
	if (err)
		goto out;
	text[--size] = 0;
	o = event__from_line(text, size);
	err = json_object_is_type(o, json_type_object) ? from_json(o, a, fault) : -EINVAL;
	if (err)
		goto out;
	again = to_json(a);
	if (!again)
		err = -ENOMEM;
	else if (strlen(text) != (size_t)size || strcmp(event__line(again), text))
		err = -EINVAL;
	json_object_put(again);
out:
	json_object_put(o);
	free(text);
	if (err)
		attest__free(a);
	return err;
}
