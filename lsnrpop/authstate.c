/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The commands before login.  In: octets from tlsio.c, through client.c.  Out:
 * replies; user names and passwords for authreq.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "authstate.h"
#include "base64.h"
#include "capa.h"
#include "command.h"
#include "limits.h"
#include "line.h"
#include "reply.h"
#include "setting.h"
#include "stamp.h"

#define OK_READY	"+OK POP3 ready\r\n"
#define OK_STAMP	"+OK POP3 ready %s\r\n"
#define OK_USER		"+OK send the password\r\n"
#define OK_UTF8		"+OK\r\n"
#define OK_STLS		"+OK begin TLS\r\n"
#define GO_ON		"+ \r\n"
#define ERR_STATE	"-ERR log in first\r\n"
#define ERR_USER	"-ERR argument too long\r\n"
#define ERR_PASS	"-ERR USER first\r\n"
#define ERR_MECHANISM	"-ERR unknown mechanism\r\n"
#define ERR_CANCELLED	"-ERR cancelled\r\n"
#define ERR_PLAIN	"-ERR not a PLAIN response\r\n"
#define ERR_DIGEST	"-ERR not an MD5 digest\r\n"
#define ERR_CRAM	"-ERR not a CRAM-MD5 response\r\n"
#define ERR_CHALLENGE	"-ERR [SYS/TEMP] no challenge now, try again later\r\n"
#define ERR_OTHER	"-ERR the authorization identity must be the user\r\n"
#define ERR_TLS		"-ERR TLS is required, begin with STLS\r\n"
#define ERR_TWICE	"-ERR TLS is already active\r\n"
#define ERR_MEMORY	"-ERR [SYS/TEMP] out of memory\r\n"

/* For replies with variable text; the longest is a CRAM-MD5 challenge. */
static struct {
	char	 reply[2 + BASE64_TEXT(STAMP_TEXT) + 2];
} authstate;

static const char *const line_errors[] = {
	[LINE_LONG] = REPLY_LONG,
	[LINE_BAD] = REPLY_OCTETS,
};

static const char *const command_errors[] = {
	[COMMAND_UNKNOWN] = REPLY_UNKNOWN,
	[COMMAND_STATE] = ERR_STATE,
	[COMMAND_ARGS] = REPLY_ARGS,
	[COMMAND_OCTETS] = REPLY_OCTETS,
	[COMMAND_LENGTH] = REPLY_LONG,
};

/* A reply to a valid command. */
static enum authstate_event
authstate_good(struct authstate *as, const char *text, const char **reply)
{
	as->as_bad = 0;
	*reply = text;
	return (AUTHSTATE_REPLY);
}

static enum authstate_event
authstate_bad(struct authstate *as, const char *text, const char **reply)
{
	*reply = text;
	return (++as->as_bad >= BAD_COMMANDS_MAX ? AUTHSTATE_CLOSE :
	    AUTHSTATE_REPLY);
}

static void
authstate_forget(struct authstate *as)
{
	free(as->as_user);
	as->as_user = NULL;
	free(as->as_challenge);
	as->as_challenge = NULL;
	as->as_sasl = SASL_NONE;
}

/*
 * Return whether a password may be sent now.  The refusal has no response
 * code: [AUTH] would be about a password that was not checked, and [SYS/...]
 * about the server (RFC 3206 sections 4 and 5).
 */
static int
authstate_allowed(const struct authstate *as)
{
	return ((as->as_flags & (AUTHSTATE_TLS | AUTHSTATE_CLEAR)) != 0);
}

/* Return whether TLS may begin now. */
static int
authstate_offers(const struct authstate *as)
{
	return ((as->as_flags & (AUTHSTATE_TLS | AUTHSTATE_OFFER)) ==
	    AUTHSTATE_OFFER);
}

/* The reply is the same for known and unknown users. */
static enum authstate_event
cmd_user(struct authstate *as, const struct request *rq, const char **reply)
{
	authstate_forget(as);
	if (strlen(rq->rq_argv[0]) >= USER_MAX)
		return (authstate_bad(as, ERR_USER, reply));
	if ((as->as_user = strdup(rq->rq_argv[0])) == NULL)
		return (authstate_bad(as, ERR_MEMORY, reply));
	return (authstate_good(as, OK_USER, reply));
}

static enum authstate_event
cmd_pass(struct authstate *as, const struct request *rq, const char **reply,
    struct credentials *cr)
{
	if (as->as_user == NULL)
		return (authstate_bad(as, ERR_PASS, reply));
	if (strlcpy(cr->cr_pass, rq->rq_argv[0], sizeof(cr->cr_pass)) >=
	    sizeof(cr->cr_pass)) {
		explicit_bzero(cr, sizeof(*cr));
		return (authstate_bad(as, ERR_USER, reply));
	}
	cr->cr_method = AUTH_PASSWORD;
	strlcpy(cr->cr_user, as->as_user, sizeof(cr->cr_user));
	as->as_bad = 0;
	return (AUTHSTATE_LOGIN);
}

