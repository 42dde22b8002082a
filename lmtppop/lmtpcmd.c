/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The commands of LMTP.  See lmtpcmd.h.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conn.h"
#include "connio.h"
#include "count.h"
#include "limits.h"
#include "lmtpcmd.h"
#include "path.h"
#include "setting.h"

/* Replies for a recipient, after RCPT and after the message. */
static const char *const	 results[LETTER_RESULTS] = {
	[LETTER_DELIVERED] = "250 2.0.0 delivered",
	[LETTER_TEMP] = "451 4.3.0 local error, try again later",
	[LETTER_SPACE] = "452 4.3.1 disk full",
	[LETTER_QUOTA] = "452 4.2.2 mailbox full",
	[LETTER_BOX] = "450 4.2.0 mailbox unavailable",
	[LETTER_UNKNOWN] = "550 5.1.1 no such user",
	[LETTER_DISABLED] = "450 4.2.1 mailbox disabled",
	[LETTER_BUSY] = "451 4.3.2 too busy, try again later",
	[LETTER_BIG] = "552 5.3.4 message too big"
};

#define LONG_ADDRESS	"550 5.1.3 address too long"

/* Send a recipient's reply and count it for popctl show stats. */
static void
lmtpcmd_result(struct conn *cn, const char *answer)
{
	count_add(*answer == '2' ? COUNT_LMTP_DELIVERED :
	    *answer == '4' ? COUNT_LMTP_DEFERRED : COUNT_LMTP_REFUSED, 1);
	connio_say(cn, answer);
}

static const char *
lmtpcmd_host(void)
{
	static char	 host[256];

	if (host[0] == '\0' && (gethostname(host, sizeof(host) - 1) == -1 ||
	    host[0] == '\0'))
		strlcpy(host, "localhost", sizeof(host));
	return (host);
}

void
lmtpcmd_greet(struct conn *cn)
{
	char	 line[300];

	snprintf(line, sizeof(line), "220 %s LMTP", lmtpcmd_host());
	connio_say(cn, line);
}

void
lmtpcmd_bad(struct conn *cn, const char *why)
{
	connio_say(cn, why);
	if (++cn->cn_bad < BAD_COMMANDS_MAX)
		return;
	connio_say(cn, "421 4.7.0 too many errors");
	connio_end(cn, "bad-commands");
}

static void
lmtpcmd_lhlo(struct conn *cn, char *arg)
{
	char	 line[300];

	if (*arg == '\0') {
		lmtpcmd_bad(cn, "501 5.5.4 want the name of a host");
		return;
	}
	envelope_reset(&cn->cn_message);
	cn->cn_greeted = 1;
	snprintf(line, sizeof(line), "250-%s", lmtpcmd_host());
	connio_say(cn, line);
	connio_say(cn, "250-PIPELINING");
	connio_say(cn, "250-8BITMIME");
	snprintf(line, sizeof(line), "250-SIZE %u",
	    setting(SETTING_LMTP_OCTETS));
	connio_say(cn, line);
	connio_say(cn, "250-SMTPUTF8");
	connio_say(cn, "250-ENHANCEDSTATUSCODES");
	connio_say(cn, "250 CHUNKING");
}

/* Parse the parameters of MAIL.  Return NULL, or the error reply. */
static const char *
lmtpcmd_params(const char *rest)
{
	uint64_t	 size;

	for (;;) {
		switch (path_param(&rest, &size)) {
		case PARAM_NONE:
			return (NULL);
		case PARAM_SIZE:
			if (size > setting(SETTING_LMTP_OCTETS))
				return (results[LETTER_BIG]);
			break;
		case PARAM_BODY:
		case PARAM_SMTPUTF8:
			break;
		case PARAM_SYNTAX:
			return ("501 5.5.4 value of a parameter");
		case PARAM_UNKNOWN:
			return ("555 5.5.4 unknown parameter");
		}
	}
}

/* Parse a path.  Return 0, or -1 after replying. */
static int
lmtpcmd_path(struct conn *cn, const char *arg, const char *word,
    struct path *pa)
{
	if (strncasecmp(arg, word, strlen(word)) != 0) {
		lmtpcmd_bad(cn, "501 5.5.4 syntax error");
		return (-1);
	}
	switch (path_parse(arg + strlen(word), pa)) {
	case PATH_OK:
		return (0);
	case PATH_SYNTAX:
		lmtpcmd_bad(cn, "501 5.5.4 not an address");
		break;
	case PATH_LONG:
		connio_say(cn, LONG_ADDRESS);
		break;
	case PATH_BAD_UTF8:
		connio_say(cn, "553 5.6.7 not UTF-8");
		break;
	}
	return (-1);
}

