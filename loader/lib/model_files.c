// SPDX-License-Identifier: GPL-2.0
/* A model has the content of a file only by its digest; its name is in the description. */
#include "model_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "digest.h"
#include "event_codec.h"

/* A file with more contents wanders: nobody can say which of them is the new one. */
#define CONTENTS_MAX 16

/* Filesystems whose content the kernel generates, and tmpfs: magics of linux/magic.h. */
static bool is_generated(u64 magic)
{
	static const u32 magics[] = {
		0x9fa0,     0x62656572, 0x64626720, 0x74726163, 0x1cd1,     0x27e0eb,   0x63677270,  0x73636673,
		0xf97cff8c, 0x43415d53, 0x42494e4d, 0x6e736673, 0xde5e81e4, 0xcafe4a11, FIELD_TMPFS, 0x62656570,
	};

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (magic == magics[i])
			return true;
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_MAX);
}

/* A pseudonym is H(u32 length || pathname). */
static bool is_pseudonym(const struct model_files *files, const u8 *path, u32 size)
{
	size_t count = files->events->model->pseudonyms.count;
	u8 text[4 + TSEM_PATH_MAX], digest[TSEM_DIGEST_MAX] = {};

	if (!count || size > TSEM_PATH_MAX)
		return false;
	memcpy(text, &size, 4);
	memcpy(text + 4, path, size);
	return !digest__hash(files->events->digest, text, 4 + size, digest) &&
	       bsearch(digest, files->pseudonyms, count, sizeof(digest), compare);
}

/* Does the content of the FILE count in this event? Then also its digest. */
static bool has_content(const struct model_files *files, struct json_object *file, u8 *digest)
{
	struct json_object *path = event__member(file, "path"), *inode = event__member(file, "inode"),
			   *hex = event__member(file, "digest");
	u8 bytes[TSEM_PATH_MAX];
	long size;

	memset(digest, 0, TSEM_DIGEST_MAX);
	/* Who writes only does not see the content. */
	if ((event__number(event__member(file, "flags")) & O_ACCMODE) == O_WRONLY)
		return false;
	if (!path || !inode || !hex || event__member(path, "created") || event__member(path, "normal") ||
	    (event__number(event__member(inode, "mode")) & S_IFMT) != S_IFREG ||
	    digest__from_hex(json_object_get_string(hex), json_object_get_string_len(hex), digest,
			     files->events->width))
		return false;
	size = codec__bytes_of(event__member(path, "pathname"), bytes, sizeof(bytes));
	if (size <= 0 || bytes[0] != '/')
		return false;
	if (memcmp(digest, files->empty, files->events->width))
		return true;
	/* It may be an empty file. Below a directory with strict names it may be one that the workload makes. */
	return !event__member(path, "pattern") && !is_generated(event__number(event__member(inode, "s_magic"))) &&
	       !is_pseudonym(files, bytes, size) &&
	       !patterns__strict_from(&files->events->model->patterns, bytes, size);
}

bool model_files__strict(const struct model_files *files, struct json_object *path)
{
	u8 bytes[TSEM_PATH_MAX];
	long size = codec__bytes_of(event__member(path, "pathname"), bytes, sizeof(bytes));

	return size > 0 && patterns__strict_from(&files->events->model->patterns, bytes, size);
}

static struct model_file *add_file(struct model_files *files, const char *path)
{
	struct model_file *f = model_files__find(files, path);

	if (f)
		return f;
	if (files->count == files->room) {
		size_t room = files->room ? 2 * files->room : 64;
		struct model_file *grown = realloc(files->file, room * sizeof(*grown));

		if (!grown)
			return NULL;
		files->file = grown;
		files->room = room;
	}
	if (json_object_object_add(files->index, path, json_object_new_int64(files->count)))
		return NULL;
	f = &files->file[files->count++];
	*f = (struct model_file){ .path = strdup(path) };
	return f->path ? f : NULL;
}

static bool has(const struct model_file *f, const u8 *digest)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!memcmp(f->contents[i], digest, TSEM_DIGEST_MAX))
			return true;
	}
	return false;
}

