// SPDX-License-Identifier: GPL-2.0
/* The outputs of a workload: model, trajectory, forensics. */
#include "workload_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "tpm.h"

/* Writes the events of the valid coefficients, or of the others, in order. Takes ownership of the stream. */
static int write_lines(struct stream **stream, const char *path, const struct namespace_coefficients *all,
		       const struct journal_view *view, bool valid, struct workload_error *error)
{
	int err;

	for (size_t i = 0; i < all->count; i++) {
		struct json_object *json;

		if (!view->description[i] || all->entry[i].info.valid != valid)
			continue;
		json = event__to_json(view->description[i], false);
		fprintf(stream__file(*stream), "%s\n", event__line(json));
		json_object_put(json);
	}
	err = stream__commit(*stream);
	*stream = NULL;
	return err ? workload__fail(error, err, "cannot write %s: %s", path, stream__error(err)) : 0;
}

/* The current model of the namespace, without events. */
static int model_of(struct workload *w, const struct namespace_coefficients *all, struct model *model)
{
	const struct tsem_namespace *ns = &w->ns;
	int err;

	memset(model, 0, sizeof(*model));
	model->digest = ns->digest;
	model->content = ns->content;
	model->encoding = ns->encoding;
	model->scope = ns->scope;
	model->has_instances = true;
	model->instances = ns->instances;
	/* A model that has learned more no longer has its version. */
	snprintf(model->name, sizeof(model->name), "%s",
		 *w->model.name             ? w->model.name
		 : w->named && w->spec.name ? w->spec.name
					    : "");
	model->has_aggregate = tpm__aggregate(TPM_PCRS, ns->digest, model->aggregate) > 0;
	model->has_base = ns->has_base;
	model->sealed = ns->mode != TSEM_MODE_FREE;
	model->width = ns->digest_size;
	memcpy(model->base, ns->base, TSEM_DIGEST_MAX);
	err = namespace__pseudonyms(&w->tsem, ns->id, &model->pseudonyms);
	err = err ?: namespace__patterns(&w->tsem, ns, &model->patterns);
	for (size_t i = 0; i < all->count && !err; i++) {
		if (all->entry[i].info.valid)
			err = digests__add(&model->states, all->entry[i].coefficient);
	}
	return err;
}

/* A state of the loaded model, and its event. */
struct known {
	const u8 *state;
	struct model_event event;
};

/* The sources of a model's events: the journal and, for coefficients that did not occur, the loaded model. */
struct described {
	const struct namespace_coefficients *all;
	const struct journal_view *view;
	size_t at; /* in `all`; the valid ones of these are in the model */
	struct json_object *json; /* of the last event */
	struct known *known; /* by state */
	size_t known_count;
};

static int by_state(const void *a, const void *b)
{
	return memcmp(((const struct known *)a)->state, ((const struct known *)b)->state, TSEM_DIGEST_MAX);
}

/* Takes the events of the loaded model, if workload__model() has kept them. 0 or -ENOMEM; the caller frees d->known. */
static int take_known(struct described *d, const struct model *model)
{
	if (!model->events || !model->states.count)
		return 0;
	d->known = calloc(model->states.count, sizeof(*d->known));
	if (!d->known)
		return -ENOMEM;
	for (size_t i = 0; i < model->states.count; i++)
		d->known[i] = (struct known){ model->states.digest[i], model->events[i] };
	d->known_count = model->states.count;
	qsort(d->known, d->known_count, sizeof(*d->known), by_state);
	return 0;
}

static struct model_event describe(size_t index, void *data)
{
	struct described *d = data;
	struct known *known, wanted = {};

	(void)index;
	json_object_put(d->json);
	d->json = NULL;
	while (!d->all->entry[d->at].info.valid)
		d->at++;
	wanted.state = d->all->entry[d->at].coefficient;
	if (d->view->description[d->at])
		d->json = event__to_json(d->view->description[d->at], false);
	d->at++;
	if (d->json)
		return (struct model_event){ event__line(d->json), strlen(event__line(d->json)) };
	known = d->known ? bsearch(&wanted, d->known, d->known_count, sizeof(*d->known), by_state) : NULL;
	return known ? known->event : (struct model_event){};
}

