/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Answers to nginx's mail module: what a client is told, and where its
 * mailbox is.
 */

#ifndef HTTPREPLY_H
#define HTTPREPLY_H

#include "limits.h"
#include "msg.h"

struct source;

/*
 * A refusal into buf, which has room for AUTH_HTTP_ANSWER_MAX: what POP3
 * clients are told, "-ERR [CODE] text" with its line end, in the words of the
 * client's protocol.  wait: it may try again after so many seconds; 0: its
 * connection ends.
 */
void	 httpreply_refuse(char *buf, const char *status, enum mail_protocol,
	    const char *reply, unsigned int wait);

/*
 * The server of a user into buf.  user is what he is called there, NULL if
 * that is what the client has said.
 */
void	 httpreply_route(char *buf, const struct source *, const char *user,
	    const char *pass);

#endif
