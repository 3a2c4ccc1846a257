// SPDX-License-Identifier: GPL-2.0
/*
 * A namespace is made in this order: ring, coefficients, pseudonyms, entry. Without its entry it does not exist. It is
 * removed in the opposite order.
 */
#include "namespace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "digest.h"
#include "journal.h"
#include "tsem_task.h"

#define BATCH 4096
/* Inode number of the initial pid namespace: PROC_PID_INIT_INO of the kernel. */
#define PID_NAMESPACE_INITIAL 0xeffffffcU

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

/* Adds the tails of wide coefficients first, so that every entry of tsem_coefficients is complete. */
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
			values[i].settled = 1;
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

static int coefficients_read(struct tsem *tsem, u32 id, bool wide, struct namespace_coefficients *out);

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
	struct removal objects = { tsem, id, sizeof(u64), object_mine, NULL, 0, 0 };
	int err;

	err = entries_remove(marks, tsem->marks, sizeof(struct tsem_mark));
	err = entries_remove(creations, tsem->creations, sizeof(u64)) ?: err;
	err = entries_remove(directories, tsem->directories, sizeof(struct tsem_directory)) ?: err;
	err = entries_remove(inherited, tsem->inherited, sizeof(struct tsem_inherited)) ?: err;
	err = entries_remove(signals, tsem->signals, sizeof(u32)) ?: err;
	err = entries_remove(objects, tsem->ipc, sizeof(struct tsem_owner)) ?: err;
	return entries_remove(ports, tsem->ports, sizeof(struct tsem_ports)) ?: err;
}

static void patterns_remove(struct tsem *tsem, u32 id)
{
	for (u32 i = 0; i < TSEM_PATTERNS_MAX; i++) {
		struct tsem_pattern_key key = { .ns = id, .index = i };

		bpf_map_delete_elem(tsem->patterns, &key);
	}
}

