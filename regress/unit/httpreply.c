/* link: lsnrpop/httpreply.o lib/source.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Replies to nginx: the texts for each protocol, and that the longest fit into
 * nginx's buffers.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "lsnrpop/httpreply.h"
#include "source.h"
#include "unit.h"

#define HEAD	"HTTP/1.0 200 OK\r\n"
#define END	"Connection: close\r\nContent-Length: 0\r\n\r\n"

static const struct refusal {
	enum mail_protocol	 protocol;
	unsigned int		 wait;
	const char		*reply, *answer;
} refusals[] = {
	{ MAIL_POP3, 0, "-ERR [AUTH] no\r\n",
	    HEAD "Auth-Status: [AUTH] no\r\n" END },
	{ MAIL_POP3, 3, "-ERR [SYS/TEMP] no\r\n",
	    HEAD "Auth-Status: [SYS/TEMP] no\r\nAuth-Wait: 3\r\n" END },
	{ MAIL_POP3, 0, "-ERR no\r\n", HEAD "Auth-Status: no\r\n" END },
	{ MAIL_IMAP, 1, "-ERR [SYS/TEMP] no\r\n",
	    HEAD "Auth-Status: [UNAVAILABLE] no\r\nAuth-Wait: 1\r\n" END },
	{ MAIL_IMAP, 0, "-ERR [LOGIN-DELAY] no\r\n",
	    HEAD "Auth-Status: [LIMIT] no\r\n" END },
	{ MAIL_IMAP, 0, "-ERR no\r\n", HEAD "Auth-Status: no\r\n" END },
	{ MAIL_SMTP, 1, "-ERR [AUTH] no\r\n",
	    HEAD "Auth-Status: no\r\nAuth-Wait: 1\r\n"
	    "Auth-Error-Code: 535 5.7.8\r\n" END },
	{ MAIL_SMTP, 0, "-ERR [IN-USE] no\r\n",
	    HEAD "Auth-Status: no\r\nAuth-Error-Code: 454 4.7.0\r\n" END },
	{ MAIL_SMTP, 0, "-ERR no\r\n",
	    HEAD "Auth-Status: no\r\nAuth-Error-Code: 454 4.7.0\r\n" END }
};

static void
test_refusals(void)
{
	char	 buf[AUTH_HTTP_ANSWER_MAX];
	size_t	 i;

	unit_case("a refusal in the words of each protocol");
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		httpreply_refuse(buf, "200 OK", refusals[i].protocol,
		    refusals[i].reply, refusals[i].wait);
		CHECK(strcmp(buf, refusals[i].answer) == 0, "%s: %s",
		    refusals[i].reply, buf);
	}
}

static void
test_route(void)
{
	struct source	 host;
	char		 buf[AUTH_HTTP_ANSWER_MAX];

	unit_case("a server, and the user's name if it is another");
	memset(&host, 0, sizeof(host));
	host.so_version = 4;
	host.so_addr[0] = 192;
	host.so_port = 110;
	httpreply_route(buf, &host, NULL, "");
	CHECK(strcmp(buf, HEAD "Auth-Status: OK\r\nAuth-Server: 192.0.0.0\r\n"
	    "Auth-Port: 110\r\n" END) == 0, "%s", buf);
	httpreply_route(buf, &host, "joe", "");
	CHECK(strstr(buf, "\r\nAuth-User: joe\r\n") != NULL, "%s", buf);
	httpreply_route(buf, &host, "joe\r\nAuth-Port: 1", "");
	CHECK(strstr(buf, "joe") == NULL, "%s", buf);
	httpreply_route(buf, &host, NULL, "ticket");
	CHECK(strstr(buf, "\r\nAuth-Pass: ticket\r\n") != NULL, "%s", buf);
}

static void
test_longest(void)
{
	struct source	 host;
	char		 buf[AUTH_HTTP_ANSWER_MAX], user[USER_MAX], *end;

	unit_case("the longest");
	memset(user, 'x', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	memset(&host, 0xff, sizeof(host));
	host.so_version = 6;
	httpreply_route(buf, &host, user, user);
	end = buf + strlen(buf) - 4;
	CHECK(strcmp(end, "\r\n\r\n") == 0, "%s", buf);
}

int
main(void)
{
	test_refusals();
	test_route();
	test_longest();
	return (unit_done());
}
