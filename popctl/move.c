/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Move a user to another host.  The maildir is closed here and, once no session
 * or delivery uses it, its path is printed.  The administrator copies it,
 * including the file that closes it.  There it is compared with its state at
 * the time of closing, and opened.  At most one copy is open at any time.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "box.h"
#include "commands.h"
#include "daemon.h"
#include "inspect.h"
#include "limits.h"
#include "log.h"
#include "maildir.h"
#include "move.h"
#include "movefile.h"
#include "popcache.h"
#include "popctl.h"
#include "popmove.h"
#include "settle.h"
#include "spool.h"
#include "userproc.h"
#include "users.h"
#include "where.h"

struct move {
	char		 gm_to[MOVEFILE_LINE];	/* "to" and the other host */
	char		 gm_host[HOST_NAME_LEN];	/* this host */
	const char	*gm_path;			/* of the maildir */
};

/*
 * uw_run: create popmove, which keeps out new sessions and deliveries.  A
 * second call rewrites it, unless it lists the messages: then a copy may exist
 * already, and another host must not get a second one.
 */
static int
move_close(void *arg, int dir, int fd)
{
	const struct move	*mo = arg;
	struct movefile		 mv;
	char			 here[MOVEFILE_LINE];

	if (movefile_read(dir, &mv) == -1 ||
	    movefile_here(dir, mo->gm_host, mo->gm_path, here) == -1)
		return (USERS_FAILED);
	if (mv.pm_from[0] != '\0' && strcmp(mv.pm_from, here) != 0) {
		log_warnx("being moved to this host: see popctl move -e");
		return (USERS_FAILED);
	}
	if (mv.pm_list[0] != '\0' && strcmp(mv.pm_to, mo->gm_to) == 0)
		return (USERS_DONE);
	if (mv.pm_list[0] != '\0') {
		log_warnx("being moved %s: see popctl move -u", mv.pm_to);
		return (USERS_FAILED);
	}
	memcpy(mv.pm_from, here, sizeof(mv.pm_from));
	memcpy(mv.pm_to, mo->gm_to, sizeof(mv.pm_to));
	return (movefile_write(dir, &mv, "") == -1 ? USERS_FAILED :
	    USERS_DONE);
}

/*
 * Wait for the lock of a session or delivery that began before popmove was
 * created.  Return 0, or -1, logged.
 */
static int
move_lock(int fd, const char *what)
{
	const struct timespec	 step = { 0, LOCK_STEP_MILLISECONDS *
				    1000000L };
	int			 tries = MOVE_SECONDS * 1000 /
				    LOCK_STEP_MILLISECONDS;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			log_warn("%s: this file system has no locks", what);
			return (-1);
		}
		if (userproc_progress(0, 0) != 0) {
			log_warnx("interrupted: maildir remains closed");
			return (-1);
		}
		if (tries-- == 0) {
			log_warnx("%s is still in use: maildir remains "
			    "closed, try again", what);
			return (-1);
		}
		nanosleep(&step, NULL);
	}
	return (0);
}

/* Wait for sessions and deliveries to end.  Return 0, or -1, logged. */
static int
move_drain(int dir)
{
	int	 new, result;

	if (move_lock(dir, "maildir") == -1)
		return (-1);
	new = openat(dir, maildir_dirname[MAILDIR_NEW],
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (new == -1 && errno == ENOENT)
		return (0);
	if (new == -1) {
		log_warn("new: open");
		return (-1);
	}
	result = move_lock(new, "new");
	close(new);
	return (result);
}

/*
 * Digest the name and the octets of message n.  Return 0, or -1, logged.
 */
static int
move_digest(struct maildrop *md, uint32_t n,
    char digest[SHA256_DIGEST_STRING_LENGTH])
{
	static uint8_t		 buf[65536];
	enum maildrop_error	 error;
	SHA2_CTX		 sha;
	const char		*base;
	size_t			 base_len;
	ssize_t			 len = -1;
	int			 fd;

	base = inspect_base(md, n, &base_len);
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)base, base_len);
	/* NUL ends the name, as it cannot contain one. */
	SHA256Update(&sha, (const uint8_t *)"", 1);
	if ((fd = maildrop_read(md, n, &error)) != -1) {
		while ((len = read(fd, buf, sizeof(buf))) > 0 &&
		    userproc_progress(0, 0) == 0)
			SHA256Update(&sha, buf, (size_t)len);
		close(fd);
	}
	SHA256End(&sha, digest);
	if (len != 0)
		log_warnx("message %u cannot be read", n);
	return (len != 0 ? -1 : 0);
}

/*
 * Write a line for each message: what identifies it, its octets, unique id and
 * name.  Return 0, or -1, logged.
 */
