/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Parsing of arguments.  In: words.  Out: fields of requests. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netdb.h>

#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "log.h"
#include "msg.h"
#include "source.h"
#include "table.h"

int
arguments_address(const char *text, struct source *so)
{
	struct addrinfo	 hints, *ai;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST;
	/* getaddrinfo(3) would accept "1" as an address. */
	if (strpbrk(text, ".:") == NULL ||
	    getaddrinfo(text, NULL, &hints, &ai) != 0)
		return (-1);
	source_from(so, ai->ai_addr);
	so->so_port = 0;
	freeaddrinfo(ai);
	return (0);
}

/* Parse 1 to 19 decimal digits.  Return 0, or -1. */
static int
arguments_number(const char *text, size_t len, uint64_t *number)
{
	size_t	 i;

	if (len == 0 || len > 19)
		return (-1);
	*number = 0;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return (-1);
		*number = *number * 10 + (uint64_t)(text[i] - '0');
	}
	return (0);
}

int
arguments_session(const char *text, struct session_id *id)
{
	const char	*dot;

	if ((dot = strchr(text, '.')) == NULL ||
	    arguments_number(text, (size_t)(dot - text), &id->si_gen) == -1 ||
	    arguments_number(dot + 1, strlen(dot + 1), &id->si_num) == -1) {
		memset(id, 0, sizeof(*id));
		return (-1);
	}
	return (0);
}

int
arguments_user(const char *text, struct msg_control *cq)
{
	if (text[0] == '\0' || strlcpy(cq->cq_user, text,
	    sizeof(cq->cq_user)) >= sizeof(cq->cq_user)) {
		log_warnx("user name: want 1 to %d octets", USER_MAX - 1);
		return (-1);
	}
	table_lower(cq->cq_user);
	return (0);
}
