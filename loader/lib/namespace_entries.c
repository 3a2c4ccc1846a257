// SPDX-License-Identifier: GPL-2.0
/* What a namespace has in the maps: reading it, and removing it with the namespace. */
#include "namespace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "journal.h"

#define BATCH 4096

/* Reads a whole map in batches; `each` gets every key and value. A batch that is too small for a bucket grows. */
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
	bool wide; /* the coefficients are larger than a key of the map */
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

/* Occurrences of one coefficient that the memo has counted and that are not added yet. */
struct memo_use {
	u8 coefficient[TSEM_DIGEST_MAX];
	u64 count;
};

struct memo_uses {
	u32 id;
	size_t count, room;
	struct memo_use *use;
};

static int collect_uses(void *key, void *value, void *data)
{
	struct tsem_memo *bucket = value;
	struct memo_uses *uses = data;

	(void)key;
	for (int i = 0; i < TSEM_MEMO_WAYS; i++) {
		struct tsem_memo_entry *e = &bucket->entry[i];
		u64 count = e->uses & ((1ULL << TSEM_MEMO_USES_BITS) - 1);

		if (!count || (u32)e->owner != uses->id)
			continue;
		if (uses->count == uses->room) {
			size_t room = uses->room ? 2 * uses->room : 256;
			struct memo_use *more = realloc(uses->use, room * sizeof(*more));

			if (!more)
				return -ENOMEM;
			uses->use = more;
			uses->room = room;
		}
		memcpy(uses->use[uses->count].coefficient, e->coefficient, TSEM_DIGEST_MAX);
		uses->use[uses->count++].count = count;
	}
	return 0;
}

static int compare_uses(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_KEY_SIZE);
}

/* Adds the memo's counts to the coefficients. A coefficient may have more than one entry in the memo. */
static void uses_add(const struct memo_uses *uses, struct namespace_coefficients *all)
{
	for (size_t i = 0; i < all->count && uses->count; i++) {
		struct memo_use *end = uses->use + uses->count, *use;

		use = bsearch(all->entry[i].coefficient, uses->use, uses->count, sizeof(*use), compare_uses);
		while (use && use > uses->use && !compare_uses(use - 1, use))
			use--;
		for (; use && use < end && !compare_uses(use, all->entry[i].coefficient); use++)
			all->entry[i].info.count += use->count;
	}
}

