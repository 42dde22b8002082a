/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Requests of nginx's mail module.  See httpreq.h.  Values are literal, except
 * that octets up to the blank and % are %XX in user names and passwords.  Only
 * what nginx sends is accepted; other HTTP clients are not supported.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpreq.h"
#include "line.h"
#include "setting.h"

#define NO_LOGIN	"-ERR [AUTH] wrong user name or password\r\n"
#define NO_METHOD	"-ERR [AUTH] this login method is not supported\r\n"

static enum httpreq_status
httpreq_fail(struct httpreq *hq, const char *status, const char *why)
{
	hq->hq_status = status;
	hq->hq_bad = why;
	return (HTTPREQ_BAD);
}

static enum httpreq_status
httpreq_malformed(struct httpreq *hq, const char *why)
{
	return (httpreq_fail(hq, "400 Bad Request", why));
}

/* "GET /path HTTP/1.0", with any path. */
static enum httpreq_status
httpreq_first(struct httpreq *hq, const char *text)
{
	const char	*path, *version;

	if (strncmp(text, "GET ", 4) != 0)
		return (httpreq_fail(hq, "405 Method Not Allowed",
		    "not an HTTP GET"));
	path = text + 4;
	version = strrchr(path, ' ');
	if (*path != '/' || version == NULL ||
	    (strcmp(version, " HTTP/1.0") != 0 &&
	    strcmp(version, " HTTP/1.1") != 0))
		return (httpreq_malformed(hq, "not an HTTP GET"));
	return (HTTPREQ_MORE);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	c = (char)tolower((unsigned char)c);
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

/*
 * Unescape a value into size octets, with the NUL.  Return 1; 0 if no user
 * name or password can be like that; -1 if it is malformed.
 */
static int
httpreq_unescape(const char *text, char *to, size_t size)
{
	size_t	 n = 0;
	int	 high, low, fits = 1;

	while (*text != '\0') {
		high = 0;
		low = (unsigned char)*text++;
		if (low == '%') {
			if ((high = hex_value(text[0])) == -1 ||
			    (low = hex_value(text[1])) == -1)
				return (-1);
			text += 2;
		}
		low |= high << 4;
		if (low == '\0' || n + 1 >= size)
			fits = 0;
		else
			to[n++] = (char)low;
	}
	to[n] = '\0';
	return (fits);
}

static enum httpreq_status
httpreq_secret(struct httpreq *hq, const char *value, char *to, size_t size)
{
	switch (httpreq_unescape(value, to, size)) {
	case -1:
		return (httpreq_malformed(hq, "malformed escape"));
	case 0:
		hq->hq_refusal = NO_LOGIN;
		return (HTTPREQ_MORE);
	default:
		return (HTTPREQ_MORE);
	}
}

static enum httpreq_status
header_method(struct httpreq *hq, const char *value)
{
	hq->hq_login.cr_method = AUTH_PASSWORD;
	if (setting(SETTING_APOP) && strcmp(value, "apop") == 0)
		hq->hq_login.cr_method = AUTH_APOP;
	else if (setting(SETTING_CRAM) && strcmp(value, "cram-md5") == 0)
		hq->hq_login.cr_method = AUTH_CRAM;
	else if (strcmp(value, "plain") != 0)
		hq->hq_refusal = NO_METHOD;
	return (HTTPREQ_MORE);
}

static enum httpreq_status
header_user(struct httpreq *hq, const char *value)
{
	return (httpreq_secret(hq, value, hq->hq_login.cr_user,
	    sizeof(hq->hq_login.cr_user)));
}

static enum httpreq_status
header_pass(struct httpreq *hq, const char *value)
{
	return (httpreq_secret(hq, value, hq->hq_login.cr_pass,
	    sizeof(hq->hq_login.cr_pass)));
}

static enum httpreq_status
header_salt(struct httpreq *hq, const char *value)
{
	if (strlcpy(hq->hq_salt, value, sizeof(hq->hq_salt)) >=
	    sizeof(hq->hq_salt))
		hq->hq_refusal = NO_LOGIN;
	return (HTTPREQ_MORE);
}

static enum httpreq_status
header_protocol(struct httpreq *hq, const char *value)
{
	static const char	*const names[MAIL_PROTOCOLS] = {
		[MAIL_POP3] = "pop3",
		[MAIL_IMAP] = "imap",
		[MAIL_SMTP] = "smtp"
	};
	int			 i;

	for (i = 0; i < MAIL_PROTOCOLS; i++)
		if (strcmp(value, names[i]) == 0) {
			hq->hq_protocol = i;
			return (HTTPREQ_MORE);
		}
	return (httpreq_malformed(hq, "unknown protocol"));
}

static enum httpreq_status
header_attempt(struct httpreq *hq, const char *value)
{
	const char	*errstr;

	hq->hq_attempt = (unsigned int)strtonum(value, 1, INT32_MAX, &errstr);
	return (errstr == NULL ? HTTPREQ_MORE :
	    httpreq_malformed(hq, "malformed login attempt"));
}

/* A client on a Unix-domain socket gets the address of its proxy. */
static enum httpreq_status
header_client(struct httpreq *hq, const char *value)
{
	struct sockaddr_in	 sin;
	struct sockaddr_in6	 sin6;

	memset(&sin, 0, sizeof(sin));
	memset(&sin6, 0, sizeof(sin6));
	if (inet_pton(AF_INET, value, &sin.sin_addr) == 1) {
		sin.sin_family = AF_INET;
		source_from(&hq->hq_client, (struct sockaddr *)&sin);
	} else if (inet_pton(AF_INET6, value, &sin6.sin6_addr) == 1) {
		sin6.sin6_family = AF_INET6;
		source_from(&hq->hq_client, (struct sockaddr *)&sin6);
	} else if (strncmp(value, "unix:", 5) != 0)
		return (httpreq_malformed(hq, "malformed client address"));
	return (HTTPREQ_MORE);
}

static enum httpreq_status
header_tls(struct httpreq *hq, const char *value)
{
	strlcpy(hq->hq_version, value, sizeof(hq->hq_version));
	return (HTTPREQ_MORE);
}

static enum httpreq_status
header_cipher(struct httpreq *hq, const char *value)
{
	strlcpy(hq->hq_cipher, value, sizeof(hq->hq_cipher));
	return (HTTPREQ_MORE);
}

static const struct header {
	const char		*hd_name;
	enum httpreq_status	(*hd_take)(struct httpreq *, const char *);
} headers[HTTPREQ_HEADERS] = {
	[HTTPREQ_METHOD] = { "Auth-Method", header_method },
	[HTTPREQ_USER] = { "Auth-User", header_user },
	[HTTPREQ_PASS] = { "Auth-Pass", header_pass },
	[HTTPREQ_SALT] = { "Auth-Salt", header_salt },
	[HTTPREQ_PROTOCOL] = { "Auth-Protocol", header_protocol },
	[HTTPREQ_ATTEMPT] = { "Auth-Login-Attempt", header_attempt },
	[HTTPREQ_CLIENT] = { "Client-IP", header_client },
	[HTTPREQ_TLS] = { "Auth-SSL-Protocol", header_tls },
	[HTTPREQ_CIPHER] = { "Auth-SSL-Cipher", header_cipher }
};

/* Parse one header; unknown ones are ignored. */
static enum httpreq_status
httpreq_header(struct httpreq *hq, char *text)
{
	char	*value;
	int	 i;

	if ((value = strchr(text, ':')) == NULL || value == text ||
	    *text == ' ' || *text == '\t')
		return (httpreq_malformed(hq, "malformed header"));
	*value++ = '\0';
	value += strspn(value, " \t");
	for (i = 0; i < HTTPREQ_HEADERS; i++) {
		if (strcasecmp(text, headers[i].hd_name) != 0)
			continue;
		if ((hq->hq_seen >> i & 1) != 0)
			return (httpreq_malformed(hq, "duplicate header"));
		hq->hq_seen |= (uint32_t)1 << i;
		return (headers[i].hd_take(hq, value));
	}
	return (HTTPREQ_MORE);
}

/* Convert a digest and the proxy's challenge to those of a POP3 client. */
static int
httpreq_digest(struct httpreq *hq)
{
	struct credentials	 cr = hq->hq_login;
	int			 good;

	good = sasl_digest(cr.cr_method, cr.cr_user, cr.cr_pass, hq->hq_salt,
	    &hq->hq_login) == SASL_OK;
	explicit_bzero(&cr, sizeof(cr));
	return (good);
}

/* All headers have been read. */
static enum httpreq_status
httpreq_finish(struct httpreq *hq)
{
	const uint32_t	 always = 1 << HTTPREQ_METHOD | 1 << HTTPREQ_PROTOCOL |
	    1 << HTTPREQ_CLIENT, login = 1 << HTTPREQ_USER | 1 << HTTPREQ_PASS;

	if ((hq->hq_seen & always) != always)
		return (httpreq_malformed(hq, "a header is missing"));
	/* SMTP without a login has neither. */
	if (hq->hq_refusal == NULL && (hq->hq_seen & login) != login &&
	    !hq->hq_long)
		return (httpreq_malformed(hq, "a header is missing"));
	if (hq->hq_refusal == NULL && ((hq->hq_seen & login) != login ||
	    hq->hq_login.cr_user[0] == '\0'))
		hq->hq_refusal = NO_LOGIN;
	if (hq->hq_refusal == NULL &&
	    hq->hq_login.cr_method != AUTH_PASSWORD && !httpreq_digest(hq))
		hq->hq_refusal = NO_LOGIN;
	return (HTTPREQ_DONE);
}

static enum httpreq_status
httpreq_line(struct httpreq *hq, enum line_status status,
    const struct line *line)
{
	switch (status) {
	case LINE_BAD:
		return (httpreq_malformed(hq, "malformed line"));
	case LINE_LONG:
		/* A client's certificate, or a password that is too long. */
		hq->hq_long = 1;
		return (hq->hq_started ? HTTPREQ_MORE :
		    httpreq_malformed(hq, "not an HTTP GET"));
	default:
		break;
	}
	if (!hq->hq_started) {
		hq->hq_started = 1;
		return (httpreq_first(hq, line->ln_text));
	}
	if (line->ln_len == 0)
		return (httpreq_finish(hq));
	return (httpreq_header(hq, line->ln_text));
}

enum httpreq_status
httpreq_step(struct httpreq *hq, char *buf, size_t len, size_t *used)
{
	enum httpreq_status	 rv = HTTPREQ_MORE;
	enum line_status	 status;
	struct line		 line;

	*used = 0;
	while (rv == HTTPREQ_MORE) {
		status = line_take(buf + *used, len - *used,
		    AUTH_HTTP_LINE_MAX, &hq->hq_skipping, &line);
		*used += line.ln_used;
		hq->hq_octets += line.ln_used;
		if (hq->hq_octets > AUTH_HTTP_REQUEST_MAX)
			return (httpreq_fail(hq,
			    "431 Request Header Fields Too Large",
			    "too many headers"));
		if (status == LINE_MORE)
			break;
		rv = httpreq_line(hq, status, &line);
	}
	return (rv);
}
