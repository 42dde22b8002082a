/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A login: from SESSION_WANT to a worker or a refusal.
 */

#ifndef LOGIN_H
#define LOGIN_H

struct child;
struct session;
struct source;
struct userinfo;
struct msg_auth_bad;
struct msg_auth_ok;
struct msg_want;
struct verdict;

/*
 * A listener wants a session, under a number not used before; it is refused at
 * once if there cannot be one.
 */
struct verdict	 login_want(struct child *, const struct msg_want *);

/*
 * authpop's only answer for a wanted session, which is opened, or refused and
 * freed, with the reason logged.  If the listener lied, vd_gen is its
 * generation, and the caller ends it.
 */
struct verdict	 login_auth_ok(const struct msg_auth_ok *);
struct verdict	 login_auth_bad(const struct msg_auth_bad *);

/* A granted session failed to open: it does not count for login-delay. */
void		 login_opened_nothing(const struct session *);

/*
 * The answer of userbase for a wanted session: user information, the reason
 * for a refusal, or (login_unknown) a temporary failure.  The session is opened
 * or freed.
 */
void		 login_userinfo(struct session *, const char *why,
		    const struct userinfo *);
void		 login_unknown(struct session *);

/*
 * Answer a request for a route with the user's server, or none if so_version
 * is 0.  Frees the session.
 */
void		 login_routed(struct session *, const struct source *);

#endif
