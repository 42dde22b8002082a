/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a listener does with a configuration (confset.h).
 */

#ifndef LSNRCONF_H
#define LSNRCONF_H

#include <stddef.h>

struct certfacts;

/* Before the loop. */
void	 lsnrconf_init(void);

/*
 * What there is to tell of certificate i, from 0, of those that are served;
 * -1 after the last.
 */
int	 lsnrconf_certificate(size_t i, struct certfacts *);

#endif
