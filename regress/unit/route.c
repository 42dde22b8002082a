/* link: lib/route.o lib/source.o lib/table.o lib/table_read.o lib/log.o
 * link: $(COMPAT_TABLE)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Routes: the server a value names for each protocol, invalid values, and the
 * line that applies to a user.
 */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "route.h"
#include "source.h"
#include "table.h"
#include "unit.h"

/* Results for POP3, IMAP and SMTP; "": no server; NULL: malformed. */
static const struct value {
	const char	*value;
	const char	*host[MAIL_PROTOCOLS];
} values[] = {
	{ "192.0.2.1", { "192.0.2.1 110", "192.0.2.1 143", "192.0.2.1 25" } },
	{ "192.0.2.1:1110", { "192.0.2.1 1110", "", "" } },
	{ "2001:db8::1", { "2001:db8::1 110", "2001:db8::1 143",
	    "2001:db8::1 25" } },
	{ "[2001:db8::1]", { "2001:db8::1 110", "2001:db8::1 143",
	    "2001:db8::1 25" } },
	{ "[2001:db8::1]:65535", { "2001:db8::1 65535", "", "" } },
	{ "[192.0.2.1]:1", { "192.0.2.1 1", "", "" } },
	{ "imap://192.0.2.1", { "", "192.0.2.1 143", "" } },
	{ "smtp://192.0.2.1:587,pop3://192.0.2.2",
	    { "192.0.2.2 110", "", "192.0.2.1 587" } },
	{ "192.0.2.1 , \timap://[::1]:1143",
	    { "192.0.2.1 110", "::1 1143", "192.0.2.1 25" } },
	{ "imap://192.0.2.2, 192.0.2.1:1110, 192.0.2.3",
	    { "192.0.2.1 1110", "192.0.2.2 143", "192.0.2.3 25" } },
	{ "", { NULL } },
	{ ",", { NULL } },
	{ "192.0.2.1,", { NULL } },
	{ ",192.0.2.1", { NULL } },
	{ "192.0.2.1 192.0.2.2", { NULL } },
	{ "192.0.2.1, 192.0.2.2", { NULL } },
	{ "mail.example.org", { NULL } },
	{ "192.0.2", { NULL } },
	{ "192.0.2.1:", { NULL } },
	{ "192.0.2.1:0", { NULL } },
	{ "192.0.2.1:65536", { NULL } },
	{ "192.0.2.1:pop3", { NULL } },
	{ "[192.0.2.1", { NULL } },
	{ "[2001:db8::1]110", { NULL } },
	{ "[2001:db8::1]:", { NULL } },
	{ "fe80::1%lo0", { NULL } },
	{ "pop3s://192.0.2.1", { NULL } },
	{ "://192.0.2.1", { NULL } },
	{ "imap://", { NULL } },
	{ "imap://[0123:0123:0123:0123:0123:0123:0123:0123]:0000000000000000"
	    "00000000000000000000000000000000000000000143", { NULL } }
};

static void
test_values(void)
{
	struct source	 host;
	const char	*why, *want;
	char		 text[SOURCE_TEXT_MAX], got[SOURCE_TEXT_MAX + 8];
	size_t		 i;
	int		 p;

	unit_case("what a value names for each protocol");
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		for (p = 0; p < MAIL_PROTOCOLS; p++) {
			want = values[i].host[p];
			why = route_parse(values[i].value, p, &host);
			/* What is bad is so for some protocol. */
			if (values[i].host[0] == NULL) {
				struct table_row	 tr = { "joe",
							    values[i].value,
							    1 };

				CHECK(route_check(&tr) != NULL, "\"%s\"",
				    values[i].value);
				break;
			}
			got[0] = '\0';
			if (host.so_version != 0)
				snprintf(got, sizeof(got), "%s %u",
				    source_text(&host, text, sizeof(text)),
				    host.so_port);
			CHECK(why == NULL && strcmp(got, want) == 0,
			    "\"%s\": got \"%s\", want \"%s\": %s",
			    values[i].value, got, want, why);
		}
}

static void
test_find(void)
{
	static const char	 text[] = "joe 192.0.2.1\n"
				    "joe@example.org 192.0.2.2\n"
				    "@example.org 192.0.2.3\n"
				    "@ pop3://192.0.2.4\n";
	static const struct {
		const char	*user;
		unsigned int	 last;		/* of the address; 0: none */
		int		 protocol;
	}			 users[] = {
		{ "joe", 1, MAIL_IMAP },
		{ "joe@example.org", 2, MAIL_IMAP },
		{ "ann@example.org", 3, MAIL_IMAP },
		{ "a@b@example.org", 3, MAIL_IMAP },
		{ "ann@example.com", 4, MAIL_POP3 },
		{ "ann@example.com", 0, MAIL_IMAP },
		{ "ann", 4, MAIL_POP3 },
		{ "ann@", 4, MAIL_POP3 },
		{ "@", 4, MAIL_POP3 },
		{ "", 4, MAIL_POP3 }
	};
	struct table		*tb;
	struct source		 host;
	char			 path[] = "/tmp/unit-route.XXXXXX", why[128];
	size_t			 i;
	int			 fd;

	unit_case("the line of the user, of the domain, of all others");
	CHECK((fd = mkstemp(path)) != -1, "mkstemp");
	unlink(path);
	CHECK(write(fd, text, sizeof(text) - 1) == sizeof(text) - 1, "write");
	tb = table_read(fd, "route", route_check, why, sizeof(why));
	close(fd);
	CHECK(tb != NULL, "%s", why);
	for (i = 0; tb != NULL && i < sizeof(users) / sizeof(users[0]); i++) {
		route_find(tb, users[i].user, users[i].protocol, &host);
		CHECK(host.so_version == (users[i].last == 0 ? 0 : 4) &&
		    host.so_addr[3] == users[i].last, "%s: %u", users[i].user,
		    host.so_addr[3]);
	}
	table_free(tb);
	route_find(NULL, "joe", MAIL_POP3, &host);
	CHECK(host.so_version == 0, "without a table");
}

int
main(void)
{
	test_values();
	test_find();
	return (unit_done());
}
