/* link: syspop/question.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Questions to syspop.  A line that is accepted has no more than its fields:
 * written out again, it ends the same.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "syspop/question.h"

static void
check(const char *line, const struct question *qu)
{
	char	 again[1200];
	size_t	 len;
	int	 n;

	if (qu->qu_kind == QUESTION_CHECK)
		n = snprintf(again, sizeof(again), "|check|system|%s|%s|%s:%s",
		    qu->qu_id, qu->qu_source, qu->qu_user, qu->qu_pass);
	else
		n = snprintf(again, sizeof(again), "|lookup|userinfo|%s|%s",
		    qu->qu_id, qu->qu_user);
	len = strlen(line);
	FUZZ(n > 0 && (size_t)n <= len);
	FUZZ(strcmp(line + len - (size_t)n, again) == 0);
	FUZZ(qu->qu_id[0] != '\0' && strchr(qu->qu_id, '|') == NULL);
	FUZZ(strchr(qu->qu_source, '|') == NULL);
	FUZZ(qu->qu_kind == QUESTION_USERINFO ||
	    strchr(qu->qu_user, ':') == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct question	 qu;
	char		*line;

	if ((line = malloc(size + 1)) == NULL)
		abort();
	memcpy(line, data, size);
	line[size] = '\0';
	if (question_parse(line, &qu) == 0) {
		if (strncmp(line, "config|", 7) == 0)
			FUZZ((qu.qu_kind == QUESTION_READY) ==
			    (strcmp(line, "config|ready") == 0));
		else
			check(line, &qu);
	}
	free(line);
	return (0);
}
