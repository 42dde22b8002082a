/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A user moves to another host.  Here his maildir is closed, and not before
 * nobody is in it any more its path goes out; somebody copies it, with the
 * file that says it is closed; there it is compared with what it was, and
 * opened.  At any time one copy is open, or none.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
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
#include "popctl.h"
#include "popmove.h"
#include "settle.h"
#include "spool.h"
#include "userproc.h"
#include "users.h"
#include "where.h"

struct move {
	char		 gm_to[MOVEFILE_LINE];	/* to another */
	char		 gm_host[HOST_NAME_LEN];	/* this one */
	const char	*gm_path;			/* of the maildir */
};

/*
 * uw_run: make the file, which keeps out all who come from now on.  A second
 * call makes it anew, unless it says what was there: then there may be a copy
 * already, and another to another host would be one too many.
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
		log_warnx("it is being moved here: see popctl move -e");
		return (USERS_FAILED);
	}
	if (mv.pm_list[0] != '\0' && strcmp(mv.pm_to, mo->gm_to) == 0)
		return (USERS_DONE);
	if (mv.pm_list[0] != '\0') {
		log_warnx("it is being moved %s: see popctl move -u", mv.pm_to);
		return (USERS_FAILED);
	}
	memcpy(mv.pm_from, here, sizeof(mv.pm_from));
	memcpy(mv.pm_to, mo->gm_to, sizeof(mv.pm_to));
	return (movefile_write(dir, &mv) == -1 ? USERS_FAILED : USERS_DONE);
}

/*
 * A lock that somebody holds who began before there was the file.  0, or -1:
 * said why.
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
			log_warnx("interrupted: it stays closed");
			return (-1);
		}
		if (tries-- == 0) {
			log_warnx("%s is still in use: it stays closed, try "
			    "again", what);
			return (-1);
		}
		nanosleep(&step, NULL);
	}
	return (0);
}

/* Wait until nobody is in it: no session, no delivery.  0, or -1. */
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
 * What clients see: names, octets and unique ids in order.  Each file is read,
 * whatever was known of it.  0, or -1: said why.
 */
static int
move_list(char line[MOVEFILE_LINE])
{
	struct inspect	 in = { 1, 1, NULL, userproc_progress };
	struct box	 bx;
	SHA2_CTX	 sha;
	const char	*base;
	char		 uidl[UIDL_MAX], size[32];
	char		 digest[SHA256_DIGEST_STRING_LENGTH];
	size_t		 len;
	uint32_t	 n;

	if (box_open(&bx, &in) == -1)
		return (-1);
	SHA256Init(&sha);
	for (n = 1; n <= maildrop_last(bx.bx_drop); n++) {
		base = inspect_base(bx.bx_drop, n, &len);
		/* A name has no NUL in it. */
		SHA256Update(&sha, (const uint8_t *)base, len);
		len = (size_t)snprintf(size, sizeof(size), "%c%llu ", '\0',
		    (unsigned long long)maildrop_size(bx.bx_drop, n));
		SHA256Update(&sha, (const uint8_t *)size, len);
		len = maildrop_uidl(bx.bx_drop, n, uidl);
		SHA256Update(&sha, (const uint8_t *)uidl, len);
		SHA256Update(&sha, (const uint8_t *)"\n", 1);
	}
	snprintf(line, MOVEFILE_LINE, "list %u messages %llu octets %s",
	    maildrop_last(bx.bx_drop),
	    (unsigned long long)maildrop_octets(bx.bx_drop),
	    SHA256End(&sha, digest));
	maildrop_store(bx.bx_drop);
	box_close(&bx);
	return (0);
}

