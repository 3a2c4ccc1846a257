// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf model stale: names the models that an upgrade made stale. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "event.h"
#include "explain.h"
#include "model_files.h"
#include "model_job.h"

#define DIRECTORY "/var/lib/tsem-bpf"

/* The files of a model that make it stale, as an array; the caller puts it. NULL: none. */
static struct json_object *stale_files(const struct model_files *files)
{
	struct json_object *array = NULL;

	for (size_t i = 0; i < files->count; i++) {
		const struct model_file *f = &files->file[i];
		struct json_object *file;

		/* Data may be gone because the workload removed it; code is gone because a new one came. */
		if (f->state == MODEL_FILE_SAME || f->state == MODEL_FILE_ABSENT ||
		    (f->state != MODEL_FILE_CHANGED && f->state != MODEL_FILE_SEVERAL && !f->code))
			continue;
		array = array ?: json_object_new_array();
		file = json_object_new_object();
		json_object_object_add(file, "path", json_object_new_string(f->path));
		json_object_object_add(file, "why", json_object_new_string(model_file__words(f)));
		json_object_array_add(array, file);
	}
	return array;
}

static void print_stale(struct job *job, const char *path, struct json_object *files)
{
	struct json_object *o;

	if (job->json) {
		o = json_object_new_object();
		json_object_object_add(o, "model", json_object_new_string(path));
		json_object_object_add(o, "files", json_object_get(files));
		puts(event__line(o));
		json_object_put(o);
		return;
	}
	printf("%s: is stale; learn again, or see 'tsem-bpf model rebase'\n", path);
	for (size_t i = 0; i < json_object_array_length(files); i++) {
		struct json_object *file = json_object_array_get_idx(files, i);
		const char *name = json_object_get_string(json_object_object_get(file, "path"));
		char *safe = explain__plain(name, strlen(name));

		printf("  %s %s\n", safe ?: "?", json_object_get_string(json_object_object_get(file, "why")));
		free(safe);
	}
}

/* Looks at one model. *stale is set if it is. 0, or the exit code after a message. */
static int look(struct job *job, const char *path, const struct newfiles *newfiles, bool *stale)
{
	struct model_events *events = calloc(1, sizeof(*events));
	struct json_object *found;
	struct model_files files = {};
	struct model model = {};
	int err = events ? job__read_model(job, path, &model) : cmd__fail(EXIT_FAILED, "model stale: no memory"), error;

	if (err)
		goto out;
	error = model_events__init(events, &model) ?: model_files__list(&files, events);
	error = error ?: model_files__look(&files, newfiles);
	if (error) {
		err = job__fail(job, path, error);
		goto out;
	}
	if (files.undescribed && !files.count)
		cmd__fail(0, "model stale: %s: has no descriptions, so nobody can say whether it is stale", path);
	found = stale_files(&files);
	if (found)
		print_stale(job, path, found);
	*stale |= !!found;
	json_object_put(found);
out:
	model_files__free(&files);
	model__free(&model);
	free(events);
	return err;
}

/* nftw() has no argument for its caller. */
static struct {
	char **path;
	size_t count;
} found;

static bool ends(const char *path, const char *suffix)
{
	size_t size = strlen(path), n = strlen(suffix);

	return size >= n && !strcmp(path + size - n, suffix);
}

static int find(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char **grown;

	(void)st;
	(void)ftw;
	if (type != FTW_F || (!ends(path, ".model") && !ends(path, ".model.zst")))
		return 0;
	grown = realloc(found.path, (found.count + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	found.path = grown;
	grown[found.count] = strdup(path);
	return grown[found.count++] ? 0 : -1;
}

static int find_models(void)
{
	if (!nftw(DIRECTORY, find, 16, FTW_PHYS) || errno == ENOENT)
		return 0;
	return cmd__fail(EXIT_FAILED, "model stale: %s: %s", DIRECTORY, strerror(errno));
}

int model_stale(struct job *job)
{
	struct newfiles files;
	bool stale = false;
	char **paths = job->files;
	size_t count = job->count;
	int err = newfiles__open(&files, job->root ?: "/"), failed = 0;

	if (err)
		return cmd__fail(EXIT_FAILED, "model stale: --root: %s: %s", job->root ?: "/", strerror(-err));
	if (!count) {
		failed = find_models();
		paths = found.path;
		count = found.count;
	}
	/* One that cannot be read does not hide the others. */
	for (size_t i = 0; i < count; i++)
		failed = look(job, paths[i], &files, &stale) ?: failed;
	newfiles__close(&files);
	for (size_t i = 0; i < found.count; i++)
		free(found.path[i]);
	free(found.path);
	return failed ?: stale ? EXIT_FAILED : EXIT_DONE;
}
