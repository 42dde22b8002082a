/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The language of popd.conf(5).
 */

#ifndef PARSE_H
#define PARSE_H

struct config;

/*
 * Read a file into a configuration; all that is wrong with it is told there.
 * It need not exist unless that is asked for.
 */
void	 parse_file(struct config *, const char *path, int must_exist);

#endif
