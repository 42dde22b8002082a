/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a listener is configured with: handlers for the messages MSG_CONF_*
 * of the parent, as chan.h has them.
 */

#ifndef CONF_H
#define CONF_H

struct chan;

void	 conf_init(struct chan *);

const char *conf_try(void *, const void *, int);
const char *conf_file(void *, const void *, int);
const char *conf_check(void *, const void *, int);
const char *conf_commit(void *, const void *, int);
const char *conf_abort(void *, const void *, int);

#endif
