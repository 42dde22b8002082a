/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What popctl takes from popd.conf(5): the flags win.
 */

#ifndef POPDCONF_H
#define POPDCONF_H

#include <stddef.h>

#include "../popd/config.h"

struct popctl;

struct conf {
	struct config_asked cn_usertabs;	/* in their order, never none */
	const char	*cn_subdir;	/* or NULL */
	struct config	*cn_config;	/* which the two may be in, or NULL */
	struct config_table cn_usertab;	/* of -u, or the default */
};

/*
 * Flags, file and defaults; without -f the file need not exist, and is not
 * read where -u says it.  0, and popdconf_free() frees it; -1, said why.
 */
int	 popdconf_read(struct conf *, const struct popctl *);
void	 popdconf_free(struct conf *);

/*
 * The path of the control socket: of -s, of the file, or the default.  Errors
 * of the file are popd's to tell.  0, or -1: said why.
 */
int	 popdconf_socket(const struct popctl *, char *, size_t);

#endif
