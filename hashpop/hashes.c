/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The password hashes.  Only this file handles them, and only the table has
 * them in memory.  In: authtab, and user names with passwords.  Out: a
 * verdict.
 *
 * For an unknown user, or a hash that cannot match, a dummy is checked instead,
 * so that the answer takes as long: one for all tables, with the most common
 * method and cost of the files, or those of the last hash given by tabpop.  It
 * matches nothing.
 */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cache.h"
#include "count.h"
#include "hashes.h"
#include "hashkind.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "secret.h"
#include "table.h"
#include "ticket.h"

/* Methods and costs counted; a table has one, or two during a change. */
#define COSTS_MAX	64

/* Until there is a usable hash: bcrypt, cost 8, of no password. */
#define HASH_DUMMY							\
	"$2b$08$cfHNTqXA5dpJuE7yWmZbUe" "kR1sVgO3wLx9hF6tYiC2aD4nB8zM0jK"

/* For users without a secret, if a digest is checked. */
#define SECRET_DUMMY	"{PLAIN}nobody's"

static struct {
	char	 dummy[HASH_TEXT_MAX];
	int	 given;			/* it is like one given by tabpop */
} hashes = { .dummy = HASH_DUMMY };

struct hashes {
	struct table	*ha_table;
	const char	*ha_like;	/* a hash like most; NULL: none */
	size_t		 ha_most;	/* number of those, 0: a secret */
	size_t		 ha_usable;	/* usable rows; those with */
	size_t		 ha_secrets[2];	/* a secret for APOP, CRAM-MD5 */
};

struct cost {
	char		 ct_text[KIND_COST_MAX];
	const char	*ct_hash;	/* the first one */
	size_t		 ct_count;
};

/* First the table is read, then its rows are checked one by one. */
struct hashes_reader {
	struct table_reader	*hr_reader;	/* NULL: all is read */
	struct hashes		*hr_new;
	const char		*hr_name;
	int			 hr_warn;
	size_t			 hr_next;	/* row to check */
	size_t			 hr_warned;
	struct cost		 hr_costs[COSTS_MAX];
	size_t			 hr_ncosts;
};

/* Row check for a reader: return NULL, or the error of a line. */
static const char *
hashes_row(const struct table_row *tr)
{
	const char	*hash = table_hash(tr->tr_value);
	size_t		 len = strlen(tr->tr_key);

	if (len >= USER_MAX)
		return ("user name is too long");
	if (hash != tr->tr_value &&
	    ((size_t)(hash - tr->tr_value) != len + 1 ||
	    strncasecmp(tr->tr_value, tr->tr_key, len) != 0))
		return ("another user before the colon");
	return (NULL);
}

struct hashes_reader *
hashes_open(int fd, const char *name, const struct hashes *old, int warn)
{
	struct hashes_reader	*hr;

	if ((hr = calloc(1, sizeof(*hr))) == NULL)
		return (NULL);
	hr->hr_name = name;
	hr->hr_warn = warn;
	hr->hr_new = calloc(1, sizeof(*hr->hr_new));
	hr->hr_reader = table_open(fd, name, old != NULL ? old->ha_table : NULL,
	    hashes_row);
	if (hr->hr_new == NULL || hr->hr_reader == NULL) {
		hashes_cancel(hr);
		return (NULL);
	}
	if (warn)
		table_warn(hr->hr_reader);
	return (hr);
}

void
hashes_whole(struct hashes_reader *hr)
{
	table_whole(hr->hr_reader);
}

void
hashes_all(struct hashes_reader *hr)
{
	table_all(hr->hr_reader);
}

void
hashes_cancel(struct hashes_reader *hr)
{
	if (hr == NULL)
		return;
	table_cancel(hr->hr_reader);
	hashes_free(hr->hr_new);
	free(hr);
}

struct hashes *
hashes_take(struct hashes_reader *hr)
{
	struct hashes	*ha = hr->hr_new;

	free(hr);
	return (ha);
}

/* Return whether the hash is meant to match nothing: "*", "!...". */
static int
hashes_word_locked(const char *hash)
{
	return (hash[0] == '*' || hash[0] == '!');
}

