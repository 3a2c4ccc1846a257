// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf model rebase: makes a model valid for the files of an upgrade. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cmd.h"
#include "event.h"
#include "explain.h"
#include "model_job.h"
#include "model_rebase.h"

/* 0, or the exit code after a message. */
static int open_files(struct job *job, struct newfiles *files)
{
	const char *fault = NULL;
	int err;

	if (job->root && job->package)
		return cmd__fail(EXIT_USAGE, "model rebase: --package: give either this or --root");
	if (!job->package) {
		err = newfiles__open(files, job->root ?: "/");
		return err ? cmd__fail(EXIT_FAILED, "model rebase: --root: %s: %s", job->root ?: "/", strerror(-err))
			   : 0;
	}
	err = newfiles__package(files, job->package, &fault);
	if (err == -ENOPKG)
		return cmd__fail(
			EXIT_FAILED,
			"model rebase: --package: %s is missing on this machine: install it, or unpack the package "
			"elsewhere and give --root",
			fault);
	if (err == -EBADMSG)
		return cmd__fail(EXIT_FAILED, "model rebase: --package: %s: %s cannot unpack it as a package of Debian",
				 job->package, fault);
	return err ? cmd__fail(EXIT_FAILED, "model rebase: --package: %s: %s", job->package, strerror(-err)) : 0;
}

static const char *const states[] = {
	[MODEL_FILE_SAME] = "same",
	[MODEL_FILE_CHANGED] = "changed",
	[MODEL_FILE_SEVERAL] = "several",
	[MODEL_FILE_GONE] = "gone",
	[MODEL_FILE_LINK] = "link",
	[MODEL_FILE_OTHER] = "other",
	[MODEL_FILE_UNREADABLE] = "unreadable",
	[MODEL_FILE_ABSENT] = "absent",
};

static void print_json(const struct model_rebase *r, const char *output)
{
	struct json_object *o = json_object_new_object(), *array = json_object_new_array();

	for (size_t i = 0; i < r->files.count; i++) {
		const struct model_file *f = &r->files.file[i];
		struct json_object *file;

		if (f->state == MODEL_FILE_SAME || f->state == MODEL_FILE_ABSENT)
			continue;
		file = json_object_new_object();
		json_object_object_add(file, "path", json_object_new_string(f->path));
		json_object_object_add(file, "state", json_object_new_string(states[f->state]));
		json_object_object_add(file, "why", json_object_new_string(model_file__words(f)));
		json_object_array_add(array, file);
	}
	json_object_object_add(o, "files", array);
	json_object_object_add(o, "programs", json_object_new_int64(r->programs));
	json_object_object_add(o, "coefficients", json_object_new_int64(r->coefficients));
	json_object_object_add(o, "undescribed", json_object_new_int64(r->files.undescribed));
	json_object_object_add(o, "mismatched", json_object_new_int64(r->files.mismatched));
	json_object_object_add(o, "model", output ? json_object_new_string(output) : NULL);
	puts(event__line(o));
	json_object_put(o);
}

/* Prints the files in one of these states; returns their number. */
static size_t print_files(const struct model_rebase *r, bool changed, const char *heading, FILE *out)
{
	size_t count = 0;

	for (size_t i = 0; i < r->files.count; i++) {
		const struct model_file *f = &r->files.file[i];
		char *path;

		if (f->state == MODEL_FILE_SAME || f->state == MODEL_FILE_ABSENT ||
		    changed != (f->state == MODEL_FILE_CHANGED))
			continue;
		if (!count++)
			fprintf(out, "%s\n", heading);
		path = explain__plain(f->path, strlen(f->path));
		fprintf(out, "  %s %s", path ?: "?", model_file__words(f));
		if (changed && f->mode != f->mode_now)
			fprintf(out, " (%04o, it was %04o)", f->mode_now & 07777, f->mode & 07777);
		putc('\n', out);
		free(path);
	}
	return count;
}

static void print_text(const struct model_rebase *r, FILE *out)
{
	print_files(r, true, "changed:", out);
	print_files(r, false, "not changed, their events are still those of the old files:", out);
	if (r->files.undescribed)
		fprintf(out, "%zu coefficients have no description: nobody can say whether they are still right\n",
			r->files.undescribed);
	if (r->files.mismatched)
		fprintf(out, "%zu descriptions do not belong to their coefficient, and are left as they are\n",
			r->files.mismatched);
}

static int write_model(struct job *job, struct model *model, const struct model_rebase *r)
{
	const char *to = job->output ?: job->files[0];
	FILE *out = strcmp(to, "-") ? stdout : stderr;
	char what[96];

	if (!job->json)
		print_text(r, out);
	if (!r->coefficients) {
		if (job->json)
			print_json(r, NULL);
		else
			fprintf(out, "%s: needs no change, and is not written\n", job->files[0]);
		return EXIT_DONE;
	}
	snprintf(what, sizeof(what), "%zu TASK_IDs and %zu coefficients changed", r->programs, r->coefficients);
	if (job->json)
		print_json(r, to);
	return job__write_next(job, job->files[0], model, what);
}

int model_rebase(struct job *job)
{
	struct newfiles files = { .directory = -1 };
	struct model_rebase rebase = {};
	struct model model = {};
	int err;

	if (job->count != 1)
		return cmd__fail(EXIT_USAGE, "model rebase: takes one model; '%s' is one too many", job->files[1]);
	if (!strcmp(job->files[0], "-") && !job->output)
		return cmd__fail(EXIT_USAGE,
				 "model rebase: the standard input has no name; give the new model's with -o");
	err = job__read_model(job, job->files[0], &model);
	err = err ?: open_files(job, &files);
	if (!err) {
		err = model_rebase__make(&rebase, &model, &files);
		err = err ? job__fail(job, job->files[0], err) : write_model(job, &model, &rebase);
	}
	newfiles__close(&files);
	model__free(&model);
	model_rebase__free(&rebase);
	return err;
}
