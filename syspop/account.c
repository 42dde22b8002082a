/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One user of this system.  See account.h.
 *
 * An unknown user, root, a name that no user can have and an empty password
 * are not checked.  A user who does not exist is checked instead, so that the
 * answer takes as long as for a wrong password.  Any difference that the
 * system's own check makes for unknown users is hidden by refusing no sooner
 * than after SYSTEM_REFUSE_MS.
 */

#include <sys/types.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <system_auth.h>

#include "account.h"
#include "limits.h"

/* A user no system has, and a password no user has. */
#define NOBODY_NAME	"popd-no-such-user"
#define NOBODY_PASS	"\b\n\r\177"

/* Size of a getpwnam_r(3) buffer. */
#define RECORD_MAX	16384

struct account {
	uid_t	 ac_uid;
	gid_t	 ac_gid;
	char	 ac_dir[PATH_LEN_MAX];
};

/*
 * Accept only names as useradd(8) and adduser(8) make them: the name reaches
 * third-party modules, and perhaps their commands and file names.
 */
static int
name_is_plain(const char *name)
{
	size_t	 len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return (len > 0 && len <= SYSTEM_NAME_MAX && name[len] == '\0' &&
	    *name != '-' && *name != '.');
}

/* Return FOUND, NONE or ERROR. */
static enum account_result
account_find(const char *name, struct account *ac)
{
	struct passwd	 pw, *found = NULL;
	char		 buf[RECORD_MAX];
	int		 error;

	if (!name_is_plain(name))
		return (ACCOUNT_NONE);
	error = getpwnam_r(name, &pw, buf, sizeof(buf), &found);
	if (found == NULL)
		/* Errors that getpwnam(3) lists for "not found" as well. */
		return (error == 0 || error == ENOENT || error == ESRCH ?
		    ACCOUNT_NONE : ACCOUNT_ERROR);
	if (strcmp(pw.pw_name, name) != 0)
		return (ACCOUNT_NONE);
	ac->ac_uid = pw.pw_uid;
	ac->ac_gid = pw.pw_gid;
	return (strlcpy(ac->ac_dir, pw.pw_dir, sizeof(ac->ac_dir)) <
	    sizeof(ac->ac_dir) ? ACCOUNT_FOUND : ACCOUNT_ERROR);
}

/* Wait until SYSTEM_REFUSE_MS after begin. */
static void
refuse_later(const struct timespec *begin)
{
	struct timespec	 now, left;
	long long	 ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = SYSTEM_REFUSE_MS - (now.tv_sec - begin->tv_sec) * 1000LL -
	    (now.tv_nsec - begin->tv_nsec) / 1000000;
	if (ms <= 0)
		return;
	left.tv_sec = ms / 1000;
	left.tv_nsec = ms % 1000 * 1000000L;
	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		;
}

static enum account_result
account_check(struct question *qu)
{
	struct account		 ac;
	enum account_result	 known;
	enum system_auth	 said;
	char			 dummy[] = NOBODY_PASS;
	int			 allowed;

	if ((known = account_find(qu->qu_user, &ac)) == ACCOUNT_ERROR)
		return (ACCOUNT_ERROR);
	allowed = known == ACCOUNT_FOUND && ac.ac_uid != 0 && ac.ac_gid != 0 &&
	    qu->qu_pass[0] != '\0';
	said = system_auth(allowed ? qu->qu_user : NOBODY_NAME,
	    allowed ? qu->qu_pass : dummy, qu->qu_source);
	if (said == SYSTEM_AUTH_ERROR)
		return (ACCOUNT_ERROR);
	if (allowed && said == SYSTEM_AUTH_RIGHT)
		return (ACCOUNT_FOUND);
	return (known == ACCOUNT_FOUND ? ACCOUNT_WRONG : ACCOUNT_NONE);
}

/* popd checks uid, gid and directory as it does those of usertab. */
static enum account_result
account_userinfo(const char *user, const char *below, char *buf, size_t size)
{
	struct account		 ac;
	enum account_result	 result;
	int			 n;

	if ((result = account_find(user, &ac)) != ACCOUNT_FOUND)
		return (result);
	n = snprintf(buf, size, "%u:%u:%s%s%s", (unsigned int)ac.ac_uid,
	    (unsigned int)ac.ac_gid, ac.ac_dir, *below == '\0' ? "" : "/",
	    below);
	return (n < 0 || (size_t)n >= size ? ACCOUNT_ERROR : ACCOUNT_FOUND);
}

void
account_answer(struct question *qu, const char *below,
    struct account_answer *an)
{
	struct timespec	 begin;

	memset(an, 0, sizeof(*an));
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (qu->qu_kind == QUESTION_USERINFO)
		an->an_result = account_userinfo(qu->qu_user, below,
		    an->an_value, sizeof(an->an_value));
	else {
		an->an_result = account_check(qu);
		explicit_bzero(qu->qu_pass, sizeof(qu->qu_pass));
		if (an->an_result == ACCOUNT_WRONG ||
		    an->an_result == ACCOUNT_NONE)
			refuse_later(&begin);
	}
	if (an->an_result == ACCOUNT_ERROR)
		strlcpy(an->an_value, "system lookup failed",
		    sizeof(an->an_value));
}
