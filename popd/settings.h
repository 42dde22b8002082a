/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The flags, constant after startup, and what most of popd needs of the
 * configuration in use.
 */

#ifndef SETTINGS_H
#define SETTINGS_H

#include <sys/types.h>
#include <stdint.h>
#include <time.h>

#include "limits.h"
#include "setting.h"

struct config;

struct settings {
	/* The flags; NULL or 0 if not given. */
	const char	*conf;
	int		 conf_given;
	const char	*flag_authtab;
	const char	*flag_usertab;
	const char	*flag_subdir;
	const char	*port;
	const char	*addresses[ADDRESSES_MAX];
	const char	*certs[KEYPAIRS_MAX];
	const char	*keys[KEYPAIRS_MAX];
	unsigned int	 naddresses;
	unsigned int	 ncerts;
	unsigned int	 nkeys;
	int		 foreground;
	int		 check_only;
	int		 flag_verbose;
	int		 sandbox_required;

	/* Constant while popd runs. */
	time_t		 started;
	uid_t		 uid;			/* our own */
	gid_t		 gid;
	uid_t		 uids[7];		/* of users below */
	gid_t		 gids[7];
	unsigned int	 nlisteners;
	unsigned int	 ncheckers;
	unsigned int	 room;			/* for sessions, in the
						   system */
	const char	*users[7];		/* by enum config_user */
	const char	*socket;		/* for popctl(8); "": none */

	/* From the configuration in use. */
	const char	*subdir;		/* or NULL */
	const char	*mbox;			/* path of spools, or NULL */
	uint32_t	 mbox_locks;		/* see mboxlock.h */
	int		 verbose;		/* or popctl's */
	uint32_t	 sessions_all;		/* logged in */
	struct setting_values values;		/* sent to children */
};

extern struct settings	 settings;

/* Parse the flags; on an error, report it on standard error and exit 1. */
void	 settings_flags(int, char *[]);

/*
 * Set the number of processes, raise the limit of descriptors, and set how
 * many sessions a configuration has room for; adds an error if that is too few
 * or fewer than configured.
 */
void	 settings_size(struct config *);

/*
 * Keep what only a restart can change from the first configuration; log what a
 * later one would change of it, and add an error if it needs a user that did
 * not exist.
 */
void	 settings_keep(const struct config *);
void	 settings_kept(struct config *);

/*
 * Use a configuration, but for its log level; it must stay until the next one
 * is used.
 */
void	 settings_use(const struct config *);

#endif
