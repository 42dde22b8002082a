/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Helpers to fill and empty the queue of authpop. */

#ifndef AUTHQUEUE_H
#define AUTHQUEUE_H

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authpop/queue.h"
#include "limits.h"
#include "nets.h"
#include "unit.h"

#define T0	1000000ULL		/* some moment */

static struct queue	*qu;
static uint64_t		 number;
static uint64_t		 given;		/* whose check gave way */

UNIT_FN struct source
from4(unsigned int n)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 4;
	so.so_addr[0] = 10;
	so.so_addr[1] = (uint8_t)(n >> 16);
	so.so_addr[2] = (uint8_t)(n >> 8);
	so.so_addr[3] = (uint8_t)n;
	so.so_port = (uint16_t)(1024 + number % 50000);
	return (so);
}

/* A /24 of its own for each n. */
UNIT_FN struct source
net4(unsigned int n)
{
	return (from4(n << 8 | 1));
}

/* net is the last two octets of the /64: 256 of them are a /56. */
UNIT_FN struct source
from6(unsigned int net, unsigned int host)
{
	struct source	 so;

	memset(&so, 0, sizeof(so));
	so.so_version = 6;
	so.so_addr[0] = 0x20;
	so.so_addr[6] = (uint8_t)(net >> 8);
	so.so_addr[7] = (uint8_t)net;
	so.so_addr[15] = (uint8_t)host;
	return (so);
}

/* Add a check, named by si_gen.  Return 2 if another was displaced. */
UNIT_FN int
put_user(struct source so, uint64_t gen, const char *user, const char *pass,
    uint64_t now)
{
	struct msg_auth_check	 mac;
	struct check		*displaced;
	int			 ret;

	memset(&mac, 0, sizeof(mac));
	mac.mac_id.si_gen = gen;
	mac.mac_id.si_num = ++number;
	mac.mac_source = so;
	snprintf(mac.mac_user, sizeof(mac.mac_user), "%s", user);
	snprintf(mac.mac_pass, sizeof(mac.mac_pass), "%s", pass);
	ret = queue_add(qu, &mac, now, &displaced);
	if (displaced == NULL)
		return (ret);
	CHECK(ret == 0, "displaced for nothing");
	given = displaced->ck_id.si_gen;
	queue_check_free(displaced);
	return (2);
}

UNIT_FN int
put(struct source so, uint64_t gen, uint64_t now)
{
	return (put_user(so, gen, "Some.User@EXAMPLE", "PassWord", now));
}

/* One login from beginning to end, in an empty queue. */
UNIT_FN void
login(struct source so, const char *user, const char *pass, int right,
    uint64_t now)
{
	struct check	*ck;
	uint64_t	 t;

	CHECK(put_user(so, 1, user, pass, now) == 0, "no place");
	for (t = now; (ck = queue_next(qu, t)) == NULL &&
	    t < now + 100 * FAILURE_DELAY_MAX_MS;)
		t += 50;
	CHECK(ck != NULL, "nothing to check");
	if (ck == NULL)
		return;
	if (right)
		queue_succeeded(qu, ck, now);
	else
		queue_failed(qu, ck, now);
	queue_check_free(ck);
}

/* Return the si_gen of the next check, or 0. */
UNIT_FN uint64_t
next(uint64_t now)
{
	struct check	*ck;
	uint64_t	 gen;

	if ((ck = queue_next(qu, now)) == NULL)
		return (0);
	gen = ck->ck_id.si_gen;
	queue_check_free(ck);
	return (gen);
}

UNIT_FN void
fail(struct source so, unsigned int times, uint64_t now)
{
	while (times-- > 0)
		queue_opened_nothing(qu, &so, NULL, now);
}

UNIT_FN void
again(const char *name)
{
	unit_case(name);
	if (qu != NULL)
		queue_free(qu);
	qu = queue_new();
}

#endif
