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

/*
 * The coefficients of the model that the kernel gets: in an external namespace none, since the agent has the model and
 * decides.
 */
static size_t states_loaded(const struct namespace_spec *spec, const struct model *model)
{
	return spec->settings.agent ? 0 : model->states.count;
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
	ns->agent = settings->agent;
	if (settings->agent) {
		ns->ask = settings->ask;
		ns->wait = settings->wait;
		ns->no_verdict = settings->no_verdict;
	}
	ns->digest_size = digest__size(settings->digest);
	ns->ring_size = control__ring_size(settings->cache);
	ns->next_sequence = ns->coefficients = ns->loaded = states_loaded(spec, model);
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
static int model_digest(const struct namespace_spec *spec, const struct model *model, u8 *out)
{
	const struct control_namespace *settings = &spec->settings;
	const u64 numbers[] = { settings->digest,        settings->content,     settings->encoding,  settings->scope,
				settings->instances,     settings->nsref,       model->has_base,     model->sealed,
				model->pseudonyms.count, model->patterns.count, model->states.count, settings->agent,
				settings->ask,           settings->no_verdict };
	u8 digest[TSEM_DIGEST_MAX];
	struct digest_stream stream;
	int err;

	digest__init(&stream, TSEM_DIGEST_SHA512);
	digest__update(&stream, numbers, sizeof(numbers));
	digest__update(&stream, model->base, sizeof(model->base));
	digests_update(&stream, &model->pseudonyms, digest__size(settings->digest));
	digest__update(&stream, model->patterns.pattern, model->patterns.count * sizeof(struct tsem_pattern));
	digests_update(&stream, &model->states, digest__size(settings->digest));
	if (spec->agent)
		digest__update(&stream, spec->agent, strlen(spec->agent));
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
 * -EACCES: it has a model or an agent (`judged`) that no other namespace was made with; or another -errno.
 */
static int lock_check(struct tsem *tsem, struct tsem_namespace *ns, bool judged)
{
	struct tsem_globals globals;
	int err = tsem__globals(tsem, &globals);

	if (err || !globals.locked || !judged)
		return err;
	err = namespace__each(tsem, made_alike, ns);
	return err < 0 ? err : err ? 0 : -EACCES;
}

int namespace__create(struct tsem *tsem, const struct namespace_spec *spec, u32 *id)
{
	static const struct model none;
	const struct model *model = spec->model ?: &none;
	u32 mode = model->sealed && spec->mode < TSEM_MODE_SEALED ? TSEM_MODE_SEALED : spec->mode;
	bool judged = spec->model || spec->settings.agent;
	struct tsem_namespace ns = {};
	u64 number = 0;
	int err;

	/* Who would judge the root's own collector? */
	if (spec->root && spec->settings.agent)
		return -EINVAL;
	if (spec->name && !namespace__find(tsem, spec->name, &(struct tsem_namespace){}))
		return -EEXIST;
	err = hashes_prepare(tsem, &spec->settings);
	if (!spec->root)
		err = err ?: tsem__control(tsem, TSEM_CONTROL_NEW, 0, NULL, &number);
	if (err)
		return err;
	ns.id = number;
	entry_fill(&ns, spec, model);
	err = judged ? model_digest(spec, model, ns.made_with) : 0;
	err = err ?: lock_check(tsem, &ns, judged);
	err = err ?: ring_create(tsem, ns.id, ns.ring_size);
	if (err)
		return err;
	if (states_loaded(spec, model))
		err = coefficients_load(tsem, ns.id, &model->states, ns.digest_size > TSEM_KEY_SIZE);
	if (!err && bpf_map_update_elem(tsem->namespaces, &ns.id, &ns, BPF_NOEXIST))
		err = errno == E2BIG ? -ENOSPC : -errno;
	err = err ?: lock_check(tsem, &ns, judged);
	err = err ?: model_load(tsem, ns.id, model, mode);
	if (err)
		namespace__remove(tsem, ns.id);
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
