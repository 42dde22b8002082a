/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A request of nginx's mail module (ngx_mail_auth_http_module): an HTTP GET
 * whose headers say who wants to log in.  In: octets.  Out: the request.
 * Knows neither sockets nor how passwords are checked.
 */

#ifndef HTTPREQ_H
#define HTTPREQ_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"
#include "msg.h"
#include "sasl.h"
#include "source.h"

/* Known headers: bits of hq_seen. */
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

/* Initialize with zeros; wipe after use. */
struct httpreq {
	int			 hq_skipping;	/* for line_take() */
	int			 hq_started;	/* first line was read */
	int			 hq_long;	/* a header was too long */
	size_t			 hq_octets;	/* read so far */
	uint32_t		 hq_seen;
	const char		*hq_bad;	/* BAD: why, constant */
	const char		*hq_status;	/* and the HTTP status */
	const char		*hq_refusal;	/* DONE: POP3 reply for a
						   login that cannot succeed;
						   or NULL */
	enum mail_protocol	 hq_protocol;
	unsigned int		 hq_attempt;	/* 0: unknown */
	struct source		 hq_client;	/* version 0: none */
	struct credentials	 hq_login;
	char			 hq_salt[PASS_MAX];	/* APOP, CRAM-MD5 */
	char			 hq_version[TLS_NAME_MAX];	/* "": none */
	char			 hq_cipher[TLS_NAME_MAX];
};

enum httpreq_status {
	HTTPREQ_MORE,
	HTTPREQ_DONE,
	HTTPREQ_BAD			/* not such a request */
};

/*
 * Parse len octets, which are modified.  *used of them have been consumed,
 * whatever is returned.  Do not call again after DONE or BAD.
 */
enum httpreq_status httpreq_step(struct httpreq *, char *buf, size_t len,
		    size_t *used);

#endif
