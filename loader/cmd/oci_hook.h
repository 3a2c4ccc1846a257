/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal parts of `tsem-bpf oci-hook`: oci_hook.c is the command, oci_annotations.c reads what a container asks for,
 * oci_collector.c is the process that stays.
 */
#ifndef TSEM_CMD_OCI_HOOK_H
#define TSEM_CMD_OCI_HOOK_H

#include <stdbool.h>
#include <sys/types.h>

#include <json-c/json.h>

#include "pattern.h"
#include "workload.h"

#define OCI_PREFIX "org.tsem-bpf."
#define OCI_POLL_MS 100

/* The configuration of the hook, which the administrator writes. */
struct oci_rules {
	const char *directory; /* all files of annotations must be in it; NULL: annotations may not name files */
	const char *model; /* the model of every container, or NULL */
	bool require_model; /* a container without one is refused */
	u32 least_mode; /* enum tsem_mode */
};

struct oci_hook {
	struct oci_rules rules;
	struct json_object *state; /* owns the strings */
	const char *id, *bundle, *model, *signature, *base;
	struct patterns patterns;
	struct patterns strict; /* as annotated */
	pid_t pid;
	bool asked; /* the container has one of our annotations, or there is a rule for every container */
	bool has_mode, audit; /* as annotated */
	char name[TSEM_NAME_SIZE];
	struct workload workload;
};

/* A string in an object, which owns it; NULL: it has none of this name. */
const char *oci__string(struct json_object *object, const char *key);
/* Reads our annotations in the container's state into *hook. 0, or the exit code after a message. */
int oci__annotations(struct oci_hook *hook);
/* The message for the value of an annotation, which is named without OCI_PREFIX. Returns the exit code. */
int oci__bad(const char *key, const char *value, const char *why);
/* Starts the collector, and puts the init into the namespace. 0, or the exit code after a message. */
int oci__start(struct oci_hook *hook);

#endif
