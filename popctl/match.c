/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A key that only one line and one file have is a match, if it is a proof or
 * files and listing are in the same order.  Of several, files with the same
 * content are interchangeable.  With mt_guess order does not matter, and if it
 * is the same, several are matched in order, provided that as many lines as
 * files have that key, in all or between two known neighbours.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"

/* Each pass may allow matches in the next; the bound limits the work. */
#define MATCH_PASSES	32

/* A line or a file, for sorting by size. */
struct match_size {
	uint64_t	 mz_octets;
	uint32_t	 mz_item;
};

/* All lines and all files of one size. */
struct match_group {
	const struct match_size	*mgr_line;
	uint32_t		 mgr_lines;
	const struct match_size	*mgr_file;
	uint32_t		 mgr_files;
};

struct match_work {
	struct match		*mwk_match;
	struct match_size	*mwk_line;
	struct match_size	*mwk_file;
	unsigned char		*mwk_taken;	/* by file */
	uint32_t		*mwk_low;	/* by line: file + 1 of the */
	uint32_t		*mwk_high;	/* known line before, after */
	int			 mwk_changed;	/* in this pass */
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
match_pair(struct match_work *mwk, uint32_t line, uint32_t file,
    enum match_how how)
{
	mwk->mwk_match->mt_which[line] = file;
	mwk->mwk_match->mt_how[line] = how;
	mwk->mwk_taken[file] = 1;
	mwk->mwk_changed = 1;
}

static int
match_known(const struct match_work *mwk, uint32_t line)
{
	return (mwk->mwk_match->mt_how[line] >= MATCH_SIZE);
}

/* Match a size that only one line and one file have. */
static void
match_single(struct match_work *mwk, const struct match_group *mgr)
{
	if (mgr->mgr_lines == 1 && mgr->mgr_files == 1)
		match_pair(mwk, mgr->mgr_line->mz_item, mgr->mgr_file->mz_item,
		    MATCH_SIZE);
}

/* Match as many lines as files, if none is out of order. */
static void
match_equal(struct match_work *mwk, const struct match_group *mgr)
{
	uint32_t	 i, line, file;

	if (mgr->mgr_lines != mgr->mgr_files)
		return;
	for (i = 0; i < mgr->mgr_lines; i++) {
		line = mgr->mgr_line[i].mz_item;
		file = mgr->mgr_file[i].mz_item;
		if (match_known(mwk, line) || file + 1 <= mwk->mwk_low[line] ||
		    file + 1 >= mwk->mwk_high[line])
			return;
	}
	for (i = 0; i < mgr->mgr_lines; i++)
		match_pair(mwk, mgr->mgr_line[i].mz_item,
		    mgr->mgr_file[i].mz_item, MATCH_ORDER);
}

/* Find the nearest known file before and after each line. */
static void
match_bounds(struct match_work *mwk)
{
	const struct match	*mt = mwk->mwk_match;
	uint32_t		 i, bound = 0;

	for (i = 0; i < mt->mt_lines; i++) {
		mwk->mwk_low[i] = bound;
		if (match_known(mwk, i))
			bound = mt->mt_which[i] + 1;
	}
	bound = mt->mt_files + 1;
	for (i = mt->mt_lines; i > 0; i--) {
		mwk->mwk_high[i - 1] = bound;
		if (match_known(mwk, i - 1))
			bound = mt->mt_which[i - 1] + 1;
	}
}

/* Match as many lines as files between two known neighbours. */
static void
match_between(struct match_work *mwk, const struct match_group *mgr)
{
	const struct match_size	*file = mgr->mgr_file;
	const struct match_size	*end = file + mgr->mgr_files, *stop;
	uint32_t		 i, next, line, free_files;

	for (i = 0; i < mgr->mgr_lines; i = next) {
		line = mgr->mgr_line[i].mz_item;
		next = i + 1;
		if (match_known(mwk, line))
			continue;
		while (next < mgr->mgr_lines &&
		    !match_known(mwk, mgr->mgr_line[next].mz_item) &&
		    mwk->mwk_low[mgr->mgr_line[next].mz_item] ==
		    mwk->mwk_low[line])
			next++;
		while (file < end && file->mz_item + 1 <= mwk->mwk_low[line])
			file++;
		free_files = 0;
		for (stop = file; stop < end &&
		    stop->mz_item + 1 < mwk->mwk_high[line]; stop++)
			free_files += !mwk->mwk_taken[stop->mz_item];
		if (free_files != next - i ||
		    free_files != (uint32_t)(stop - file))
			continue;
		for (; i < next; i++, file++)
			match_pair(mwk, mgr->mgr_line[i].mz_item, file->mz_item,
			    MATCH_ORDER);
	}
}

/* Return whether all unmatched files have the same content. */
static int
match_alike(struct match_work *mwk, const struct match_group *mgr)
{
	const struct match	*mt = mwk->mwk_match;
	uint32_t		 i, item, first = UINT32_MAX;

	for (i = 0; i < mgr->mgr_files; i++) {
		item = mgr->mgr_file[i].mz_item;
		if (mwk->mwk_taken[item])
			continue;
		if (first == UINT32_MAX)
			first = item;
		else if (!mt->mt_same(mt->mt_arg, first, item))
			return (0);
	}
	return (1);
}

/* Match the rest of a size if all its files are alike. */
static void
match_rest(struct match_work *mwk, const struct match_group *mgr)
{
	struct match	*mt = mwk->mwk_match;
	uint32_t	 i, at = 0, lines = 0, files = 0;
	int		 alike;

	for (i = 0; i < mgr->mgr_lines; i++)
		lines += !match_known(mwk, mgr->mgr_line[i].mz_item);
	for (i = 0; i < mgr->mgr_files; i++)
		files += !mwk->mwk_taken[mgr->mgr_file[i].mz_item];
	if (lines == 0 || files == 0)
		return;
	/* More lines than files: some files are gone, but which? */
	alike = lines <= files && match_alike(mwk, mgr);
	for (i = 0; i < mgr->mgr_lines; i++) {
		if (match_known(mwk, mgr->mgr_line[i].mz_item))
			continue;
		mt->mt_how[mgr->mgr_line[i].mz_item] = MATCH_UNSURE;
		if (!alike)
			continue;
		while (mwk->mwk_taken[mgr->mgr_file[at].mz_item])
			at++;
		match_pair(mwk, mgr->mgr_line[i].mz_item,
		    mgr->mgr_file[at].mz_item, MATCH_ALIKE);
	}
}

/* Return how many have the size of the first. */
static uint32_t
match_count(const struct match_size *mz, const struct match_size *end)
{
	uint32_t	 n = 0;

	while (mz + n < end && mz[n].mz_octets == mz->mz_octets)
		n++;
	return (n);
}

/* Call fn for each size that both lines and files have. */
static void
match_groups(struct match_work *mwk,
    void (*fn)(struct match_work *, const struct match_group *))
{
	const struct match_size	*line = mwk->mwk_line, *file = mwk->mwk_file;
	const struct match_size	*lines = line + mwk->mwk_match->mt_lines;
	const struct match_size	*files = file + mwk->mwk_match->mt_files;
	struct match_group	 mgr;

	while (line < lines && file < files) {
		mgr.mgr_line = line;
		mgr.mgr_file = file;
		mgr.mgr_lines = match_count(line, lines);
		mgr.mgr_files = match_count(file, files);
		if (line->mz_octets == file->mz_octets)
			fn(mwk, &mgr);
		if (line->mz_octets <= mgr.mgr_file->mz_octets)
			line += mgr.mgr_lines;
		if (mgr.mgr_line->mz_octets >= file->mz_octets)
			file += mgr.mgr_files;
	}
}

/* Return whether the matches so far are in the same order. */
static int
match_ordered(const struct match_work *mwk)
{
	const struct match	*mt = mwk->mwk_match;
	uint32_t		 i, last = 0;

	for (i = 0; i < mt->mt_lines; i++) {
		if (!match_known(mwk, i))
			continue;
		if (mt->mt_which[i] + 1 <= last)
			return (0);
		last = mt->mt_which[i] + 1;
	}
	return (1);
}

/* The orders differ: drop these matches. */
static void
match_undo(struct match_work *mwk, enum match_how how)
{
	struct match	*mt = mwk->mwk_match;
	uint32_t	 i;

	mt->mt_disorder = 1;
	for (i = 0; i < mt->mt_lines; i++) {
		if (mt->mt_how[i] != how)
			continue;
		/* A single file remains taken: it is like no other. */
		if (how == MATCH_ORDER)
			mwk->mwk_taken[mt->mt_which[i]] = 0;
		mt->mt_how[i] = how == MATCH_ORDER ? MATCH_NONE : MATCH_UNSURE;
	}
}

static void
match_all(struct match_work *mwk)
{
	struct match	*mt = mwk->mwk_match;
	int		 pass;

	match_groups(mwk, match_single);
	mt->mt_disorder = !match_ordered(mwk);
	if (mt->mt_disorder && !mt->mt_proof && !mt->mt_guess)
		match_undo(mwk, MATCH_SIZE);
	if (!mt->mt_disorder && mt->mt_guess) {
		/* Neighbours first: they show which files are gone or new. */
		mwk->mwk_changed = 1;
		for (pass = 0; pass < MATCH_PASSES && mwk->mwk_changed;
		    pass++) {
			mwk->mwk_changed = 0;
			match_bounds(mwk);
			match_groups(mwk, match_between);
		}
		match_bounds(mwk);
		match_groups(mwk, match_equal);
		if (!match_ordered(mwk))
			match_undo(mwk, MATCH_ORDER);
	}
	match_groups(mwk, match_rest);
}

int
match_run(struct match *mt)
{
	struct match_work	 mwk;
	int			 r = -1;

	memset(&mwk, 0, sizeof(mwk));
	mwk.mwk_match = mt;
	mt->mt_which = calloc((size_t)mt->mt_lines + 1, sizeof(*mt->mt_which));
	mt->mt_how = calloc((size_t)mt->mt_lines + 1, sizeof(*mt->mt_how));
	mwk.mwk_line = match_sorted(mt->mt_list, mt->mt_lines);
	mwk.mwk_file = match_sorted(mt->mt_file, mt->mt_files);
	mwk.mwk_taken = calloc((size_t)mt->mt_files + 1, 1);
	mwk.mwk_low = calloc((size_t)mt->mt_lines + 1, sizeof(*mwk.mwk_low));
	mwk.mwk_high = calloc((size_t)mt->mt_lines + 1, sizeof(*mwk.mwk_high));
	if (mt->mt_which != NULL && mt->mt_how != NULL &&
	    mwk.mwk_line != NULL && mwk.mwk_file != NULL &&
	    mwk.mwk_taken != NULL && mwk.mwk_low != NULL &&
	    mwk.mwk_high != NULL) {
		match_all(&mwk);
		r = 0;
	}
	free(mwk.mwk_line);
	free(mwk.mwk_file);
	free(mwk.mwk_taken);
	free(mwk.mwk_low);
	free(mwk.mwk_high);
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
