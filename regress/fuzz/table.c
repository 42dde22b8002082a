/*
 * link: lib/table.o lib/table_read.o lib/log.o
 * link: hashpop/hashes.o hashpop/hashkind.o
 * link: lib/hmac.o lib/secret.o
 * link: hashpop/ticket.o
 * link: hashpop/cache.o lib/count.o lib/setting.o
 * link: $(COMPAT_TABLE) $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Tables.  The first octet selects which of the two table files the rest is.
 * A table that is accepted is read a second time, slowly, and each of its keys
 * is looked up.  Reading in slices gives the same result, and a replacement is
 * accepted unless it lost something.
 */

#include <limits.h>

#include "hashpop/hashes.h"
#include "hashpop/hashkind.h"
#include "fuzz.h"
#include "limits.h"
#include "log.h"
#include "secret.h"
#include "table.h"
#include "table_private.h"

#define LINES_MAX	2048

struct text_row {
	const char	*tx_key;
	const char	*tx_value;
	unsigned int	 tx_line;
};

static struct {
	int		 fz_fd;
	struct text_row	 fz_row[LINES_MAX];
	size_t		 fz_count;
	const uint8_t	*fz_text;	/* of the file */
	size_t		 fz_len;
	uint8_t		 fz_mode;
} fuzzer;

/*
 * crypt(3) is not what is tested: this one knows $2b$, and fails in both
 * ways that are in use.
 */
char *
crypt(const char *key, const char *setting)
{
	static char	 hash[64];

	if (setting[0] != '$')
		return (NULL);
	snprintf(hash, sizeof(hash), "%s",
	    strncmp(setting, "$2b$04$", 7) == 0 ? setting : "*0");
	return (hash);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char	*tmp = getenv("TMPDIR");
	char		 path[1024];

	log_init("fuzz");
	log_to(fuzz_silent);
	snprintf(path, sizeof(path), "%s/fuzz.XXXXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if ((fuzzer.fz_fd = mkstemp(path)) == -1 || unlink(path) == -1) {
		perror(path);
		exit(1);
	}
	return (0);
}

/*
 * uid:gid:directory, where the ids have up to fifteen digits and are no
 * larger than the largest but one.  1 if it is that.
 */
static int
slow_userinfo(const char *value, unsigned long long id[2], const char **dir)
{
	const char	*p = value;
	int		 digits, i;

	for (i = 0; i < 2; i++) {
		id[i] = 0;
		for (digits = 0; *p >= '0' && *p <= '9'; p++, digits++)
			if (digits < 16)
				id[i] = id[i] * 10 + (unsigned int)(*p - '0');
		if (digits == 0 || digits > 15 || *p++ != ':' ||
		    id[i] >= UINT_MAX)
			return (0);
	}
	*dir = p;
	return (*p == '/');
}

static const char *
check_user(const struct table_row *tr)
{
	struct userinfo		 ui;
	unsigned long long	 id[2];
	const char		*dir, *why = table_userinfo(tr->tr_value, &ui);

	FUZZ((why == NULL) == slow_userinfo(tr->tr_value, id, &dir));
	if (why == NULL) {
		FUZZ(ui.ui_uid == id[0] && ui.ui_gid == id[1]);
		FUZZ(ui.ui_dir == dir);
	}
	return (why);
}

/* A hash that can be checked cannot be any more where it is cut. */
static void
test_usable(char *hash)
{
	char	*cost;
	size_t	 len = strlen(hash);

	FUZZ(strncmp(hash, "$2b$", 4) == 0 && len == 60);
	FUZZ(atoi(hash + 4) <= HASH_BCRYPT_MAX);
	if ((cost = malloc(KIND_COST_MAX)) == NULL)
		abort();
	hashkind_cost(hash, cost, KIND_COST_MAX);
	FUZZ(memchr(cost, '\0', KIND_COST_MAX) != NULL);
	FUZZ(strncmp(cost, "2$", 2) == 0);
	free(cost);
	while (--len > 0) {
		hash[len] = '\0';
		FUZZ(hashkind_judge(hash) == KIND_CUT);
	}
}

