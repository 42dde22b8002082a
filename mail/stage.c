/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Messages on their way from a spool to new/.  See stage.h. */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"
#include "limits.h"
#include "log.h"
#include "maildir.h"
#include "mbox.h"
#include "name.h"
#include "octets.h"
#include "stage.h"

#define CHUNK		65536
#define STAGE_INCOMING	"incoming"

static int	 stage_message(void *, uint64_t);
static int	 stage_data(void *, const void *, size_t);
static int	 stage_end(void *);
static ssize_t	 stage_peek(void *, uint64_t, void *, size_t);

static const struct mbox_calls	stage_calls = {
	stage_message, stage_data, stage_end, stage_peek
};

static struct {
	int		 dir;
	int		 spool;
	uint64_t	 to;		/* the end of it */
	int		 fd;		/* the current message, or -1 */
	struct octets	 octets;	/* of that message */
	int		 open[SPOOL_FILES];	/* not yet durable */
	int		 nopen;
	uint32_t	 count;
	int64_t		 until;		/* ms of clock_ms() */
	uint64_t	 length;	/* of the spool, up to this message */
	uint64_t	 before;	/* up to the one before, and its name */
	char		 last[MAILNAME_MAX + 1];
	int		 partly;	/* not all of the spool */
	char		 unique[MAILNAME_MAX + 1];
	size_t		 batch;		/* octets of it, before the host */
	size_t		 used;		/* of buf */
	unsigned char	 buf[CHUNK];
} stage;

/* Choose the names of a batch: a common one, split after its second part. */
static int
stage_begin(int dir, int spool, uint64_t to)
{
	const char	*dot;

	memset(&stage, 0, sizeof(stage));
	stage.dir = dir;
	stage.spool = spool;
	stage.to = to;
	stage.fd = -1;
	stage.until = clock_ms() + SPOOL_SECONDS * 1000;
	if (name_make(stage.unique, sizeof(stage.unique)) == -1)
		return (-1);
	dot = strchr(stage.unique, '.');
	dot = strchr(dot + 1, '.');
	stage.batch = (size_t)(dot - stage.unique);
	return (0);
}

static int
stage_flush(void)
{
	const unsigned char	*p = stage.buf;
	ssize_t			 n;

	while (stage.used > 0) {
		n = write(stage.fd, p, stage.used);
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return (-1);
		p += n;
		stage.used -= (size_t)n;
	}
	return (0);
}

/* Sync all open files.  -1 if one may not be durable: then none counts. */
static int
stage_sync(void)
{
	int	 error = 0;

	while (stage.nopen > 0) {
		stage.nopen--;
		if (fsync(stage.open[stage.nopen]) == -1)
			error = errno;
		if (close(stage.open[stage.nopen]) == -1)
			error = errno;
	}
	if (error == 0)
		return (0);
	stage.count = 0;
	errno = error;
	return (-1);
}

