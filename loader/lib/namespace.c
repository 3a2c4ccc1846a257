// SPDX-License-Identifier: GPL-2.0
/*
 * A namespace is its ring, its coefficients, its pseudonyms and its entry, made in this order: the entry comes last,
 * and a namespace that has none does not exist. They are removed in the opposite order.
 */
#include "namespace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "digest.h"
#include "journal.h"
#include "tsem_task.h"

#define BATCH 4096

static int ring_create(struct tsem *tsem, u32 id, u32 size)
{
	int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "tsem_ring", 0, 0, size, NULL), err = 0;

	if (ring < 0)
		return -errno;
	if (bpf_map_update_elem(tsem->rings, &id, &ring, BPF_NOEXIST))
		err = errno == E2BIG ? -ENOSPC : -errno;
	close(ring);
	return err;
}

/* The rest of wide coefficients goes first: what is in tsem_coefficients is there whole. */
static int coefficients_load(struct tsem *tsem, u32 id, const struct digests *states, bool wide)
{
	struct tsem_coefficient_key *keys = malloc(BATCH * sizeof(*keys));
	struct tsem_coefficient *values = calloc(BATCH, sizeof(*values));
	struct tsem_tail *tails = wide ? malloc(BATCH * sizeof(*tails)) : NULL;
	int err = keys && values && (tails || !wide) ? 0 : -ENOMEM;

	for (size_t at = 0; at < states->count && !err;) {
		u32 n = states->count - at < BATCH ? states->count - at : BATCH, done = n;

		for (u32 i = 0; i < n; i++) {
			keys[i].ns = id;
			memcpy(keys[i].coefficient, states->digest[at + i], TSEM_KEY_SIZE);
			if (wide)
				memcpy(tails[i].bytes, states->digest[at + i] + TSEM_KEY_SIZE, sizeof(*tails));
			values[i].sequence = at + i;
			values[i].valid = 1;
		}
		if (wide && bpf_map_update_batch(tsem->tails, keys, tails, &done, NULL))
			err = -errno;
		done = n;
		if (!err && bpf_map_update_batch(tsem->coefficients, keys, values, &done, NULL))
			err = -errno;
		at += n;
	}
	free(keys);
	free(values);
	free(tails);
	return err;
}

/* A batch read of a whole map: `each` sees every key and value. A batch that is too small for a bucket grows. */
static int map_scan(int map, size_t key_size, size_t value_size, int (*each)(void *key, void *value, void *data),
		    void *data)
{
	u32 room = BATCH, n;
	void *keys = malloc(room * key_size), *values = malloc(room * value_size), *in = NULL;
	u64 token[8] = {};
	int err = keys && values ? 0 : -ENOMEM;

	while (!err) {
		bool last;

		n = room;
		err = bpf_map_lookup_batch(map, in, token, keys, values, &n, NULL) ? -errno : 0;
		if (err == -ENOSPC) {
			void *k = realloc(keys, 2 * room * key_size), *v;

			keys = k ?: keys;
			v = realloc(values, 2 * room * value_size);
			values = v ?: values;
			err = k && v ? 0 : -ENOMEM;
			room *= 2;
			continue;
		}
		last = err == -ENOENT;
		if (err && !last)
			break;
		err = 0;
		for (u32 i = 0; i < n && !err; i++)
			err = each((char *)keys + i * key_size, (char *)values + i * value_size, data);
		in = token;
		if (last)
			break;
	}
	free(keys);
	free(values);
	return err;
}

static int coefficients_read(struct tsem *tsem, u32 id, bool wide, struct namespace_coefficients *out);

/* Removes the coefficients of a namespace. */
static int coefficients_remove(struct tsem *tsem, u32 id, bool wide)
{
	struct namespace_coefficients all;
	struct tsem_coefficient_key *keys;
	int err = coefficients_read(tsem, id, wide, &all);

	if (err)
		return err;
	keys = malloc((all.count ?: 1) * sizeof(*keys));
	if (!keys)
		err = -ENOMEM;
	for (size_t i = 0; i < all.count && keys; i++) {
		keys[i].ns = id;
		memcpy(keys[i].coefficient, all.entry[i].coefficient, TSEM_KEY_SIZE);
	}
	for (size_t at = 0; at < all.count && !err; at += BATCH) {
		u32 n = all.count - at < BATCH ? all.count - at : BATCH;

		if (bpf_map_delete_batch(tsem->coefficients, keys + at, &n, NULL) && errno != ENOENT)
			err = -errno;
		/* Few namespaces have any, and a batch would end at the first that is not there. */
		for (u32 i = 0; i < n && wide; i++)
			bpf_map_delete_elem(tsem->tails, &keys[at + i]);
	}
	free(keys);
	free(all.entry);
	return err;
}

