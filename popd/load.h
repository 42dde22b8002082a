/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A configuration from popd.conf(5) and the flags.
 */

#ifndef LOAD_H
#define LOAD_H

struct config;

/*
 * What file and flags say now, for config_free(): the flags win, the rest has
 * its default, and all that can be known without opening a file is judged.
 * All that is wrong has been told, and cfg_errors counts it.  NULL and errno
 * without memory.
 */
struct config	*load_config(void);

#endif
