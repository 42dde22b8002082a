/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "find.h"
#include "limits.h"
#include "log.h"
#include "maildrop_private.h"

/* State of a search between passes. */
struct find_state {
	struct maildir_stamp	 fs_seen[MAILDIR_DIRS];	/* the last stamps */
	int64_t			 fs_since;	/* unchanged since then */
	int64_t			 fs_young;	/* before the last pass */
	unsigned int		 fs_calm;	/* passes without anything
						   new */
};

int64_t
find_clock(clockid_t clock)
{
	struct timespec	 ts;

	if (clock_gettime(clock, &ts) == -1)
		return (0);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static void
find_sleep(int64_t ms)
{
	struct timespec	 ts = { (time_t)(ms / 1000),
			    (long)(ms % 1000) * 1000000L };

	nanosleep(&ts, NULL);
}

/*
 * Return for how long a directory may change without a new stamp: file systems
 * with subsecond stamps use ticks of at most half of this.
 */
static int64_t
find_grain(const struct maildir_stamp stamp[MAILDIR_DIRS])
{
	int		 dir;

	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		if (stamp[dir].ms_mtime_nsec != 0 ||
		    stamp[dir].ms_ctime_nsec != 0)
			return (FIND_GRAIN_MILLISECONDS);
	return (STAMP_GUARD_SECONDS * 1000);
}

static int64_t
find_later(int64_t a, int64_t sec, uint64_t nsec)
{
	int64_t		 b = sec * 1000 + (int64_t)nsec / 1000000;

	return (a > b ? a : b);
}

/*
 * Return the milliseconds since the last change, by the file system's clock; 0
 * if the session has not read that clock.
 */
static int64_t
find_age(const struct maildrop *md, const struct maildir_stamp *stamp)
{
	int64_t		 last = 0, now;
	int		 dir;

	if (md->md_now_ms == 0)
		return (0);
	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		last = find_later(last, stamp[dir].ms_mtime,
		    stamp[dir].ms_mtime_nsec);
		last = find_later(last, stamp[dir].ms_ctime,
		    stamp[dir].ms_ctime_nsec);
	}
	now = (int64_t)md->md_now.tv_sec * 1000 +
	    md->md_now.tv_nsec / 1000000;
	return (now + find_clock(CLOCK_MONOTONIC) - md->md_now_ms - last);
}

/*
 * Return for how many more milliseconds the stamps must stay unchanged until no
 * change can have gone unnoticed.  0: they are old enough.
 */
static int64_t
find_young(const struct maildrop *md, const struct find_state *fs)
{
	int64_t		 grain = find_grain(fs->fs_seen), known;

	if (find_age(md, fs->fs_seen) >= STAMP_GUARD_SECONDS * 1000 + grain)
		return (0);
	known = find_clock(CLOCK_MONOTONIC) - fs->fs_since;
	return (known >= grain ? 0 : grain - known);
}

/*
 * Note since when the stamps before a pass are unchanged.  Reopen a directory
 * that was replaced by another.
 */
static void
find_before(struct find *fi, struct find_state *fs)
{
	struct maildrop	*md = fi->fi_drop;
	int		 dir, same = 1;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		same &= maildir_stamp_equal(&fs->fs_seen[dir],
		    &fi->fi_stamp[dir]);
		if (fs->fs_seen[dir].ms_ino != 0 && md->md_dir[dir] != -1 &&
		    fs->fs_seen[dir].ms_ino != fi->fi_stamp[dir].ms_ino) {
			close(md->md_dir[dir]);
			md->md_dir[dir] = -1;
		}
	}
	if (!same) {
		memcpy(fs->fs_seen, fi->fi_stamp, sizeof(fs->fs_seen));
		fs->fs_since = find_clock(CLOCK_MONOTONIC);
	}
	fs->fs_young = find_young(md, fs);
}

struct find_call {
	struct find		*fc_find;
	enum maildir_dir	 fc_dir;
};

static int
find_found(void *arg, const struct maildir_found *fn)
{
	struct find_call	*fc = arg;

	return (fc->fc_find->fi_found(fc->fc_find->fi_arg, fc->fc_dir, fn));
}

