/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The words of popd.conf(5).  Handles quotes, comments, continued lines,
 * macros and included files.
 */

#ifndef LEX_H
#define LEX_H

struct config;
struct config_at;

enum lex_kind {
	LEX_END,
	LEX_WORD,
	LEX_STRING,			/* in quotes */
	LEX_CHAR,			/* any other character, and '\n' */
	LEX_BAD				/* an error, already logged */
};

/*
 * Start with a file; errors are added to the configuration.  Return 0, or -1
 * if it cannot be read, which is no error if it may be missing.
 */
int	 lex_open(struct config *, const char *path, int must_exist);
void	 lex_close(void);

/*
 * Read the next word.  Its text, or the character, is owned by the
 * configuration; at the end it is not set.
 */
enum lex_kind lex_next(const char **);

/* Return its place. */
const struct config_at *lex_at(void);

/* Read another file next. */
void	 lex_include(const char *);

/* Define $name; both strings are owned by the configuration. */
void	 lex_define(const char *name, const char *value);

#endif
