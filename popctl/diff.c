/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages are identified by unique id.  Numbers shift when an earlier message
 * is deleted, so only messages that moved relative to the others are reported:
 * the fewest that explain the new order.
 */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "commands.h"
#include "diff.h"
#include "inspect.h"
#include "log.h"
#include "nametab.h"
#include "popcache.h"
#include "popctl.h"
#include "poplisting.h"
#include "text.h"
#include "userproc.h"
#include "users.h"

struct diff {
	const char	*df_name;	/* file name */
	struct listing	 df_listing;
	struct box	 df_box;
	struct nametab	 df_ids;	/* unique ids of the listing */
	uint32_t	*df_new;	/* by line: the message, or 0 */
	uint32_t	*df_old;	/* by message: the line + 1, or 0 */
	int		 df_differ;
};

static int
diff_same(void *arg, uint32_t i, const char *uidl, size_t len)
{
	const struct diff		*df = arg;
	const struct poplisting_item	*li = &df->df_listing.ls_item[i];

	return (li->li_uidl_len == len && memcmp(li->li_uidl, uidl, len) == 0);
}

/* Match lines to messages.  Return 0, or -1, logged. */
static int
diff_pair(struct diff *df, const struct text *tx)
{
	const struct poplisting_item	*li = df->df_listing.ls_item;
	char				 uidl[UIDL_MAX];
	uint32_t			 i, n, at;
	size_t				 len;

	for (i = 0; i < df->df_listing.ls_count; i++, li++) {
		if (!popcache_uidl_ok(li->li_uidl, li->li_uidl_len)) {
			text_complain(tx, li->li_line, "bad unique id");
			return (-1);
		}
		if (nametab_find(&df->df_ids, li->li_uidl, li->li_uidl_len,
		    diff_same, df, &at)) {
			text_complain(tx, li->li_line, "unique id is already "
			    "on line %u", df->df_listing.ls_item[at].li_line);
			return (-1);
		}
		if (nametab_put(&df->df_ids, li->li_uidl, li->li_uidl_len,
		    i) == -1) {
			log_warn("names");
			return (-1);
		}
	}
	for (n = 1; n <= maildrop_last(df->df_box.bx_drop); n++) {
		len = maildrop_uidl(df->df_box.bx_drop, n, uidl);
		if (nametab_find(&df->df_ids, uidl, len, diff_same, df,
		    &at)) {
			df->df_old[n] = at + 1;
			df->df_new[at] = n;
		}
	}
	return (0);
}

/*
 * Find the longest subsequence of lines whose messages are in order, and set
 * stay[i] for its lines.  tail[k] is the last line of the best one of length
 * k + 1, before[i] is the line before i in its subsequence, + 1.
 */
static void
diff_stay(const struct diff *df, unsigned char *stay, uint32_t *tail,
    uint32_t *before)
{
	uint32_t	 i, low, high, middle, runs = 0;

	for (i = 0; i < df->df_listing.ls_count; i++) {
		if (df->df_new[i] == 0)
			continue;
		for (low = 0, high = runs; low < high;) {
			middle = low + (high - low) / 2;
			if (df->df_new[tail[middle]] < df->df_new[i])
				low = middle + 1;
			else
				high = middle;
		}
		before[i] = low == 0 ? 0 : tail[low - 1] + 1;
		tail[low] = i;
		if (low == runs)
			runs++;
	}
	if (runs == 0)
		return;
	for (i = tail[runs - 1] + 1; i != 0; i = before[i - 1])
		stay[i - 1] = 1;
}

