/* SPDX-License-Identifier: GPL-2.0 */
/* Internal to explain_causes.c and explain_report.c: what is kept of causes and of the events that belong to them. */
#ifndef TSEM_EXPLAIN_CAUSES_H
#define TSEM_EXPLAIN_CAUSES_H

#include "explain_words.h"

#define NO_CAUSE UINT32_MAX

/* An event outside of the model. */
struct deviation {
	u8 id[EXPLAIN_ID_SIZE];
	u64 line;
	u32 next; /* of the same cause; NO_CAUSE: none */
	u32 relation; /* enum explain_relation */
};

/* An event of a cause that is shown in full. */
struct shown {
	const void *packed;
	u32 verdict;
	u32 deviation;
};

struct cause {
	u64 key; /* hash of what its events share */
	enum explain_why why;
	u32 classes; /* enum feature_class: how the first event differs from the nearest */
	enum explain_stream stream; /* with EXPLAIN_STREAM: what the descriptor is now */
	u32 descriptor;
	u32 verdict; /* of the first event */
	struct nearest nearest;
	const void *packed; /* the first event; NULL: a log record */
	char *log;
	const char *unwise;
	u32 first, last; /* deviations */
	u32 counts[EXPLAIN_RELATIONS];
	u32 shown_count;
	struct shown shown[EXPLAIN_SHOWN];
};

struct causes {
	struct cause *cause;
	size_t count;
	struct deviation *deviation;
	size_t deviations;
	size_t repeats, inside;
	struct {
		u64 number;
		u32 cause;
	} *task; /* the first cause of a task */
	size_t tasks_count;
	struct numbers ids, keys, tasks;
	struct numbers strange_values; /* from hashes of TASK_IDs to the causes by which their programs came */
};

#endif
