/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The words of a configuration file: quotes, comments, lines that go on,
 * macros and included files are dealt with here.
 */

#ifndef LEX_H
#define LEX_H

struct config;
struct config_at;

enum lex_kind {
	LEX_END,
	LEX_WORD,
	LEX_STRING,			/* in quotes */
	LEX_CHAR,			/* any other, and '\n' */
	LEX_BAD				/* told; not a part of anything */
};

/*
 * Begin with a file; whatever is wrong is an error of the configuration.  0,
 * or -1 if it cannot be read, which is none if it need not be there.
 */
int	 lex_open(struct config *, const char *path, int must_exist);
void	 lex_close(void);

/*
 * The next word; its text, or the character, is the configuration's own and
 * unset at the end.
 */
enum lex_kind lex_next(const char **);

/* Where it is, for what the configuration keeps. */
const struct config_at *lex_at(void);

/* The words of another file come next. */
void	 lex_include(const char *);

/* From now on $name is this; both are the configuration's own. */
void	 lex_define(const char *name, const char *value);

#endif
