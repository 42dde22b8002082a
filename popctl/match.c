/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A size that one line and one file have alone says it all.  Where several
 * have it the order does, if that of the files is that of the listing: as
 * many lines as files of that size in all, or between two neighbours that are
 * known.  Else files that have the same octets may stand for each other.
 * Nothing is guessed: what is left is left.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"

/* What is known makes more known, but not for ever. */
#define MATCH_PASSES	32

/* A line or a file, to be sorted by size. */
struct match_size {
	uint64_t	 mz_octets;
	uint32_t	 mz_item;
};

/* All lines and all files of one size. */
struct match_group {
	const struct match_size	*mg_line;
	uint32_t		 mg_lines;
	const struct match_size	*mg_file;
	uint32_t		 mg_files;
};

struct match_work {
	struct match		*mw_match;
	struct match_size	*mw_line;
	struct match_size	*mw_file;
	unsigned char		*mw_taken;	/* by file */
	uint32_t		*mw_low;	/* by line: file + 1 of the */
	uint32_t		*mw_high;	/* known one before, after */
	int			 mw_news;
};

static int
match_compare(const void *a, const void *b)
{
	const struct match_size	*left = a, *right = b;

	if (left->mz_octets != right->mz_octets)
		return (left->mz_octets < right->mz_octets ? -1 : 1);
	return (left->mz_item < right->mz_item ? -1 : 1);
}

static struct match_size *
match_sorted(const uint64_t *octets, uint32_t n)
{
	struct match_size	*mz;
	uint32_t		 i;

	if ((mz = calloc((size_t)n + 1, sizeof(*mz))) == NULL)
		return (NULL);
	for (i = 0; i < n; i++) {
		mz[i].mz_octets = octets[i];
		mz[i].mz_item = i;
	}
	qsort(mz, n, sizeof(*mz), match_compare);
	return (mz);
}

static void
match_pair(struct match_work *mw, uint32_t line, uint32_t file,
    enum match_how how)
{
	mw->mw_match->mt_which[line] = file;
	mw->mw_match->mt_how[line] = how;
	mw->mw_taken[file] = 1;
	mw->mw_news = 1;
}

static int
match_known(const struct match_work *mw, uint32_t line)
{
	return (mw->mw_match->mt_how[line] >= MATCH_SIZE);
}

/* Sizes that are one of a kind. */
static void
match_single(struct match_work *mw, const struct match_group *mg)
{
	if (mg->mg_lines == 1 && mg->mg_files == 1)
		match_pair(mw, mg->mg_line->mz_item, mg->mg_file->mz_item,
		    MATCH_SIZE);
}

/* As many lines as files, none of which is out of order. */
static void
match_equal(struct match_work *mw, const struct match_group *mg)
{
	uint32_t	 i, line, file;

	if (mg->mg_lines != mg->mg_files)
		return;
	for (i = 0; i < mg->mg_lines; i++) {
		line = mg->mg_line[i].mz_item;
		file = mg->mg_file[i].mz_item;
		if (match_known(mw, line) || file + 1 <= mw->mw_low[line] ||
		    file + 1 >= mw->mw_high[line])
			return;
	}
	for (i = 0; i < mg->mg_lines; i++)
		match_pair(mw, mg->mg_line[i].mz_item, mg->mg_file[i].mz_item,
		    MATCH_ORDER);
}

/* Which files are known of the lines before and after each. */
static void
match_bounds(struct match_work *mw)
{
	const struct match	*mt = mw->mw_match;
	uint32_t		 i, bound = 0;

	for (i = 0; i < mt->mt_lines; i++) {
		mw->mw_low[i] = bound;
		if (match_known(mw, i))
			bound = mt->mt_which[i] + 1;
	}
	bound = mt->mt_files + 1;
	for (i = mt->mt_lines; i > 0; i--) {
		mw->mw_high[i - 1] = bound;
		if (match_known(mw, i - 1))
			bound = mt->mt_which[i - 1] + 1;
	}
}

/* As many lines as files between two neighbours that are known. */
static void
match_between(struct match_work *mw, const struct match_group *mg)
{
	const struct match_size	*file = mg->mg_file;
	const struct match_size	*end = file + mg->mg_files, *stop;
	uint32_t		 i, next, line, free_files;

	for (i = 0; i < mg->mg_lines; i = next) {
		line = mg->mg_line[i].mz_item;
		next = i + 1;
		if (match_known(mw, line))
			continue;
		while (next < mg->mg_lines &&
		    !match_known(mw, mg->mg_line[next].mz_item) &&
		    mw->mw_low[mg->mg_line[next].mz_item] ==
		    mw->mw_low[line])
			next++;
		while (file < end && file->mz_item + 1 <= mw->mw_low[line])
			file++;
		free_files = 0;
		for (stop = file; stop < end &&
		    stop->mz_item + 1 < mw->mw_high[line]; stop++)
			free_files += !mw->mw_taken[stop->mz_item];
		if (free_files != next - i ||
		    free_files != (uint32_t)(stop - file))
			continue;
		for (; i < next; i++, file++)
			match_pair(mw, mg->mg_line[i].mz_item, file->mz_item,
			    MATCH_ORDER);
	}
}

/* The files that are left, if no two of them differ. */
static int
match_alike(struct match_work *mw, const struct match_group *mg)
{
	const struct match	*mt = mw->mw_match;
	uint32_t		 i, item, first = UINT32_MAX;

	for (i = 0; i < mg->mg_files; i++) {
		item = mg->mg_file[i].mz_item;
		if (mw->mw_taken[item])
			continue;
		if (first == UINT32_MAX)
			first = item;
		else if (!mt->mt_same(mt->mt_arg, first, item))
			return (0);
	}
	return (1);
}

