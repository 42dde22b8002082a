/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Password checks sent to authpop, and its answers. */

#ifndef AUTHCHECKS_H
#define AUTHCHECKS_H

#include <sys/types.h>

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "authpeers.h"

#define SOON		150	/* ms in which nothing should come */
#define CANARY		"Canary-7f3a9c-Password"

static char		 epoch[STAMP_EPOCH + 1];

/* Read a listener's epoch, which is kept until the next listener. */
UNIT_FN void
want_epoch(struct end *e)
{
	struct got	 got = get(e, 2000);

	CHECK(got.type == MSG_AUTH_EPOCH, "%s", msg_name(got.type));
	CHECK(strlen(got.data.auth_epoch.ec_text) == STAMP_EPOCH, "%s",
	    got.data.auth_epoch.ec_text);
	strlcpy(epoch, got.data.auth_epoch.ec_text, sizeof(epoch));
}

UNIT_FN void
peer(struct end *e, enum role role, uint64_t gen)
{
	join(e, role, gen);
	if (role == ROLE_LISTENER)
		want_epoch(e);
}

UNIT_FN struct msg_auth_check
check(uint64_t gen, uint64_t num, uint8_t source)
{
	struct msg_auth_check	 mac;

	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = gen;
	mac.mac_id.si_num = num;
	mac.mac_source.so_version = 4;
	mac.mac_source.so_addr[0] = source;
	strlcpy(mac.mac_user, "Joe@Example.ORG", sizeof(mac.mac_user));
	strlcpy(mac.mac_pass, CANARY, sizeof(mac.mac_pass));
	return (mac);
}

UNIT_FN void
put_check(struct end *e, uint64_t gen, uint64_t num, uint8_t source)
{
	struct msg_auth_check	 mac = check(gen, num, source);

	put(e, MSG_AUTH_CHECK, &mac);
}

UNIT_FN void
put_checked(struct end *e, uint64_t seq, enum auth_result result)
{
	struct msg_checked	 md;

	memset(&md, 0, sizeof(md));
	md.mh_seq = seq;
	md.mh_result = result;
	strlcpy(md.mh_ticket, "ticket", sizeof(md.mh_ticket));
	put(e, MSG_CHECKED, &md);
}

/* The parent gets this answer for the session next, and only that. */
UNIT_FN void
want_bad(uint64_t gen, uint64_t num, enum auth_result result)
{
	struct got	 got = get(&authpop.parent, 2000);

	CHECK(got.type == MSG_AUTH_BAD, "%s", msg_name(got.type));
	CHECK(got.data.auth_bad.mab_id.si_gen == gen &&
	    got.data.auth_bad.mab_id.si_num == num, "of session %llu.%llu",
	    (unsigned long long)got.data.auth_bad.mab_id.si_gen,
	    (unsigned long long)got.data.auth_bad.mab_id.si_num);
	CHECK(got.data.auth_bad.mab_result == result, "%u",
	    got.data.auth_bad.mab_result);
	CHECK(strcmp(got.data.auth_bad.mab_user, "joe@example.org") == 0,
	    "%s", got.data.auth_bad.mab_user);
}

UNIT_FN void
want_nothing(struct end *e)
{
	struct got	 got = get(e, SOON);

	CHECK(got.type == 0, "%s", got.type == MSG_MAX ? "the end" :
	    msg_name(got.type));
}

/* Expect a check at the checker.  Return its number. */
UNIT_FN uint64_t
want_check(struct end *e)
{
	struct got	 got = get(e, 2000);

	CHECK(got.type == MSG_CHECK, "%s", msg_name(got.type));
	CHECK(strcmp(got.data.check.mk_user, "joe@example.org") == 0, "%s",
	    got.data.check.mk_user);
	CHECK(strcmp(got.data.check.mk_pass, CANARY) == 0, "password");
	return (got.data.check.mk_seq);
}

#endif
