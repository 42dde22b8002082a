/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Answers to nginx's mail module: a refusal, or the server of the mailbox.
 */

#ifndef HTTPREPLY_H
#define HTTPREPLY_H

#include "limits.h"
#include "msg.h"

struct source;

/*
 * Write a refusal to buf, which has AUTH_HTTP_ANSWER_MAX octets.  reply is
 * what a POP3 client would get, "-ERR [CODE] text" with CRLF; it is translated
 * to the client's protocol.  wait is in seconds until the client may try
 * again; 0: its connection ends.
 */
void	 httpreply_refuse(char *buf, const char *status,
	    enum mail_protocol protocol, const char *reply, unsigned int wait);

/*
 * Write the server of a user to buf, of the same size.  user is the name
 * there, NULL if it is the one the client sent.  pass may be "".
 */
void	 httpreply_route(char *buf, const struct source *host,
	    const char *user, const char *pass);

#endif