static int
move_messages(const struct box *bx, FILE *f)
{
	const char	*base;
	char		 uidl[UIDL_MAX], name[MAILNAME_MAX + 1];
	char		 quoted[LOG_QUOTE_MAX];
	char		 digest[SHA256_DIGEST_STRING_LENGTH];
	size_t		 len;
	uint32_t	 n;

	for (n = 1; n <= maildrop_last(bx->bx_drop); n++) {
		if (move_digest(bx->bx_drop, n, digest) == -1)
			return (-1);
		base = inspect_base(bx->bx_drop, n, &len);
		memcpy(name, base, len);
		name[len] = '\0';
		len = maildrop_uidl(bx->bx_drop, n, uidl);
		fprintf(f, "%s %llu %.*s %s\n", digest,
		    (unsigned long long)maildrop_size(bx->bx_drop, n),
		    (int)len, uidl, log_quote(name, quoted, sizeof(quoted)));
	}
	return (0);
}

/*
 * Make the lines of all messages, which the caller frees, and the list line: it
 * has a digest of them.  Reads every file, without trusting popcache, and
 * writes that, unless the list should be another one.  Return NULL, logged, on
 * error.
 */
static char *
move_list(char line[MOVEFILE_LINE], const char *want)
{
	struct inspect	 in = { 1, 1, NULL, userproc_progress };
	struct box	 bx;
	FILE		*f;
	char		*text = NULL;
	char		 digest[SHA256_DIGEST_STRING_LENGTH];
	size_t		 len;
	int		 bad;

	if (box_open(&bx, &in) == -1)
		return (NULL);
	if ((f = open_memstream(&text, &len)) == NULL)
		log_warn("messages");
	else {
		bad = move_messages(&bx, f) == -1;
		if (fclose(f) == EOF || bad) {
			free(text);
			text = NULL;
		}
	}
	if (text != NULL) {
		snprintf(line, MOVEFILE_LINE, "list %u messages %llu octets "
		    "%s", maildrop_last(bx.bx_drop),
		    (unsigned long long)maildrop_octets(bx.bx_drop),
		    SHA256Data((const uint8_t *)text, len, digest));
		if (want == NULL || strcmp(line, want) == 0)
			maildrop_store(bx.bx_drop);
	}
	box_close(&bx);
	return (text);
}

/*
 * Check that no messages from the mailbox are pending: only the next session on
 * this host can finish that.  Return 0, or -1, logged.
 */
