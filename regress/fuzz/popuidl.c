/*
 * link: $(MAIL_OBJS) $(COMPAT_CONFINE) $(COMPAT_ENTROPY) lib/log.o
 * link: lib/setting.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The file of imported UIDLs: the input is the file.  A file that is accepted
 * is read a second time, slowly.
 */

#include <errno.h>

#include "fuzz.h"
#include "limits.h"
#include "log.h"
#include "maildir.h"
#include "popuidl.h"

#define LINES_MAX	256

struct text_line {
	const char	*tl_base;
	size_t		 tl_base_len;
	const char	*tl_uidl;
	size_t		 tl_uidl_len;
};

static struct {
	int			 fz_dir;
	struct text_line	 fz_line[LINES_MAX];
	size_t			 fz_count;
} fuzzer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz");
	log_to(fuzz_silent);
	fuzzer.fz_dir = fuzz_maildir();
	return (0);
}

/* Octets are the same. */
static int
same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return (a_len == b_len && memcmp(a, b, a_len) == 0);
}

/* One line, cut at its last space.  1 if it is good. */
static int
read_line(const char *line, size_t len)
{
	struct text_line	*tl = &fuzzer.fz_line[fuzzer.fz_count];
	size_t			 i, space = len;

	for (i = 0; i < len; i++)
		if (line[i] == ' ')
			space = i;
	if (space == len)
		return (0);
	tl->tl_base = line;
	tl->tl_base_len = space;
	tl->tl_uidl = line + space + 1;
	tl->tl_uidl_len = len - space - 1;
	for (i = 0; i < tl->tl_uidl_len; i++)
		if (tl->tl_uidl[i] < 0x21 || tl->tl_uidl[i] > 0x7e)
			return (0);
	fuzzer.fz_count++;
	return (tl->tl_uidl_len >= 1 && tl->tl_uidl_len <= UIDL_MAX &&
	    maildir_name_ok(tl->tl_base, tl->tl_base_len));
}

/* Return 1 if all lines are valid; the last one may lack its newline. */
static int
read_lines(const char *text, size_t len)
{
	const char	*eol;
	size_t		 n;

	fuzzer.fz_count = 0;
	while (len > 0 && fuzzer.fz_count < LINES_MAX) {
		eol = memchr(text, '\n', len);
		n = eol == NULL ? len : (size_t)(eol - text);
		if (!read_line(text, n))
			return (0);
		n = eol == NULL ? len : n + 1;
		text += n;
		len -= n;
	}
	return (1);
}

/* Return the number of a base name's first line, from 1, or 0. */
static size_t
first_base(const char *base, size_t len)
{
	size_t		 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (same(fuzzer.fz_line[i].tl_base,
		    fuzzer.fz_line[i].tl_base_len, base, len))
			return (i + 1);
	return (0);
}

static size_t
first_uidl(const char *uidl, size_t len)
{
	const struct text_line	*tl = fuzzer.fz_line;
	size_t			 i;

	/* A second line of a base name says nothing. */
	for (i = 0; i < fuzzer.fz_count; i++, tl++)
		if (same(tl->tl_uidl, tl->tl_uidl_len, uidl, len) &&
		    first_base(tl->tl_base, tl->tl_base_len) == i + 1)
			return (i + 1);
	return (0);
}

/* Nothing about these lines is a reason to refuse the file. */
static int
lines_plain(void)
{
	const struct text_line	*tl;
	size_t			 n;

	for (n = 1; n <= fuzzer.fz_count; n++) {
		tl = &fuzzer.fz_line[n - 1];
		if (memchr(tl->tl_base, ':', tl->tl_base_len) != NULL ||
		    first_base(tl->tl_base, tl->tl_base_len) != n)
			return (0);
	}
	return (fuzzer.fz_count > 0 && fuzzer.fz_count < LINES_MAX);
}

/* A base name in a block of its own size. */
static int
find(const struct popuidl *pu, const char *base, size_t len, uint64_t *order,
    const char **uidl, size_t *uidl_len)
{
	char	*copy = fuzz_copy(base, len);
	int	 r;

	r = popuidl_find(pu, copy, len, order, uidl, uidl_len);
	FUZZ(r == 0 || r == 1);
	free(copy);
	return (r);
}

static int
taken(const struct popuidl *pu, const char *uidl, size_t len)
{
	char	*copy = fuzz_copy(uidl, len);
	int	 r;

	r = popuidl_taken(pu, copy, len);
	free(copy);
	return (r != 0);
}

/* Every line is found, and its UIDL belongs to the first that had it. */
static void
test_line(const struct popuidl *pu, size_t n)
{
	const struct text_line	*tl = &fuzzer.fz_line[n - 1];
	const char		*uidl = NULL;
	uint64_t		 order = 0;
	size_t			 len = 0;

	FUZZ(find(pu, tl->tl_base, tl->tl_base_len, &order, &uidl, &len));
	/* A second line of a base name says nothing. */
	if (first_base(tl->tl_base, tl->tl_base_len) != n)
		return;
	FUZZ(taken(pu, tl->tl_uidl, tl->tl_uidl_len));
	FUZZ(order == n);
	if (len == 0)
		FUZZ(first_uidl(tl->tl_uidl, tl->tl_uidl_len) < n);
	else {
		FUZZ(same(uidl, len, tl->tl_uidl, tl->tl_uidl_len));
		FUZZ(first_uidl(tl->tl_uidl, tl->tl_uidl_len) == n);
	}
}

/* Check that near misses of a line are not found. */
static void
test_other(const struct popuidl *pu, const char *text, size_t len)
{
	const char	*uidl;
	uint64_t	 order;
	size_t		 uidl_len;

	FUZZ(find(pu, text, len, &order, &uidl, &uidl_len) ==
	    (first_base(text, len) != 0));
	FUZZ(taken(pu, text, len) == (first_uidl(text, len) != 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char	*text = (const char *)data;
	struct popuidl	*pu = NULL;
	size_t		 i;
	int		 r, good;

	good = read_lines(text, size);
	fuzz_file(fuzzer.fz_dir, "popuidl", data, size);
	errno = 0;
	r = popuidl_read(fuzzer.fz_dir, &pu);
	if (r != 1) {
		FUZZ(r == -1 && errno != 0);
		FUZZ(!good || size == 0 || text[size - 1] != '\n' ||
		    !lines_plain());
		return (0);
	}
	FUZZ(pu != NULL);
	FUZZ(good);
	if (fuzzer.fz_count < LINES_MAX) {
		for (i = 1; i <= fuzzer.fz_count; i++)
			test_line(pu, i);
		for (i = 0; i < size && i < 32; i++) {
			test_other(pu, text, i + 1);
			test_other(pu, text + i, size - i < 40 ? size - i :
			    40);
		}
	}
	popuidl_free(pu);
	return (0);
}
