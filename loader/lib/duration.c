// SPDX-License-Identifier: GPL-2.0
/* Parses and writes durations. */
#include "duration.h"

#include <stdio.h>
#include <string.h>

static const struct {
	char letter;
	u32 seconds;
} units[] = { { 'd', 24 * 3600 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

#define UNITS (sizeof(units) / sizeof(units[0]))

const char *duration__parse(const char *text, u64 *seconds)
{
	size_t unit = 0;
	u64 sum = 0;

	if (!*text)
		return "is empty; give a number and a unit: 90s, 15m, 24h or 7d";
	while (*text) {
		u64 number = 0;

		if (*text < '0' || *text > '9')
			return "is no duration; give a number and a unit: 90s, 15m, 24h or 7d";
		for (; *text >= '0' && *text <= '9'; text++) {
			number = 10 * number + (*text - '0');
			if (number > DURATION_MAX)
				return "is longer than 366 days";
		}
		if (!*text)
			return "has a number without a unit; add s, m, h or d";
		while (unit < UNITS && units[unit].letter != *text)
			unit++;
		if (unit == UNITS)
			return "has an unknown unit, or its units are out of order; there are d, h, m and s";
		sum += number * units[unit++].seconds;
		text++;
	}
	if (sum > DURATION_MAX)
		return "is longer than 366 days";
	if (!sum)
		return "is no time at all; give at least 1s";
	*seconds = sum;
	return NULL;
}

const char *duration__text(u64 seconds, char *out)
{
	int size = 0;

	strcpy(out, "0s");
	for (size_t i = 0; i < UNITS; i++) {
		u64 number = seconds / units[i].seconds;

		seconds %= units[i].seconds;
		if (number)
			size += snprintf(out + size, DURATION_TEXT_SIZE - size, "%llu%c", (unsigned long long)number,
					 units[i].letter);
	}
	return out;
}