static int
move_spool(int dir)
{
	struct stat	 st;

	if (fstatat(dir, SPOOL_DIR, &st, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return (0);
	log_warnx("%s: pending messages: open the maildir with -u, then have "
	    "the user log in", SPOOL_DIR);
	return (-1);
}

/* Log two lists that should be the same. */
static void
move_differ(const char *was, const char *is)
{
	log_warnx("was: %s", was);
	log_warnx("is: %s", is);
}

/*
 * Make the list, as move_list(), and check that no mail was removed since
 * closing: it may have been copied already.
 */
static char *
move_left(const struct movefile *mv, char line[MOVEFILE_LINE])
{
	char	*text;

	if ((text = move_list(line, NULL)) == NULL ||
	    !movefile_fewer(line, mv->pm_list))
		return (text);
	log_warnx("remains closed: mail was removed since it was closed");
	move_differ(mv->pm_list, line);
	free(text);
	return (NULL);
}

/* uw_run: wait until the maildir is unused, and list it in popmove. */
static int
move_begin(void *arg, int dir, int fd)
{
	const struct move	*mo = arg;
	struct movefile		 mv;
	char			 line[MOVEFILE_LINE], *text;
	int			 status = USERS_FAILED;

	if (move_drain(dir) == -1 || move_spool(dir) == -1 ||
	    movefile_read(dir, &mv) == -1 ||
	    (text = move_left(&mv, line)) == NULL)
		return (USERS_FAILED);
	if (mv.pm_from[0] == '\0')
		log_warnx("%s was removed meanwhile", POPMOVE_FILE);
	else if (strcmp(mv.pm_to, mo->gm_to) != 0)
		log_warnx("being moved %s: see popctl move -u", mv.pm_to);
	else {
		memcpy(mv.pm_list, line, sizeof(mv.pm_list));
		if (movefile_write(dir, &mv, text) == 0)
			status = USERS_DONE;
	}
	free(text);
	return (status);
}

/*
 * Read popmove, which must exist.  *left: this is the host that the maildir
 * leaves.  Return 0, or -1, logged.
 */
static int
move_closed(const struct move *mo, int dir, struct movefile *mv, int *left)
{
	char	 here[MOVEFILE_LINE];

	if (movefile_read(dir, mv) == -1 ||
	    movefile_here(dir, mo->gm_host, mo->gm_path, here) == -1)
		return (-1);
	if (mv->pm_from[0] == '\0') {
		log_warnx("not being moved");
		return (-1);
	}
	*left = strcmp(mv->pm_from, here) == 0;
	return (0);
}

/*
 * Check that the messages are those listed in popmove.  Return 0, or -1,
 * logged.
 */
static int
move_same(int dir, const struct movefile *mv)
{
	struct stat	 st;
	char		 line[MOVEFILE_LINE], *text;
	int		 index;

	index = fstatat(dir, POPCACHE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if ((text = move_list(line, mv->pm_list)) == NULL)
		return (-1);
	if (strcmp(line, mv->pm_list) != 0) {
		log_warnx("remains closed: it differs from the original%s",
		    index ? "" : "; popcache was not copied");
		move_differ(mv->pm_list, line);
		movefile_differ(dir, mv, text);
	}
	free(text);
	return (strcmp(line, mv->pm_list) == 0 ? 0 : -1);
}

/*
 * uw_run: open a maildir that arrived complete.  It is synced first, as the
 * other copy may be removed next.
 */
static int
move_end(void *arg, int dir, int fd)
{
	struct movefile	 mv;
	int		 left;

	if (move_closed(arg, dir, &mv, &left) == -1)
		return (USERS_FAILED);
	if (left || mv.pm_list[0] == '\0') {
		log_warnx("%s", left ? "being moved from this host: see -u" :
		    "copied before popctl move had finished");
		return (USERS_FAILED);
	}
	if (move_same(dir, &mv) == -1 || settle_maildir(dir) == -1)
		return (USERS_FAILED);
	return (movefile_remove(dir) == -1 ? USERS_FAILED : USERS_DONE);
}

/* uw_run: open the original again. */
static int
move_undo(void *arg, int dir, int fd)
{
	struct movefile	 mv;
	char		 line[MOVEFILE_LINE], *text = NULL;
	int		 left;

	if (move_closed(arg, dir, &mv, &left) == -1)
		return (USERS_FAILED);
	if (!left) {
		log_warnx("moved from another host: see popctl move -e");
		return (USERS_FAILED);
	}
	if (mv.pm_list[0] != '\0' && (text = move_left(&mv, line)) == NULL)
		return (USERS_FAILED);
	free(text);
	return (movefile_remove(dir) == -1 ? USERS_FAILED : USERS_DONE);
}

/*
 * End the user's sessions rather than wait for them; ignore errors, since popd
 * may not be running.  Forks, as daemon_ask() gives up all but the socket.
 */
static void
move_kick(const struct popctl *ct, const char *user)
{
	union msg_payload	 payload;
	struct msg_control	 cq;
	pid_t			 pid;
	int			 status;

	memset(&cq, 0, sizeof(cq));
	cq.cq_command = CONTROL_KICK;
	if (arguments_user(user, &cq) == -1)
		return;
	if ((pid = fork()) == -1) {
		log_warn("fork");
		return;
	}
	if (pid == 0) {
		if (daemon_ask(ct, &cq) != -1)
			while (daemon_next(&payload) != 0)
				continue;
		_exit(0);
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
}

/* Look up the maildir.  Errors of the user are left to users_run(). */
static int
move_path(const struct popctl *ct, const char *user, struct where_home *wh)
{
	struct where	*wr;

	memset(wh, 0, sizeof(*wh));
	if ((wr = where_open(ct)) == NULL)
		return (-1);
	where_user(wr, user, wh);
	where_close(wr);
	return (0);
}

/* Close the maildir, end its sessions, list it.  Return the status. */
static int
move_away(const struct popctl *ct, const char *user, struct users_work *uw)
{
	const struct move	*mo = uw->uw_arg;
	int			 status;

	uw->uw_none = "no maildir yet: nothing to move";
	uw->uw_run = move_close;
	if ((status = users_run(ct, user, uw)) != USERS_DONE)
		return (status);
	move_kick(ct, user);
	uw->uw_run = move_begin;
	if ((status = users_run(ct, user, uw)) != USERS_DONE)
		return (status);
	/* For the command that copies it. */
	printf("%s\n", mo->gm_path);
	return (USERS_DONE);
}

/* Return whether the host is one word that fits the line. */
static int
move_host_ok(const char *host)
{
	size_t	 i;

	for (i = 0; host[i] != '\0'; i++)
		if (host[i] <= ' ' || host[i] > '~')
			return (0);
	return (i > 0 && i < HOST_NAME_LEN);
}

int
move_run(const struct popctl *ct, int argc, char *argv[])
{
	struct users_work	 uw;
	struct where_home	 wh;
	struct move		 mo;
	int			 ch, which = 0;

	while ((ch = getopt(argc, argv, "+eu")) != -1) {
		if (ch == '?' || which != 0)
			return (COMMANDS_USAGE);
		which = ch;
	}
	if (argc - optind != (which == 0 ? 2 : 1))
		return (COMMANDS_USAGE);
	memset(&mo, 0, sizeof(mo));
	if (gethostname(mo.gm_host, sizeof(mo.gm_host) - 1) == -1) {
		log_warn("gethostname");
		return (USERS_FAILED);
	}
	if (move_path(ct, argv[optind], &wh) == -1)
		return (USERS_FAILED);
	mo.gm_path = wh.wh_maildir;
	memset(&uw, 0, sizeof(uw));
	uw.uw_arg = &mo;
	uw.uw_writes = 1;
	if (which != 0) {
		uw.uw_run = which == 'e' ? move_end : move_undo;
		return (users_run(ct, argv[optind], &uw));
	}
	if (!move_host_ok(argv[optind + 1])) {
		log_warnx("host: want one word of at most %d octets",
		    HOST_NAME_LEN - 1);
		return (USERS_FAILED);
	}
	snprintf(mo.gm_to, sizeof(mo.gm_to), "to %s", argv[optind + 1]);
	return (move_away(ct, argv[optind], &uw));
}
