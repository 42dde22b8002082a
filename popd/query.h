/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Questions of popctl that need other processes: asks authpop and the
 * listeners, one request at a time, and adds up by source the answers that
 * arrive within ASK_MILLISECONDS.
 */

#ifndef QUERY_H
#define QUERY_H

struct certfacts;
struct child;
struct control;
struct msg_ask;
struct msg_ask_source;
struct verdict;

/* Queue the request: sources or certificates, as cn_request says. */
void		 query_begin(struct control *);

/* Forget a connection that is about to be freed. */
void		 query_forget(struct control *);

/* Take an answer of a child. */
struct verdict	 query_source(struct child *, const struct msg_ask_source *);
struct verdict	 query_cert(struct child *, const struct certfacts *);
struct verdict	 query_end(struct child *, const struct msg_ask *);

/* A child is gone: do not wait for its answer. */
void		 query_child_gone(struct child *);

#endif
