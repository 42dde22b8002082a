/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The response of an AUTH comes in, credentials go out to authstate.c.
 */

#include <stdint.h>
#include <string.h>

#include "sasl.h"

#define RESPONSE_MAX	(LINE_LEN_AUTH_MAX / 4 * 3)

static int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return (c - 'A');
	if (c >= 'a' && c <= 'z')
		return (c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (c - '0' + 52);
	if (c == '+')
		return (62);
	return (c == '/' ? 63 : -1);
}

/* One group of four into up to three octets; their number, or -1. */
static int
base64_group(const char *text, unsigned char *out)
{
	uint32_t	 bits = 0;
	int		 i, v, n;

	for (n = 0; n < 4 && text[n] != '='; n++) {
		if ((v = base64_value((unsigned char)text[n])) == -1)
			return (-1);
		bits |= (uint32_t)v << (18 - 6 * n);
	}
	for (i = n; i < 4; i++)
		if (text[i] != '=')
			return (-1);
	/* Bits that no octet takes must be zero. */
	if (n < 2 || (n == 2 && (bits & 0xffff) != 0) ||
	    (n == 3 && (bits & 0xff) != 0))
		return (-1);
	for (i = 0; i < n - 1; i++)
		out[i] = (bits >> (16 - 8 * i)) & 0xff;
	return (n - 1);
}

/* Octets decoded into out, of RESPONSE_MAX; -1 if it is not base64. */
static int
base64_decode(const char *text, size_t len, unsigned char *out)
{
	size_t	 i;
	int	 n, total = 0;

	if (len % 4 != 0 || len > LINE_LEN_AUTH_MAX)
		return (-1);
	for (i = 0; i < len; i += 4) {
		if ((n = base64_group(text + i, out + total)) == -1)
			return (-1);
		total += n;
		/* Padding ends it. */
		if (n < 3 && i + 4 != len)
			return (-1);
	}
	return (total);
}

/*
 * Whether n octets may be a name or a password: not empty, not too long, and
 * what USER and PASS could have brought.
 */
static int
plain_valid(const char *text, size_t n, int name)
{
	size_t		 i;
	unsigned char	 c;

	if (n == 0 || n >= USER_MAX)
		return (0);
	for (i = 0; i < n; i++) {
		c = (unsigned char)text[i];
		if (c == '\r' || c == '\n')
			return (0);
		if (name && (c < ' ' || c == 0x7f))
			return (0);
	}
	return (1);
}

/* [authzid] NUL authcid NUL passwd; the buffer has a NUL after it. */
static enum sasl_error
plain_split(const char *msg, size_t len, struct credentials *cr)
{
	const char	*end = msg + len, *user, *pass;
	size_t		 userlen;

	if ((user = memchr(msg, '\0', len)) == NULL)
		return (SASL_SYNTAX);
	user++;
	if ((pass = memchr(user, '\0', end - user)) == NULL)
		return (SASL_SYNTAX);
	userlen = pass++ - user;
	if (memchr(pass, '\0', end - pass) != NULL ||
	    !plain_valid(user, userlen, 1) ||
	    !plain_valid(pass, end - pass, 0))
		return (SASL_SYNTAX);
	if (msg[0] != '\0' && strcmp(msg, user) != 0)
		return (SASL_OTHER);
	memcpy(cr->cr_user, user, userlen + 1);
	memcpy(cr->cr_pass, pass, end - pass + 1);
	return (SASL_OK);
}

enum sasl_error
sasl_plain(const char *text, size_t len, struct credentials *cr)
{
	unsigned char	 msg[RESPONSE_MAX + 1];
	enum sasl_error	 error = SASL_SYNTAX;
	int		 n;

	explicit_bzero(cr, sizeof(*cr));
	if ((n = base64_decode(text, len, msg)) != -1) {
		msg[n] = '\0';
		error = plain_split((const char *)msg, n, cr);
	}
	explicit_bzero(msg, sizeof(msg));
	return (error);
}

enum sasl_error
sasl_external(const char *text, size_t len, const char *name,
    struct credentials *cr)
{
	unsigned char	 msg[RESPONSE_MAX];
	int		 n;

	explicit_bzero(cr, sizeof(*cr));
	if ((n = base64_decode(text, len, msg)) == -1 ||
	    (n > 0 && !plain_valid((const char *)msg, n, 1)))
		return (SASL_SYNTAX);
	cr->cr_method = AUTH_EXTERNAL;
	strlcpy(cr->cr_user, name, sizeof(cr->cr_user));
	memcpy(cr->cr_pass, msg, n);
	return (SASL_OK);
}
