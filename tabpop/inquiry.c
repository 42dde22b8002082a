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
	struct tableset		*inq_set;
	enum table_flag		 inq_kind;
	unsigned int		 inq_place;
	int			 inq_begun;
	int			 inq_proof;	/* the first table gets
						   inq_pass */
	int			 inq_mail;
	struct program_question	*inq_question;	/* NULL: none open */
	struct event		 inq_timer;	/* to start, then the
						   deadline */
	inquiry_done		*inq_done;
	void			*inq_arg;
	char			 inq_key[USER_MAX];	/* "": cannot be asked
							   for */
	struct source		 inq_source;
	char			 inq_pass[PASS_MAX];
};

void
inquiry_free(struct inquiry *inq)
{
	if (inq == NULL)
		return;
	evtimer_del(&inq->inq_timer);
	if (inq->inq_question != NULL)
		program_forget(inq->inq_question);
	tableset_release(inq->inq_set);
	freezero(inq, sizeof(*inq));
}

static void
inquiry_end(struct inquiry *inq, enum look_result result, const char *value)
{
	struct inquiry_answer	 ia;
	inquiry_done		*done = inq->inq_done;
	void			*arg = inq->inq_arg;

	ia.ia_result = result;
	ia.ia_place = result == LOOK_NONE ? 0 : inq->inq_place;
	ia.ia_value = value;
	inquiry_free(inq);
	done(arg, &ia);
}

/*
 * Return the hash in a value "hash" or "user:hash", or NULL if it is for
 * another user.  smtpd never asks for two users at once and takes the hash for
 * any name.
 */