/* Reads the memo first: an entry that leaves it meanwhile is counted twice, rather than not at all. */
static int coefficients_read(struct tsem *tsem, u32 id, bool wide, struct namespace_coefficients *out)
{
	struct memo_uses uses = { .id = id };
	struct collect c = { .tsem = tsem, .id = id, .wide = wide, .out = out };
	int err;

	memset(out, 0, sizeof(*out));
	err = map_scan(tsem->memo, sizeof(u32), sizeof(struct tsem_memo), collect_uses, &uses);
	err = err
		      ?: map_scan(tsem->coefficients, sizeof(struct tsem_coefficient_key),
				  sizeof(struct tsem_coefficient), collect_coefficient, &c);
	if (err) {
		free(uses.use);
		free(out->entry);
		memset(out, 0, sizeof(*out));
		return err;
	}
	if (uses.count)
		qsort(uses.use, uses.count, sizeof(*uses.use), compare_uses);
	uses_add(&uses, out);
	free(uses.use);
	if (out->count)
		qsort(out->entry, out->count, sizeof(*out->entry), compare_sequence);
	/* Those that were undone are the last: they have the largest number. */
	for (; out->count && out->entry[out->count - 1].info.sequence == TSEM_UNDONE; out->count--)
		out->undone++;
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

int namespace__patterns(struct tsem *tsem, const struct tsem_namespace *ns, struct patterns *out)
{
	struct tsem_pattern pattern;
	int err = 0;

	for (u32 i = 0; i < ns->patterns && !err; i++) {
		struct tsem_pattern_key key = { .ns = ns->id, .index = i };

		err = bpf_map_lookup_elem(tsem->patterns, &key, &pattern) ? -errno : patterns__add(out, &pattern);
	}
	return err;
}

/* Removes the coefficients of a namespace. */
static int coefficients_remove(struct tsem *tsem, u32 id, bool wide)
{
	struct namespace_coefficients all;
	struct tsem_coefficient_key *keys;
	int err = coefficients_read(tsem, id, wide, &all);

	if (err)
		return err;
	keys = malloc((all.count + all.undone ?: 1) * sizeof(*keys));
	if (!keys)
		err = -ENOMEM;
	all.count += all.undone;
	for (size_t i = 0; i < all.count && keys; i++) {
		keys[i].ns = id;
		memcpy(keys[i].coefficient, all.entry[i].coefficient, TSEM_KEY_SIZE);
	}
	for (size_t at = 0; at < all.count && !err; at += BATCH) {
		u32 n = all.count - at < BATCH ? all.count - at : BATCH;

		if (bpf_map_delete_batch(tsem->coefficients, keys + at, &n, NULL) && errno != ENOENT)
			err = -errno;
		/* One by one: few namespaces have any, and a batch would stop at the first missing key. */
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

/* Entries of a map that are removed with a namespace. */
struct removal {
	struct tsem *tsem;
	u32 ns;
	size_t key_size;
	bool (*mine)(const struct removal *removal, const void *key, const void *value);
	char *keys; /* the keys found so far */
	size_t count, room;
};

static int collect_key(void *key, void *value, void *data)
{
	struct removal *r = data;

	if (!r->mine(r, key, value))
		return 0;
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		void *more = realloc(r->keys, room * r->key_size);

		if (!more)
			return -ENOMEM;
		r->keys = more;
		r->room = room;
	}
	memcpy(r->keys + r->count++ * r->key_size, key, r->key_size);
	return 0;
}

static int entries_remove(struct removal r, int map, size_t value_size)
{
	int err = map_scan(map, r.key_size, value_size, collect_key, &r);

	for (size_t i = 0; i < r.count; i++)
		bpf_map_delete_elem(map, r.keys + i * r.key_size);
	free(r.keys);
	return err;
}

static bool mark_mine(const struct removal *r, const void *key, const void *value)
{
	const struct tsem_mark *mark = value;

	(void)key;
	return mark->ns == (r->ns ?: TSEM_MARK_ROOT);
}

static bool creation_mine(const struct removal *r, const void *key, const void *value)
{
	(void)value;
	return ((const struct tsem_creation_key *)key)->ns == r->ns;
}

static bool inherited_mine(const struct removal *r, const void *key, const void *value)
{
	(void)value;
	return ((const struct tsem_inherited_key *)key)->ns == r->ns;
}

static bool port_mine(const struct removal *r, const void *key, const void *value)
{
	(void)value;
	return ((const struct tsem_port_key *)key)->ns == r->ns;
}

static bool question_mine(const struct removal *r, const void *key, const void *value)
{
	(void)value;
	return ((const struct tsem_question_key *)key)->ns == r->ns;
}

static bool object_mine(const struct removal *r, const void *key, const void *value)
{
	(void)key;
	return ((const struct tsem_owner *)value)->ns == r->ns;
}

static bool signal_mine(const struct removal *r, const void *key, const void *value)
{
	(void)key;
	return *(const u32 *)value == r->ns;
}

/* No entry that it lists is in tsem_creations any more: those of this namespace were removed before. */
static bool directory_done(const struct removal *r, const void *key, const void *value)
{
	const struct tsem_directory *directory = value;
	u64 count;

	(void)key;
	for (size_t i = 0; i < TSEM_DIRECTORY_CREATORS; i++) {
		if (!bpf_map_lookup_elem(r->tsem->creations, &directory->made[i], &count))
			return false;
	}
	return true;
}

/* Removes the namespace's entries for inodes, descriptors, ports, receivers of signals and IPC objects. */
static int marks_remove(struct tsem *tsem, u32 id)
{
	struct removal marks = { tsem, id, sizeof(struct tsem_inode_key), mark_mine, NULL, 0, 0 };
	struct removal creations = { tsem, id, sizeof(struct tsem_creation_key), creation_mine, NULL, 0, 0 };
	struct removal directories = { tsem, id, sizeof(struct tsem_inode_key), directory_done, NULL, 0, 0 };
	struct removal inherited = { tsem, id, sizeof(struct tsem_inherited_key), inherited_mine, NULL, 0, 0 };
	struct removal signals = { tsem, id, sizeof(u64), signal_mine, NULL, 0, 0 };
	struct removal ports = { tsem, id, sizeof(struct tsem_port_key), port_mine, NULL, 0, 0 };
	struct removal questions = { tsem, id, sizeof(struct tsem_question_key), question_mine, NULL, 0, 0 };
	struct removal objects = { tsem, id, sizeof(u64), object_mine, NULL, 0, 0 };
	int err;

	err = entries_remove(marks, tsem->marks, sizeof(struct tsem_mark));
	err = entries_remove(creations, tsem->creations, sizeof(u64)) ?: err;
	err = entries_remove(directories, tsem->directories, sizeof(struct tsem_directory)) ?: err;
	err = entries_remove(inherited, tsem->inherited, sizeof(struct tsem_inherited)) ?: err;
	err = entries_remove(signals, tsem->signals, sizeof(u32)) ?: err;
	err = entries_remove(objects, tsem->ipc, sizeof(struct tsem_owner)) ?: err;
	err = entries_remove(questions, tsem->questions, sizeof(struct tsem_question)) ?: err;
	return entries_remove(ports, tsem->ports, sizeof(struct tsem_ports)) ?: err;
}

static void patterns_remove(struct tsem *tsem, u32 id)
{
	for (u32 i = 0; i < TSEM_PATTERNS_MAX; i++) {
		struct tsem_pattern_key key = { .ns = id, .index = i };

		bpf_map_delete_elem(tsem->patterns, &key);
	}
}

int namespace__remove(struct tsem *tsem, u32 id)
{
	struct tsem_namespace ns;
	/* Without an entry its width is not known. */
	bool wide = namespace__read(tsem, id, &ns) || ns.digest_size > TSEM_KEY_SIZE;
	int err = 0;

	/* Before its entry: that says how much room it gives back. */
	err = tsem__control(tsem, TSEM_CONTROL_GONE, id, NULL, NULL);
	if (err)
		return err;
	if (bpf_map_delete_elem(tsem->namespaces, &id) && errno != ENOENT)
		err = -errno;
	err = pseudonyms_remove(tsem, id) ?: err;
	patterns_remove(tsem, id);
	err = marks_remove(tsem, id) ?: err;
	err = coefficients_remove(tsem, id, wide) ?: err;
	if (bpf_map_delete_elem(tsem->rings, &id) && errno != ENOENT)
		err = -errno;
	journal__remove(id);
	return err;
}

int namespace__delete(struct tsem *tsem, u32 id)
{
	struct tsem_namespace ns;
	int err = namespace__read(tsem, id, &ns);

	if (err)
		return err;
	return ns.live_tasks ? -EBUSY : namespace__remove(tsem, id);
}