/* Read the names of both directories.  0 or 1 as fi_found(); -1, logged. */
static int
find_names(struct find *fi)
{
	struct find_call	 fc = { fi, MAILDIR_NEW };
	int			 dir, fd, r;

	for (dir = 0; dir < MAILDIR_DIRS; dir++) {
		if (fi->fi_skip[dir])
			continue;
		fc.fc_dir = (enum maildir_dir)dir;
		fd = drop_dir(fi->fi_drop, fc.fc_dir);
		if (fd == -1 && errno == ENOENT)
			continue;
		r = fd == -1 ? -1 : maildir_scan(fd, find_found, &fc);
		if (r == -1) {
			fi->fi_error = drop_error(errno);
			log_warn("maildir: %s", maildir_dirname[dir]);
		}
		if (r != 0)
			return (r);
	}
	return (0);
}

/* Make one pass over the names.  Returns as find_names(). */
static int
find_pass(struct find *fi, struct find_state *fs)
{
	struct maildir_stamp	 after[MAILDIR_DIRS];
	int			 dir, r;

	if (drop_stamps(fi->fi_drop, fi->fi_stamp, &fi->fi_error) == -1)
		return (-1);
	find_before(fi, fs);
	fi->fi_pass++;
	fi->fi_news = fi->fi_more = 0;
	if ((r = find_names(fi)) != 0)
		return (r);
	if (drop_stamps(fi->fi_drop, after, &fi->fi_error) == -1)
		return (-1);
	for (dir = 0; dir < MAILDIR_DIRS; dir++)
		fi->fi_same[dir] = maildir_stamp_equal(&fi->fi_stamp[dir],
		    &after[dir]);
	return (0);
}

/*
 * Judge a pass after which so many are missing.  Return 1 and set *result at
 * the end of the search; 0 after a pause if another pass is needed.
 */
static int
find_judge(struct find *fi, struct find_state *fs, uint32_t missing,
    enum find_result *result)
{
	int		 still = fi->fi_same[MAILDIR_NEW] &&
			    fi->fi_same[MAILDIR_CUR];

	fs->fs_calm = fi->fi_news ? 0 : fs->fs_calm + 1;
	if (fi->fi_more)
		return (0);
	*result = FIND_DONE;
	if (missing == 0 && !fi->fi_all)
		return (1);
	*result = FIND_SURE;
	if (still && fs->fs_young == 0)
		return (1);
	/* Only a name that changed unnoticed could be missing. */
	if (still && fi->fi_unseen == 0 && fs->fs_calm >= FIND_CALM_YOUNG)
		return (1);
	*result = FIND_UNSURE;
	if (!still && ((fi->fi_all && fs->fs_calm >= FIND_CALM) ||
	    (!fi->fi_patient && fi->fi_pass - fi->fi_first + 1 >= FIND_VAIN)))
		return (1);
	if (find_clock(CLOCK_MONOTONIC) - fi->fi_began >=
	    (fi->fi_all ? FIND_ALL_MILLISECONDS : FIND_MILLISECONDS))
		return (1);
	if (still && fi->fi_unseen != 0)
		find_sleep(fs->fs_young);
	else if (fi->fi_pass - fi->fi_first >= FIND_CALM)
		find_sleep(FIND_REST_MILLISECONDS);
	return (0);
}

enum find_result
find_run(struct find *fi)
{
	struct find_state	 fs;
	enum find_result	 result;
	uint32_t		 missing;
	int			 r;

	memset(&fs, 0, sizeof(fs));
	memcpy(fs.fs_seen, fi->fi_drop->md_stamp, sizeof(fs.fs_seen));
	fs.fs_since = fi->fi_drop->md_stamp_ms;
	if (fi->fi_began == 0)
		fi->fi_began = find_clock(CLOCK_MONOTONIC);
	fi->fi_first = fi->fi_pass + 1;
	if (fi->fi_drop->md_now_ms == 0)
		(void)drop_clock(fi->fi_drop);
	do {
		if ((r = find_pass(fi, &fs)) == -1)
			return (FIND_FAILED);
		if (r == 1)
			return (FIND_DONE);
		missing = fi->fi_missing(fi->fi_arg);
	} while (!find_judge(fi, &fs, missing, &result));
	return (result);
}
