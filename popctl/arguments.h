/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Arguments of the command line, parsed into requests, as popd(8) runs as
 * root and must not parse them.
 */

#ifndef ARGUMENTS_H
#define ARGUMENTS_H

struct msg_control;
struct session_id;
struct source;

/* Parse a numeric address.  Return 0, or -1. */
int	 arguments_address(const char *, struct source *);

/* Parse the name of a session, "7.19".  Return 0, or -1. */
int	 arguments_session(const char *, struct session_id *);

/* Copy a user's name to cq_user, in lower case.  Return 0, or -1, logged. */
int	 arguments_user(const char *, struct msg_control *);

#endif