/* Log a user who can never log in, unless that is intended. */
static void
row_warn(struct hashes_reader *hr, const struct table_row *tr,
    const char *hash, enum hashkind_fault fault)
{
	char	 user[LOG_QUOTE_MAX];

	if (!hr->hr_warn || hashes_word_locked(hash) ||
	    hr->hr_warned++ >= WARNINGS_MAX)
		return;
	log_warnx("%s:%u: %s: %s cannot log in", hr->hr_name, tr->tr_line,
	    fault == KIND_COSTLY ? "hash cost too high" :
	    "hash unknown to crypt(3)",
	    log_quote(tr->tr_key, user, sizeof(user)));
}

/* Count the method and cost of a hash. */
static void
row_cost(struct hashes_reader *hr, const char *hash)
{
	struct cost	*ct;
	char		 text[KIND_COST_MAX];
	size_t		 i;

	hashkind_cost(hash, text, sizeof(text));
	for (i = 0; i < hr->hr_ncosts; i++)
		if (strcmp(hr->hr_costs[i].ct_text, text) == 0)
			break;
	if (i == COSTS_MAX)
		return;
	ct = &hr->hr_costs[i];
	if (i == hr->hr_ncosts) {
		strlcpy(ct->ct_text, text, sizeof(ct->ct_text));
		ct->ct_hash = hash;
		hr->hr_ncosts++;
	}
	if (++ct->ct_count > hr->hr_new->ha_most) {
		hr->hr_new->ha_most = ct->ct_count;
		hr->hr_new->ha_like = ct->ct_hash;
	}
}

/*
 * Checking a secret takes no time: it must not be the dummy if there are
 * hashes, and its check is followed by that of the dummy.
 */
static void
row_secret(struct hashes_reader *hr, const char *entry)
{
	struct hashes	*ha = hr->hr_new;

	if (ha->ha_most == 0)
		ha->ha_like = SECRET_DUMMY;
	ha->ha_secrets[0] += secret_kind(entry) == SECRET_PLAIN;
	ha->ha_secrets[1]++;
}

/* Check a row.  Return NULL, or why the whole table is bad. */
static const char *
row_look(struct hashes_reader *hr, const struct table_row *tr)
{
	const char		*hash = table_hash(tr->tr_value);
	enum hashkind_fault	 fault;

	if ((fault = hashkind_judge(hash)) == KIND_USABLE) {
		hr->hr_new->ha_usable++;
		if (secret_kind(hash) != SECRET_NONE)
			row_secret(hr, hash);
		else
			row_cost(hr, hash);
		return (NULL);
	}
	/* If a file was truncated its last line is short. */
	if (fault == KIND_CUT &&
	    tr->tr_line == table_last(hr->hr_new->ha_table))
		return ("the last hash is cut short");
	row_warn(hr, tr, hash, fault);
	return (NULL);
}

/* Log warnings about the rows as a whole. */
static void
rows_warn(const struct hashes_reader *hr)
{
	const char	*doubt;

	if (hr->hr_warned > WARNINGS_MAX)
		log_warnx("%s: %zu more lines without a usable hash",
		    hr->hr_name, hr->hr_warned - WARNINGS_MAX);
	doubt = table_doubt(hr->hr_new->ha_table);
	if (hr->hr_warn && doubt != NULL)
		log_warnx("%s: %s", hr->hr_name, doubt);
}

/* Check the next slice of rows. */
static enum table_state
rows_step(struct hashes_reader *hr, char *why, size_t size)
{
	const struct table_row	*tr;
	const char		*wrong;
	size_t			 end = hr->hr_next + TABLE_SLICE;

	for (; hr->hr_next < end; hr->hr_next++) {
		tr = table_row(hr->hr_new->ha_table, hr->hr_next);
		if (tr == NULL)
			break;
		if ((wrong = row_look(hr, tr)) == NULL)
			continue;
		snprintf(why, size, "%s:%u: %s", hr->hr_name, tr->tr_line,
		    wrong);
		return (TABLE_BAD);
	}
	if (hr->hr_next == end)
		return (TABLE_MORE);
	rows_warn(hr);
	return (TABLE_DONE);
}

