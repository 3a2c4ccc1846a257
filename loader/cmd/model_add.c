// SPDX-License-Identifier: GPL-2.0
/* tsem-bpf model add: adds deviations of an audit run to a model, all or those that the user chooses from a list. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "deviations.h"
#include "model_job.h"
#include "stream.h"

static int read_deviations(struct job *job, struct model *model, struct deviations *list)
{
	const char *path = job->files[1];
	struct deviations_error error;
	FILE *file = stream__read(path);
	int err;

	if (!file)
		return cmd__fail(EXIT_FAILED, "model add: %s: %s", path, strerror(errno));
	err = deviations__read(list, model, file, &error);
	fclose(file);
	if (err == -EINVAL && error.line)
		return cmd__fail(EXIT_FAILED, "model add: %s: line %zu: %s", path, error.line, error.text);
	if (err == -EINVAL)
		return cmd__fail(EXIT_FAILED, "model add: %s: %s", job->files[0], error.text);
	return err ? cmd__fail(EXIT_FAILED, "model add: %s: %s", path, stream__error(err)) : 0;
}

static void print_list(const struct deviations *list, FILE *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct deviation *d = &list->entry[i];

		fprintf(out, "%5zu  %s%s%s\n", d->line, d->sentence, d->fault ? "; cannot be added: it " : "",
			d->fault ?: "");
	}
}

/* Asks on the terminal. 0, or the exit code after a message. */
static int ask(struct job *job, struct deviations *list)
{
	struct deviations_error error;
	char *answer = NULL;
	size_t room = 0;
	ssize_t size;
	int err = 0;

	print_list(list, stdout);
	fflush(stdout);
	if (!isatty(STDIN_FILENO))
		return cmd__fail(
			EXIT_USAGE,
			"model add: there is no terminal to ask on: give --all, or --select with numbers of the "
			"list, such as --select 1,3-5");
	printf("Add which to %s? Numbers such as 1,3-5, or all; an empty line adds none: ", job->files[0]);
	fflush(stdout);
	size = getline(&answer, &room, stdin);
	if (size > 0 && answer[size - 1] == '\n')
		answer[size - 1] = 0;
	if (size <= 0 || !*answer)
		err = cmd__fail(EXIT_FAILED, "model add: nothing is added");
	else if (!strcmp(answer, "all"))
		deviations__choose_all(list);
	else if (deviations__choose(list, answer, &error))
		err = cmd__fail(EXIT_FAILED, "model add: nothing is added: %s", error.text);
	free(answer);
	return err;
}

static int choose(struct job *job, struct deviations *list)
{
	struct deviations_error error;

	if (!list->count)
		return cmd__fail(EXIT_FAILED, "model add: %s: has nothing that %s lacks", job->files[1], job->files[0]);
	if (job->select)
		return deviations__choose(list, job->select, &error)
			       ? cmd__fail(EXIT_USAGE, "model add: --select: %s", error.text)
			       : 0;
	if (!job->all)
		return ask(job, list);
	if (deviations__choose_all(list))
		return 0;
	print_list(list, stderr);
	return cmd__fail(EXIT_FAILED, "model add: %s: nothing in it can be added", job->files[1]);
}

/* Says what was chosen besides, and what could not be. */
static void print_more(struct job *job, const struct deviations *list, FILE *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct deviation *d = &list->entry[i];

		if (d->chosen && d->needed_by)
			fprintf(out, "%5zu  %s; is added too: %zu follows from it\n", d->line, d->sentence,
				d->needed_by);
		else if (d->fault && job->all)
			fprintf(out, "%5zu  %s; is not added: it %s\n", d->line, d->sentence, d->fault);
	}
	if (list->logs)
		fprintf(out, "%zu log records are skipped: they have no description\n", list->logs);
}

static int add(struct job *job, struct model *model, struct deviations *list)
{
	const char *to = job->output ?: job->files[0];
	size_t before = model->states.count;
	bool chosen = false;
	char what[64];
	int err = choose(job, list);

	if (err)
		return err;
	for (size_t i = 0; i < list->count; i++)
		chosen |= list->entry[i].chosen;
	if (!chosen)
		return cmd__fail(EXIT_FAILED, "model add: %s has what these lines say; nothing is added",
				 job->files[0]);
	err = deviations__complete(list);
	print_more(job, list, strcmp(to, "-") ? stdout : stderr);
	err = err ?: deviations__apply(list, model);
	if (err)
		return cmd__fail(EXIT_FAILED, "model add: %s", strerror(-err));
	before = model->states.count - before;
	snprintf(what, sizeof(what), "%zu coefficient%s added", before, before == 1 ? "" : "s");
	return job__write_next(job, job->files[0], model, what);
}

int model_add(struct job *job)
{
	struct deviations list = {};
	struct model model = {};
	int err;

	if (job->count != 2)
		return cmd__fail(EXIT_USAGE, "model add: takes a model and a forensics file");
	if (job->all && job->select)
		return cmd__fail(EXIT_USAGE, "model add: --select: give either this or --all");
	if (!strcmp(job->files[0], "-") && !job->output)
		return cmd__fail(EXIT_USAGE, "model add: the standard input has no name; give the new model's with -o");
	err = job__read_model(job, job->files[0], &model);
	err = err ?: read_deviations(job, &model, &list);
	err = err ?: add(job, &model, &list);
	deviations__free(&list);
	model__free(&model);
	return err;
}