static int pseudonyms_remove(struct tsem *tsem, u32 id)
{
	struct digests list = {};
	int err = namespace__pseudonyms(tsem, id, &list);

	for (size_t i = 0; i < list.count; i++) {
		struct tsem_pseudonym_key key = { .ns = id };

		memcpy(key.digest, list.digest[i], TSEM_KEY_SIZE);
		bpf_map_delete_elem(tsem->pseudonyms, &key);
	}
	free(list.digest);
	return err;
}

struct creations {
	u32 ns;
	struct tsem_creation_key *key;
	size_t count, room;
};

static int collect_creation(void *key, void *value, void *data)
{
	struct tsem_creation_key *k = key;
	struct creations *c = data;

	(void)value;
	if (k->ns != c->ns)
		return 0;
	if (c->count == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		void *more = realloc(c->key, room * sizeof(*c->key));

		if (!more)
			return -ENOMEM;
		c->key = more;
		c->room = room;
	}
	c->key[c->count++] = *k;
	return 0;
}

static int creations_remove(struct tsem *tsem, u32 id)
{
	struct creations c = { .ns = id };
	int err = map_scan(tsem->creations, sizeof(struct tsem_creation_key), sizeof(u64), collect_creation, &c);

	for (size_t i = 0; i < c.count; i++)
		bpf_map_delete_elem(tsem->creations, &c.key[i]);
	free(c.key);
	return err;
}

static int remove_all(struct tsem *tsem, u32 id)
{
	struct tsem_namespace ns;
	/* Where the entry was not made, its width is not known. */
	bool wide = namespace__read(tsem, id, &ns) || ns.digest_size > TSEM_KEY_SIZE;
	int err = 0;

	if (bpf_map_delete_elem(tsem->namespaces, &id) && errno != ENOENT)
		err = -errno;
	err = pseudonyms_remove(tsem, id) ?: err;
	err = creations_remove(tsem, id) ?: err;
	err = coefficients_remove(tsem, id, wide) ?: err;
	if (bpf_map_delete_elem(tsem->rings, &id) && errno != ENOENT)
		err = -errno;
	journal__remove(id);
	return err;
}

/* The kernel's own hash function, where it has to be used. */
static int hash_prepare(struct tsem *tsem, u32 type)
{
	u8 name[TSEM_DIGEST_MAX] = {};

	memcpy(name, digest__name(type), strlen(digest__name(type)));
	return tsem__control(tsem, TSEM_CONTROL_HASH, type, name, NULL);
}

/* -ENOTSUP: there is no such hash here; -ENODATA: none for the content of files. */
static int hashes_prepare(struct tsem *tsem, const struct control_namespace *settings)
{
	int err = 0;

	if (settings->digest >= TSEM_DIGEST_BPF_END)
		err = hash_prepare(tsem, settings->digest);
	if (err)
		return err == -ENOENT ? -ENOTSUP : err;
	if (tsem__patched())
		err = hash_prepare(tsem, settings->content);
	else if (settings->content != TSEM_DIGEST_SHA256)
		return -ENODATA;
	return err == -ENOENT ? -ENODATA : err;
}

