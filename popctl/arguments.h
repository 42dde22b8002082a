/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What an admin types, made into requests: popd(8), which is root, parses
 * none of it.
 */

#ifndef ARGUMENTS_H
#define ARGUMENTS_H

struct msg_control;
struct session_id;
struct source;

/* A numeric address.  0, or -1 if it is none. */
int	 arguments_address(const char *, struct source *);

/* A session's name, "7.19".  0, or -1 if it is none. */
int	 arguments_session(const char *, struct session_id *);

/* A user's name, into cq_user in lower case.  0, or -1: said why. */
int	 arguments_user(const char *, struct msg_control *);

#endif