static void
lmtpcmd_mail(struct conn *cn, char *arg)
{
	struct envelope	*ev = &cn->cn_message;
	struct path	 pa;
	const char	*why;

	if (!cn->cn_greeted || ev->ev_begun) {
		lmtpcmd_bad(cn, cn->cn_greeted ? "503 5.5.1 MAIL came before" :
		    "503 5.5.1 LHLO first");
		return;
	}
	if (lmtpcmd_path(cn, arg, "FROM:", &pa) == -1)
		return;
	if ((why = lmtpcmd_params(pa.pa_rest)) != NULL) {
		connio_say(cn, why);
		return;
	}
	ev->ev_begun = 1;
	strlcpy(ev->ev_sender, pa.pa_address, sizeof(ev->ev_sender));
	connio_say(cn, "250 2.1.0 ok");
}

/* News of a letter: continue in a turn of the event loop. */
static void
lmtpcmd_news(void *arg)
{
	struct conn	*cn = arg;

	event_active(&cn->cn_news, EV_TIMEOUT, 1);
}

static void
lmtpcmd_ask(struct conn *cn, const char *address)
{
	struct rcpt	*rc;

	if ((rc = envelope_recipient(address)) == NULL) {
		connio_say(cn, results[LETTER_TEMP]);
		return;
	}
	cn->cn_recipient = rc;
	cn->cn_state = CONN_RECIPIENT;
	letter_ask(&rc->rc_letter, rc->rc_address, lmtpcmd_news, cn);
}

static void
lmtpcmd_rcpt(struct conn *cn, char *arg)
{
	struct envelope	*ev = &cn->cn_message;
	struct path	 pa;

	if (!ev->ev_begun || ev->ev_started) {
		lmtpcmd_bad(cn, "503 5.5.1 MAIL first");
		return;
	}
	if (lmtpcmd_path(cn, arg, "TO:", &pa) == -1)
		return;
	if (pa.pa_rest[strspn(pa.pa_rest, " ")] != '\0')
		connio_say(cn, "555 5.5.4 unknown parameter");
	else if (pa.pa_address[0] == '\0')
		lmtpcmd_bad(cn, "501 5.5.4 not an address");
	else if (strlen(pa.pa_address) >= USER_MAX)
		connio_say(cn, LONG_ADDRESS);
	else if (ev->ev_count == LMTP_RECIPIENTS)
		connio_say(cn, "452 4.5.3 too many recipients");
	else
		lmtpcmd_ask(cn, pa.pa_address);
}

void
lmtpcmd_recipient(struct conn *cn)
{
	struct rcpt	*rc = cn->cn_recipient;

	cn->cn_recipient = NULL;
	cn->cn_state = CONN_COMMAND;
	if (rc->rc_letter.le_state == LETTER_KNOWN) {
		envelope_accept(&cn->cn_message, rc);
		connio_say(cn, "250 2.1.5 ok");
		return;
	}
	cn->cn_refused++;
	lmtpcmd_result(cn, results[rc->rc_letter.le_result]);
	envelope_refuse(rc);
}

static void
lmtpcmd_data(struct conn *cn, char *arg)
{
	struct envelope	*ev = &cn->cn_message;

	if (*arg != '\0') {
		lmtpcmd_bad(cn, "501 5.5.4 no argument here");
		return;
	}
	if (ev->ev_count == 0 || ev->ev_started) {
		lmtpcmd_bad(cn, ev->ev_started ? "503 5.5.1 after BDAT" :
		    "503 5.5.1 no recipient");
		return;
	}
	ev->ev_started = 1;
	cn->cn_state = CONN_DATA;
	connio_say(cn, "354 go ahead");
}

/* Parse "n" or "n LAST".  Return 0, or -1. */
static int
bdat_parse(const char *s, uint64_t *octets, int *last)
{
	int	 n;

	*octets = 0;
	for (n = 0; n < 18 && isdigit((unsigned char)s[n]); n++)
		*octets = *octets * 10 + (uint64_t)(s[n] - '0');
	if (n == 0)
		return (-1);
	s += n;
	*last = strcasecmp(s, " LAST") == 0;
	return (*last || *s == '\0' ? 0 : -1);
}