/* Without a stamp in the greeting the command is unknown. */
static enum authstate_event
cmd_apop(struct authstate *as, const struct request *rq, const char **reply,
    struct credentials *cr)
{
	authstate_forget(as);
	if (as->as_stamp == NULL || !setting(SETTING_APOP))
		return (authstate_bad(as, REPLY_UNKNOWN, reply));
	if (sasl_digest(AUTH_APOP, rq->rq_argv[0], rq->rq_argv[1],
	    as->as_stamp, cr) != SASL_OK)
		return (authstate_bad(as, ERR_DIGEST, reply));
	as->as_bad = 0;
	return (AUTHSTATE_LOGIN);
}

static enum authstate_event
authstate_plain(struct authstate *as, const char *text, const char **reply,
    struct credentials *cr)
{
	switch (sasl_plain(text, strlen(text), cr)) {
	case SASL_OK:
		as->as_bad = 0;
		return (AUTHSTATE_LOGIN);
	case SASL_OTHER:
		return (authstate_bad(as, ERR_OTHER, reply));
	default:
		return (authstate_bad(as, ERR_PLAIN, reply));
	}
}

static enum authstate_event
authstate_cram(struct authstate *as, const char *text, const char **reply,
    struct credentials *cr)
{
	enum sasl_error	 error = SASL_SYNTAX;

	/* The server begins: CRAM-MD5 has no initial response. */
	if (as->as_challenge != NULL)
		error = sasl_cram(text, strlen(text), as->as_challenge, cr);
	authstate_forget(as);
	if (error != SASL_OK)
		return (authstate_bad(as, ERR_CRAM, reply));
	as->as_bad = 0;
	return (AUTHSTATE_LOGIN);
}

static enum authstate_event
authstate_sasl(struct authstate *as, enum authstate_sasl what,
    const char *text, const char **reply, struct credentials *cr)
{
	switch (what) {
	case SASL_CRAM:
		return (authstate_cram(as, text, reply, cr));
	default:
		return (authstate_plain(as, text, reply, cr));
	}
}

/* Return the mechanism of this name if it is offered now, else SASL_NONE. */
static enum authstate_sasl
authstate_mechanism(const struct authstate *as, const char *name)
{
	if (setting(SETTING_CRAM) && strcasecmp(name, "CRAM-MD5") == 0)
		return (SASL_CRAM);
	return (strcasecmp(name, "PLAIN") == 0 ? SASL_PLAIN : SASL_NONE);
}

static const char *
authstate_mechanisms(const struct authstate *as)
{
	snprintf(authstate.reply, sizeof(authstate.reply),
	    "+OK mechanisms follow\r\nPLAIN\r\n%s.\r\n",
	    setting(SETTING_CRAM) ? "CRAM-MD5\r\n" : "");
	return (authstate.reply);
}

/* Return "+ " and base64. */
static const char *
authstate_encode(const char *text)
{
	char	 base64[BASE64_TEXT(STAMP_TEXT)];

	base64_encode(text, strlen(text), base64);
	snprintf(authstate.reply, sizeof(authstate.reply), "+ %s\r\n",
	    base64);
	return (authstate.reply);
}

/* The reply to AUTH without an initial response. */
static enum authstate_event
authstate_begin(struct authstate *as, enum authstate_sasl what,
    const char **reply)
{
	*reply = GO_ON;
	if (what == SASL_CRAM) {
		if ((as->as_challenge = stamp_new()) == NULL)
			return (authstate_bad(as, ERR_CHALLENGE, reply));
		*reply = authstate_encode(as->as_challenge);
	}
	as->as_sasl = what;
	return (AUTHSTATE_REPLY);
}

static enum authstate_event
cmd_auth(struct authstate *as, const struct request *rq, const char **reply,
    struct credentials *cr)
{
	enum authstate_sasl	 what;

	if (rq->rq_argc == 0)
		return (authstate_good(as, authstate_mechanisms(as), reply));
	what = authstate_mechanism(as, rq->rq_argv[0]);
	if (what == SASL_NONE)
		return (authstate_bad(as, ERR_MECHANISM, reply));
	authstate_forget(as);
	if (rq->rq_argc == 1)
		return (authstate_begin(as, what, reply));
	/* "=" is an empty initial response (RFC 5034 section 4). */
	return (authstate_sasl(as, what, strcmp(rq->rq_argv[1], "=") == 0 ?
	    "" : rq->rq_argv[1], reply, cr));
}