/* Writes the text of the namespace's model, with events, to `file`; `name`: of the file, for messages. */
static int put_model(struct workload *w, const struct namespace_coefficients *all, const struct journal_view *view,
		     FILE *file, const char *name, struct workload_error *error)
{
	struct described described = { .all = all, .view = view };
	struct model model;
	int err;

	/* An incomplete model would deny what the tests did. */
	if (w->ns.mode == TSEM_MODE_FREE && w->ns.lost[TSEM_LOSS_MAP_FULL])
		return workload__fail(error, -E2BIG,
				      "%s is not written: there was no room for %llu coefficients; load with a larger "
				      "--max-coefficients",
				      name, (unsigned long long)w->ns.lost[TSEM_LOSS_MAP_FULL]);
	err = model_of(w, all, &model) ?: take_known(&described, &w->model);
	if (err)
		workload__fail(error, err, "cannot read the model: %s", strerror(-err));
	else if (w->bare)
		model__write(file, &model);
	else
		model__write_described(file, &model, describe, &described);
	json_object_put(described.json);
	free(described.known);
	model__free(&model);
	return err;
}

static int write_model(struct workload *w, const struct namespace_coefficients *all, const struct journal_view *view,
		       struct workload_error *error)
{
	int err = put_model(w, all, view, stream__file(w->output_stream), w->output, error);

	if (err)
		return err;
	err = stream__commit(w->output_stream);
	w->output_stream = NULL;
	return err ? workload__fail(error, err, "cannot write %s: %s", w->output, stream__error(err)) : 0;
}

/*
 * Reads the coefficients of the namespace and its journal; the caller frees all->entry and the view. Once this process
 * has collected all, the ring is empty, and nobody else may drain it: then the view only reads the file.
 */
static int view_open(struct workload *w, struct namespace_coefficients *all, struct journal_view *view,
		     struct workload_error *error)
{
	int err = namespace__coefficients(&w->tsem, w->ns.id, all);

	*error->text = 0;
	if (err)
		return workload__fail(error, err, "cannot read the coefficients: %s", strerror(-err));
	err = journal__view(&w->tsem, &w->ns, all, view);
	if (!err)
		return 0;
	free(all->entry);
	return workload__fail(error, err, "cannot read the descriptions: %s", strerror(-err));
}

int workload__learned(struct workload *w, struct model *model, struct workload_error *error)
{
	struct namespace_coefficients all;
	struct model_error fault;
	struct journal_view view;
	char *text = NULL;
	size_t size;
	FILE *file;
	int err = view_open(w, &all, &view, error);

	memset(model, 0, sizeof(*model));
	if (err)
		return err;
	file = open_memstream(&text, &size);
	err = file ? put_model(w, &all, &view, file, "the model", error) : -ENOMEM;
	if (file && fclose(file))
		err = err ?: -ENOMEM;
	err = err ?: model__parse(text, size, model, &fault);
	if (err)
		free(text);
	else
		model->text = text;
	journal__free_view(&view);
	free(all.entry);
	return err ? workload__fail(error, err, "cannot read the model: %s", strerror(-err)) : 0;
}

int workload__write(struct workload *w, struct workload_summary *summary, struct workload_error *error)
{
	struct namespace_coefficients all;
	struct journal_view view;
	int err = view_open(w, &all, &view, error);

	memset(summary, 0, sizeof(*summary));
	if (err)
		return err;
	if (w->trajectory_stream)
		err = write_lines(&w->trajectory_stream, w->trajectory, &all, &view, true, error);
	if (w->forensics_stream)
		err = write_lines(&w->forensics_stream, w->forensics, &all, &view, false, error) ?: err;
	if (w->output_stream)
		err = write_model(w, &all, &view, error) ?: err;
	for (size_t i = 0; i < all.count; i++)
		summary->events += all.entry[i].info.count;
	summary->coefficients = all.count;
	summary->missing = view.missing;
	summary->dropped = journal__dropped(w->ns.id);
	journal__free_view(&view);
	free(all.entry);
	return err;
}
