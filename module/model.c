/*
 * The emulated modules.
 */
#include "model.h"

#include <string.h>

#include "base/compiler.h"

static const struct model models[] = {
    {"sara-r4", "SARA-R410M-63B", "SARA-R410M-63B-00", 5 * 60, true, false,
	false, 0, false, false, 0},
    {"sara-r5", "SARA-R510S", "SARA-R510S-01B-00", 24 * 3600, false, true, true,
	2, true, true, 1},
};

const struct model *
model_find(const char *option)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(models); i++) {
		if (strcmp(models[i].option, option) == 0)
			return &models[i];
	}
	return NULL;
}
