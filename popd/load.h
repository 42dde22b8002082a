/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Makes a configuration from popd.conf(5) and the flags.
 */

#ifndef LOAD_H
#define LOAD_H

struct config;

/*
 * Load popd.conf and apply the flags, which win, and defaults; check all that
 * needs no other file.  Errors are logged, the first only at a start, and
 * counted in cfg_errors.  Return NULL with errno if out of memory; free with
 * config_free().
 */
struct config	*load_config(int reload);

#endif
