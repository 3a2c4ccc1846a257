// SPDX-License-Identifier: GPL-2.0
/* Compares and joins models in memory. */
#include "model_merge.h"

#include <stdlib.h>
#include <string.h>

char *model__settings_text(const struct model *model)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	model__write_settings(file, model);
	if (fclose(file)) {
		free(text);
		return NULL;
	}
	return text;
}

/* Both have the same value, or neither has one. */
static bool agree(bool has_a, const u8 *a, bool has_b, const u8 *b)
{
	return has_a == has_b && (!has_a || !memcmp(a, b, TSEM_DIGEST_MAX));
}

const char *model__merge_fault(const struct model *a, const struct model *b)
{
	char *ours = model__settings_text(a), *theirs = model__settings_text(b);
	bool memory = ours && theirs, same = memory && !strcmp(ours, theirs);

	free(ours);
	free(theirs);
	if (!memory)
		return "cannot be compared: no memory";
	if (!same)
		return "were made with different settings; see 'tsem-bpf model diff'";
	if (a->width && b->width && a->width != b->width)
		return "have values of different sizes";
	if (!agree(a->has_aggregate, a->aggregate, b->has_aggregate, b->aggregate))
		return "were taken under different aggregates";
	if (!agree(a->has_base, a->base, b->has_base, b->base))
		return "have different bases";
	return NULL;
}

int model__merge(struct model *into, const struct model *m)
{
	int err = 0;

	for (size_t i = 0; i < m->states.count && !err; i++)
		err = model__add(into, m->states.digest[i], m->events ? m->events[i] : (struct model_event){});
	for (size_t i = 0; i < m->pseudonyms.count && !err; i++)
		err = digests__add(&into->pseudonyms, m->pseudonyms.digest[i]);
	into->sealed &= m->sealed;
	into->has_version = false;
	into->width = into->width ?: m->width;
	if (strcmp(into->name, m->name))
		*into->name = 0;
	return err;
}