enum table_state
hashes_step(struct hashes_reader *hr, char *why, size_t size)
{
	enum table_state	 state;

	if (hr->hr_reader == NULL)
		return (rows_step(hr, why, size));
	state = table_step(hr->hr_reader, TABLE_SLICE, why, size);
	if (state != TABLE_DONE)
		return (state);
	hr->hr_new->ha_table = table_take(hr->hr_reader);
	hr->hr_reader = NULL;
	return (TABLE_MORE);
}

void
hashes_free(struct hashes *ha)
{
	if (ha == NULL)
		return;
	table_free(ha->ha_table);
	free(ha);
}

void
hashes_tell(const struct hashes *ha, const char *name)
{
	table_tell(ha->ha_table, name);
}

/* Log how many users have what a mechanism needs. */
static void
tell_have(const struct hashes *ha, const char *name, size_t have,
    const char *what)
{
	if (have == 0)
		log_warnx("%s: no user has %s", name, what);
	else if (have < ha->ha_usable)
		log_warnx("%s: users without %s: %zu", name, what,
		    ha->ha_usable - have);
}

void
hashes_tell_method(const struct hashes *ha, const char *name,
    enum auth_method method)
{
	if (method == AUTH_APOP)
		tell_have(ha, name, ha->ha_secrets[0], "a secret for APOP");
	else
		tell_have(ha, name, ha->ha_secrets[1], "a secret for CRAM-MD5");
}

const struct table *
hashes_table(const struct hashes *ha)
{
	return (ha->ha_table);
}

int
hashes_locked(const struct table_row *tr)
{
	return (hashes_word_locked(table_hash(tr->tr_value)));
}

/*
 * Return whether bcrypt would ignore the end of a password, and so let in with
 * another one.
 */
static int
hashes_cut(const char *pass, const char *hash)
{
	return (strncmp(hash, "$2", 2) == 0 && strlen(pass) > BCRYPT_PASS_MAX);
}

/* Return whether the password matches; slow, except for a secret. */
static int
hashes_match(const char *pass, const char *hash)
{
	if (secret_kind(hash) != SECRET_NONE)
		return (secret_match(hash, pass));
	count_add(COUNT_HASHES, 1);
	return (crypt_checkpass(pass, hash) == 0 && !hashes_cut(pass, hash));
}

/* The same, but as slow for a secret as for others. */
static int
hashes_equal(const char *pass, const char *hash)
{
	int	 match = hashes_match(pass, hash);

	if (secret_kind(hash) != SECRET_NONE &&
	    secret_kind(hashes.dummy) == SECRET_NONE)
		(void)hashes_match(pass, hashes.dummy);
	return (match);
}

/* For a user with a secret, a ticket is a password, but is not cached. */
static int
hashes_ticket(const char *pass, const char *hash, const char *user)
{
	return (secret_kind(hash) != SECRET_NONE &&
	    ticket_match(hash, user, pass, time(NULL)));
}

/* Return the verdict on a password, after lookup and comparison. */
static enum auth_result
hashes_result(int known, int match, const char *user, const char *pass,
    const char *hash, const uint8_t *tag)
{
	if (!match && hashes_ticket(pass, hash, user))
		return (AUTH_ACCEPTED);
	if (!match || pass[0] == '\0')
		return (AUTH_NO_MATCH);
	if (known)
		count_add(COUNT_CACHED, 1);
	else
		cache_put(tag, user, pass, hash);
	return (AUTH_ACCEPTED);
}

int
hashes_has(const struct hashes *ha, const char *user)
{
	return (ha != NULL && table_find(ha->ha_table, user) != NULL);
}

/* Choose the dummy, unless tabpop does.  Secrets would be too fast for it. */
void
hashes_use(struct hashes *const files[TABLES_ASKED_MAX], int processes)
{
	const char	*like = HASH_DUMMY;
	size_t		 i, most = 0;

	hashes.given &= processes;
	for (i = 0; i < TABLES_ASKED_MAX; i++) {
		if (files[i] == NULL || files[i]->ha_like == NULL ||
		    (files[i]->ha_most == 0 && (processes || most > 0)) ||
		    files[i]->ha_most < most)
			continue;
		like = files[i]->ha_like;
		most = files[i]->ha_most;
	}
	if (!hashes.given)
		hashkind_dummy(like, hashes.dummy, sizeof(hashes.dummy));
}

