/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Compare the list of a session, made from popcache, with one made from the
 * files alone.  Prints one line for each difference.  Mail that arrived after
 * popcache was written is not a difference.
 */

#include <sys/types.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "check.h"
#include "commands.h"
#include "inspect.h"
#include "journal.h"
#include "log.h"
#include "maildir.h"
#include "popcache.h"
#include "popctl.h"
#include "spool.h"
#include "users.h"

struct check_work {
	struct box	 ck_said;	/* from popcache */
	struct box	 ck_true;	/* from the files */
	unsigned char	*ck_seen;	/* by message of ck_said */
	int		 ck_differ;
};

/* Print a difference of a file, or of popcache itself if base is NULL. */
static void __attribute__((__format__ (printf, 4, 5)))
check_report(struct check_work *ck, const char *base, size_t len,
    const char *format, ...)
{
	va_list	 ap;
	char	 text[MAILNAME_MAX + 1], name[LOG_QUOTE_MAX], what[256];

	ck->ck_differ = 1;
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	if (base == NULL) {
		userproc_print("%s: %s", POPCACHE_FILE, what);
		return;
	}
	memcpy(text, base, len);
	text[len] = '\0';
	userproc_print("%s: %s", log_quote(text, name, sizeof(name)), what);
}

/* Check that popcache is intact.  Returns 0 if it does not exist, or 1. */
static int
check_file(struct check_work *ck, int dir)
{
	struct popcache	 pc;
	int		 there;

	popcache_open(&pc, dir);
	there = pc.pc_state != POPCACHE_NONE;
	switch (pc.pc_state) {
	case POPCACHE_NONE:
		log_info("no %s yet", POPCACHE_FILE);
		break;
	case POPCACHE_BARRED:
		check_report(ck, NULL, 0, "cannot be used");
		break;
	case POPCACHE_DAMAGED:
		check_report(ck, NULL, 0, "damaged header");
		break;
	case POPCACHE_CUT:
		check_report(ck, NULL, 0, "cut short");
		break;
	case POPCACHE_GOOD:
		if (popcache_load(&pc, POPCACHE_ALL) == -1)
			check_report(ck, NULL, 0, "cannot be read");
		else if (!pc.pc_whole)
			check_report(ck, NULL, 0, "damaged entries");
		else if (!pc.pc_clean)
			check_report(ck, NULL, 0,
			    "damage after the last entry");
		break;
	}
	popcache_close(&pc);
	return (there);
}

/* Return the number of this message in popcache, or 0. */
static uint32_t
check_find(const struct check_work *ck, const char *base, size_t len)
{
	const struct maildrop	*md = ck->ck_said.bx_drop;
	const char		*other;
	size_t			 other_len;
	uint32_t		 n;

	n = box_find(&ck->ck_said, base, len);
	/* Messages with the same base name are adjacent. */
	while (n != 0 && ck->ck_seen[n]) {
		if (++n > maildrop_last(md))
			return (0);
		other = inspect_base(md, n, &other_len);
		if (other_len != len || memcmp(other, base, len) != 0)
			return (0);
	}
	return (n);
}

/* Compare message n of the files with message listed of popcache. */
static void
check_message(struct check_work *ck, uint32_t n, uint32_t listed)
{
	const struct maildrop	*a = ck->ck_said.bx_drop;
	const struct maildrop	*b = ck->ck_true.bx_drop;
	const char		*base;
	char			 left[UIDL_MAX], right[UIDL_MAX];
	size_t			 len, left_len, right_len;

	base = inspect_base(b, n, &len);
	if (maildrop_size(a, listed) != maildrop_size(b, n))
		check_report(ck, base, len, "%llu octets, not %llu",
		    (unsigned long long)maildrop_size(b, n),
		    (unsigned long long)maildrop_size(a, listed));
	left_len = maildrop_uidl(a, listed, left);
	right_len = maildrop_uidl(b, n, right);
	if (left_len != right_len || memcmp(left, right, left_len) != 0)
		check_report(ck, base, len, "unique id %.*s, not %.*s",
		    (int)right_len, right, (int)left_len, left);
}