/* Print the differences of one line; stay: it did not move. */
static void
diff_line(struct diff *df, uint32_t i, int stay)
{
	const struct poplisting_item	*li = &df->df_listing.ls_item[i];
	uint32_t			 n = df->df_new[i];
	uint64_t			 octets;

	if (n == 0) {
		printf("- %u %.*s\n", li->li_number, (int)li->li_uidl_len,
		    li->li_uidl);
		df->df_differ = 1;
		return;
	}
	octets = maildrop_size(df->df_box.bx_drop, n);
	if (!stay) {
		printf("> %u %.*s is number %u now\n", li->li_number,
		    (int)li->li_uidl_len, li->li_uidl, n);
		df->df_differ = 1;
	}
	if (df->df_listing.ls_sizes && octets != li->li_octets) {
		printf("! %u %.*s has %llu octets, not %llu\n", li->li_number,
		    (int)li->li_uidl_len, li->li_uidl,
		    (unsigned long long)octets,
		    (unsigned long long)li->li_octets);
		df->df_differ = 1;
	}
}

static void
diff_print(struct diff *df, const unsigned char *stay)
{
	char		 uidl[UIDL_MAX];
	uint32_t	 i, n;
	size_t		 len;

	for (i = 0; i < df->df_listing.ls_count; i++)
		diff_line(df, i, stay[i]);
	for (n = 1; n <= maildrop_last(df->df_box.bx_drop); n++) {
		if (df->df_old[n] != 0)
			continue;
		len = maildrop_uidl(df->df_box.bx_drop, n, uidl);
		printf("+ %u %.*s\n", n, (int)len, uidl);
		df->df_differ = 1;
	}
}

/* Compare the listing with the maildrop.  Return 0, or -1, logged. */
static int
diff_both(struct diff *df, const struct text *tx)
{
	size_t		 lines = (size_t)df->df_listing.ls_count + 1;
	unsigned char	*stay = calloc(lines, 1);
	uint32_t	*tail = calloc(lines, sizeof(*tail));
	uint32_t	*before = calloc(lines, sizeof(*before));
	int		 r = -1;

	df->df_new = calloc(lines, sizeof(*df->df_new));
	df->df_old = calloc((size_t)maildrop_last(df->df_box.bx_drop) + 1,
	    sizeof(*df->df_old));
	if (stay == NULL || tail == NULL || before == NULL ||
	    df->df_new == NULL || df->df_old == NULL ||
	    nametab_init(&df->df_ids, lines) == -1)
		log_warn("names");
	else if ((r = diff_pair(df, tx)) == 0) {
		diff_stay(df, stay, tail, before);
		diff_print(df, stay);
	}
	nametab_free(&df->df_ids);
	free(df->df_new);
	free(df->df_old);
	free(stay);
	free(tail);
	free(before);
	return (r);
}

/* uw_run */
static int
diff_user(void *arg, int dir, int fd)
{
	struct inspect	 in = { NULL, userproc_progress };
	struct diff	*df = arg;
	struct text	 tx;
	int		 r = -1;

	if (text_read(&tx, fd, df->df_name) == -1)
		return (USERS_FAILED);
	if (poplisting_parse(&tx, &df->df_listing) == 0) {
		if (box_open(&df->df_box, &in) == 0) {
			r = diff_both(df, &tx);
			box_close(&df->df_box);
		}
		poplisting_free(&df->df_listing);
	}
	text_free(&tx);
	if (r == -1)
		return (USERS_FAILED);
	return (df->df_differ ? USERS_DIFFER : USERS_DONE);
}

/* uw_file */
static int
diff_file(void *arg, const char *user)
{
	struct diff	*df = arg;
	int		 fd;

	fd = open(df->df_name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		log_warn("%s", df->df_name);
	return (fd);
}

int
diff_run(const struct popctl *ct, int argc, char *argv[])
{
	struct users_work	 uw;
	struct diff		 df;

	if (getopt(argc, argv, "+") != -1 || argc - optind != 2)
		return (COMMANDS_USAGE);
	memset(&uw, 0, sizeof(uw));
	memset(&df, 0, sizeof(df));
	df.df_name = argv[optind];
	uw.uw_run = diff_user;
	uw.uw_arg = &df;
	uw.uw_file = diff_file;
	uw.uw_none = "no maildir yet, nothing to compare";
	switch (users_run(ct, argv[optind + 1], &uw)) {
	case USERS_DONE:
		return (0);
	case USERS_DIFFER:
		return (1);
	default:
		return (2);
	}
}
