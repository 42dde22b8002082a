/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Answers to nginx's mail module.  See httpreply.h.  nginx puts -ERR or NO
 * before the text and takes it as it is; for SMTP it wants a separate code.
 */

#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "httpreply.h"
#include "source.h"

#define END	"Connection: close\r\nContent-Length: 0\r\n\r\n"

/* Response codes of POP3, of IMAP (RFC 5530) and of SMTP. */
static const struct code {
	const char	*htc_pop3;
	const char	*htc_imap;
	const char	*htc_smtp;
} codes[] = {
	{ "[AUTH] ",		"[AUTHENTICATIONFAILED] ",	"535 5.7.8" },
	{ "[SYS/PERM] ",	"[CONTACTADMIN] ",		"525 5.7.13" },
	{ "[IN-USE] ",		"[INUSE] ",			"454 4.7.0" },
	{ "[LOGIN-DELAY] ",	"[LIMIT] ",			"454 4.7.0" },
	{ "[SYS/TEMP] ",	"[UNAVAILABLE] ",		"454 4.7.0" },
	{ "",			"",				"454 4.7.0" }
};

static const struct code *
httpreply_code(const char *text)
{
	const struct code	*htc = codes;

	while (strncmp(text, htc->htc_pop3, strlen(htc->htc_pop3)) != 0)
		htc++;
	return (htc);
}

void
httpreply_refuse(char *buf, const char *status, enum mail_protocol protocol,
    const char *reply, unsigned int wait)
{
	const struct code	*htc;
	const char		*text = reply;
	char			 extra[64] = "";
	int			 len;

	if (strncmp(text, "-ERR ", 5) == 0)
		text += 5;
	htc = httpreply_code(text);
	if (protocol != MAIL_POP3)
		text += strlen(htc->htc_pop3);
	len = (int)strcspn(text, "\r\n");
	if (wait > 0)
		snprintf(extra, sizeof(extra), "Auth-Wait: %u\r\n", wait);
	if (protocol == MAIL_SMTP)
		snprintf(extra + strlen(extra), sizeof(extra) - strlen(extra),
		    "Auth-Error-Code: %s\r\n", htc->htc_smtp);
	snprintf(buf, AUTH_HTTP_ANSWER_MAX, "HTTP/1.0 %s\r\n"
	    "Auth-Status: %s%.*s\r\n%s" END, status,
	    protocol == MAIL_IMAP ? htc->htc_imap : "", len, text, extra);
}

/* Return whether a header's value can hold this name unchanged. */
static int
httpreply_names(const char *user)
{
	for (; *user != '\0'; user++)
		if ((unsigned char)*user <= ' ' || *user == 0x7f)
			return (0);
	return (1);
}

void
httpreply_route(char *buf, const struct source *host, const char *user,
    const char *pass)
{
	char	 address[SOURCE_TEXT_MAX], name[USER_MAX + 16] = "";
	char	 secret[PASS_MAX + 16] = "";

	if (user != NULL && httpreply_names(user))
		snprintf(name, sizeof(name), "Auth-User: %s\r\n", user);
	if (pass[0] != '\0')
		snprintf(secret, sizeof(secret), "Auth-Pass: %s\r\n", pass);
	snprintf(buf, AUTH_HTTP_ANSWER_MAX, "HTTP/1.0 200 OK\r\n"
	    "Auth-Status: OK\r\nAuth-Server: %s\r\nAuth-Port: %u\r\n%s%s"
	    END, source_text(host, address, sizeof(address)), host->so_port,
	    name, secret);
	explicit_bzero(secret, sizeof(secret));
}