/* What a session has not finished only the next one here can.  0, or -1. */
static int
move_spool(int dir)
{
	struct stat	 st;

	if (fstatat(dir, SPOOL_DIR, &st, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return (0);
	log_warnx("%s: mail is on its way from his spool: open the maildir "
	    "with -u, and let him log in", SPOOL_DIR);
	return (-1);
}

/* Two lists that should be one. */
static void
move_differ(const char *was, const char *is)
{
	log_warnx("was: %s", was);
	log_warnx("is: %s", is);
}

/*
 * What is there now, where somebody may have begun to remove the mail, which
 * is elsewhere then.  0 and line, or -1: said why.
 */
static int
move_left(const struct movefile *mv, char line[MOVEFILE_LINE])
{
	if (move_list(line) == -1)
		return (-1);
	if (!movefile_fewer(line, mv->pm_list))
		return (0);
	log_warnx("it stays closed, as mail was removed since it was closed");
	move_differ(mv->pm_list, line);
	return (-1);
}

/* uw_run: nobody is in it any more, and this is what is there. */
static int
move_begin(void *arg, int dir, int fd)
{
	const struct move	*mo = arg;
	struct movefile		 mv;
	char			 line[MOVEFILE_LINE];

	if (move_drain(dir) == -1 || move_spool(dir) == -1 ||
	    movefile_read(dir, &mv) == -1 || move_left(&mv, line) == -1)
		return (USERS_FAILED);
	if (mv.pm_from[0] == '\0') {
		log_warnx("%s was removed meanwhile", POPMOVE_FILE);
		return (USERS_FAILED);
	}
	if (strcmp(mv.pm_to, mo->gm_to) != 0) {
		log_warnx("it is being moved %s: see popctl move -u", mv.pm_to);
		return (USERS_FAILED);
	}
	memcpy(mv.pm_list, line, sizeof(mv.pm_list));
	return (movefile_write(dir, &mv) == -1 ? USERS_FAILED : USERS_DONE);
}

/* It is closed; *left: on the host that it leaves.  0, or -1: said why. */
static int
move_closed(const struct move *mo, int dir, struct movefile *mv, int *left)
{
	char	 here[MOVEFILE_LINE];

	if (movefile_read(dir, mv) == -1 ||
	    movefile_here(dir, mo->gm_host, mo->gm_path, here) == -1)
		return (-1);
	if (mv->pm_from[0] == '\0') {
		log_warnx("it is not being moved");
		return (-1);
	}
	*left = strcmp(mv->pm_from, here) == 0;
	return (0);
}

/*
 * uw_run: it has come, whole, and is opened; on disk, as it is removed where it
 * came from.
 */
static int
move_end(void *arg, int dir, int fd)
{
	struct movefile	 mv;
	char		 line[MOVEFILE_LINE];
	int		 left;

	if (move_closed(arg, dir, &mv, &left) == -1)
		return (USERS_FAILED);
	if (left || mv.pm_list[0] == '\0') {
		log_warnx("%s", left ? "this is where it leaves: see -u" :
		    "it was copied before popctl move had ended");
		return (USERS_FAILED);
	}
	if (move_list(line) == -1)
		return (USERS_FAILED);
	if (strcmp(line, mv.pm_list) != 0) {
		log_warnx("it stays closed, as it is not what it was");
		move_differ(mv.pm_list, line);
		return (USERS_FAILED);
	}
	if (settle_maildir(dir) == -1)
		return (USERS_FAILED);
	return (movefile_remove(dir) == -1 ? USERS_FAILED : USERS_DONE);
}

/* uw_run: it stays where it was, and is opened. */
static int
move_undo(void *arg, int dir, int fd)
{
	struct movefile	 mv;
	char		 line[MOVEFILE_LINE];
	int		 left;

	if (move_closed(arg, dir, &mv, &left) == -1)
		return (USERS_FAILED);
	if (!left) {
		log_warnx("it came from elsewhere: see popctl move -e");
		return (USERS_FAILED);
	}
	if (mv.pm_list[0] != '\0' && move_left(&mv, line) == -1)
		return (USERS_FAILED);
	return (movefile_remove(dir) == -1 ? USERS_FAILED : USERS_DONE);
}

/*
 * Sessions that there are have no reason to wait for; a popd that does not run
 * has none.  In a process of its own, as it gives up all but its socket.
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
		if (daemon_ask(ct, &cq, "stdio recvfd") != -1)
			while (daemon_next(&payload, NULL) != 0)
				continue;
		_exit(0);
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
}

/* Where it is; what is wrong with the user, users_run() says. */
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

/* Both users_run() that belong to it, and what is between them. */
static int
move_away(const struct popctl *ct, const char *user, struct users_work *uw)
{
	const struct move	*mo = uw->uw_arg;
	int			 status;

	uw->uw_none = "there is no maildir yet: nothing to move";
	uw->uw_run = move_close;
	if ((status = users_run(ct, user, uw)) != USERS_DONE)
		return (status);
	move_kick(ct, user);
	uw->uw_run = move_begin;
	if ((status = users_run(ct, user, uw)) != USERS_DONE)
		return (status);
	/* For whoever copies it. */
	printf("%s\n", mo->gm_path);
	return (USERS_DONE);
}

/* One word, which a line has room for. */
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
		log_warnx("a host is one word of at most %d octets",
		    HOST_NAME_LEN - 1);
		return (USERS_FAILED);
	}
	snprintf(mo.gm_to, sizeof(mo.gm_to), "to %s", argv[optind + 1]);
	return (move_away(ct, argv[optind], &uw));
}