/* The client's response to "+ ". */
static enum authstate_event
authstate_response(struct authstate *as, const struct line *line,
    const char **reply, struct credentials *cr)
{
	enum authstate_sasl	 what = as->as_sasl;

	as->as_sasl = SASL_NONE;
	if (strcmp(line->ln_text, "*") == 0) {
		authstate_forget(as);
		return (authstate_bad(as, ERR_CANCELLED, reply));
	}
	return (authstate_sasl(as, what, line->ln_text, reply, cr));
}

static enum authstate_event
cmd_stls(struct authstate *as, const char **reply)
{
	if (authstate_offers(as)) {
		*reply = OK_STLS;
		return (AUTHSTATE_STLS);
	}
	return (authstate_bad(as, as->as_flags & AUTHSTATE_TLS ? ERR_TWICE :
	    REPLY_UNKNOWN, reply));
}

static enum authstate_event
cmd_capa(struct authstate *as, const char **reply)
{
	int	 flags = 0;

	if (authstate_allowed(as))
		flags |= CAPA_LOGIN;
	if (authstate_offers(as))
		flags |= CAPA_STLS;
	return (authstate_good(as, capa_reply(flags), reply));
}

/* APOP, AUTH, PASS and USER: commands that lead to a password. */
static enum authstate_event
authstate_password(struct authstate *as, const struct request *rq,
    const char **reply, struct credentials *cr)
{
	if (!authstate_allowed(as))
		return (authstate_bad(as, ERR_TLS, reply));
	switch (rq->rq_command->cd_code) {
	case CMD_APOP:
		return (cmd_apop(as, rq, reply, cr));
	case CMD_USER:
		return (cmd_user(as, rq, reply));
	case CMD_PASS:
		return (cmd_pass(as, rq, reply, cr));
	default:
		return (cmd_auth(as, rq, reply, cr));
	}
}

static enum authstate_event
authstate_command(struct authstate *as, const struct line *line,
    const char **reply, struct credentials *cr)
{
	struct request		 rq;
	enum command_error	 error;

	error = command_parse(line->ln_text, line->ln_len, STATE_AUTH, &rq);
	if (error != COMMAND_OK)
		return (authstate_bad(as, command_errors[error], reply));
	switch (rq.rq_command->cd_code) {
	case CMD_APOP:
	case CMD_USER:
	case CMD_PASS:
	case CMD_AUTH:
		return (authstate_password(as, &rq, reply, cr));
	case CMD_CAPA:
		return (cmd_capa(as, reply));
	case CMD_STLS:
		return (cmd_stls(as, reply));
	case CMD_UTF8:
		/*
		 * Names and messages are sent as they are, with or without
		 * UTF8.
		 */
		return (authstate_good(as, OK_UTF8, reply));
	case CMD_QUIT:
		*reply = REPLY_BYE;
		return (AUTHSTATE_CLOSE);
	default:
		return (authstate_bad(as, ERR_STATE, reply));
	}
}

enum authstate_event
authstate_step(struct authstate *as, char *buf, size_t len, size_t *used,
    const char **reply, struct credentials *cr)
{
	struct line		 line;
	enum line_status	 status;

	*reply = NULL;
	status = line_take(buf, len, LINE_LEN_AUTH_MAX, &as->as_skipping,
	    &line);
	*used = line.ln_used;
	switch (status) {
	case LINE_MORE:
		return (AUTHSTATE_MORE);
	case LINE_OK:
		break;
	default:
		if (as->as_sasl != SASL_NONE)
			authstate_forget(as);
		return (authstate_bad(as, line_errors[status], reply));
	}
	if (as->as_sasl)
		return (authstate_response(as, &line, reply, cr));
	return (authstate_command(as, &line, reply, cr));
}

const char *
authstate_greeting(struct authstate *as)
{
	/* STLS has no second greeting, so this challenge is the only one. */
	if (setting(SETTING_APOP) &&
	    (authstate_allowed(as) || authstate_offers(as)))
		as->as_stamp = stamp_new();
	if (as->as_stamp == NULL)
		return (OK_READY);
	snprintf(authstate.reply, sizeof(authstate.reply), OK_STAMP,
	    as->as_stamp);
	return (authstate.reply);
}

void
authstate_secure(struct authstate *as)
{
	authstate_forget(as);
	as->as_flags |= AUTHSTATE_TLS;
	as->as_skipping = 0;
	as->as_bad = 0;
}

int
authstate_refused(struct authstate *as)
{
	authstate_forget(as);
	return (++as->as_failures >= setting(SETTING_FAILURES));
}

void
authstate_clear(struct authstate *as)
{
	authstate_forget(as);
	free(as->as_stamp);
	as->as_stamp = NULL;
}
