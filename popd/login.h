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
struct msg_auth_bad;
struct msg_auth_ok;
struct msg_grant;
struct msg_route_is;
struct msg_userinfo_is;
struct msg_want;
struct verdict;

/*
 * A listener wants a session, under a number not used before; it is refused at
 * once if there cannot be one.
 */
struct verdict	 login_want(struct child *, const struct msg_want *);

/*
 * authpop's only answer for a wanted session, which is opened once a checker
 * grants it, or refused and freed, with the reason logged.  If the listener
 * lied, vd_gen is its generation, and the caller ends it.
 */
struct verdict	 login_auth_ok(const struct msg_auth_ok *);
struct verdict	 login_auth_bad(const struct msg_auth_bad *);

/* A checker has accepted what a session was wanted for: the same. */
struct verdict	 login_grant(const struct msg_grant *);

/*
 * tabpop's answer for a wanted session: user information, or the server for a
 * proxy.  The session is opened or freed.
 */
struct verdict	 login_userinfo_is(const struct msg_userinfo_is *);
struct verdict	 login_route_is(const struct msg_route_is *);

/* tabpop is gone: refuse and free the sessions waiting for it. */
void		 login_tables_lost(void);

/* A checker is gone: refuse and free those that may have waited for it. */
void		 login_checker_lost(void);

#endif
