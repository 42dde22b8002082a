/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The grammar of popd.conf(5).
 */

#ifndef PARSE_H
#define PARSE_H

struct config;

/*
 * Parse a file into a configuration; errors are added to it.  The file may be
 * missing unless must_exist is set.
 */
void	 parse_file(struct config *, const char *path, int must_exist);

#endif