/* The octets follow even without a recipient. */
static void
lmtpcmd_bdat(struct conn *cn, char *arg)
{
	struct envelope	*ev = &cn->cn_message;

	if (bdat_parse(arg, &cn->cn_chunk, &cn->cn_last) == -1) {
		/* The end of the octets is unknown. */
		connio_say(cn, "501 5.5.4 want a number of octets");
		connio_end(cn, "bad-commands");
		return;
	}
	cn->cn_void = ev->ev_count == 0;
	ev->ev_started = !cn->cn_void;
	cn->cn_state = CONN_CHUNK;
}

void
lmtpcmd_chunk(struct conn *cn)
{
	struct envelope	*ev = &cn->cn_message;
	char		 line[80];

	cn->cn_state = CONN_COMMAND;
	if (cn->cn_void) {
		lmtpcmd_bad(cn, "503 5.5.1 no recipient");
		return;
	}
	if (cn->cn_last) {
		cn->cn_state = CONN_VERDICT;
		return;
	}
	if (ev->ev_result != LETTER_DELIVERED) {
		connio_say(cn, results[ev->ev_result]);
		envelope_reset(ev);
		return;
	}
	snprintf(line, sizeof(line), "250 2.0.0 %llu octets so far",
	    (unsigned long long)ev->ev_octets);
	connio_say(cn, line);
}

/* Count a message after all its recipients. */
static void
lmtpcmd_counted(const struct envelope *ev)
{
	if (ev->ev_taken == 0)
		return;
	count_add(COUNT_LMTP_MESSAGES, 1);
	count_add(COUNT_LMTP_OCTETS, ev->ev_octets);
}

/* In order, each as soon as it is known (RFC 2033 section 4.2). */
int
lmtpcmd_verdict(struct conn *cn)
{
	struct envelope		*ev = &cn->cn_message;
	enum letter_result	 result;
	int			 did = 0;

	if (ev->ev_count == 0) {
		cn->cn_messages += ev->ev_taken > 0;
		lmtpcmd_counted(ev);
		envelope_reset(ev);
		cn->cn_state = CONN_COMMAND;
		return (1);
	}
	if (ev->ev_result == LETTER_DELIVERED)
		did = envelope_write(ev);
	if (!envelope_pop(ev, &result))
		return (did);
	if (result == LETTER_DELIVERED)
		cn->cn_delivered++;
	else
		cn->cn_refused++;
	lmtpcmd_result(cn, results[result]);
	return (1);
}

static void
lmtpcmd_rset(struct conn *cn, char *arg)
{
	envelope_reset(&cn->cn_message);
	connio_say(cn, "250 2.0.0 ok");
}

static void
lmtpcmd_noop(struct conn *cn, char *arg)
{
	connio_say(cn, "250 2.0.0 ok");
}

static void
lmtpcmd_vrfy(struct conn *cn, char *arg)
{
	connio_say(cn, "252 2.5.2 try RCPT");
}

static void
lmtpcmd_quit(struct conn *cn, char *arg)
{
	connio_say(cn, "221 2.0.0 bye");
	connio_end(cn, "quit");
}

void
lmtpcmd_command(struct conn *cn, char *line)
{
	static const struct {
		const char	*name;
		void		(*run)(struct conn *, char *);
	}		 commands[] = {
		{ "LHLO",	lmtpcmd_lhlo },
		{ "MAIL",	lmtpcmd_mail },
		{ "RCPT",	lmtpcmd_rcpt },
		{ "DATA",	lmtpcmd_data },
		{ "BDAT",	lmtpcmd_bdat },
		{ "RSET",	lmtpcmd_rset },
		{ "NOOP",	lmtpcmd_noop },
		{ "VRFY",	lmtpcmd_vrfy },
		{ "QUIT",	lmtpcmd_quit }
	};
	size_t		 i, len = strcspn(line, " ");
	unsigned int	 bad = cn->cn_bad;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (len != 4 || strncasecmp(line, commands[i].name, 4) != 0)
			continue;
		commands[i].run(cn, line + len + (line[len] == ' '));
		if (cn->cn_bad == bad)
			cn->cn_bad = 0;
		return;
	}
	lmtpcmd_bad(cn, len == 4 && (strncasecmp(line, "HELO", 4) == 0 ||
	    strncasecmp(line, "EHLO", 4) == 0) ? "500 5.5.1 LMTP: say LHLO" :
	    "500 5.5.2 unknown command");
}