static int list_event(struct model_files *files, struct json_object *json)
{
	const char *type = event__name(files->events->record.event);
	struct json_object *cell = event__member(json, type), *file = event__member(cell, "file");
	u8 digest[TSEM_DIGEST_MAX], (*grown)[TSEM_DIGEST_MAX];
	struct model_file *f;
	u32 mode;

	if (!file || !has_content(files, file, digest))
		return 0;
	f = add_file(files, json_object_get_string(event__member(event__member(file, "path"), "pathname")));
	if (!f)
		return -ENOMEM;
	mode = event__number(event__member(event__member(file, "inode"), "mode"));
	f->mode = f->moded && f->mode != mode ? 0 : mode;
	f->moded = true;
	f->code |= files->events->record.event == TSEM_EVENT_bprm_committing_creds ||
		   event__number(event__member(cell, "prot")) & PROT_EXEC;
	f->written |= files->events->record.event == TSEM_EVENT_file_open &&
		      event__number(event__member(file, "flags")) & O_ACCMODE &&
		      memcmp(digest, files->empty, files->events->width);
	if (f->count > CONTENTS_MAX || has(f, digest))
		return 0;
	grown = realloc(f->contents, (f->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	f->contents = grown;
	memcpy(f->contents[f->count++], digest, TSEM_DIGEST_MAX);
	return 0;
}

static int list_begin(struct model_files *files)
{
	const struct digests *pseudonyms = &files->events->model->pseudonyms;
	int err = digest__hash(files->events->digest, "", 0, files->empty);

	files->index = json_object_new_object();
	files->pseudonyms = malloc((pseudonyms->count + 1) * TSEM_DIGEST_MAX);
	if (!files->index || !files->pseudonyms)
		return -ENOMEM;
	if (pseudonyms->count) {
		memcpy(files->pseudonyms, pseudonyms->digest, pseudonyms->count * TSEM_DIGEST_MAX);
		qsort(files->pseudonyms, pseudonyms->count, TSEM_DIGEST_MAX, compare);
	}
	return err;
}

int model_files__list(struct model_files *files, struct model_events *events)
{
	struct json_object *json;
	int err;

	memset(files, 0, sizeof(*files));
	files->events = events;
	err = list_begin(files);
	for (size_t i = 0; i < events->model->states.count && !err; i++) {
		err = model_events__get(events, i, &json);
		files->undescribed += err == -ENOENT;
		files->mismatched += err == -EBADMSG;
		if (err == -ENOENT || err == -EBADMSG) {
			err = 0;
			continue;
		}
		err = err ?: list_event(files, json);
		json_object_put(json);
	}
	if (err)
		model_files__free(files);
	return err;
}

struct model_file *model_files__find(struct model_files *files, const char *path)
{
	struct json_object *at = event__member(files->index, path);

	return at ? &files->file[json_object_get_int64(at)] : NULL;
}

/* ---- the new files ---- */

/* The bytes of a pathname with a NUL. -EINVAL: it is none. */
static int real_name(const char *path, char *out, size_t size)
{
	struct json_object *text = json_object_new_string(path);
	long length = text ? codec__bytes_of(text, (u8 *)out, size - 1) : -ENOMEM;

	json_object_put(text);
	if (length < 0 || memchr(out, 0, length))
		return length == -ENOMEM ? -ENOMEM : -EINVAL;
	out[length] = 0;
	return 0;
}

static enum model_file_state state_of(struct model_file *f, int err, bool package)
{
	f->error = err;
	switch (err) {
	case 0:
		break;
	case -ENOENT:
		return package ? MODEL_FILE_ABSENT : MODEL_FILE_GONE;
	case -ELOOP:
		return MODEL_FILE_LINK;
	case -EINVAL:
	case -EMEDIUMTYPE:
		return MODEL_FILE_OTHER;
	default:
		return MODEL_FILE_UNREADABLE;
	}
	/* The workload changes the mode by itself: nobody can say which of them is the new one. */
	if (!f->mode)
		f->mode_now = 0;
	f->content_changed = !has(f, f->now);
	if (f->content_changed && f->count > 1)
		return MODEL_FILE_SEVERAL;
	return f->content_changed || f->mode_now != f->mode ? MODEL_FILE_CHANGED : MODEL_FILE_SAME;
}

int model_files__look(struct model_files *files, const struct newfiles *newfiles)
{
	const struct model *model = files->events->model;
	u32 content = model->content ?: files->events->digest;
	char path[TSEM_PATH_MAX + 1];
	struct stat st = {};

	if (digest__size(content) > files->events->width)
		return -EINVAL;
	for (size_t i = 0; i < files->count; i++) {
		struct model_file *f = &files->file[i];
		int err = real_name(f->path, path, sizeof(path));

		if (err == -ENOMEM)
			return err;
		err = err ?: newfiles__hash(newfiles, path, content, f->now, &st);
		/* Empty files have the digest of the namespace's own hash. */
		if (!err && !st.st_size)
			memcpy(f->now, files->empty, TSEM_DIGEST_MAX);
		f->mode_now = st.st_mode;
		f->state = state_of(f, err, newfiles->unpacked);
	}
	return 0;
}

const char *model_file__words(const struct model_file *f)
{
	switch (f->state) {
	case MODEL_FILE_SAME:
		return "is the same";
	case MODEL_FILE_CHANGED:
		return f->content_changed
			       ? f->mode_now != f->mode ? "has another content and another mode" : "has another content"
			       : "has another mode";
	case MODEL_FILE_SEVERAL:
		return "has another content than the several that are in the model";
	case MODEL_FILE_GONE:
		return "is gone";
	case MODEL_FILE_LINK:
		return "is reached by a symbolic link now, so events have another name";
	case MODEL_FILE_OTHER:
		return "is no regular file with a plain name";
	case MODEL_FILE_ABSENT:
		return "is not in the package";
	default:
		return strerror(-f->error);
	}
}

void model_files__free(struct model_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free((char *)files->file[i].path);
		free(files->file[i].contents);
	}
	free(files->file);
	free(files->pseudonyms);
	json_object_put(files->index);
	memset(files, 0, sizeof(*files));
}
