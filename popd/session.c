/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table of sessions.  See session.h.
 */

#include <sys/types.h>
#include <sys/tree.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "command.h"
#include "log.h"
#include "session.h"

static int
id_cmp(const struct session *a, const struct session *b)
{
	if (a->s_id.si_gen != b->s_id.si_gen)
		return (a->s_id.si_gen < b->s_id.si_gen ? -1 : 1);
	if (a->s_id.si_num != b->s_id.si_num)
		return (a->s_id.si_num < b->s_id.si_num ? -1 : 1);
	return (0);
}

static int
user_cmp(const struct session *a, const struct session *b)
{
	int	 c;

	c = strcmp(a->s_user, b->s_user);
	return (c != 0 ? c : id_cmp(a, b));
}

RB_HEAD(by_id, session);
RB_HEAD(by_user, session);
RB_PROTOTYPE(by_id, session, s_by_id, id_cmp)
RB_GENERATE(by_id, session, s_by_id, id_cmp)
RB_PROTOTYPE(by_user, session, s_by_user, user_cmp)
RB_GENERATE(by_user, session, s_by_user, user_cmp)

static struct {
	struct by_id	 by_id;
	struct by_user	 by_user;
	uint32_t	 working;
} session = {
	RB_INITIALIZER(&session.by_id),
	RB_INITIALIZER(&session.by_user),
	0
};

struct session *
session_new(const struct msg_want *mw)
{
	struct session	*s;
	char		 version[LOG_QUOTE_MAX], cipher[LOG_QUOTE_MAX];
	char		 sni[LOG_QUOTE_MAX];

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
		/* Quoted: neither client nor listener may forge log lines. */
	log_quote(mw->mw_version, version, sizeof(version));
	log_quote(mw->mw_cipher, cipher, sizeof(cipher));
	log_quote(mw->mw_sni, sni, sizeof(sni));
	if (asprintf(&s->s_tls, "tls=%s cipher=%s sni=%s", version, cipher,
	    sni) == -1 || (s->s_user = strdup(mw->mw_user)) == NULL) {
		free(s->s_tls);
		free(s);
		return (NULL);
	}
	strlcpy(s->s_version, mw->mw_version, sizeof(s->s_version));
	s->s_id = mw->mw_id;
	s->s_source = mw->mw_source;
	s->s_local = mw->mw_local;
	s->s_proxy = mw->mw_proxy;
	s->s_purpose = mw->mw_purpose;
	s->s_protocol = mw->mw_protocol;
	memcpy(s->s_bond, mw->mw_bond, sizeof(s->s_bond));
	if (RB_INSERT(by_id, &session.by_id, s) != NULL) {
		free(s->s_tls);
		free(s->s_user);
		free(s);
		return (NULL);
	}
	return (s);
}

void
session_working(struct session *s, pid_t pid)
{
	s->s_pid = pid;
	snprintf(s->s_name, sizeof(s->s_name), "%s[%d]",
	    msg_role_name(ROLE_WORKER), (int)pid);
	s->s_state = SESSION_OPEN;
	RB_INSERT(by_user, &session.by_user, s);
	session.working++;
}

void
session_free(struct session *s)
{
	RB_REMOVE(by_id, &session.by_id, s);
	if (s->s_state != SESSION_WANTED) {
		RB_REMOVE(by_user, &session.by_user, s);
		session.working--;
	}
	if (s->s_asking)
		evtimer_del(&s->s_late);
	chan_free(s->s_chan);
	free(s->s_tls);
	free(s->s_user);
	free(s);
}

struct session *
session_find(const struct session_id *id)
{
	struct session	 key;

	key.s_id = *id;
	return (RB_FIND(by_id, &session.by_id, &key));
}

struct session *
session_of_user(const char *user)
{
	struct session	 key, *s;
	char		 name[USER_MAX];

	strlcpy(name, user, sizeof(name));
	key.s_user = name;
	key.s_id.si_gen = key.s_id.si_num = 0;
	s = RB_NFIND(by_user, &session.by_user, &key);
	return (s != NULL && strcmp(s->s_user, user) == 0 ? s : NULL);
}

struct session *
session_next_of_user(struct session *s)
{
	struct session	*next;

	next = RB_NEXT(by_user, &session.by_user, s);
	return (next != NULL && strcmp(next->s_user, s->s_user) == 0 ? next :
	    NULL);
}

struct session *
session_first(void)
{
	return (RB_MIN(by_id, &session.by_id));
}

struct session *
session_next(struct session *s)
{
	return (RB_NEXT(by_id, &session.by_id, s));
}

struct session *
session_after(const struct session_id *id)
{
	struct session	 key, *s;

	key.s_id = *id;
	s = RB_NFIND(by_id, &session.by_id, &key);
	if (s != NULL && id_cmp(s, &key) == 0)
		s = RB_NEXT(by_id, &session.by_id, s);
	return (s);
}

unsigned int
session_count_most(void)
{
	const struct session	*before = NULL;
	struct session		*s;
	unsigned int		 n = 0, most = 0;

	RB_FOREACH(s, by_user, &session.by_user) {
		if (before == NULL || strcmp(before->s_user, s->s_user) != 0)
			n = 0;
		if (++n > most)
			most = n;
		before = s;
	}
	return (most);
}

unsigned int
session_count_user(const char *user, unsigned int *busy)
{
	struct session	*s;
	unsigned int	 n = 0;

	*busy = 0;
	for (s = session_of_user(user); s != NULL;
	    s = session_next_of_user(s)) {
		n++;
		*busy += !s->s_reported && !s->s_quit;
	}
	return (n);
}

uint32_t
session_count(void)
{
	return (session.working);
}

char *
session_text(const struct session *s, char *buf, size_t size)
{
	char	 name[SESSION_NAME_MAX], source[SOURCE_TEXT_MAX];
	char	 user[LOG_QUOTE_MAX];

	snprintf(buf, size, "session=%s user=%s source=%s",
	    msg_session_name(&s->s_id, name, sizeof(name)),
	    log_quote(s->s_user, user, sizeof(user)),
	    source_text(&s->s_source, source, sizeof(source)));
	return (buf);
}

char *
session_title(const struct session *s, char *buf, size_t size)
{
	char	 source[SOURCE_TEXT_MAX], user[LOG_QUOTE_MAX];

	/* Strip the quotes; log_quote() leaves no blanks. */
	log_quote(s->s_user, user, sizeof(user));
	snprintf(buf, size, "wrkrpop: %.*s %s", (int)strlen(user) - 2,
	    user + 1, source_text(&s->s_source, source, sizeof(source)));
	return (buf);
}
