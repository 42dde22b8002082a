/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * From SESSION_WANT to a worker or a refusal.
 */

#ifndef LOGIN_H
#define LOGIN_H

struct child;
struct msg_auth_bad;
struct msg_auth_ok;
struct msg_route_is;
struct msg_userinfo_is;
struct msg_want;
struct verdict;

/*
 * A listener wants a session, under a number that it never used before.  If
 * there can be none it is refused at once.
 */
struct verdict	 login_want(struct child *, const struct msg_want *);

/*
 * authpop answers for a session that is wanted, once: it is opened, or refused
 * and freed, and the log says why.  A lie may be the listener's: then vd_gen
 * is its generation, and the caller ends it.
 */
struct verdict	 login_auth_ok(const struct msg_auth_ok *);
struct verdict	 login_auth_bad(const struct msg_auth_bad *);

/*
 * tabpop answers for a session that is wanted: whose uid and directory the
 * user has, or where a proxy finds him.  The session is opened or freed.
 */
struct verdict	 login_userinfo_is(const struct msg_userinfo_is *);
struct verdict	 login_route_is(const struct msg_route_is *);

/* tabpop is gone: the sessions that wait for it are refused and freed. */
void		 login_tables_lost(void);

#endif