enum auth_result
hashes_unknown_user(const char *pass)
{
	(void)hashes_match(pass, hashes.dummy);
	return (AUTH_NO_USER);
}

enum auth_result
hashes_check_given(const char *hash, const char *user, const char *pass,
    const uint8_t *tag)
{
	int	 known, match;

	if (hashkind_judge(hash) != KIND_USABLE) {
		(void)hashes_unknown_user(pass);
		return (hashes_word_locked(hash) ? AUTH_LOCKED : AUTH_NO_HASH);
	}
	if (secret_kind(hash) == SECRET_NONE) {
		hashkind_dummy(hash, hashes.dummy, sizeof(hashes.dummy));
		hashes.given = 1;
	}
	known = cache_has(tag, user, pass, hash);
	match = known || hashes_equal(pass, hash);
	return (hashes_result(known, match, user, pass, hash, tag));
}

enum auth_result
hashes_check(struct hashes *ha, const char *user, const char *pass,
    const uint8_t *tag)
{
	const struct table_row	*tr = NULL;
	const char		*hash = hashes.dummy;
	int			 usable = 0, known, match;

	if (ha != NULL)
		tr = table_find(ha->ha_table, user);
	if (tr != NULL &&
	    hashkind_judge(table_hash(tr->tr_value)) == KIND_USABLE) {
		hash = table_hash(tr->tr_value);
		usable = 1;
	}
	known = cache_has(tag, user, pass, hash);
	match = known || hashes_equal(pass, hash);
	if (tr == NULL)
		return (AUTH_NO_USER);
	if (!usable)
		return (hashes_word_locked(table_hash(tr->tr_value)) ?
		    AUTH_LOCKED : AUTH_NO_HASH);
	return (hashes_result(known, match, user, pass, hash, tag));
}

/* Return whether an entry allows this method. */
static int
digest_entry(const char *entry, enum auth_method method)
{
	enum secret_kind	 kind = secret_kind(entry);

	return (secret_judge(entry) == 1 && (kind == SECRET_PLAIN ||
	    (kind == SECRET_CRAM && method == AUTH_CRAM)));
}

enum auth_result
hashes_digest_given(const char *hash, const struct msg_check *mk,
    char ticket[TICKET_TEXT])
{
	enum auth_method	 method = mk->mk_method;
	const char		*entry = SECRET_DUMMY, *half = mk->mk_pass;
	int			 usable, proved = 0;

	/* An old digest, or one for a session here, gets no ticket. */
	if (mk->mk_purpose == PURPOSE_ROUTE && (strnlen(half, SECRET_DIGEST) <
	    SECRET_DIGEST || !ticket_salt(half + SECRET_DIGEST, time(NULL))))
		return (AUTH_TEMP);
	if ((usable = hash != NULL && digest_entry(hash, method)))
		entry = hash;
	/* A listener sends nothing shorter. */
	if (strnlen(half, SECRET_DIGEST) == SECRET_DIGEST)
		proved = method == AUTH_APOP ? secret_apop(entry, half) :
		    secret_cram(entry, half);
	if (hash == NULL)
		return (AUTH_NO_USER);
	if (!usable)
		return (hashes_word_locked(hash) ? AUTH_LOCKED : AUTH_NO_HASH);
	if (!proved)
		return (AUTH_NO_MATCH);
	if (mk->mk_purpose == PURPOSE_ROUTE)
		ticket_make(hash, mk->mk_user, time(NULL), ticket,
		    TICKET_TEXT);
	return (AUTH_ACCEPTED);
}

enum auth_result
hashes_digest(const struct hashes *ha, const struct msg_check *mk,
    char ticket[TICKET_TEXT])
{
	const struct table_row	*tr = NULL;

	if (ha != NULL)
		tr = table_find(ha->ha_table, mk->mk_user);
	return (hashes_digest_given(tr == NULL ? NULL :
	    table_hash(tr->tr_value), mk, ticket));
}
