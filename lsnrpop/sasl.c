/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * In: the response to AUTH.  Out: credentials for authstate.c.
 */

#include <stdint.h>
#include <string.h>

#include "base64.h"
#include "sasl.h"

#define RESPONSE_MAX	BASE64_OCTETS(LINE_LEN_AUTH_MAX)

/*
 * Return whether n octets can be a name or password: not empty, not too long,
 * and nothing that USER and PASS could not send.
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

/* Parse [authzid] NUL authcid NUL passwd; a NUL follows msg. */
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
	if (len <= LINE_LEN_AUTH_MAX &&
	    (n = base64_decode(text, len, msg)) != -1) {
		msg[n] = '\0';
		error = plain_split((const char *)msg, n, cr);
	}
	explicit_bzero(msg, sizeof(msg));
	return (error);
}

/* Decode a response to text; it may have no NUL. */
static int
response_text(const char *text, size_t len, char msg[RESPONSE_MAX + 1])
{
	int	 n;

	if (len > LINE_LEN_AUTH_MAX ||
	    (n = base64_decode(text, len, (uint8_t *)msg)) == -1 ||
	    memchr(msg, '\0', n) != NULL)
		return (-1);
	msg[n] = '\0';
	return (0);
}

enum sasl_error
sasl_digest(enum auth_method method, const char *user, const char *digest,
    const char *challenge, struct credentials *cr)
{
	explicit_bzero(cr, sizeof(*cr));
	if (!plain_valid(user, strlen(user), 1) ||
	    strlen(digest) != SECRET_DIGEST ||
	    strspn(digest, "0123456789abcdef") != SECRET_DIGEST ||
	    strlen(digest) + strlen(challenge) >= sizeof(cr->cr_pass))
		return (SASL_SYNTAX);
	cr->cr_method = method;
	strlcpy(cr->cr_user, user, sizeof(cr->cr_user));
	strlcpy(cr->cr_pass, digest, sizeof(cr->cr_pass));
	strlcat(cr->cr_pass, challenge, sizeof(cr->cr_pass));
	return (SASL_OK);
}

enum sasl_error
sasl_cram(const char *text, size_t len, const char *challenge,
    struct credentials *cr)
{
	enum sasl_error	 error = SASL_SYNTAX;
	char		 msg[RESPONSE_MAX + 1], *digest;

	explicit_bzero(cr, sizeof(*cr));
	/* A name may contain spaces. */
	if (response_text(text, len, msg) == 0 &&
	    (digest = strrchr(msg, ' ')) != NULL) {
		*digest++ = '\0';
		error = sasl_digest(AUTH_CRAM, msg, digest, challenge, cr);
	}
	explicit_bzero(msg, sizeof(msg));
	return (error);
}
