/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What other processes know: authpop and the listeners are asked for popctl,
 * one request at a time, and what they say within ASK_MILLISECONDS is added
 * up by source.
 */

#ifndef QUERY_H
#define QUERY_H

struct certfacts;
struct child;
struct control;
struct msg_ask;
struct msg_ask_source;
struct verdict;

/* Sources or certificates, as cn_request says; perhaps after others. */
void		 query_begin(struct control *);

/* The connection is about to be freed. */
void		 query_forget(struct control *);

/* Answers of a child. */
struct verdict	 query_source(struct child *, const struct msg_ask_source *);
struct verdict	 query_cert(struct child *, const struct certfacts *);
struct verdict	 query_end(struct child *, const struct msg_ask *);

/* A child is gone: its answer is not waited for. */
void		 query_child_gone(struct child *);

#endif
