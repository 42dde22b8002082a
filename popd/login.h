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
struct msg_want;
struct verdict;

struct verdict	 login_want(struct child *, const struct msg_want *);
struct verdict	 login_auth_ok(const struct msg_auth_ok *);
struct verdict	 login_auth_bad(const struct msg_auth_bad *);

#endif
