/*
 * link: lsnrpop/authstate.o lsnrpop/sasl.o lib/command.o lib/line.o
 * link: lib/setting.o lib/capa.o lib/base64.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Commands before the login: their meaning must not depend on the pieces in
 * which they arrive, each line has one reply, and credentials come out only if
 * a client sent them where allowed.  The first octet of the input selects
 * whether logins are refused and the kind of connection, the next eight the
 * pieces.  SASL PLAIN and CRAM-MD5 are compared with a second
 * decoder that is slow and simple.
 */

#include <strings.h>

#include "fuzz.h"
#include "limits.h"
#include "setting.h"
#include "lsnrpop/authstate.h"
#include "lsnrpop/sasl.h"
#include "lsnrpop/stamp.h"

#define INPUT_MAX	4096
#define STAMP		"<0123456789abcdef.7.0123456789abcdef@popd>"

static const char	 alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* A record of what was parsed, to compare. */
struct transcript {
	char	 tr_text[64 * INPUT_MAX];
	size_t	 tr_len;
};

static void
transcribe(struct transcript *tr, const char *text)
{
	size_t	 len = strlen(text) + 1;

	FUZZ(len <= sizeof(tr->tr_text) - tr->tr_len);
	memcpy(tr->tr_text + tr->tr_len, text, len);
	tr->tr_len += len;
}

/* A challenge that is the same each time, in place of the real one. */
char *
stamp_new(void)
{
	return (strdup(STAMP));
}

static int
all_zero(const void *p, size_t len)
{
	const unsigned char	*c = p;

	while (len > 0 && *c == 0) {
		c++;
		len--;
	}
	return (len == 0);
}

