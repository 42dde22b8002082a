/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The password hashes: the only file of popd that has one in its hands, and
 * the table is the only place in memory where they are.  In: authtab, and
 * names with passwords.  Out: a verdict.
 *
 * For a user who is not there, or whose hash cannot match, a hash of the
 * commonest method and cost of the table is checked in its place, so that
 * the answer takes as long as for the others.
 */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "kind.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "table.h"

/* Different costs to count; a table has one, or two during a change. */
#define COSTS_MAX	64

/* Lines to complain about one by one. */
#define WARNINGS_MAX	20

/* For a table without a usable hash: bcrypt, cost 8, nobody's password. */
#define HASH_DUMMY							\
	"$2b$08$cfHNTqXA5dpJuE7yWmZbUe" "kR1sVgO3wLx9hF6tYiC2aD4nB8zM0jK"

struct hashes {
	struct table	*ha_table;
	const char	*ha_dummy;	/* in the table, or HASH_DUMMY */
};

struct cost {
	char		 co_text[KIND_COST_MAX];
	const char	*co_hash;	/* the first of them */
	size_t		 co_count;
};

/* For table_read(): NULL, or what is wrong with a line. */
static const char *
hashes_row(const struct table_row *tr)
{
	if (strlen(tr->tr_key) >= USER_MAX)
		return "user name is too long";
	if (tr->tr_value[0] == ':')
		return "no user before the colon";
	return NULL;
}

/* Say whose login can never work, unless it is meant so: "*", "!...". */
static void
hashes_warn(const struct table *tb, const char *name)
{
	const struct table_row	*tr;
	const char		*hash;
	char			 user[LOG_QUOTE_MAX];
	size_t			 i, n = 0;

	for (i = 0; (tr = table_row(tb, i)) != NULL; i++) {
		hash = credentials_hash(tr->tr_value);
		if (hash[0] == '*' || hash[0] == '!' || kind_usable(hash))
			continue;
		if (n++ < WARNINGS_MAX)
			log_warnx("%s:%u: not a hash that crypt(3) knows: "
			    "%s cannot log in", name, tr->tr_line,
			    log_quote(tr->tr_key, user, sizeof(user)));
	}
	if (n > WARNINGS_MAX)
		log_warnx("%s: %zu more lines without a hash that crypt(3) "
		    "knows", name, n - WARNINGS_MAX);
}

/* The first hash of the commonest method and cost. */
static const char *
hashes_dummy(const struct table *tb)
{
	struct cost		 costs[COSTS_MAX], *co;
	const struct table_row	*tr;
	const char		*hash, *best = HASH_DUMMY;
	char			 text[KIND_COST_MAX];
	size_t			 i, j, ncosts = 0, most = 0;

	for (i = 0; (tr = table_row(tb, i)) != NULL; i++) {
		hash = credentials_hash(tr->tr_value);
		if (!kind_usable(hash))
			continue;
		kind_cost(hash, text, sizeof(text));
		for (j = 0; j < ncosts; j++)
			if (strcmp(costs[j].co_text, text) == 0)
				break;
		if (j == COSTS_MAX)
			continue;
		co = &costs[j];
		if (j == ncosts) {
			(void)strlcpy(co->co_text, text, sizeof(co->co_text));
			co->co_hash = hash;
			co->co_count = 0;
			ncosts++;
		}
		if (++co->co_count > most) {
			most = co->co_count;
			best = co->co_hash;
		}
	}
	return best;
}

struct hashes *
hashes_read(int fd, const char *name, int warn, char *why, size_t size)
{
	struct hashes	*ha;
	struct table	*tb;

	if ((tb = table_read(fd, name, hashes_row, why, size)) == NULL)
		return NULL;
	if ((ha = calloc(1, sizeof(*ha))) == NULL)
		fatal("calloc");
	ha->ha_table = tb;
	ha->ha_dummy = hashes_dummy(tb);
	if (warn)
		hashes_warn(tb, name);
	return ha;
}

void
hashes_free(struct hashes *ha)
{
	if (ha == NULL)
		return;
	table_free(ha->ha_table);
	free(ha);
}

enum auth_result
hashes_check(struct hashes *ha, const char *user, const char *pass)
{
	const struct table_row	*tr = NULL;
	const char		*hash, *dummy = HASH_DUMMY;
	int			 usable = 0, match;

	if (ha != NULL) {
		tr = table_find(ha->ha_table, user);
		dummy = ha->ha_dummy;
	}
	hash = dummy;
	if (tr != NULL && kind_usable(credentials_hash(tr->tr_value))) {
		hash = credentials_hash(tr->tr_value);
		usable = 1;
	}
	match = crypt_checkpass(pass, hash) == 0;
	if (tr == NULL)
		return AUTH_NO_USER;
	if (!usable || !match || pass[0] == '\0')
		return AUTH_NO_MATCH;
	return AUTH_ACCEPTED;
}