static int remove_all(struct tsem *tsem, u32 id)
{
	struct tsem_namespace ns;
	/* Without an entry its width is not known. */
	bool wide = namespace__read(tsem, id, &ns) || ns.digest_size > TSEM_KEY_SIZE;
	int err = 0;

	/* Before its entry: that says how much room it gives back. */
	err = tsem__control(tsem, TSEM_CONTROL_GONE, id, NULL, NULL);
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

/* Makes the kernel's hash function ready if it is needed. */
static int hash_prepare(struct tsem *tsem, u32 type)
{
	u8 name[TSEM_DIGEST_MAX] = {};

	memcpy(name, digest__name(type), strlen(digest__name(type)));
	return tsem__control(tsem, TSEM_CONTROL_HASH, type, name, NULL);
}

/* -ENOTSUP: the kernel lacks this hash; -ENODATA: it lacks the one for the content of files. */
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

/* The entry before the first event. */
static void entry_fill(struct tsem_namespace *ns, const struct namespace_spec *spec, const struct model *model)
{
	const struct control_namespace *settings = &spec->settings;
	const u8 *base = spec->base ?: model->has_base ? model->base : NULL;
	struct timespec now;

	ns->digest = settings->digest;
	ns->content = settings->content;
	ns->encoding = settings->encoding;
	ns->model = settings->model;
	ns->nsref = settings->nsref;
	ns->scope = settings->scope;
	ns->instances = settings->instances;
	ns->digest_size = digest__size(settings->digest);
	ns->ring_size = control__ring_size(settings->cache);
	ns->next_sequence = model->states.count;
	ns->coefficients = model->states.count;
	ns->loaded = model->states.count;
	for (u32 i = 0; i < TSEM_EVENT_ROOM; i++)
		ns->action[i] = control__action_of(settings, i);
	if (base) {
		memcpy(ns->base, base, ns->digest_size);
		ns->has_base = 1;
	}
	if (spec->name)
		snprintf(ns->name, sizeof(ns->name), "%s", spec->name);
	else
		snprintf(ns->name, sizeof(ns->name), "ns%u", ns->id);
	clock_gettime(CLOCK_BOOTTIME, &now);
	ns->created = now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Loads the parts of a model that need verbs, then sets the mode: after that nothing can be added. */
static int model_load(struct tsem *tsem, u32 id, const struct model *model, u32 mode)
{
	int err = 0;

	for (size_t i = 0; i < model->pseudonyms.count && !err; i++)
		err = tsem__control(tsem, TSEM_CONTROL_PSEUDONYM, id, model->pseudonyms.digest[i], NULL);
	for (size_t i = 0; i < model->patterns.count && !err; i++)
		err = tsem__control_pattern(tsem, id, &model->patterns.pattern[i]);
	if (!err && mode == TSEM_MODE_SEALED)
		err = tsem__control(tsem, TSEM_CONTROL_SEAL, id, NULL, NULL);
	if (!err && mode == TSEM_MODE_ENFORCING)
		err = tsem__control(tsem, TSEM_CONTROL_ENFORCE, id, NULL, NULL);
	return err;
}

/* Adds the digests of a list, each of `size` bytes. Hashing their whole room would cost twice as much. */
static void digests_update(struct digest_stream *stream, const struct digests *list, size_t size)
{
	u8 batch[8 * TSEM_DIGEST_MAX];
	size_t used = 0;

	for (size_t i = 0; i < list->count; i++) {
		memcpy(batch + used, list->digest[i], size);
		used += size;
		if (used + size > sizeof(batch) || i + 1 == list->count) {
			digest__update(stream, batch, used);
			used = 0;
		}
	}
}

/*
 * The hash of everything that decides what a model allows, without events and actions: the first half of a SHA-512,
 * which takes fewer instructions than SHA-256. A pattern that is given beside a model makes it another model.
 */
static int model_digest(const struct control_namespace *settings, const struct model *model, u8 *out)
{
	const u64 numbers[] = { settings->digest,        settings->content,     settings->encoding, settings->scope,
				settings->instances,     settings->nsref,       model->has_base,    model->sealed,
				model->pseudonyms.count, model->patterns.count, model->states.count };
	u8 digest[TSEM_DIGEST_MAX];
	struct digest_stream stream;
	int err;

	digest__init(&stream, TSEM_DIGEST_SHA512);
	digest__update(&stream, numbers, sizeof(numbers));
	digest__update(&stream, model->base, sizeof(model->base));
	digests_update(&stream, &model->pseudonyms, digest__size(settings->digest));
	digest__update(&stream, model->patterns.pattern, model->patterns.count * sizeof(struct tsem_pattern));
	digests_update(&stream, &model->states, digest__size(settings->digest));
	err = digest__final(&stream, digest);
	if (!err)
		memcpy(out, digest, sizeof(((struct tsem_namespace *)NULL)->made_with));
	return err;
}

/* Returns 1 if another namespace was made with the same model. */
static int made_alike(const struct tsem_namespace *ns, void *data)
{
	const struct tsem_namespace *new = data;

	return ns->id != new->id && !memcmp(ns->made_with, new->made_with, sizeof(ns->made_with));
}

/*
 * May the namespace be made? This is checked before it has its entry, so that two namespaces made at once with the same
 * new model do not vouch for each other. It is checked again afterwards, to see a lock that came in between. 0;
 * -EACCES: it has a model that no other namespace was made with; or another -errno.
 */
static int lock_check(struct tsem *tsem, struct tsem_namespace *ns, const struct model *model)
{
	struct tsem_globals globals;
	int err = tsem__globals(tsem, &globals);

	if (err || !globals.locked || !model)
		return err;
	err = namespace__each(tsem, made_alike, ns);
	return err < 0 ? err : err ? 0 : -EACCES;
}

int namespace__create(struct tsem *tsem, const struct namespace_spec *spec, u32 *id)
{
	static const struct model none;
	const struct model *model = spec->model ?: &none;
	u32 mode = model->sealed && spec->mode < TSEM_MODE_SEALED ? TSEM_MODE_SEALED : spec->mode;
	struct tsem_namespace ns = {};
	u64 number = 0;
	int err;

	if (spec->name && !namespace__find(tsem, spec->name, &(struct tsem_namespace){}))
		return -EEXIST;
	err = hashes_prepare(tsem, &spec->settings);
	if (!spec->root)
		err = err ?: tsem__control(tsem, TSEM_CONTROL_NEW, 0, NULL, &number);
	if (err)
		return err;
	ns.id = number;
	entry_fill(&ns, spec, model);
	err = spec->model ? model_digest(&spec->settings, model, ns.made_with) : 0;
	err = err ?: lock_check(tsem, &ns, spec->model);
	err = err ?: ring_create(tsem, ns.id, ns.ring_size);
	if (err)
		return err;
	err = coefficients_load(tsem, ns.id, &model->states, ns.digest_size > TSEM_KEY_SIZE);
	if (!err && bpf_map_update_elem(tsem->namespaces, &ns.id, &ns, BPF_NOEXIST))
		err = errno == E2BIG ? -ENOSPC : -errno;
	err = err ?: lock_check(tsem, &ns, spec->model);
	err = err ?: model_load(tsem, ns.id, model, mode);
	if (err)
		remove_all(tsem, ns.id);
	*id = ns.id;
	return err;
}

/*
 * The pid of a process in the initial pid namespace, by which the programs look it up. The fdinfo of its pidfd has the
 * pid as seen from the pid namespace of /proc. -EXDEV: that is not the initial one.
 */
static int initial_pid(int pidfd, u32 *pid)
{
	char path[64], line[128];
	struct stat st;
	int err = -ESRCH, number;
	FILE *file;

	if (stat("/proc/self/ns/pid", &st))
		return -errno;
	if (st.st_ino != PID_NAMESPACE_INITIAL)
		return -EXDEV;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (err && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Pid: %d", &number) != 1 || number <= 0)
			continue;
		*pid = number;
		err = 0;
	}
	fclose(file);
	return err;
}

int namespace__join(struct tsem *tsem, const struct tsem_namespace *ns, int pidfd)
{
	u8 value[TSEM_DIGEST_MAX] = {}, empty[TSEM_DIGEST_MAX] = {};
	struct tsem_join join = {};
	struct tsem_task task = {};
	bool from_root;
	u64 number;
	int err;

	/* A task of the root may leave it; a task of another namespace may not. */
	from_root = !bpf_map_lookup_elem(tsem->tasks, &pidfd, &task) && !task.ns;
	err = initial_pid(pidfd, &join.pid) ?: digest__hash(ns->digest, "", 0, empty);
	if (err)
		return err;
	memcpy(value, &join, sizeof(join));
	err = tsem__control(tsem, TSEM_CONTROL_JOIN, ns->id, value, &number);
	if (err)
		return err;
	task = (struct tsem_task){
		.ns = ns->id,
		.number = number,
		.digest = ns->digest,
		.content = ns->content,
		.encoding = ns->encoding,
		.nsref = ns->nsref,
		.scope = ns->scope,
		.digest_size = ns->digest_size,
	};
	memcpy(task.empty, empty, sizeof(task.empty));
	if (bpf_map_update_elem(tsem->tasks, &pidfd, &task, from_root ? BPF_EXIST : BPF_NOEXIST)) {
		err = -errno;
		tsem__control(tsem, TSEM_CONTROL_LEAVE, ns->id, NULL, NULL);
	} else if (from_root) {
		tsem__control(tsem, TSEM_CONTROL_LEAVE, 0, NULL, NULL);
	}
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

int namespace__delete(struct tsem *tsem, u32 id)
{
	struct tsem_namespace ns;
	int err = namespace__read(tsem, id, &ns);

	if (err)
		return err;
	return ns.live_tasks ? -EBUSY : remove_all(tsem, id);
}
