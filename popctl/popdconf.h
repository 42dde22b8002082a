/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The settings of popd.conf(5) that popctl uses; flags override them.
 */

#ifndef POPDCONF_H
#define POPDCONF_H

#include <stddef.h>

#include "../popd/config.h"

struct popctl;

struct conf {
	struct config_asked	 cn_usertabs;	/* in order, at least one */
	const char		*cn_subdir;	/* or NULL */
	struct config		*cn_config;	/* may own the two, or NULL */
	struct config_table	 cn_usertab;	/* of -u, or the default */
};

/*
 * Read flags, file and defaults.  Without -f the file need not exist, and it is
 * not read if -u is given.  0, to be freed with popdconf_free(); or -1, logged.
 */
int	 popdconf_read(struct conf *, const struct popctl *);
void	 popdconf_free(struct conf *);

/*
 * Copy the path of the control socket: -s, that of the file, or the default.
 * Errors in the default file are ignored, as popd reports them; those in one of
 * -f are logged, and it must name the socket then, or another popd might get
 * the order.  Return 0, or -1, logged.
 */
int	 popdconf_socket(const struct popctl *, char *, size_t);

#endif
