/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Between a session and those who decide on it.  A PASS goes as WANT to the
 * parent and as CHECK to authpop; the answer comes from the parent alone.
 * Answers to sessions that are no more cross with our END, and are nothing
 * special.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "log.h"
#include "login.h"
#include "missing.h"
#include "sasl.h"
#include "session.h"

#define ERR_AUTH	"-ERR [AUTH] wrong user name or password\r\n"
#define ERR_TEMP	"-ERR [SYS/TEMP] cannot log in now, try again later\r\n"
#define ERR_PERM	"-ERR [SYS/PERM] no mailbox here, ask postmaster\r\n"

#define BUCKETS		256

LIST_HEAD(bucket, session);

static const char *const refusals[REFUSE_REASONS] = {
	[REFUSE_AUTH] = ERR_AUTH,
	[REFUSE_TEMP] = ERR_TEMP,
	[REFUSE_PERM] = ERR_PERM,
};

static struct {
	struct chan	*parent;
	struct chan	*authpop;	/* NULL: it is being started again */
	struct session_id last;
	struct bucket	 waiting[BUCKETS];
} login;

/* authpop has nothing to tell a listener. */
static const struct chan_rule authpop_rules[] = {
	{ 0, NULL }
};

static struct bucket *
login_bucket(const struct session_id *id)
{
	return (&login.waiting[id->si_num % BUCKETS]);
}

static struct session *
login_find(const struct session_id *id)
{
	struct session	*s;

	LIST_FOREACH(s, login_bucket(id), se_waiting)
		if (s->se_id.si_num == id->si_num &&
		    s->se_id.si_gen == id->si_gen)
			return (s);
	return (NULL);
}

static void
login_send_end(struct session *s, enum end_reason reason)
{
	struct msg_end	 end;

	memset(&end, 0, sizeof(end));
	end.me_id = s->se_id;
	end.me_reason = reason;
	chan_send(login.parent, MSG_SESSION_END, &end, -1);
	s->se_id.si_num = 0;
}

/* Without a word of the parent. */
static void
login_fail(struct session *s)
{
	session_refused(s, ERR_TEMP);
}

/* Nobody checks what waits; each is told, and may try again. */
static void
login_fail_all(void)
{
	struct session	*s;
	int		 i;

	for (i = 0; i < BUCKETS; i++) {
		while ((s = LIST_FIRST(&login.waiting[i])) != NULL) {
			LIST_REMOVE(s, se_waiting);
			login_send_end(s, END_REFUSED);
			login_fail(s);
			session_turn(s);
		}
	}
}

static void
login_closed(void *arg, const char *why)
{
	if (why != NULL)
		log_warnx("authpop: %s", why);
	chan_free(login.authpop);
	login.authpop = NULL;
	missing_begin(ROLE_AUTH);
	login_fail_all();
}

void
login_init(struct chan *parent)
{
	int	 i;

	login.parent = parent;
	for (i = 0; i < BUCKETS; i++)
		LIST_INIT(&login.waiting[i]);
}

void
login_generation(uint64_t gen)
{
	login.last.si_gen = gen;
}

void
login_peer(int fd)
{
	if (login.authpop != NULL)
		login_closed(NULL, NULL);
	login.authpop = chan_new(fd, "authpop", authpop_rules, login_closed,
	    NULL);
	if (login.authpop == NULL) {
		log_warn("authpop: no channel");
		close(fd);
	}
}

static int
login_want(struct session *s)
{
	struct msg_want	 want;

	memset(&want, 0, sizeof(want));
	want.mw_id = s->se_id;
	want.mw_source = s->se_source;
	strlcpy(want.mw_version, tlsio_version(s->se_tls),
	    sizeof(want.mw_version));
	strlcpy(want.mw_cipher, tlsio_cipher(s->se_tls),
	    sizeof(want.mw_cipher));
	if (chan_send(login.parent, MSG_SESSION_WANT, &want, -1) == -1)
		return (-1);
	/* It must be there before authpop's answer can be. */
	return (chan_drained(login.parent) ? 0 : -1);
}

static int
login_check(struct session *s, const struct credentials *cr)
{
	struct msg_auth_check	 check;
	int			 rv;

	memset(&check, 0, sizeof(check));
	check.mac_id = s->se_id;
	check.mac_source = s->se_source;
	strlcpy(check.mac_user, cr->cr_user, sizeof(check.mac_user));
	strlcpy(check.mac_pass, cr->cr_pass, sizeof(check.mac_pass));
	rv = chan_send(login.authpop, MSG_AUTH_CHECK, &check, -1);
	explicit_bzero(&check, sizeof(check));
	return (rv);
}

void
login_start(struct session *s, struct credentials *cr)
{
	int	 sent = 0;

	if (login.authpop != NULL) {
		login.last.si_num++;
		s->se_id = login.last;
		sent = login_want(s) == 0 && login_check(s, cr) == 0;
		if (!sent)
			login_send_end(s, END_REFUSED);
	}
	explicit_bzero(cr, sizeof(*cr));
	if (!sent) {
		login_fail(s);
		return;
	}
	s->se_state = SESSION_WAIT;
	LIST_INSERT_HEAD(login_bucket(&s->se_id), s, se_waiting);
}

void
login_end(struct session *s, enum end_reason reason)
{
	if (s->se_id.si_num == 0)
		return;
	if (s->se_state == SESSION_WAIT) {
		LIST_REMOVE(s, se_waiting);
		if (login.authpop != NULL)
			chan_send(login.authpop, MSG_AUTH_CANCEL,
			    &s->se_id, -1);
	}
	login_send_end(s, reason);
}

void
login_timeout(struct session *s)
{
	login_end(s, END_LOGIN_TIME);
	login_fail(s);
}

const char *
login_open(void *arg, const void *data, int fd)
{
	struct session	*s;

	if ((s = login_find(data)) == NULL) {
		close(fd);
		return (NULL);
	}
	LIST_REMOVE(s, se_waiting);
	session_opened(s, fd);
	session_turn(s);
	return (NULL);
}

const char *
login_refuse(void *arg, const void *data, int fd)
{
	const struct msg_refuse	*refuse = data;
	struct session		*s;

	if ((s = login_find(&refuse->mr_id)) == NULL)
		return (NULL);
	LIST_REMOVE(s, se_waiting);
	s->se_id.si_num = 0;
	session_refused(s, refusals[refuse->mr_reason]);
	session_turn(s);
	return (NULL);
}
