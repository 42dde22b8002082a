/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Words that earlier versions knew in popd.conf(5), so that a line with one is
 * told what to do instead, and is no mere syntax error.
 */

#ifndef GONE_H
#define GONE_H

struct gone_word {
	const char	*go_word;
	const char	*go_instead;
};

/* Return the entry of a word, or NULL. */
const struct gone_word	*gone_find(const char *);

#endif