/* What is left of a size: files that are alike, or nothing can be said. */
static void
match_rest(struct match_work *mw, const struct match_group *mg)
{
	struct match	*mt = mw->mw_match;
	uint32_t	 i, at = 0, lines = 0, files = 0;
	int		 alike;

	for (i = 0; i < mg->mg_lines; i++)
		lines += !match_known(mw, mg->mg_line[i].mz_item);
	for (i = 0; i < mg->mg_files; i++)
		files += !mw->mw_taken[mg->mg_file[i].mz_item];
	if (lines == 0 || files == 0)
		return;
	/* More lines than files: some are gone, and who knows which. */
	alike = lines <= files && match_alike(mw, mg);
	for (i = 0; i < mg->mg_lines; i++) {
		if (match_known(mw, mg->mg_line[i].mz_item))
			continue;
		mt->mt_how[mg->mg_line[i].mz_item] = MATCH_UNSURE;
		if (!alike)
			continue;
		while (mw->mw_taken[mg->mg_file[at].mz_item])
			at++;
		match_pair(mw, mg->mg_line[i].mz_item,
		    mg->mg_file[at].mz_item, MATCH_ALIKE);
	}
}

/* How many have the size of the first. */
static uint32_t
match_count(const struct match_size *mz, const struct match_size *end)
{
	uint32_t	 n = 0;

	while (mz + n < end && mz[n].mz_octets == mz->mz_octets)
		n++;
	return (n);
}

/* Do this for each size that lines and files have. */
static void
match_groups(struct match_work *mw,
    void (*fn)(struct match_work *, const struct match_group *))
{
	const struct match_size	*line = mw->mw_line, *file = mw->mw_file;
	const struct match_size	*lines = line + mw->mw_match->mt_lines;
	const struct match_size	*files = file + mw->mw_match->mt_files;
	struct match_group	 mg;

	while (line < lines && file < files) {
		mg.mg_line = line;
		mg.mg_file = file;
		mg.mg_lines = match_count(line, lines);
		mg.mg_files = match_count(file, files);
		if (line->mz_octets == file->mz_octets)
			fn(mw, &mg);
		if (line->mz_octets <= mg.mg_file->mz_octets)
			line += mg.mg_lines;
		if (mg.mg_line->mz_octets >= file->mz_octets)
			file += mg.mg_files;
	}
}

/* Whether what is known so far is in one order. */
static int
match_ordered(const struct match_work *mw)
{
	const struct match	*mt = mw->mw_match;
	uint32_t		 i, last = 0;

	for (i = 0; i < mt->mt_lines; i++) {
		if (!match_known(mw, i))
			continue;
		if (mt->mt_which[i] + 1 <= last)
			return (0);
		last = mt->mt_which[i] + 1;
	}
	return (1);
}

/* The order of all is none: nothing is known by it. */
static void
match_undo(struct match_work *mw)
{
	struct match	*mt = mw->mw_match;
	uint32_t	 i;

	mt->mt_disorder = 1;
	for (i = 0; i < mt->mt_lines; i++) {
		if (mt->mt_how[i] != MATCH_ORDER)
			continue;
		mt->mt_how[i] = MATCH_NONE;
		mw->mw_taken[mt->mt_which[i]] = 0;
	}
}

static void
match_all(struct match_work *mw)
{
	int	 pass;

	match_groups(mw, match_single);
	mw->mw_match->mt_disorder = !match_ordered(mw);
	if (!mw->mw_match->mt_disorder) {
		/* Neighbours first: they see what is gone and what is new. */
		mw->mw_news = 1;
		for (pass = 0; pass < MATCH_PASSES && mw->mw_news; pass++) {
			mw->mw_news = 0;
			match_bounds(mw);
			match_groups(mw, match_between);
		}
		match_bounds(mw);
		match_groups(mw, match_equal);
		if (!match_ordered(mw))
			match_undo(mw);
	}
	match_groups(mw, match_rest);
}

int
match_run(struct match *mt)
{
	struct match_work	 mw;
	int			 r = -1;

	memset(&mw, 0, sizeof(mw));
	mw.mw_match = mt;
	mt->mt_which = calloc((size_t)mt->mt_lines + 1, sizeof(*mt->mt_which));
	mt->mt_how = calloc((size_t)mt->mt_lines + 1, sizeof(*mt->mt_how));
	mw.mw_line = match_sorted(mt->mt_list, mt->mt_lines);
	mw.mw_file = match_sorted(mt->mt_file, mt->mt_files);
	mw.mw_taken = calloc((size_t)mt->mt_files + 1, 1);
	mw.mw_low = calloc((size_t)mt->mt_lines + 1, sizeof(*mw.mw_low));
	mw.mw_high = calloc((size_t)mt->mt_lines + 1, sizeof(*mw.mw_high));
	if (mt->mt_which != NULL && mt->mt_how != NULL && mw.mw_line != NULL &&
	    mw.mw_file != NULL && mw.mw_taken != NULL && mw.mw_low != NULL &&
	    mw.mw_high != NULL) {
		match_all(&mw);
		r = 0;
	}
	free(mw.mw_line);
	free(mw.mw_file);
	free(mw.mw_taken);
	free(mw.mw_low);
	free(mw.mw_high);
	if (r == -1)
		match_free(mt);
	return (r);
}

void
match_free(struct match *mt)
{
	free(mt->mt_which);
	free(mt->mt_how);
	mt->mt_which = NULL;
	mt->mt_how = NULL;
}