static void
check_lists(struct check_work *ck)
{
	const char	*base;
	size_t		 len;
	uint32_t	 n, listed, last = 0;

	for (n = 1; n <= maildrop_last(ck->ck_true.bx_drop); n++) {
		base = inspect_base(ck->ck_true.bx_drop, n, &len);
		if ((listed = check_find(ck, base, len)) == 0) {
			check_report(ck, base, len, "not listed");
			continue;
		}
		ck->ck_seen[listed] = 1;
		check_message(ck, n, listed);
		if (listed < last)
			check_report(ck, base, len, "out of order");
		else
			last = listed;
	}
	for (n = 1; n <= maildrop_last(ck->ck_said.bx_drop); n++) {
		if (ck->ck_seen[n])
			continue;
		base = inspect_base(ck->ck_said.bx_drop, n, &len);
		check_report(ck, base, len, "listed, but not there");
	}
}

/* Compare popcache's list with the files.  0, or -1, logged. */
static int
check_popcache(struct check_work *ck, int dir)
{
	struct inspect	 in = { 1, 0, NULL, userproc_progress };
	int		 r = -1;

	ck->ck_seen = calloc((size_t)maildrop_last(ck->ck_said.bx_drop) + 1,
	    1);
	if (ck->ck_seen == NULL)
		log_warn("calloc");
	else if (box_open(&ck->ck_true, &in) == 0) {
		check_lists(ck);
		box_close(&ck->ck_true);
		r = 0;
	}
	free(ck->ck_seen);
	return (r);
}

struct check_pending {
	const char	*cw_batch;	/* of the journal */
	unsigned int	 cw_count;
};

static int
check_found(void *arg, const struct maildir_found *fn)
{
	struct check_pending	*cw = arg;
	size_t			 len = strlen(cw->cw_batch);

	cw->cw_count += fn->fn_len > len &&
	    memcmp(fn->fn_name, cw->cw_batch, len) == 0;
	return (0);
}

/*
 * Report messages taken from the mailbox that are not in new/ yet, because a
 * worker died in between.  0, or -1, logged.
 */
static int
check_spool(int dir)
{
	struct check_pending	 cw = { NULL, 0 };
	struct journal		 jo;
	int			 fd, r;

	fd = openat(dir, SPOOL_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		return (0);
	cw.cw_batch = jo.jo_batch;
	if ((r = journal_read(fd, &jo)) == 1)
		r = maildir_scan(fd, check_found, &cw);
	close(fd);
	if (cw.cw_count > 0)
		userproc_print("%s: messages pending until the next login: %u",
		    SPOOL_DIR, cw.cw_count);
	return (r);
}

/* uw_run */
static int
check_user(void *arg, int dir, int fd)
{
	struct inspect		 in = { 0, 0, NULL, userproc_progress };
	struct check_work	 ck;
	int			 r = -1;

	memset(&ck, 0, sizeof(ck));
	/* This locks the maildir, so popcache cannot change meanwhile. */
	if (box_open(&ck.ck_said, &in) == -1)
		return (USERS_FAILED);
	r = check_file(&ck, dir) ? check_popcache(&ck, dir) : 0;
	if (check_spool(dir) == -1)
		r = -1;
	box_close(&ck.ck_said);
	return (r == -1 || ck.ck_differ ? USERS_FAILED : USERS_DONE);
}

int
check_run(const struct popctl *ct, int argc, char *argv[])
{
	struct users_work	 uw;
	const char		*user;

	if (users_which(argc, argv, &user) == -1)
		return (COMMANDS_USAGE);
	memset(&uw, 0, sizeof(uw));
	uw.uw_run = check_user;
	return (users_run(ct, user, &uw));
}
