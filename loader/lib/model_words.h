/* SPDX-License-Identifier: GPL-2.0 */
/* The events of models in words. The words are those of explain (explain.h); the text is safe to print. */
#ifndef TSEM_MODEL_WORDS_H
#define TSEM_MODEL_WORDS_H

#include <json-c/json.h>

#include "model_events.h"

/* The names of programs. */
struct model_words;

/* Names of no program yet. Free it with model_words__free(). NULL: no memory. */
struct model_words *model_words__new(void);
/* Takes NULL. */
void model_words__free(struct model_words *words);

/* Takes the names of the programs that a model starts. 0 or -errno. */
int model_words__take(struct model_words *words, struct model_events *events);
/* Takes the name of the program that the exec in events->record, whose object is `json`, starts. 0 or -errno. */
int model_words__exec(struct model_words *words, struct model_events *events, struct json_object *json);

/*
 * These return a new string, which the caller frees, or NULL: no memory. `json` is from event__to_json().
 *
 * The program of the task with this TASK_ID: its file; or, if its exec is not known, `comm` (NULL: "a program").
 */
char *model_words__program(struct model_words *words, const char *task_id, struct json_object *comm);
/* "opened /etc/shadow for reading". */
char *model_words__deed(struct model_words *words, struct json_object *json);
/* "/usr/bin/cat opened /etc/shadow for reading as uid 0". */
char *model_words__sentence(struct model_words *words, struct json_object *json);
/* A PATH, a DENTRY or a FILE: "/tmp/x (created by /bin/sh)". */
char *model_words__path(struct model_words *words, struct json_object *path);
/* The capability with this number: "CAP_KILL". */
char *model_words__capability(struct json_object *number);
/* The value at a path of keys that dots separate, as explain_words.h has it. NULL: none. */
struct json_object *model_words__at(struct json_object *json, const char *keys);

#endif
