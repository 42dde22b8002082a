/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What the flags say, constant once popd has started, and of the configuration
 * in use what most of popd goes by.
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
	/* The flags; NULL and 0: not given. */
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

	/* The same as long as popd runs. */
	time_t		 started;
	uid_t		 uid;			/* our own */
	gid_t		 gid;
	uid_t		 uids[6];		/* as users below */
	unsigned int	 nlisteners;
	unsigned int	 ncheckers;
	const char	*users[6];		/* as enum config_user */
	gid_t		 table_gid;		/* of table processes */
	const char	*socket;		/* for popctl(8); "": none */

	/* Of the configuration in use. */
	const char	*subdir;		/* or NULL */
	const char	*mbox;			/* of a user's spool, or NULL */
	uint32_t	 mbox_locks;		/* of mboxlock.h */
	int		 verbose;
	uint32_t	 sessions_all;		/* with a login */
	uint32_t	 sessions_listener;	/* connections of one, a
						   quarter without a login */
	struct setting_values values;		/* what children go by */
};

extern struct settings	 settings;

/* Take the flags; complains on standard error and exits 1. */
void	 settings_flags(int, char *[]);

/*
 * Find out how many processes there should be and how many sessions fit with
 * a configuration, and raise the limit of descriptors; an error of the
 * configuration if too few fit, or fewer than it wants.
 */
void	 settings_size(struct config *);

/*
 * Keep of the first configuration what no reload changes; and later say so if
 * one wants it to.
 */
void	 settings_keep(const struct config *);
void	 settings_kept(const struct config *);

/* This configuration is in use; it stays the caller's until the next. */
void	 settings_use(const struct config *);

#endif
