/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef SYSTEM_AUTH_H
#define SYSTEM_AUTH_H

#include <sys/types.h>

#include <bsd_auth.h>
#include <errno.h>
#include <grp.h>
#include <login_cap.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Those of this group may run the programs that check passwords. */
#define SYSTEM_AUTH_USER	"_popsys"
#define SYSTEM_AUTH_GROUP	"auth"

/* See ../include/system_auth.h. */
enum system_auth {
	SYSTEM_AUTH_RIGHT,
	SYSTEM_AUTH_WRONG,
	SYSTEM_AUTH_ERROR
};

static inline enum system_auth
system_auth(const char *user, char *pass, const char *source)
{
	char	 name[64], type[] = "auth-popd";
	int	 right = 0;

	if (strlcpy(name, user, sizeof(name)) < sizeof(name))
		right = auth_userokay(name, NULL, type, pass);
	explicit_bzero(pass, strlen(pass));
	return (right ? SYSTEM_AUTH_RIGHT : SYSTEM_AUTH_WRONG);
}

/*
 * The programs are set-user-ID root, so that whoever runs them need not be:
 * see login_passwd(8).
 */
static inline const char *
system_auth_confine(void)
{
	const struct passwd	*pw;
	const struct group	*gr;
	uid_t			 uid;
	gid_t			 gid;

	errno = 0;
	if ((pw = getpwnam(SYSTEM_AUTH_USER)) == NULL || pw->pw_uid == 0)
		return ("user " SYSTEM_AUTH_USER);
	uid = pw->pw_uid;
	if ((gr = getgrnam(SYSTEM_AUTH_GROUP)) == NULL || gr->gr_gid == 0)
		return ("group " SYSTEM_AUTH_GROUP);
	gid = gr->gr_gid;
	if (setgroups(1, &gid) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		return ("cannot drop privileges");
	if (unveil(_PATH_LOGIN_CONF, "r") == -1 ||
	    unveil(_PATH_LOGIN_CONF ".db", "r") == -1 ||
	    unveil(_PATH_LOGIN_CONF_D, "r") == -1 ||
	    unveil(_PATH_AUTHPROGDIR, "x") == -1)
		return ("unveil");
	if (pledge("stdio rpath getpw proc exec", NULL) == -1)
		return ("pledge");
	return (NULL);
}

#endif
