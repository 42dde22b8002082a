/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A question of nginx's mail module (ngx_mail_auth_http_module): the head of
 * an HTTP GET, whose headers say who wants to log in.  Octets come in, what
 * they ask comes out.  Knows neither sockets nor who checks a password.
 */

#ifndef HTTPREQ_H
#define HTTPREQ_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"
#include "msg.h"
#include "sasl.h"
#include "source.h"

/* Headers that mean something here: bits of hq_seen. */
enum httpreq_header {
	HTTPREQ_METHOD,
	HTTPREQ_USER,
	HTTPREQ_PASS,
	HTTPREQ_SALT,
	HTTPREQ_PROTOCOL,
	HTTPREQ_ATTEMPT,
	HTTPREQ_CLIENT,
	HTTPREQ_TLS,
	HTTPREQ_CIPHER,
	HTTPREQ_HEADERS
};

/* Wiped by httpreq_clear(); all zero at first. */
struct httpreq {
	int			 hq_skipping;	/* of line_take() */
	int			 hq_started;	/* its first line has come */
	int			 hq_long;	/* a header was too long */
	size_t			 hq_octets;	/* of it, so far */
	uint32_t		 hq_seen;
	const char		*hq_bad;	/* once BAD: why, constant */
	const char		*hq_status;	/* and the HTTP status */
	const char		*hq_refusal;	/* DONE: a login that cannot be,
						   as POP3 says it; or NULL */
	enum mail_protocol	 hq_protocol;
	unsigned int		 hq_attempt;	/* 0: it does not say */
	struct source		 hq_client;	/* version 0: it has none */
	struct credentials	 hq_login;
	char			 hq_salt[PASS_MAX];	/* APOP, CRAM-MD5 */
	char			 hq_version[TLS_NAME_MAX];	/* "": none */
	char			 hq_cipher[TLS_NAME_MAX];
};

enum httpreq_status {
	HTTPREQ_MORE,
	HTTPREQ_DONE,
	HTTPREQ_BAD			/* no such question */
};

/*
 * Take what is there of len octets (which are changed).  *used of them are
 * done with, whatever is returned; nothing may follow DONE and BAD.
 */
enum httpreq_status httpreq_step(struct httpreq *, char *buf, size_t len,
		    size_t *used);

void		 httpreq_clear(struct httpreq *);

#endif
