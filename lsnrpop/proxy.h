/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The PROXY header that a client's proxy sends first.
 */

#ifndef PROXY_H
#define PROXY_H

struct client;
struct source;

enum proxy_status {
	PROXY_MORE,			/* go on when the socket is readable */
	PROXY_DONE,
	PROXY_FAILED
};

/*
 * Take from the socket what has come of the header and no octet more.  DONE:
 * the source is who it names, with so_version 0 if that is nobody.  FAILED:
 * *why is a text for the log, or NULL if there is nothing to be said.
 */
enum proxy_status proxy_read(struct client *, struct source *,
	    const char **why);

#endif
