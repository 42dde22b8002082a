/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Helpers for unit tests.  A test is one C file with its own main(), linked
 * with the real objects that its first lines name:
 *
 *	// link: mail/octets.o lib/line.o	(in a C comment)
 *
 * A case is a function that calls unit_case(), or a helper that does, and then
 * CHECK().  main() calls all cases and ends with
 *
 *	return (unit_done());
 *
 * Each case prints one line "ok - name" or "not ok - name" for regress/run.
 * A failed CHECK() prints its file and line and does not end the test.
 */

#ifndef UNIT_H
#define UNIT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define UNIT_FN		static __attribute__((__unused__))

static struct {
	char		 un_name[160];	/* of the case; "" before the first */
	int		 un_checks;	/* in this case */
	int		 un_bad;	/* in this case */
	int		 un_failed;	/* cases */
} unit;

/* Check a condition; the other arguments, as of printf(3), say what failed. */
#define CHECK(cond, ...)						\
	unit_check((cond) ? 1 : 0, #cond, __FILE__, __LINE__, __VA_ARGS__)

UNIT_FN void unit_check(int, const char *, const char *, int, const char *,
    ...) __attribute__((__format__ (printf, 5, 6)));

/* End the current case and print its line. */
UNIT_FN void
unit_end(void)
{
	if (unit.un_name[0] == '\0') {
		if (unit.un_checks == 0)
			return;
		snprintf(unit.un_name, sizeof(unit.un_name), "%s",
		    "checks before the first case");
	}
	printf("%s - %s\n", unit.un_bad ? "not ok" : "ok", unit.un_name);
	fflush(stdout);
	if (unit.un_bad)
		unit.un_failed++;
	unit.un_name[0] = '\0';
	unit.un_checks = unit.un_bad = 0;
}

/* Begin a new case, which counts all checks until the next one. */
UNIT_FN void
unit_case(const char *name)
{
	unit_end();
	snprintf(unit.un_name, sizeof(unit.un_name), "%s", name);
}

/* End the current case as skipped, for this reason. */
UNIT_FN void
unit_skip(const char *reason)
{
	printf("skip - %s: %s\n", unit.un_name, reason);
	fflush(stdout);
	unit.un_name[0] = '\0';
	unit.un_checks = unit.un_bad = 0;
}

UNIT_FN void
unit_check(int good, const char *cond, const char *file, int line,
    const char *fmt, ...)
{
	va_list	 ap;

	unit.un_checks++;
	if (good)
		return;
	/* Limit the output of a check in a loop. */
	if (++unit.un_bad <= 20) {
		printf("# %s:%d: %s: ", file, line, cond);
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
		printf("\n");
		fflush(stdout);
	}
}

/* End the last case.  Return the exit status. */
UNIT_FN int
unit_done(void)
{
	unit_end();
	return (unit.un_failed != 0);
}

#endif
