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
struct session;
struct source;
struct userinfo;
struct msg_auth_bad;
struct msg_auth_ok;
struct msg_want;
struct session;
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

/* A session that was granted is none: for login-delay it was no login. */
void		 login_opened_nothing(const struct session *);
/*
 * What userbase has of the user of a wanted session, or why he can't have one;
 * or that it can't be known now.  The session is opened, or freed.
 */
void		 login_userinfo(struct session *, const char *why,
		    const struct userinfo *);
void		 login_unknown(struct session *);

/*
 * Where the user of a session is served that is wanted for a route; so_version
 * 0: nowhere.  The session is freed.
 */
void		 login_routed(struct session *, const struct source *);

#endif
