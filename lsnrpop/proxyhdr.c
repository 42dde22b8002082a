/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * In: octets of a proxy.  Out: a client's address.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "proxyhdr.h"
#include "source.h"

#define V1_START	"PROXY "
#define V1_START_LEN	6
#define V1_MAX		107		/* with CRLF */
#define V1_FIELDS	6

#define V2_START	"\r\n\r\n\0\r\nQUIT\n"
#define V2_START_LEN	12
#define V2_FIXED	16
#define V2_VERSION	0x20		/* in the high half */
#define V2_LOCAL	0
#define V2_PROXY	1
#define V2_INET		1		/* families */
#define V2_INET6	2
#define V2_UNIX		3
#define V2_STREAM	1		/* transports */
#define V2_DGRAM	2

/* Return a port, without sign, blanks or leading zeros; -1 if invalid. */
static int
v1_port(const char *text)
{
	int	 n = 0, digits;

	for (digits = 0; text[digits] >= '0' && text[digits] <= '9' &&
	    digits < 5; digits++)
		n = n * 10 + (text[digits] - '0');
	if (digits == 0 || text[digits] != '\0' || n > 65535 ||
	    (text[0] == '0' && digits > 1))
		return (-1);
	return (n);
}

/* Parse an address of a family and its port. */
static int
v1_address(int family, const char *text, const char *port,
    struct source *source)
{
	struct sockaddr_in	 sin;
	struct sockaddr_in6	 sin6;
	char			 same[INET_ADDRSTRLEN];
	int			 n;

	memset(&sin, 0, sizeof(sin));
	memset(&sin6, 0, sizeof(sin6));
	if ((n = v1_port(port)) == -1)
		return (-1);
	if (family == AF_INET) {
		sin.sin_family = AF_INET;
		sin.sin_port = htons(n);
		/* Some take 192.0.2.01, which elsewhere is octal. */
		if (inet_pton(AF_INET, text, &sin.sin_addr) != 1 ||
		    inet_ntop(AF_INET, &sin.sin_addr, same,
		    sizeof(same)) == NULL || strcmp(same, text) != 0)
			return (-1);
		source_from(source, (const struct sockaddr *)&sin);
		return (0);
	}
	sin6.sin6_family = AF_INET6;
	sin6.sin6_port = htons(n);
	/* An IPv6 socket for both sees 192.0.2.1 as ::ffff:192.0.2.1. */
	if (inet_pton(AF_INET6, text, &sin6.sin6_addr) != 1)
		return (-1);
	source_from(source, (const struct sockaddr *)&sin6);
	return (0);
}

/*
 * Parse the line without CRLF, which is modified; fields are separated by one
 * space.
 */
static int
v1_line(char *line, struct source *source)
{
	struct source	 server;
	char		*field[V1_FIELDS], *next = line;
	int		 n = 0, family;

	while (n < V1_FIELDS && next != NULL)
		field[n++] = strsep(&next, " ");
	if (n >= 2 && strcmp(field[1], "UNKNOWN") == 0)
		return (0);
	if (n != V1_FIELDS || next != NULL)
		return (-1);
	if (strcmp(field[1], "TCP4") == 0)
		family = AF_INET;
	else if (strcmp(field[1], "TCP6") == 0)
		family = AF_INET6;
	else
		return (-1);
	if (v1_address(family, field[3], field[5], &server) == -1)
		return (-1);
	return (v1_address(family, field[2], field[4], source));
}

static enum proxyhdr_status
v1_parse(const char *buf, size_t len, size_t *used, struct source *source)
{
	const char	*end;
	char		 line[V1_MAX];
	size_t		 n = len < V1_MAX ? len : V1_MAX;

	if ((end = memchr(buf, '\n', n)) == NULL)
		return (len < V1_MAX ? PROXYHDR_MORE : PROXYHDR_BAD);
	n = end - buf;
	if (end[-1] != '\r' || memchr(buf, '\0', n) != NULL)
		return (PROXYHDR_BAD);
	*used = n + 1;
	memcpy(line, buf, n - 1);
	line[n - 1] = '\0';
	return (v1_line(line, source) == -1 ? PROXYHDR_BAD : PROXYHDR_DONE);
}

static unsigned int
v2_short(const uint8_t *p)
{
	return (p[0] << 8 | p[1]);
}

static void
v2_source(const uint8_t *p, unsigned int family, struct source *source)
{
	struct sockaddr_in	 sin;
	struct sockaddr_in6	 sin6;

	memset(&sin, 0, sizeof(sin));
	memset(&sin6, 0, sizeof(sin6));
	if (family == V2_INET) {
		sin.sin_family = AF_INET;
		memcpy(&sin.sin_addr, p, 4);
		memcpy(&sin.sin_port, p + 8, 2);
		source_from(source, (const struct sockaddr *)&sin);
		return;
	}
	sin6.sin6_family = AF_INET6;
	memcpy(&sin6.sin6_addr, p, 16);
	memcpy(&sin6.sin6_port, p + 32, 2);
	source_from(source, (const struct sockaddr *)&sin6);
}

/* Parse a complete header for a proxied connection. */
static int
v2_proxied(const uint8_t *p, size_t len, struct source *source)
{
	static const size_t	 lengths[] = {
		[V2_INET] = 12, [V2_INET6] = 36, [V2_UNIX] = 216
	};
	unsigned int		 family = p[13] >> 4, transport = p[13] & 0x0f;

	if (family > V2_UNIX || transport > V2_DGRAM)
		return (-1);
	/* The length of its addresses is unknown. */
	if (family == 0)
		return (0);
	/* What follows the addresses is skipped. */
	if (len < V2_FIXED + lengths[family])
		return (-1);
	if (family != V2_UNIX && transport == V2_STREAM)
		v2_source(p + V2_FIXED, family, source);
	return (0);
}

static enum proxyhdr_status
v2_parse(const char *buf, size_t len, size_t *used, struct source *source)
{
	const uint8_t	*p = (const uint8_t *)buf;
	unsigned int	 command;
	size_t		 whole;

	if (len < V2_FIXED)
		return (PROXYHDR_MORE);
	command = p[12] & 0x0f;
	whole = V2_FIXED + v2_short(p + 14);
	if ((p[12] & 0xf0) != V2_VERSION || command > V2_PROXY ||
	    whole > PROXY_HEADER_MAX)
		return (PROXYHDR_BAD);
	if (len < whole)
		return (PROXYHDR_MORE);
	*used = whole;
	if (command == V2_PROXY && v2_proxied(p, whole, source) == -1)
		return (PROXYHDR_BAD);
	return (PROXYHDR_DONE);
}

/* Return whether buf begins with start, or is the beginning of it. */
static int
proxyhdr_begins(const char *buf, size_t len, const char *start, size_t size)
{
	return (memcmp(buf, start, len < size ? len : size) == 0);
}

enum proxyhdr_status
proxyhdr_parse(const char *buf, size_t len, size_t *used,
    struct source *source)
{
	memset(source, 0, sizeof(*source));
	*used = len;
	if (len == 0)
		return (PROXYHDR_MORE);
	if (proxyhdr_begins(buf, len, V1_START, V1_START_LEN))
		return (v1_parse(buf, len, used, source));
	if (proxyhdr_begins(buf, len, V2_START, V2_START_LEN))
		return (v2_parse(buf, len, used, source));
	return (PROXYHDR_BAD);
}
