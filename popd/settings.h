/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What the flags say, and what follows from the machine; constant once the
 * children are started.
 */

#ifndef SETTINGS_H
#define SETTINGS_H

#include <sys/types.h>
#include <stdint.h>
#include <time.h>

#include "limits.h"
#include "msg.h"
#include "setting.h"

#define ADDRESSES_MAX	64

struct settings {
	const char	*authtab;
	const char	*usertab;
	const char	*subdir;		/* of -e, or NULL */
	const char	*port;
	const char	*addresses[ADDRESSES_MAX];
	const char	*certs[KEYPAIRS_MAX];
	const char	*keys[KEYPAIRS_MAX];
	unsigned int	 naddresses;
	unsigned int	 ncerts;
	unsigned int	 nkeys;
	int		 foreground;
	int		 check_only;
	int		 verbose;
	int		 sandbox_required;
	const char	*socket;		/* of popctl, or NULL */
	time_t		 started;
	uid_t		 uid;			/* our own, for good */
	gid_t		 gid;
	uid_t		 uids[ROLE_MAX];	/* of the children */
	unsigned int	 nlisteners;
	unsigned int	 ncheckers;
	uint32_t	 sessions_all;		/* with a login */
	uint32_t	 sessions_listener;	/* connections of one, a
						   quarter without a login */
	struct setting_values values;		/* what children go by */
};

extern struct settings	 settings;

/* Take the flags; complains on standard error and exits 1. */
void	 settings_flags(int, char *[]);

/*
 * Find out how many processes there should be and how many sessions fit, and
 * raise the limit of descriptors; exits 1 with a line if too few fit.  Needs
 * the number of addresses that are listened on.
 */
void	 settings_size(unsigned int);

#endif
