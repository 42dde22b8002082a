/* link: lib/certtab.o $(TABLE_OBJS) lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The user a client certificate belongs to, and tables that are refused. */

#include <sys/types.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certtab.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "table.h"
#include "unit.h"

static struct table *
read_text(const char *text, char *why, size_t size)
{
	struct table	*tb;
	int		 fd;

	fd = open("certs", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
	tb = table_read(fd, "certs", certtab_row, why, size);
	close(fd);
	return (tb);
}

static void
test_named(void)
{
	static const struct {
		const char	*name, *asked, *user;	/* NULL: refused */
	} cases[] = {
		{ "joe@example.org", "", "joe" },
		{ "JOE@example.org", "", "joe" },
		{ "joe@example.org", "joe", "joe" },
		{ "joe@example.org", "Joe", "joe" },
		{ "joe@example.org", "ann", NULL },
		{ "joe@example.org", "joe@example.org", NULL },
		{ "joe@example.or", "", NULL },
		{ "laptop", "", "ann@example.org" },
		{ "laptop", "ann@example.org", "ann@example.org" },
		{ "", "", NULL },
		{ "ann", "ann", NULL }
	};
	struct table	*tb;
	char		 why[200], user[USER_MAX];
	size_t		 i;

	unit_case("a name logs in the user that the table names only");
	tb = read_text("# certificates\nJoe@Example.org joe\n"
	    "laptop\tAnn@Example.Org\n", why, sizeof(why));
	CHECK(tb != NULL, "%s", why);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(user, 0, sizeof(user));
		CHECK(certtab_check(tb, cases[i].name, cases[i].asked, user,
		    sizeof(user)) == (cases[i].user == NULL ? AUTH_NO_CERT :
		    AUTH_ACCEPTED), "%zu", i);
		CHECK(strcmp(user, cases[i].user == NULL ? "" :
		    cases[i].user) == 0, "%zu: %s", i, user);
	}
	table_free(tb);
}

static void
test_no_table(void)
{
	char	 user[USER_MAX];

	unit_case("without a table no certificate logs in");
	CHECK(certtab_check(NULL, "laptop", "", user, sizeof(user)) ==
	    AUTH_NO_CERT, "let in");
}

static void
test_rows(void)
{
	char		 why[200], text[2 * USER_MAX + 10];

	unit_case("a line that does not name one user is an error");
	CHECK(read_text("a\n", why, sizeof(why)) == NULL &&
	    strstr(why, "certs:1: ") != NULL, "%s", why);
	CHECK(read_text("a b\na b c\n", why, sizeof(why)) == NULL &&
	    strstr(why, "certs:2: more than one") != NULL, "%s", why);
	memset(text, 'x', sizeof(text));
	memcpy(text, "a ", 2);
	memcpy(text + 2 + USER_MAX, "\n", 2);
	CHECK(read_text(text, why, sizeof(why)) == NULL &&
	    strstr(why, "too long") != NULL, "%s", why);
}

int
main(void)
{
	log_init("certtab");
	test_named();
	test_no_table();
	test_rows();
	return (unit_done());
}