static int
stage_message(void *arg, uint64_t offset)
{
	stage.before = stage.length;
	stage.length = offset;
	/* Always take the first, so that there is progress. */
	if (stage.count > 0 && clock_ms() > stage.until) {
		stage.partly = 1;
		return (-1);
	}
	octets_init(&stage.octets);
	stage.fd = openat(stage.dir, STAGE_INCOMING,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return (stage.fd == -1 ? -1 : 0);
}

static int
stage_data(void *arg, const void *data, size_t len)
{
	const unsigned char	*p = data;
	size_t			 n;

	octets_add(&stage.octets, data, len);
	for (; len > 0; p += n, len -= n) {
		if (stage.used == sizeof(stage.buf) &&
		    stage_flush() == -1)
			return (-1);
		n = sizeof(stage.buf) - stage.used;
		if (n > len)
			n = len;
		memcpy(stage.buf + stage.used, p, n);
		stage.used += n;
	}
	return (0);
}

/* Remove a message that does not count.  One that stays would be moved. */
static void
stage_drop(const char *name)
{
	int	 error = errno;

	if (unlinkat(stage.dir, name, 0) == -1 && errno != ENOENT)
		stage.count = 0;
	errno = error;
}

/* Rename a message to its final name, with its sizes. */
static int
stage_end(void *arg)
{
	char	 name[MAILNAME_MAX + 1];
	int	 n;

	if (stage_flush() == -1)
		return (-1);
	n = snprintf(name, sizeof(name), "%.*sQ%08u%s,S=%llu,W=%llu",
	    (int)stage.batch, stage.unique, stage.count + 1,
	    stage.unique + stage.batch,
	    (unsigned long long)stage.octets.oc_size,
	    (unsigned long long)octets_total(&stage.octets));
	if (n < 0 || (size_t)n >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if (renameat(stage.dir, STAGE_INCOMING, stage.dir, name) == -1) {
		/* Perhaps only the answer was lost. */
		stage_drop(name);
		return (-1);
	}
	stage.count++;
	strlcpy(stage.last, name, sizeof(stage.last));
	stage.open[stage.nopen++] = stage.fd;
	stage.fd = -1;
	return (stage.nopen == SPOOL_FILES ? stage_sync() : 0);
}

static ssize_t
stage_peek(void *arg, uint64_t offset, void *buf, size_t len)
{
	size_t		 used;
	ssize_t		 n;

	if (offset >= stage.to)
		return (0);
	if (len > stage.to - offset)
		len = (size_t)(stage.to - offset);
	for (used = 0; used < len; used += (size_t)n) {
		n = pread(stage.spool, (char *)buf + used, len - used,
		    (off_t)(offset + used));
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return (-1);
	}
	return ((ssize_t)used);
}

/* Parse the octets from an offset to the end. */
static enum mbox_result
stage_read(struct mbox *mx, uint64_t from)
{
	static unsigned char	 buf[CHUNK];
	enum mbox_result	 r = MBOX_OK;
	ssize_t			 n;

	for (; from < stage.to && r == MBOX_OK; from += (uint64_t)n) {
		n = stage_peek(NULL, from, buf, sizeof(buf));
		if (n == -1)
			return (MBOX_STOPPED);
		r = mbox_feed(mx, buf, (size_t)n);
	}
	return (r == MBOX_OK ? mbox_finish(mx) : r);
}

/* Fill in the journal.  -1 with errno set if something is not durable. */
static int
stage_account(struct journal *jo)
{
	if (stage_sync() == -1 || maildir_sync(stage.dir) == -1)
		return (-1);
	jo->jo_length = stage.partly ? stage.length : stage.to;
	stage.unique[stage.batch] = '\0';
	strlcpy(jo->jo_batch, stage.unique, sizeof(jo->jo_batch));
	return (journal_digest(stage.spool, jo->jo_length, jo->jo_digest));
}

/*
 * Parse all messages from an offset on.  What follows a moved part is ours to
 * move in any case: without a separator it is the rest of a message written
 * without a lock, and gets a file of its own.
 */
static enum mbox_result
stage_parse(uint64_t from)
{
	struct mbox		 mx;
	enum mbox_result	 r;

	mbox_init(&mx, &stage_calls, NULL, from);
	r = stage_read(&mx, from);
	if (r != MBOX_FOREIGN)
		return (r);
	log_warnx("spool: no From line with a date at offset %llu: %s",
	    (unsigned long long)from, from > 0 ?
	    "the rest of a message becomes a new one" : "left as it is");
	if (from == 0)
		return (r);
	mbox_init(&mx, &stage_calls, NULL, from);
	mbox_resume(&mx);
	return (stage_read(&mx, from));
}

/*
 * Leave out the message that failed.  If there is no room, the one before goes
 * as well, as the journal needs some.
 */
static void
stage_less(void)
{
	log_warn("spool: message at offset %llu",
	    (unsigned long long)stage.length);
	if (stage.fd != -1)
		close(stage.fd);
	stage.fd = -1;
	(void)unlinkat(stage.dir, STAGE_INCOMING, 0);
	if (stage.count > 1) {
		stage_drop(stage.last);
		stage.length = stage.before;
	}
	stage.partly = 1;
}

int64_t
stage_fill(int dir, int spool, uint64_t from, uint64_t to, struct journal *jo)
{
	enum mbox_result	 r = MBOX_STOPPED;

	if (stage_begin(dir, spool, to) == 0)
		r = stage_parse(from);
	if (r == MBOX_FOREIGN)
		return (0);
	if (r == MBOX_STOPPED && !stage.partly && stage.count > 0)
		stage_less();
	if ((r == MBOX_OK || (stage.partly && stage.count > 0)) &&
	    stage_account(jo) == 0)
		return (stage.count);
	log_warn("spool: left as it is");
	if (stage.fd != -1)
		close(stage.fd);
	(void)stage_sync();
	stage_clear(dir);
	return (-1);
}

/* Where messages go, and how many have gone. */
struct stage_way {
	int			 sw_dir;
	int			 sw_new;
	const struct journal	*sw_journal;
	int64_t			 sw_count;
	int			 sw_again;	/* not the first pass */
};

static int
stage_move_one(void *arg, const struct maildir_found *fn)
{
	struct stage_way	*sw = arg;
	size_t			 len = strlen(sw->sw_journal->jo_batch);

	if (fn->fn_len <= len || fn->fn_name[len] != 'Q' ||
	    memcmp(fn->fn_name, sw->sw_journal->jo_batch, len) != 0)
		return (0);
	if (renameat(sw->sw_dir, fn->fn_name, sw->sw_new, fn->fn_name) == -1)
		return (-1);
	/* A crash can leave two names of one file, which rename(2) ignores. */
	if (sw->sw_again)
		(void)unlinkat(sw->sw_dir, fn->fn_name, 0);
	sw->sw_count++;
	return (0);
}

int64_t
stage_move(int dir, int new, const struct journal *jo)
{
	struct stage_way	 sw = { dir, new, jo, 0, 0 };

	int64_t			 before;

	/* A directory may show fewer names while they are moved. */
	do {
		before = sw.sw_count;
		if (maildir_scan(dir, stage_move_one, &sw) == -1) {
			log_warn("spool: new");
			return (-1);
		}
		sw.sw_again = 1;
	} while (sw.sw_count != before);
	if (maildir_sync(new) == -1 || maildir_sync(dir) == -1) {
		log_warn("spool: new: fsync");
		return (-1);
	}
	return (sw.sw_count);
}

/* Return whether we make this name, except the journal's. */
static int
stage_ours(const struct maildir_found *fn)
{
	uint64_t	 value;

	if (strcmp(fn->fn_name, STAGE_INCOMING) == 0 ||
	    strcmp(fn->fn_name, JOURNAL_NEW) == 0)
		return (1);
	return (maildir_order(fn->fn_name, fn->fn_len, &value) &&
	    strchr(fn->fn_name, 'Q') != NULL &&
	    maildir_tag(fn->fn_name, fn->fn_len, 'S', &value) &&
	    maildir_tag(fn->fn_name, fn->fn_len, 'W', &value));
}

static int
stage_clear_one(void *arg, const struct maildir_found *fn)
{
	if (stage_ours(fn))
		(void)unlinkat(*(const int *)arg, fn->fn_name, 0);
	return (0);
}

void
stage_clear(int dir)
{
	(void)maildir_scan(dir, stage_clear_one, &dir);
}
