/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * OpenSMTPD's table protocol.  In: lines of a table process, one at a time;
 * they are not trusted.  Out: questions of exactly one line each, whatever the
 * user name.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "limits.h"
#include "proto.h"
#include "table.h"
#include "utf8.h"

/* The version of smtpd whose part popd plays. */
#define PROTO_DAEMON	"7.8.0"

static const struct service {
	const char	*sc_name;
	const char	*sc_question;
	const char	*sc_answer;
} services[SERVICES] = {
	[SERVICE_CREDENTIALS] = { "credentials", "lookup", "lookup-result|" },
	[SERVICE_USERINFO] = { "userinfo", "lookup", "lookup-result|" },
	[SERVICE_AUTH] = { "auth", "check", "check-result|" },
	[SERVICE_ALIAS] = { "alias", "lookup", "lookup-result|" },
	[SERVICE_SYSTEM] = { "system", "check", "system-result|" }
};

/* Services that only smtpd uses. */
static const char *const others[] = {
	"domain", "netaddr", "source", "mailaddr", "addrname",
	"mailaddrmap", "relayhost", "string", "regex"
};

int
proto_greeting(char *buf, size_t size, const char *table)
{
	int	 n;

	n = snprintf(buf, size, "config|smtpd-version|%s\n"
	    "config|protocol|0.1\nconfig|tablename|%s\nconfig|ready\n",
	    PROTO_DAEMON, table);
	return (n < 0 || (size_t)n >= size ? -1 : n);
}

int
proto_offer(const char *line, enum proto_service *service)
{
	size_t	 i;

	if (strncmp(line, "register|", 9) != 0)
		return (-1);
	line += 9;
	*service = SERVICES;
	if (strcmp(line, "ready") == 0)
		return (1);
	for (i = 0; i < SERVICES; i++)
		if (strcmp(line, services[i].sc_name) == 0) {
			*service = (enum proto_service)i;
			return (0);
		}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(line, others[i]) == 0)
			return (0);
	return (-1);
}

int
proto_question(char *buf, size_t size, const char *table,
    enum proto_service service, uint32_t id, const char *key)
{
	struct timespec	 now;
	int		 n;

	clock_gettime(CLOCK_REALTIME, &now);
	n = snprintf(buf, size, "table|0.1|%lld.%06ld|%s|%s|%s|%08x|%s\n",
	    (long long)now.tv_sec, now.tv_nsec / 1000, table,
	    services[service].sc_question, services[service].sc_name, id, key);
	return (n < 0 || (size_t)n >= size ? -1 : n);
}

/* Eight digits as proto_question() writes them, and the `|' after them. */
static const char *
answer_id(const char *p, uint32_t *id)
{
	static const char	 digits[] = "0123456789abcdef";
	const char		*digit;
	int			 i;

	*id = 0;
	for (i = 0; i < 8; i++, p++) {
		if (*p == '\0' || (digit = strchr(digits, *p)) == NULL)
			return (NULL);
		*id = *id << 4 | (uint32_t)(digit - digits);
	}
	return (*p == '|' ? p + 1 : NULL);
}

enum proto_result
proto_answer(char *line, enum proto_service *service, uint32_t *id,
    const char **value)
{
	const char	*p;
	size_t		 len, i;

	*value = "";
	for (i = 0; i < SERVICES; i++) {
		len = strlen(services[i].sc_answer);
		if (strncmp(line, services[i].sc_answer, len) == 0)
			break;
	}
	if (i == SERVICES || (p = answer_id(line + len, id)) == NULL)
		return (PROTO_BAD);
	/* Only the id tells which kind of lookup it answers. */
	*service = (enum proto_service)i;
	if (strcmp(p, "not-found") == 0)
		return (PROTO_NOT_FOUND);
	if (strcmp(p, "error") == 0)
		return (PROTO_ERROR);
	if (strncmp(p, "error|", 6) == 0) {
		/* Error texts of other services may contain the password. */
		if (i == SERVICE_SYSTEM)
			*value = p + 6;
		return (PROTO_ERROR);
	}
	if (i == SERVICE_SYSTEM && strcmp(p, "wrong") == 0)
		return (PROTO_WRONG);
	if (i == SERVICE_AUTH || i == SERVICE_SYSTEM)
		return (strcmp(p, "found") == 0 ? PROTO_FOUND : PROTO_BAD);
	if (strncmp(p, "found|", 6) != 0)
		return (PROTO_BAD);
	*value = p + 6;
	return (PROTO_FOUND);
}

int
proto_fits(enum proto_service asked, enum proto_service answered)
{
	return (strcmp(services[asked].sc_answer,
	    services[answered].sc_answer) == 0);
}

int
proto_key(const char *user, char *buf, size_t size)
{
	const char	*p;

	for (p = user; *p != '\0'; p++)
		if (*p == '|' || (unsigned char)*p < ' ' || *p == 0x7f)
			return (-1);
	if (p == user || !utf8_valid(user) || strlcpy(buf, user, size) >= size)
		return (-1);
	table_lower(buf);
	return (0);
}
