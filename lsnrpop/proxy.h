/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The PROXY header that a proxy sends before its client's data.
 */

#ifndef PROXY_H
#define PROXY_H

struct client;
struct source;

enum proxy_status {
	PROXY_MORE,			/* continue when readable */
	PROXY_DONE,
	PROXY_FAILED
};

/*
 * Read as much of the header as was received, and no octet more.  DONE: source
 * is the address it names, with so_version 0 if it names none.  FAILED: *why
 * is a text for the log, or NULL if there is nothing to log.
 */
enum proxy_status proxy_read(struct client *, struct source *,
	    const char **why);

#endif
