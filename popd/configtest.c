/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd -n.  See configtest.h.
 */

#include <stdio.h>
#include <stdlib.h>

#include "configtest.h"

#define EXIT_WRONG	1
#define EXIT_DOUBTS	2

static struct {
	unsigned int	 doubts;	/* about tables and directories */
} configtest;

void
configtest_doubt(void)
{
	configtest.doubts++;
}

void
configtest_exit(unsigned int wrong)
{
	if (wrong > 0)
		exit(EXIT_WRONG);
	if (configtest.doubts > 0) {
		fprintf(stderr, "configuration OK, with warnings\n");
		exit(EXIT_DOUBTS);
	}
	fprintf(stderr, "configuration OK\n");
	exit(0);
}