int namespace__create(struct tsem *tsem, const struct namespace_spec *spec, u32 *id)
{
	static const struct model none;
	const struct model *model = spec->model ?: &none;
	struct tsem_namespace ns = {
		.digest = spec->settings.digest,
		.content = spec->settings.content,
		.model = spec->settings.model,
		.nsref = spec->settings.nsref,
		.digest_size = digest__size(spec->settings.digest),
		.ring_size = control__ring_size(spec->settings.cache),
		.next_sequence = model->states.count,
		.coefficients = model->states.count,
	};
	u32 mode = model->sealed && spec->mode < TSEM_MODE_SEALED ? TSEM_MODE_SEALED : spec->mode;
	const u8 *base = model->has_base ? model->base : NULL;
	struct timespec now;
	u64 number;
	int err;

	if (spec->base)
		base = spec->base;
	if (spec->name && !namespace__find(tsem, spec->name, &(struct tsem_namespace){}))
		return -EEXIST;
	err = hashes_prepare(tsem, &spec->settings);
	if (!spec->root)
		err = err ?: tsem__control(tsem, TSEM_CONTROL_NEW, 0, NULL, &number);
	if (err)
		return err;
	ns.id = spec->root ? 0 : number;
	if (spec->name)
		snprintf(ns.name, sizeof(ns.name), "%s", spec->name);
	else
		snprintf(ns.name, sizeof(ns.name), "ns%u", ns.id);
	if (base) {
		memcpy(ns.base, base, ns.digest_size);
		ns.has_base = 1;
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	ns.created = now.tv_sec * 1000000000ULL + now.tv_nsec;
	err = ring_create(tsem, ns.id, ns.ring_size);
	if (err)
		return err;
	err = coefficients_load(tsem, ns.id, &model->states, ns.digest_size > TSEM_KEY_SIZE);
	if (!err && bpf_map_update_elem(tsem->namespaces, &ns.id, &ns, BPF_NOEXIST))
		err = errno == E2BIG ? -ENOSPC : -errno;
	for (size_t i = 0; i < model->pseudonyms.count && !err; i++)
		err = tsem__control(tsem, TSEM_CONTROL_PSEUDONYM, ns.id, model->pseudonyms.digest[i], NULL);
	if (!err && mode == TSEM_MODE_SEALED)
		err = tsem__control(tsem, TSEM_CONTROL_SEAL, ns.id, NULL, NULL);
	if (!err && mode == TSEM_MODE_ENFORCING)
		err = tsem__control(tsem, TSEM_CONTROL_ENFORCE, ns.id, NULL, NULL);
	if (err)
		remove_all(tsem, ns.id);
	*id = ns.id;
	return err;
}

int namespace__join(struct tsem *tsem, const struct tsem_namespace *ns, int pidfd)
{
	struct tsem_task *task = calloc(1, sizeof(*task));
	bool from_root;
	u64 number;
	int err;

	if (!task)
		return -ENOMEM;
	/* A task of the root leaves it; one of another namespace stays where it is. */
	from_root = !bpf_map_lookup_elem(tsem->tasks, &pidfd, task) && !task->ns;
	memset(task, 0, sizeof(*task));
	err = digest__hash(ns->digest, "", 0, task->empty);
	err = err ?: tsem__control(tsem, TSEM_CONTROL_JOIN, ns->id, NULL, &number);
	if (err)
		goto out;
	task->ns = ns->id;
	task->number = number;
	task->digest = ns->digest;
	task->content = ns->content;
	task->model = ns->model;
	task->nsref = ns->nsref;
	task->digest_size = ns->digest_size;
	if (bpf_map_update_elem(tsem->tasks, &pidfd, task, from_root ? BPF_EXIST : BPF_NOEXIST)) {
		err = -errno;
		tsem__control(tsem, TSEM_CONTROL_LEAVE, ns->id, NULL, NULL);
	} else if (from_root) {
		tsem__control(tsem, TSEM_CONTROL_LEAVE, 0, NULL, NULL);
	}
out:
	free(task);
	return err;
}

int namespace__read(struct tsem *tsem, u32 id, struct tsem_namespace *ns)
{
	return bpf_map_lookup_elem(tsem->namespaces, &id, ns) ? -errno : 0;
}

static int compare_ids(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

int namespace__each(struct tsem *tsem, int (*each)(const struct tsem_namespace *ns, void *data), void *data)
{
	struct tsem_namespace ns;
	u32 *ids = NULL, key, *last = NULL;
	size_t count = 0;
	int err = 0;

	while (!bpf_map_get_next_key(tsem->namespaces, last, &key)) {
		u32 *grown = realloc(ids, (count + 1) * sizeof(*ids));

		if (!grown) {
			err = -ENOMEM;
			goto out;
		}
		ids = grown;
		ids[count++] = key;
		last = &key;
	}
	if (count)
		qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < count && !err; i++) {
		if (!namespace__read(tsem, ids[i], &ns))
			err = each(&ns, data);
	}
out:
	free(ids);
	return err;
}

struct search {
	const char *word;
	struct tsem_namespace *found;
};

static int match(const struct tsem_namespace *ns, void *data)
{
	struct search *search = data;
	char number[16];

	snprintf(number, sizeof(number), "%u", ns->id);
	if (strcmp(number, search->word) && strncmp(ns->name, search->word, sizeof(ns->name)))
		return 0;
	*search->found = *ns;
	return 1;
}

int namespace__find(struct tsem *tsem, const char *word, struct tsem_namespace *ns)
{
	struct search search = { word, ns };
	int err = namespace__each(tsem, match, &search);

	return err < 0 ? err : err ? 0 : -ENOENT;
}

static int compare_sequence(const void *a, const void *b)
{
	const struct namespace_coefficient *x = a, *y = b;

	if (x->info.sequence != y->info.sequence)
		return x->info.sequence < y->info.sequence ? -1 : 1;
	return memcmp(x->coefficient, y->coefficient, TSEM_DIGEST_MAX);
}

struct collect {
	struct tsem *tsem;
	u32 id;
	bool wide; /* the coefficients are longer than a key of the map */
	size_t room;
	struct namespace_coefficients *out;
	struct digests *digests;
};

static int collect_coefficient(void *key, void *value, void *data)
{
	struct tsem_coefficient_key *k = key;
	struct collect *c = data;
	struct namespace_coefficient *e;
	struct tsem_tail tail;

	if (k->ns != c->id)
		return 0;
	if (c->out->count == c->room) {
		c->room = c->room ? 2 * c->room : 256;
		e = realloc(c->out->entry, c->room * sizeof(*e));
		if (!e)
			return -ENOMEM;
		c->out->entry = e;
	}
	e = &c->out->entry[c->out->count++];
	memset(e, 0, sizeof(*e));
	memcpy(e->coefficient, k->coefficient, TSEM_KEY_SIZE);
	if (c->wide && !bpf_map_lookup_elem(c->tsem->tails, k, &tail))
		memcpy(e->coefficient + TSEM_KEY_SIZE, tail.bytes, sizeof(tail));
	e->info = *(struct tsem_coefficient *)value;
	return 0;
}

static int coefficients_read(struct tsem *tsem, u32 id, bool wide, struct namespace_coefficients *out)
{
	struct collect c = { .tsem = tsem, .id = id, .wide = wide, .out = out };
	int err;

	memset(out, 0, sizeof(*out));
	err = map_scan(tsem->coefficients, sizeof(struct tsem_coefficient_key), sizeof(struct tsem_coefficient),
		       collect_coefficient, &c);
	if (err) {
		free(out->entry);
		memset(out, 0, sizeof(*out));
		return err;
	}
	if (out->count)
		qsort(out->entry, out->count, sizeof(*out->entry), compare_sequence);
	return 0;
}

int namespace__coefficients(struct tsem *tsem, u32 id, struct namespace_coefficients *out)
{
	struct tsem_namespace ns;
	int err = namespace__read(tsem, id, &ns);

	return err ?: coefficients_read(tsem, id, ns.digest_size > TSEM_KEY_SIZE, out);
}

static int collect_pseudonym(void *key, void *value, void *data)
{
	struct tsem_pseudonym_key *k = key;
	struct tsem_tail *tail = value;
	struct collect *c = data;
	u8 digest[TSEM_DIGEST_MAX];

	if (k->ns != c->id)
		return 0;
	memcpy(digest, k->digest, TSEM_KEY_SIZE);
	memcpy(digest + TSEM_KEY_SIZE, tail->bytes, sizeof(*tail));
	return digests__add(c->digests, digest);
}

int namespace__pseudonyms(struct tsem *tsem, u32 id, struct digests *out)
{
	struct collect c = { .id = id, .digests = out };

	return map_scan(tsem->pseudonyms, sizeof(struct tsem_pseudonym_key), sizeof(struct tsem_tail),
			collect_pseudonym, &c);
}

int namespace__delete(struct tsem *tsem, u32 id)
{
	struct tsem_namespace ns;
	int err = namespace__read(tsem, id, &ns);

	if (err)
		return err;
	return ns.live_tasks ? -EBUSY : remove_all(tsem, id);
}
