/* SPDX-License-Identifier: GPL-2.0 */
/* The files whose content a model counts, and what became of them. */
#ifndef TSEM_MODEL_FILES_H
#define TSEM_MODEL_FILES_H

#include <json-c/json.h>

#include "model_events.h"
#include "newfiles.h"

enum model_file_state {
	MODEL_FILE_SAME = 0,
	MODEL_FILE_CHANGED, /* another content or mode */
	MODEL_FILE_SEVERAL, /* another content than the several that it has in the model */
	MODEL_FILE_GONE,
	MODEL_FILE_LINK, /* there is a symbolic link on the way now: events would have another name */
	MODEL_FILE_OTHER, /* is no regular file any more, or has no plain name */
	MODEL_FILE_UNREADABLE,
	MODEL_FILE_ABSENT, /* the package does not have it */
};

struct model_file {
	const char *path; /* as in events.md; owned by the list */
	u8 (*contents)[TSEM_DIGEST_MAX]; /* the digests in the model */
	size_t count;
	u32 mode; /* in the model; 0: it has several, none of which is changed */
	bool moded; /* mode was seen */
	bool code; /* it is executed, or mapped as code */
	bool written; /* it is opened for writing, with this content */
	/* From here on set by model_files__look(). */
	enum model_file_state state;
	u8 now[TSEM_DIGEST_MAX]; /* its digest */
	u32 mode_now;
	bool content_changed;
	int error; /* -errno of MODEL_FILE_UNREADABLE */
};

struct model_files {
	struct model_file *file;
	size_t count, room;
	struct json_object *index; /* by path */
	size_t undescribed, mismatched; /* coefficients without a description; descriptions of another coefficient */
	u8 (*pseudonyms)[TSEM_DIGEST_MAX]; /* of the model, sorted */
	struct model_events *events; /* borrowed */
	u8 empty[TSEM_DIGEST_MAX]; /* the content digest that counts as none */
};

/*
 * Lists the files of the described coefficients. Left out: created files, devices, files whose content does not count
 * (pseudonyms, patterns with `any`, proc and the like). `events` has to outlive the list. 0; -ENOMEM; -EIO.
 */
int model_files__list(struct model_files *files, struct model_events *events);

/* Compares each with the new file. 0; -ENOMEM; -EIO: the hash function is missing. */
int model_files__look(struct model_files *files, const struct newfiles *newfiles);

/* Is the PATH below a directory with strict names? There a created file, without content, has a name like any other. */
bool model_files__strict(const struct model_files *files, struct json_object *path);

/* The file with this name, or NULL. */
struct model_file *model_files__find(struct model_files *files, const char *path);

/* The state in words, as the end of a sentence; static. */
const char *model_file__words(const struct model_file *file);

void model_files__free(struct model_files *files);

#endif