/* Decode base64 to out.  Return -1 if encoding it again differs. */
static int
slow_decode(const char *text, size_t len, char *out)
{
	const char	*at;
	uint32_t	 bits = 0;
	size_t		 digits = len, i, n = 0;

	if (len % 4 != 0)
		return (-1);
	while (digits > 0 && len - digits < 2 && text[digits - 1] == '=')
		digits--;
	for (i = 0; i < digits; i++) {
		at = memchr(alphabet, text[i], sizeof(alphabet) - 1);
		if (at == NULL)
			return (-1);
		bits = bits << 6 | (uint32_t)(at - alphabet);
		if (i % 4 != 0)
			out[n++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
	}
	/* The bits that are left over. */
	if (digits % 4 == 2 && (bits & 0xf) != 0)
		return (-1);
	if (digits % 4 == 3 && (bits & 0x3) != 0)
		return (-1);
	return (digits % 4 == 1 ? -1 : (int)n);
}

/* Check credentials that sasl_plain() accepted against the octets. */
static void
test_credentials(const struct credentials *cr, const char *msg, size_t len)
{
	size_t	 user = strlen(cr->cr_user), pass = strlen(cr->cr_pass);

	FUZZ(user > 0 && user < USER_MAX && pass > 0 && pass < PASS_MAX);
	FUZZ(len == user + pass + 2 || len == 2 * user + pass + 2);
	FUZZ(memcmp(msg + len - pass, cr->cr_pass, pass) == 0);
	FUZZ(msg[len - pass - 1] == '\0');
	FUZZ(memcmp(msg + len - pass - 1 - user, cr->cr_user, user) == 0);
	FUZZ(msg[len - pass - user - 2] == '\0');
	if (len != user + pass + 2)
		FUZZ(memcmp(msg, cr->cr_user, user) == 0);
	FUZZ(strpbrk(cr->cr_pass, "\r\n") == NULL);
	FUZZ(strpbrk(cr->cr_user, "\r\n\t\x7f") == NULL);
}

/* APOP and CRAM-MD5: a digest, and our challenge after it. */
static void
test_half(const struct credentials *cr)
{
	FUZZ(strspn(cr->cr_pass, "0123456789abcdef") == SECRET_DIGEST);
	FUZZ(strcmp(cr->cr_pass + SECRET_DIGEST, STAMP) == 0);
	FUZZ(strpbrk(cr->cr_user, "\r\n\t\x7f") == NULL);
}

/* CRAM-MD5: a name, a space and a digest; anything else is refused. */
static void
test_cram(const uint8_t *data, size_t size)
{
	struct credentials	 cr;
	enum sasl_error		 error;
	char			*msg, *text;
	int			 n;

	if (size > LINE_LEN_AUTH_MAX)
		size = LINE_LEN_AUTH_MAX;
	text = fuzz_copy(data, size);
	if ((msg = malloc(size + 1)) == NULL)
		abort();
	memset(&cr, 'x', sizeof(cr));
	error = sasl_cram(text, size, STAMP, &cr);
	n = slow_decode(text, size, msg);
	FUZZ(n != -1 || error == SASL_SYNTAX);
	if (error == SASL_OK) {
		FUZZ(cr.cr_method == AUTH_CRAM);
		test_half(&cr);
		FUZZ((size_t)n == strlen(cr.cr_user) + 1 + SECRET_DIGEST);
		FUZZ(memcmp(msg, cr.cr_user, strlen(cr.cr_user)) == 0);
		FUZZ(msg[strlen(cr.cr_user)] == ' ');
		FUZZ(memcmp(msg + strlen(cr.cr_user) + 1, cr.cr_pass,
		    SECRET_DIGEST) == 0);
	} else
		FUZZ(all_zero(&cr, sizeof(cr)));
	free(msg);
	free(text);
}

static void
test_sasl(const uint8_t *data, size_t size)
{
	struct credentials	 cr;
	enum sasl_error		 error;
	char			*msg, *text;
	int			 n;

	if (size > LINE_LEN_AUTH_MAX)
		size = LINE_LEN_AUTH_MAX;
	text = fuzz_copy(data, size);
	if ((msg = malloc(size + 1)) == NULL)
		abort();
	memset(&cr, 'x', sizeof(cr));
	error = sasl_plain(text, size, &cr);
	n = slow_decode(text, size, msg);
	if (n == -1)
		FUZZ(error == SASL_SYNTAX);
	if (error == SASL_OK)
		test_credentials(&cr, msg, (size_t)n);
	else
		FUZZ(all_zero(&cr, sizeof(cr)));
	/* The simplest good message of all is never refused. */
	if (n > 3 && n < 200 && msg[0] == '\0' && msg[1] > ' ' &&
	    msg[1] < 0x7f && msg[2] == '\0' &&
	    memchr(msg + 3, '\0', (size_t)n - 3) == NULL &&
	    memchr(msg + 3, '\r', (size_t)n - 3) == NULL &&
	    memchr(msg + 3, '\n', (size_t)n - 3) == NULL)
		FUZZ(error == SASL_OK);
	free(msg);
	free(text);
}

/* A login by PASS needs a USER that was answered, and brings its name. */
static void
test_login(const char *line, size_t len, const char *user,
    const struct credentials *cr)
{
	FUZZ(cr->cr_user[0] != '\0');
	FUZZ(memchr(cr->cr_user, '\0', sizeof(cr->cr_user)) != NULL);
	FUZZ(memchr(cr->cr_pass, '\0', sizeof(cr->cr_pass)) != NULL);
	if (cr->cr_method == AUTH_APOP || cr->cr_method == AUTH_CRAM) {
		FUZZ(setting(cr->cr_method == AUTH_APOP ? SETTING_APOP :
		    SETTING_CRAM));
		test_half(cr);
	}
	if (len < 5 || strncasecmp(line, "PASS ", 5) != 0)
		return;
	FUZZ(user != NULL && strcmp(user, cr->cr_user) == 0);
	FUZZ(strlen(cr->cr_pass) <= len - 5);
	FUZZ(memcmp(line + 5, cr->cr_pass, strlen(cr->cr_pass)) == 0);
}

/* One step over len octets at buf.  Return how many were used up. */
static size_t
test_step(struct transcript *tr, struct authstate *as, char *buf, size_t len,
    int refuse, enum authstate_event *event)
{
	struct credentials	 cr;
	const char		*reply, *p;
	char			*line = fuzz_copy(buf, len), *user;
	size_t			 used;

	user = as->as_user == NULL ? NULL : strdup(as->as_user);
	memset(&cr, 0, sizeof(cr));
	*event = authstate_step(as, buf, len, &used, &reply, &cr);
	FUZZ(used <= len);
	/* One line, one event; and its end is the last that was used. */
	p = memchr(line, '\n', used);
	FUZZ((p != NULL) == (*event != AUTHSTATE_MORE));
	FUZZ(p == NULL || (size_t)(p - line) + 1 == used);
	FUZZ((reply != NULL) == (*event == AUTHSTATE_REPLY ||
	    *event == AUTHSTATE_CLOSE || *event == AUTHSTATE_STLS));
	if (*event == AUTHSTATE_STLS)
		FUZZ((as->as_flags & (AUTHSTATE_TLS | AUTHSTATE_OFFER)) ==
		    AUTHSTATE_OFFER);
	if (*event == AUTHSTATE_LOGIN)
		FUZZ(as->as_flags & (AUTHSTATE_TLS | AUTHSTATE_CLEAR));
	if (reply != NULL) {
		FUZZ(reply[0] == '+' || strncmp(reply, "-ERR ", 5) == 0);
		FUZZ(strcmp(reply + strlen(reply) - 2, "\r\n") == 0);
		transcribe(tr, reply);
	}
	if (*event == AUTHSTATE_LOGIN) {
		test_login(line, used, user, &cr);
		transcribe(tr, cr.cr_user);
		transcribe(tr, cr.cr_pass);
		if (refuse && authstate_refused(as))
			*event = AUTHSTATE_CLOSE;
		FUZZ(as->as_failures <= LOGIN_FAILURES_MAX);
	} else
		FUZZ(all_zero(&cr, sizeof(cr)));
	FUZZ(as->as_bad <= BAD_COMMANDS_MAX);
	free(user);
	free(line);
	return (used);
}

/* After STLS the result depends on how much input had arrived. */
static int
test_over(enum authstate_event event)
{
	return (event == AUTHSTATE_CLOSE || event == AUTHSTATE_STLS);
}

/* Feed the input in pieces as a connection does; NULL: all at once. */
static void
test_stream(struct transcript *tr, const uint8_t *data, size_t size,
    const uint8_t *pieces, int flags, int refuse)
{
	struct authstate	 as = { .as_flags = (uint8_t)flags };
	enum authstate_event	 event = AUTHSTATE_MORE;
	char			*buf;
	size_t			 have = 0, k = 0, n, room, used;

	transcribe(tr, authstate_greeting(&as));
	FUZZ((as.as_stamp != NULL) == (setting(SETTING_APOP) && flags != 0));
	room = pieces == NULL ? size : LINE_LEN_AUTH_MAX;
	buf = fuzz_copy("", 0);
	while (size > 0 && !test_over(event)) {
		n = pieces == NULL ? size : (size_t)pieces[k++ % 8] + 1;
		if (n > room - have)
			n = room - have;
		if (n > size)
			n = size;
		/* A full buffer never stops the reader. */
		FUZZ(n > 0);
		if ((buf = realloc(buf, have + n)) == NULL)
			abort();
		memcpy(buf + have, data, n);
		have += n;
		data += n;
		size -= n;
		do {
			used = test_step(tr, &as, buf, have, refuse, &event);
			have -= used;
			memmove(buf, buf + used, have);
		} while (event != AUTHSTATE_MORE && !test_over(event));
	}
	authstate_clear(&as);
	FUZZ(as.as_user == NULL && as.as_stamp == NULL &&
	    as.as_challenge == NULL);
	free(buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct transcript	 whole, pieced;
	struct fuzz_input		 fi = { data, size };
	struct setting_values		 stv;
	uint8_t				 mode, pieces[8] = { 0 };
	int				 flags;

	mode = fuzz_byte(&fi);
	setting_defaults(&stv);
	stv.stv_value[SETTING_APOP] = mode >> 7;
	stv.stv_value[SETTING_CRAM] = mode >> 7;
	setting_use(&stv);
	(void)fuzz_take(&fi, pieces, sizeof(pieces));
	if (fi.fi_len > INPUT_MAX)
		fi.fi_len = INPUT_MAX;
	if (mode & 2) {
		if (mode & 8)
			test_cram(fi.fi_data, fi.fi_len);
		else
			test_sasl(fi.fi_data, fi.fi_len);
		return (0);
	}
	flags = (mode >> 2 & 7) ^ AUTHSTATE_TLS;
	whole.tr_len = pieced.tr_len = 0;
	test_stream(&whole, fi.fi_data, fi.fi_len, NULL, flags, mode & 1);
	test_stream(&pieced, fi.fi_data, fi.fi_len, pieces, flags,
	    mode & 1);
	FUZZ(whole.tr_len == pieced.tr_len);
	FUZZ(memcmp(whole.tr_text, pieced.tr_text, whole.tr_len) == 0);
	return (0);
}
