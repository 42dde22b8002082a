/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A user of this system.  See account.h.
 *
 * Who is not here, root, a name that no user has and one without a password
 * are not asked about; but in their place somebody is who does not exist, so
 * that the answer takes what a wrong password takes.  What the system's way to
 * check one takes more or less for those it does not know is hidden by an
 * answer that comes no sooner than SYSTEM_REFUSE_MS.
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

/* Somebody whom no system has, and no password of his. */
#define NOBODY_NAME	"popd-no-such-user"
#define NOBODY_PASS	"\b\n\r\177"

/* A record of getpwnam_r(3). */
#define RECORD_MAX	16384

struct account {
	uid_t	 ac_uid;
	gid_t	 ac_gid;
	char	 ac_dir[PATH_LEN_MAX];
};

/*
 * Names that reach a module of somebody else's, and perhaps its commands and
 * file names: what useradd(8) and adduser(8) make.
 */
static int
name_is_plain(const char *name)
{
	size_t	 len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return (len > 0 && len <= SYSTEM_NAME_MAX && name[len] == '\0' &&
	    *name != '-' && *name != '.');
}

/* FOUND, NONE or ERROR. */
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
		/* What getpwnam(3) names as said for "not found", too. */
		return (error == 0 || error == ENOENT || error == ESRCH ?
		    ACCOUNT_NONE : ACCOUNT_ERROR);
	if (strcmp(pw.pw_name, name) != 0)
		return (ACCOUNT_NONE);
	ac->ac_uid = pw.pw_uid;
	ac->ac_gid = pw.pw_gid;
	return (strlcpy(ac->ac_dir, pw.pw_dir, sizeof(ac->ac_dir)) <
	    sizeof(ac->ac_dir) ? ACCOUNT_FOUND : ACCOUNT_ERROR);
}

/* Wait until so long after the begin; nanosleep(2) says what is left. */
static void
refuse_at(const struct timespec *begin)
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
	char			 nobody[] = NOBODY_PASS;
	int			 may;

	if ((known = account_find(qu->qu_user, &ac)) == ACCOUNT_ERROR)
		return (ACCOUNT_ERROR);
	may = known == ACCOUNT_FOUND && ac.ac_uid != 0 && ac.ac_gid != 0 &&
	    qu->qu_pass[0] != '\0';
	said = system_auth(may ? qu->qu_user : NOBODY_NAME,
	    may ? qu->qu_pass : nobody, qu->qu_source);
	if (said == SYSTEM_AUTH_ERROR)
		return (ACCOUNT_ERROR);
	if (may && said == SYSTEM_AUTH_RIGHT)
		return (ACCOUNT_FOUND);
	return (known == ACCOUNT_FOUND ? ACCOUNT_WRONG : ACCOUNT_NONE);
}

/* popd judges the uid, the gid and the directory as those of usertab. */
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
			refuse_at(&begin);
	}
	if (an->an_result == ACCOUNT_ERROR)
		strlcpy(an->an_value, "the system could not tell",
		    sizeof(an->an_value));
}