static const char *
inquiry_hash(const struct inquiry *inq, const char *value)
{
	char		 user[USER_MAX];
	const char	*hash = table_hash(value);
	size_t		 len;

	if (hash != value) {
		len = (size_t)(hash - value) - 1;
		if (len == 0 || len >= sizeof(user))
			return (NULL);
		memcpy(user, value, len);
		user[len] = '\0';
		table_lower(user);
		if (strcmp(user, inq->inq_key) != 0)
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
inquiry_widen(struct inquiry *inq)
{
	const char	*domain = strrchr(inq->inq_key, '@');

	if (inq->inq_kind != TABLE_ROUTE || strcmp(inq->inq_key, "@") == 0)
		return (0);
	if (domain == NULL || domain == inq->inq_key)
		strlcpy(inq->inq_key, "@", sizeof(inq->inq_key));
	else
		memmove(inq->inq_key, domain, strlen(domain) + 1);
	return (1);
}

/* The answer of the table at inq_place. */
static void
inquiry_answered(void *arg, enum proto_result result, const char *value)
{
	struct inquiry	*inq = arg;
	struct userinfo	 ui;

	inq->inq_question = NULL;
	switch (result) {
	case PROTO_NOT_FOUND:
		inq->inq_proof = 0;
		if (!inquiry_widen(inq))
			inq->inq_place++;
		inquiry_next(inq);
		return;
	case PROTO_WRONG:
		inquiry_end(inq, LOOK_WRONG, "");
		return;
	case PROTO_FOUND:
		if (inq->inq_proof || inq->inq_kind == TABLE_ROUTE ||
		    (inq->inq_kind == TABLE_USERBASE &&
		    table_userinfo(value, &ui) == NULL) ||
		    (inq->inq_kind == TABLE_CREDENTIALS &&
		    (value = inquiry_hash(inq, value)) != NULL)) {
			inquiry_end(inq, LOOK_FOUND, value);
			return;
		}
		program_complain(tableset_program(inq->inq_set, inq->inq_kind,
		    inq->inq_place), "invalid value");
		break;
	default:
		break;
	}
	inquiry_end(inq, LOOK_TEMP, "");
}

/* Send the password to the table that judges it, and wipe it here. */
static struct program_question *
inquiry_prove(struct inquiry *inq, struct program *pg)
{
	enum proto_service	 service = SERVICE_AUTH;
	struct program_question	*qn;
	char			 key[SOURCE_TEXT_MAX + USER_MAX + PASS_MAX];
	char			 source[SOURCE_TEXT_MAX];

	source_text(&inq->inq_source, source, sizeof(source));
	if (program_offers(pg, SERVICE_SYSTEM)) {
		service = SERVICE_SYSTEM;
		snprintf(key, sizeof(key), "%s|%s:%s", source, inq->inq_key,
		    inq->inq_pass);
	} else
		snprintf(key, sizeof(key), "%s:%s", inq->inq_key,
		    inq->inq_pass);
	explicit_bzero(inq->inq_pass, sizeof(inq->inq_pass));
	qn = program_ask(pg, service, key, TURN_NEXT, inquiry_answered, inq);
	explicit_bzero(key, sizeof(key));
	return (qn);
}

/* Ask the next table that is a process, starting with the current one. */
static void
inquiry_next(struct inquiry *inq)
{
	struct program	*pg = NULL;

	while (inq->inq_place < TABLES_ASKED_MAX &&
	    (pg = tableset_program(inq->inq_set, inq->inq_kind,
	    inq->inq_place)) == NULL)
		inq->inq_place++;
	if (pg == NULL || inq->inq_key[0] == '\0') {
		inquiry_end(inq, LOOK_NONE, "");
		return;
	}
	if (inq->inq_kind == TABLE_USERBASE)
		inq->inq_question = program_ask(pg, SERVICE_USERINFO,
		    inq->inq_key, inq->inq_mail ? TURN_MAIL : TURN_FIRST,
		    inquiry_answered, inq);
	else if (inq->inq_kind == TABLE_ROUTE)
		inq->inq_question = program_ask(pg, SERVICE_ALIAS, inq->inq_key,
		    TURN_FIRST, inquiry_answered, inq);
	else if (inq->inq_proof)
		inq->inq_question = inquiry_prove(inq, pg);
	else if (program_up(pg) && (program_offers(pg, SERVICE_AUTH) ||
	    program_offers(pg, SERVICE_SYSTEM))) {
		inquiry_end(inq, LOOK_PROVE, "");
		return;
	} else
		inq->inq_question = program_ask(pg, SERVICE_CREDENTIALS,
		    inq->inq_key, TURN_NEXT, inquiry_answered, inq);
	if (inq->inq_question == NULL)
		inquiry_end(inq, LOOK_TEMP, "");
}

static void
inquiry_timer(int fd, short what, void *arg)
{
	const struct timeval	 tv = { TABLE_SECONDS, 0 };
	struct inquiry		*inq = arg;

	if (inq->inq_begun) {
		inquiry_end(inq, LOOK_TEMP, "");
		return;
	}
	inq->inq_begun = 1;
	evtimer_add(&inq->inq_timer, &tv);
	inquiry_next(inq);
}

/*
 * The password must fit on one line, and the name must have no colon, or part
 * of the password would become part of the name.
 */
static int
inquiry_sendable(const struct inquiry *inq)
{
	return (strchr(inq->inq_key, ':') == NULL &&
	    strpbrk(inq->inq_pass, "\r\n") == NULL);
}

struct inquiry *
inquiry_new(struct tableset *ts, enum table_flag kind, const char *user,
    const struct inquiry_proof *ip, inquiry_done *done, void *arg)
{
	const struct timeval	 now = { 0, 0 };
	struct inquiry		*inq;

	if ((inq = calloc(1, sizeof(*inq))) == NULL)
		fatal("calloc");
	inq->inq_set = ts;
	inq->inq_kind = kind;
	inq->inq_done = done;
	inq->inq_arg = arg;
	if (proto_key(user, inq->inq_key, sizeof(inq->inq_key)) == -1)
		inq->inq_key[0] = '\0';
	if (ip != NULL) {
		inq->inq_proof = 1;
		inq->inq_place = ip->ip_place;
		inq->inq_source = *ip->ip_source;
		strlcpy(inq->inq_pass, ip->ip_pass, sizeof(inq->inq_pass));
		/*
		 * A table that cannot be asked about it does not know the
		 * user.
		 */
		if (!inquiry_sendable(inq)) {
			inq->inq_proof = 0;
			inq->inq_place++;
		}
	}
	tableset_hold(ts);
	evtimer_set(&inq->inq_timer, inquiry_timer, inq);
	evtimer_add(&inq->inq_timer, &now);
	return (inq);
}

void
inquiry_for_mail(struct inquiry *inq)
{
	inq->inq_mail = 1;
}