/* Check that a usable entry has the fields of its kind, and no cost. */
static void
test_secret(const char *entry)
{
	char	 cost[KIND_COST_MAX];

	hashkind_cost(entry, cost, sizeof(cost));
	FUZZ(cost[0] == '\0');
	FUZZ((hashkind_judge(entry) == KIND_USABLE) ==
	    (secret_judge(entry) == 1));
	FUZZ((hashkind_judge(entry) == KIND_CUT) ==
	    (secret_judge(entry) == -1));
}

static const char *
check_hash(const struct table_row *tr)
{
	const char	*hash = table_hash(tr->tr_value);
	char		*copy;

	FUZZ(hash >= tr->tr_value);
	FUZZ(hash <= tr->tr_value + strlen(tr->tr_value));
	FUZZ(hash == tr->tr_value || hash[-1] == ':');
	copy = fuzz_copy(hash, strlen(hash) + 1);
	if (secret_kind(copy) != SECRET_NONE)
		test_secret(copy);
	else if (hashkind_judge(copy) == KIND_USABLE)
		test_usable(copy);
	free(copy);
	return (NULL);
}

/* One line, which is cut.  1: a row, 0: nothing, -1: not good. */
static int
slow_line(char *line, struct text_row *tx)
{
	char	*p, *end;

	line += strspn(line, " \t");
	for (end = strchr(line, '\0'); end > line &&
	    strchr(" \t\r", end[-1]) != NULL; end--)
		;
	*end = '\0';
	if (*line == '\0' || *line == '#')
		return (0);
	/* An address in brackets has colons in it. */
	p = line;
	if (*p == '[')
		while (*p != '\0' && *p != ']')
			p++;
	while (*p != '\0' && *p != ' ' && *p != '\t' && *p != ':')
		p++;
	if (*p == '\0' || p == line)
		return (-1);
	*p++ = '\0';
	p += strspn(p, " \t");
	if (*p == '\0')
		return (-1);
	tx->tx_value = p;
	tx->tx_key = line;
	for (p = line; *p != '\0'; p++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ", *p) != NULL)
			*p |= 0x20;
	return (1);
}

/*
 * All lines of text, which is cut.  The number of the first that is not good;
 * 0 if there is none.
 */
static unsigned int
slow_read(char *text, int users)
{
	struct text_row		*tx;
	unsigned long long	 id[2];
	const char		*dir;
	char			*next;
	unsigned int		 line;
	int			 r;

	fuzzer.fz_count = 0;
	for (line = 1; text != NULL && *text != '\0'; line++, text = next) {
		if ((next = strchr(text, '\n')) != NULL)
			*next++ = '\0';
		tx = &fuzzer.fz_row[fuzzer.fz_count];
		if ((r = slow_line(text, tx)) == 0)
			continue;
		if (r == -1 || (users && !slow_userinfo(tx->tx_value, id,
		    &dir)))
			return (line);
		tx->tx_line = line;
		fuzzer.fz_count++;
	}
	return (0);
}

/* Check that each key finds its last row, case-insensitively. */
static size_t
test_find(const struct table *tb)
{
	const struct text_row	*tx, *other;
	const struct table_row	*tr;
	size_t			 i, k, distinct = 0;
	char			 key[1024];

	for (i = 0; i < fuzzer.fz_count; i++) {
		tx = other = &fuzzer.fz_row[i];
		for (k = i + 1; k < fuzzer.fz_count; k++)
			if (strcmp(tx->tx_key, fuzzer.fz_row[k].tx_key) == 0)
				other = &fuzzer.fz_row[k];
		distinct += other == tx;
		if (strlen(tx->tx_key) >= sizeof(key))
			continue;
		snprintf(key, sizeof(key), "%s", tx->tx_key);
		if (key[i % strlen(key)] >= 'a' && key[i % strlen(key)] <= 'z')
			key[i % strlen(key)] &= ~0x20;
		tr = table_find(tb, key);
		FUZZ(tr != NULL && strcmp(tr->tr_key, tx->tx_key) == 0);
		FUZZ(strcmp(tr->tr_value, other->tx_value) == 0);
		FUZZ(tr->tr_line == other->tx_line);
		/* And what it does not have it does not find. */
		key[strlen(key) - 1] ^= 0x01;
		tr = table_find(tb, key);
		table_lower(key);
		FUZZ(tr == NULL || strcmp(tr->tr_key, key) == 0);
	}
	return (distinct);
}

/* The rows, each of them once. */
static void
test_rows(const struct table *tb, size_t distinct)
{
	const struct table_row	*tr;
	size_t			 i;

	for (i = 0; (tr = table_row(tb, i)) != NULL; i++) {
		FUZZ(table_find(tb, tr->tr_key) == tr);
		FUZZ(*tr->tr_value != '\0');
	}
	FUZZ(i == distinct);
}

/* The file is this. */
static void
file_set(const void *data, size_t len)
{
	if (ftruncate(fuzzer.fz_fd, 0) == -1 ||
	    pwrite(fuzzer.fz_fd, data, len, 0) != (ssize_t)len)
		abort();
}

static table_check *
file_check(void)
{
	return (fuzzer.fz_mode & 1 ? check_user : check_hash);
}

/* The number of lines, from the input. */
static unsigned int
slice(unsigned int step)
{
	unsigned int	 n = fuzzer.fz_mode >> 1;

	if (fuzzer.fz_len > 0)
		n ^= fuzzer.fz_text[step % fuzzer.fz_len];
	return (1 + n % 64);
}

static struct table *
read_slices(const struct table *old, char *why, size_t size)
{
	struct table_reader	*rd;
	enum table_state	 state;
	unsigned int		 step = 0;

	if ((rd = table_open(fuzzer.fz_fd, "name", old, file_check())) == NULL)
		abort();
	if (old != NULL)
		table_whole(rd);
	do {
		state = table_step(rd, slice(step), why, size);
		/* Each loads something, or parses a line. */
		FUZZ(step++ <= fuzzer.fz_len + 3);
	} while (state == TABLE_MORE);
	if (state == TABLE_DONE)
		return (table_take(rd));
	table_cancel(rd);
	return (NULL);
}

static void
test_same(const struct table *a, const struct table *b)
{
	const struct table_row	*ra, *rb;
	size_t			 i;

	FUZZ(table_count(a) == table_count(b));
	FUZZ(table_last(a) == table_last(b));
	FUZZ((table_doubt(a) == NULL) == (table_doubt(b) == NULL));
	for (i = 0; (ra = table_row(a, i)) != NULL; i++) {
		FUZZ((rb = table_row(b, i)) != NULL);
		FUZZ(strcmp(ra->tr_key, rb->tr_key) == 0);
		FUZZ(strcmp(ra->tr_value, rb->tr_value) == 0);
		FUZZ(ra->tr_line == rb->tr_line);
		FUZZ(table_find(b, ra->tr_key) == rb);
	}
	FUZZ(table_row(b, i) == NULL);
}

/* However it is sliced, it is this, or bad for this reason. */
static void
test_slices(const struct table *tb, const char *want)
{
	struct table	*other;
	char		 why[256] = "";

	other = read_slices(NULL, why, sizeof(why));
	FUZZ((other == NULL) == (tb == NULL));
	FUZZ(strcmp(why, want) == 0);
	if (tb != NULL)
		test_same(tb, other);
	table_free(other);
}

/* How many keys of one the other has not. */
static size_t
only(const struct table *tb, const struct table *other)
{
	size_t	 i, n = 0;

	for (i = 0; i < table_count(tb); i++)
		n += table_find(other, table_row(tb, i)->tr_key) == NULL;
	return (n);
}

/* In the place of one that has only the beginning of it. */
static void
test_after(const struct table *tb, const char *want)
{
	struct table	*old, *other;
	char		 why[256];
	int		 lost;

	file_set(fuzzer.fz_text, fuzzer.fz_len * (fuzzer.fz_mode >> 1) / 127);
	old = table_read(fuzzer.fz_fd, "old", file_check(), why, sizeof(why));
	file_set(fuzzer.fz_text, fuzzer.fz_len);
	if (old == NULL)
		return;
	why[0] = '\0';
	other = read_slices(old, why, sizeof(why));
	if (tb == NULL)
		FUZZ(other == NULL && strcmp(why, want) == 0);
	else {
		lost = table_doubt(tb) != NULL &&
		    (table_count(tb) > 0 || table_count(old) > 0);
		FUZZ((other == NULL) == lost);
		FUZZ((why[0] != '\0') == lost);
	}
	if (other != NULL) {
		test_same(tb, other);
		FUZZ(other->tb_came == only(tb, old));
		FUZZ(other->tb_went == only(old, tb));
	}
	table_free(other);
	table_free(old);
}

/* Return whether "user:hash" does not begin with the key. */
static int
another(const struct text_row *tx)
{
	char	 want[USER_MAX + 1];

	snprintf(want, sizeof(want), "%s:", tx->tx_key);
	return (table_hash(tx->tx_value) != tx->tx_value &&
	    (strncasecmp(tx->tx_value, want, strlen(want)) != 0 ||
	    strchr(tx->tx_value, ':') != tx->tx_value + strlen(want) - 1));
}

/* As authtab: some more is wrong, and a last hash that is cut. */
static void
test_hashes(const struct table *tb)
{
	struct hashes_reader	*hr;
	enum table_state	 state;
	const struct text_row	*tx;
	char			 why[256];
	size_t			 i;
	int			 bad = tb == NULL;

	for (i = 0; !bad && i < fuzzer.fz_count; i++) {
		tx = &fuzzer.fz_row[i];
		bad = strlen(tx->tx_key) >= USER_MAX || another(tx);
		if (!bad && i == fuzzer.fz_count - 1)
			bad = hashkind_judge(table_hash(tx->tx_value)) ==
			    KIND_CUT;
	}
	hr = hashes_open(fuzzer.fz_fd, "name", NULL, 1);
	while ((state = hashes_step(hr, why, sizeof(why))) == TABLE_MORE)
		continue;
	FUZZ((state == TABLE_BAD) == bad);
	hashes_cancel(hr);
}

static void
test_good(const struct table *tb)
{
	size_t	 distinct = test_find(tb);
	int	 open_end;

	test_rows(tb, distinct);
	FUZZ(table_count(tb) == distinct);
	FUZZ(table_last(tb) == (fuzzer.fz_count == 0 ? 0 :
	    fuzzer.fz_row[fuzzer.fz_count - 1].tx_line));
	open_end = fuzzer.fz_len > 0 &&
	    fuzzer.fz_text[fuzzer.fz_len - 1] != '\n';
	FUZZ((table_doubt(tb) != NULL) == (distinct == 0 || open_end));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	struct table		*tb;
	char			*text, why[256] = "", start[32];
	unsigned int		 bad;
	int			 nul, users;

	fuzzer.fz_mode = fuzz_byte(&fi);
	users = fuzzer.fz_mode & 1;
	fuzzer.fz_text = fi.fi_data;
	fuzzer.fz_len = fi.fi_len;
	if ((text = malloc(fi.fi_len + 1)) == NULL)
		abort();
	file_set(fi.fi_data, fi.fi_len);
	memcpy(text, fi.fi_data, fi.fi_len);
	text[fi.fi_len] = '\0';
	nul = strlen(text) != fi.fi_len;
	tb = table_read(fuzzer.fz_fd, "name", file_check(), why, sizeof(why));
	if ((bad = slow_read(text, users)) != 0 && !nul) {
		snprintf(start, sizeof(start), "name:%u: ", bad);
		FUZZ(strncmp(why, start, strlen(start)) == 0);
	}
	FUZZ((tb == NULL) == (nul || bad != 0));
	if (tb != NULL)
		test_good(tb);
	test_slices(tb, why);
	test_after(tb, why);
	if (!users)
		test_hashes(tb);
	table_free(tb);
	free(text);
	return (0);
}
