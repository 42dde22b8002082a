/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Look up one user in several tables.  See inquiry.h.
 *
 * If a table cannot be asked or reports an error, those after it are not
 * asked: it might have known the user, and causing a table to fail must not
 * choose which table decides.  The same holds for an answer about another
 * user.
 */

#include <sys/types.h>
#include <sys/time.h>

#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inquiry.h"
#include "limits.h"
#include "log.h"
#include "program.h"
#include "table.h"
#include "tableset.h"

struct inquiry {
	struct tableset		*iq_set;
	enum table_flag		 iq_kind;
	unsigned int		 iq_place;
	int			 iq_begun;
	int			 iq_proof;	/* the first table gets
						   iq_pass */
	int			 iq_mail;
	struct question		*iq_question;	/* NULL: none open */
	struct event		 iq_timer;	/* to start, then the
						   deadline */
	inquiry_done		*iq_done;
	void			*iq_arg;
	char			 iq_key[USER_MAX];	/* "": cannot be asked
							   for */
	struct source		 iq_source;
	char			 iq_pass[PASS_MAX];
};

void
inquiry_free(struct inquiry *iq)
{
	if (iq == NULL)
		return;
	evtimer_del(&iq->iq_timer);
	if (iq->iq_question != NULL)
		question_forget(iq->iq_question);
	tableset_release(iq->iq_set);
	freezero(iq, sizeof(*iq));
}

static void
inquiry_end(struct inquiry *iq, enum look_result result, const char *value)
{
	struct inquiry_answer	 ia;
	inquiry_done		*done = iq->iq_done;
	void			*arg = iq->iq_arg;

	ia.ia_result = result;
	ia.ia_place = result == LOOK_NONE ? 0 : iq->iq_place;
	ia.ia_value = value;
	inquiry_free(iq);
	done(arg, &ia);
}

/*
 * Return the hash in a value "hash" or "user:hash", or NULL if it is for
 * another user.  smtpd never asks for two users at once and takes the hash for
 * any name.
 */
static const char *
inquiry_hash(const struct inquiry *iq, const char *value)
{
	char		 user[USER_MAX];
	const char	*hash = credentials_hash(value);
	size_t		 len;

	if (hash != value) {
		len = (size_t)(hash - value) - 1;
		if (len == 0 || len >= sizeof(user))
			return (NULL);
		memcpy(user, value, len);
		user[len] = '\0';
		table_lower(user);
		if (strcmp(user, iq->iq_key) != 0)
			return (NULL);
		value = hash;
	}
	return (strlen(value) < HASH_TEXT_MAX && *value != '\0' ? value :
	    NULL);
}

static void	 inquiry_next(struct inquiry *);

/*
 * After a user ask for their domain, then for "@", as smtpd does with a
 * virtual table.  Return 0 if there are no more.
 */
static int
inquiry_widen(struct inquiry *iq)
{
	const char	*domain = strrchr(iq->iq_key, '@');

	if (iq->iq_kind != TABLE_ROUTE || strcmp(iq->iq_key, "@") == 0)
		return (0);
	if (domain == NULL || domain == iq->iq_key)
		strlcpy(iq->iq_key, "@", sizeof(iq->iq_key));
	else
		memmove(iq->iq_key, domain, strlen(domain) + 1);
	return (1);
}

/* The answer of the table at iq_place. */
static void
inquiry_answered(void *arg, enum proto_result result, const char *value)
{
	struct inquiry	*iq = arg;
	struct userinfo	 ui;

	iq->iq_question = NULL;
	switch (result) {
	case PROTO_NOT_FOUND:
		iq->iq_proof = 0;
		if (!inquiry_widen(iq))
			iq->iq_place++;
		inquiry_next(iq);
		return;
	case PROTO_WRONG:
		inquiry_end(iq, LOOK_WRONG, "");
		return;
	case PROTO_FOUND:
		if (iq->iq_proof || iq->iq_kind == TABLE_ROUTE ||
		    (iq->iq_kind == TABLE_USERBASE &&
		    userinfo_parse(value, &ui) == NULL) ||
		    (iq->iq_kind == TABLE_CREDENTIALS &&
		    (value = inquiry_hash(iq, value)) != NULL)) {
			inquiry_end(iq, LOOK_FOUND, value);
			return;
		}
		program_complain(tableset_program(iq->iq_set, iq->iq_kind,
		    iq->iq_place), "invalid value");
		break;
	default:
		break;
	}
	inquiry_end(iq, LOOK_TEMP, "");
}

