/*
 * link: lib/table.o lib/tableread.o lib/log.o authpop/kind.o
 * link: $(COMPAT_TABLE)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Tables, whatever is in them.  The first octet says which of the two table
 * files the rest is.  What is taken for good is read a second time here,
 * slowly, and each of its keys is looked for.
 */

#include <limits.h>

#include "authpop/kind.h"
#include "fuzz.h"
#include "log.h"
#include "table.h"

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
	(void)snprintf(hash, sizeof(hash), "%s",
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
	(void)snprintf(path, sizeof(path), "%s/fuzz.XXXXXXXX",
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
	const char		*dir, *why = userinfo_parse(tr->tr_value, &ui);

	FUZZ((why == NULL) == slow_userinfo(tr->tr_value, id, &dir));
	if (why == NULL) {
		FUZZ(ui.ui_uid == id[0] && ui.ui_gid == id[1]);
		FUZZ(ui.ui_dir == dir);
	}
	return (why);
}

static const char *
check_hash(const struct table_row *tr)
{
	const char	*hash = credentials_hash(tr->tr_value);
	char		*copy, *cost;

	FUZZ(hash >= tr->tr_value);
	FUZZ(hash <= tr->tr_value + strlen(tr->tr_value));
	FUZZ(hash == tr->tr_value || hash[-1] == ':');
	copy = fuzz_copy(hash, strlen(hash) + 1);
	if ((cost = malloc(KIND_COST_MAX)) == NULL)
		abort();
	if (kind_judge(copy) == KIND_USABLE) {
		FUZZ(strncmp(copy, "$2b$", 4) == 0 && strlen(copy) == 60);
		kind_cost(copy, cost, KIND_COST_MAX);
		FUZZ(memchr(cost, '\0', KIND_COST_MAX) != NULL);
		FUZZ(strncmp(cost, "2$", 2) == 0);
	}
	free(cost);
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

/* Each key finds the row that has it last, in any case of letters. */
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
		(void)snprintf(key, sizeof(key), "%s", tx->tx_key);
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

static void
test_rows(const struct table *tb, size_t distinct)
{
	const struct table_row	*tr;
	size_t			 i;

	/* One for each key: whatever its order, it is found as itself. */
	for (i = 0; (tr = table_row(tb, i)) != NULL; i++) {
		FUZZ(table_find(tb, tr->tr_key) == tr);
		FUZZ(*tr->tr_value != '\0');
	}
	FUZZ(i == distinct && i == table_count(tb));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	struct table		*tb;
	char			*text, why[256] = "", start[32];
	unsigned int		 bad;
	int			 nul, users = fuzz_byte(&fi) & 1;

	if ((text = malloc(fi.fi_len + 1)) == NULL ||
	    ftruncate(fuzzer.fz_fd, 0) == -1 ||
	    pwrite(fuzzer.fz_fd, fi.fi_data, fi.fi_len, 0) !=
	    (ssize_t)fi.fi_len)
		abort();
	memcpy(text, fi.fi_data, fi.fi_len);
	text[fi.fi_len] = '\0';
	nul = strlen(text) != fi.fi_len;
	tb = table_read(fuzzer.fz_fd, "name", users ? check_user : check_hash,
	    why, sizeof(why));
	if ((bad = slow_read(text, users)) != 0 && !nul) {
		(void)snprintf(start, sizeof(start), "name:%u: ", bad);
		FUZZ(strncmp(why, start, strlen(start)) == 0);
	}
	FUZZ((tb == NULL) == (nul || bad != 0));
	if (tb != NULL)
		test_rows(tb, test_find(tb));
	table_free(tb);
	free(text);
	return (0);
}