/* Send the password to the table that judges it, and wipe it here. */
static struct question *
inquiry_prove(struct inquiry *iq, struct program *pg)
{
	enum proto_service	 service = SERVICE_AUTH;
	struct question		*qn;
	char			 key[SOURCE_TEXT_MAX + USER_MAX + PASS_MAX];
	char			 source[SOURCE_TEXT_MAX];

	source_text(&iq->iq_source, source, sizeof(source));
	if (program_offers(pg, SERVICE_SYSTEM)) {
		service = SERVICE_SYSTEM;
		snprintf(key, sizeof(key), "%s|%s:%s", source, iq->iq_key,
		    iq->iq_pass);
	} else
		snprintf(key, sizeof(key), "%s:%s", iq->iq_key, iq->iq_pass);
	explicit_bzero(iq->iq_pass, sizeof(iq->iq_pass));
	qn = program_ask(pg, service, key, TURN_NEXT, inquiry_answered, iq);
	explicit_bzero(key, sizeof(key));
	return (qn);
}

/* Ask the next table that is a process, starting with the current one. */
static void
inquiry_next(struct inquiry *iq)
{
	struct program	*pg = NULL;

	while (iq->iq_place < TABLES_ASKED_MAX &&
	    (pg = tableset_program(iq->iq_set, iq->iq_kind,
	    iq->iq_place)) == NULL)
		iq->iq_place++;
	if (pg == NULL || iq->iq_key[0] == '\0') {
		inquiry_end(iq, LOOK_NONE, "");
		return;
	}
	if (iq->iq_kind == TABLE_USERBASE)
		iq->iq_question = program_ask(pg, SERVICE_USERINFO, iq->iq_key,
		    iq->iq_mail ? TURN_MAIL : TURN_FIRST, inquiry_answered, iq);
	else if (iq->iq_kind == TABLE_ROUTE)
		iq->iq_question = program_ask(pg, SERVICE_ALIAS, iq->iq_key,
		    TURN_FIRST, inquiry_answered, iq);
	else if (iq->iq_proof)
		iq->iq_question = inquiry_prove(iq, pg);
	else if (program_up(pg) && (program_offers(pg, SERVICE_AUTH) ||
	    program_offers(pg, SERVICE_SYSTEM))) {
		inquiry_end(iq, LOOK_PROVE, "");
		return;
	} else
		iq->iq_question = program_ask(pg, SERVICE_CREDENTIALS,
		    iq->iq_key, TURN_NEXT, inquiry_answered, iq);
	if (iq->iq_question == NULL)
		inquiry_end(iq, LOOK_TEMP, "");
}

static void
inquiry_timer(int fd, short what, void *arg)
{
	const struct timeval	 tv = { TABLE_SECONDS, 0 };
	struct inquiry		*iq = arg;

	if (iq->iq_begun) {
		inquiry_end(iq, LOOK_TEMP, "");
		return;
	}
	iq->iq_begun = 1;
	evtimer_add(&iq->iq_timer, &tv);
	inquiry_next(iq);
}

/*
 * The password must fit on one line, and the name must have no colon, or part
 * of the password would become part of the name.
 */
static int
inquiry_sendable(const struct inquiry *iq)
{
	return (strchr(iq->iq_key, ':') == NULL &&
	    strpbrk(iq->iq_pass, "\r\n") == NULL);
}

struct inquiry *
inquiry_new(struct tableset *ts, enum table_flag kind, const char *user,
    const struct inquiry_proof *ip, inquiry_done *done, void *arg)
{
	const struct timeval	 now = { 0, 0 };
	struct inquiry		*iq;

	if ((iq = calloc(1, sizeof(*iq))) == NULL)
		fatal("calloc");
	iq->iq_set = ts;
	iq->iq_kind = kind;
	iq->iq_done = done;
	iq->iq_arg = arg;
	if (proto_key(user, iq->iq_key, sizeof(iq->iq_key)) == -1)
		iq->iq_key[0] = '\0';
	if (ip != NULL) {
		iq->iq_proof = 1;
		iq->iq_place = ip->ip_place;
		iq->iq_source = *ip->ip_source;
		strlcpy(iq->iq_pass, ip->ip_pass, sizeof(iq->iq_pass));
		/*
		 * A table that cannot be asked about it does not know the
		 * user.
		 */
		if (!inquiry_sendable(iq)) {
			iq->iq_proof = 0;
			iq->iq_place++;
		}
	}
	tableset_hold(ts);
	evtimer_set(&iq->iq_timer, inquiry_timer, iq);
	evtimer_add(&iq->iq_timer, &now);
	return (iq);
}

void
inquiry_for_mail(struct inquiry *iq)
{
	iq->iq_mail = 1;
}
