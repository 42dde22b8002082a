/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The words of popd.conf(5).  See lex.h.  A file is read whole before its
 * first word is parsed.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "file.h"
#include "lex.h"
#include "limits.h"

#define WORD_MAX	2048

/* A source of characters, innermost first. */
struct lex_input {
	SLIST_ENTRY(lex_input)	 lxi_entry;
	const char		*lxi_file;
	unsigned int		 lxi_line;
	const char		*lxi_text;
	size_t			 lxi_pos;
	size_t			 lxi_len;
	char			*lxi_whole;	/* file; NULL: macro */
	int			 lxi_ended;	/* final '\n' was returned */
};

struct lex_macro {
	SLIST_ENTRY(lex_macro)	 ma_entry;
	const char		*ma_name;
	const char		*ma_value;
	struct config_at	 ma_at;
	int			 ma_used;
};

static struct {
	struct config		*config;
	SLIST_HEAD(, lex_input)	 inputs;
	SLIST_HEAD(, lex_macro)	 macros;
	struct config_at	 at;
	unsigned int		 line;		/* of the last character */
	unsigned int		 nfiles;
	unsigned int		 nmacros;
	unsigned int		 depth;
} lex;

/* Push an input, which is read first.  Returns 0, or -1 with an error. */
static int
input_push(const char *file, unsigned int line, const char *text, size_t len,
    char *whole)
{
	struct lex_input	*lxi;

	if ((lxi = calloc(1, sizeof(*lxi))) == NULL) {
		config_error(lex.config, &lex.at, "no memory");
		return (-1);
	}
	lxi->lxi_file = file;
	lxi->lxi_line = line;
	lxi->lxi_text = text;
	lxi->lxi_len = len;
	lxi->lxi_whole = whole;
	lex.depth += whole != NULL;
	SLIST_INSERT_HEAD(&lex.inputs, lxi, lxi_entry);
	return (0);
}

static void
input_pop(void)
{
	struct lex_input	*lxi = SLIST_FIRST(&lex.inputs);

	SLIST_REMOVE_HEAD(&lex.inputs, lxi_entry);
	lex.depth -= lxi->lxi_whole != NULL;
	free(lxi->lxi_whole);
	free(lxi);
}

/* Read a whole file.  Returns NULL with the reason in why. */
static char *
file_read(int fd, const struct stat *st, size_t *len, const char **why)
{
	char	*text;
	ssize_t	 n;

	if (st->st_size > CONFIG_FILE_MAX) {
		*why = "too large";
		return (NULL);
	}
	if ((text = malloc((size_t)st->st_size + 1)) == NULL) {
		*why = strerror(errno);
		return (NULL);
	}
	for (*len = 0; *len < (size_t)st->st_size; *len += (size_t)n)
		if ((n = pread(fd, text + *len, (size_t)st->st_size - *len,
		    (off_t)*len)) <= 0)
			break;
	*why = NULL;
	if (*len < (size_t)st->st_size)
		*why = "changed while being read";
	else if (memchr(text, '\0', *len) != NULL)
		*why = "has a NUL octet";
	if (*why == NULL)
		return (text);
	free(text);
	return (NULL);
}

/* Push a file.  Returns 0, or -1 with an error unless it may be missing. */
static int
file_push(const char *path, int must_exist, const struct config_at *at)
{
	struct stat	 st;
	const char	*wrong;
	char		 why[PATH_LEN_MAX + 128], *text;
	size_t		 len;
	int		 fd;

	errno = 0;
	if ((fd = file_open(path, FILE_DECIDES, &st, why, sizeof(why))) == -1) {
		if (must_exist || errno != ENOENT)
			config_error(lex.config, at, "%s", why);
		return (-1);
	}
	text = file_read(fd, &st, &len, &wrong);
	close(fd);
	if (text == NULL) {
		config_error(lex.config, at, "%s: %s", path, wrong);
		return (-1);
	}
	lex.nfiles++;
	if (input_push(config_text(lex.config, path), 1, text, len, text) == 0)
		return (0);
	free(text);
	return (-1);
}

int
lex_open(struct config *cg, const char *path, int must_exist)
{
	memset(&lex, 0, sizeof(lex));
	lex.config = cg;
	SLIST_INIT(&lex.inputs);
	SLIST_INIT(&lex.macros);
	return (file_push(path, must_exist, NULL));
}

void
lex_close(void)
{
	struct lex_macro	*ma;

	while (!SLIST_EMPTY(&lex.inputs))
		input_pop();
	while ((ma = SLIST_FIRST(&lex.macros)) != NULL) {
		if (!ma->ma_used)
			config_warn(&ma->ma_at, "macro %s is not used",
			    ma->ma_name);
		SLIST_REMOVE_HEAD(&lex.macros, ma_entry);
		free(ma);
	}
}

const struct config_at *
lex_at(void)
{
	return (&lex.at);
}

/* A relative path is relative to the including file. */
static int
include_path(const char *path, char *whole, size_t size)
{
	const char	*slash = strrchr(lex.at.at_file, '/');
	int		 n, dir = 0;

	if (*path != '/' && slash != NULL)
		dir = (int)(slash + 1 - lex.at.at_file);
	n = snprintf(whole, size, "%.*s%s", dir, lex.at.at_file, path);
	return (n >= 0 && (size_t)n < size ? 0 : -1);
}

void
lex_include(const char *path)
{
	char	 whole[PATH_LEN_MAX];

	if (lex.depth >= CONFIG_DEPTH_MAX || lex.nfiles >= CONFIG_FILES_MAX)
		config_error(lex.config, &lex.at,
		    "include \"%s\": too many files", path);
	else if (include_path(path, whole, sizeof(whole)) == -1)
		config_error(lex.config, &lex.at, "%s", strerror(ENAMETOOLONG));
	else
		file_push(whole, 1, &lex.at);
}

static struct lex_macro *
macro_find(const char *name)
{
	struct lex_macro	*ma;

	SLIST_FOREACH(ma, &lex.macros, ma_entry)
		if (strcmp(ma->ma_name, name) == 0)
			break;
	return (ma);
}

void
lex_define(const char *name, const char *value)
{
	struct lex_macro	*ma = macro_find(name);

	if (ma == NULL && lex.nmacros == CONFIG_MACROS_MAX) {
		config_error(lex.config, &lex.at, "more than %u macros",
		    CONFIG_MACROS_MAX);
		return;
	}
	if (ma == NULL) {
		if ((ma = calloc(1, sizeof(*ma))) == NULL) {
			config_error(lex.config, &lex.at, "no memory");
			return;
		}
		ma->ma_name = name;
		SLIST_INSERT_HEAD(&lex.macros, ma, ma_entry);
		lex.nmacros++;
	}
	ma->ma_value = value;
	ma->ma_at = lex.at;
}

/* Return the next character, EOF at the end of an input.  Joins lines. */
static int
lex_getc(void)
{
	struct lex_input	*lxi = SLIST_FIRST(&lex.inputs);
	char			 c;

	while (lxi->lxi_len - lxi->lxi_pos >= 2 &&
	    lxi->lxi_text[lxi->lxi_pos] == '\\' &&
	    lxi->lxi_text[lxi->lxi_pos + 1] == '\n') {
		lxi->lxi_pos += 2;
		lxi->lxi_line++;
	}
	lex.line = lxi->lxi_line;
	if (lxi->lxi_pos == lxi->lxi_len)
		return (EOF);
	c = lxi->lxi_text[lxi->lxi_pos++];
	if (c == '\n' && lxi->lxi_whole != NULL)
		lxi->lxi_line++;
	return ((unsigned char)c);
}

static void
lex_ungetc(int c)
{
	struct lex_input	*lxi = SLIST_FIRST(&lex.inputs);

	if (c == EOF)
		return;
	lxi->lxi_pos--;
	if (c == '\n' && lxi->lxi_whole != NULL)
		lxi->lxi_line--;
}

/* Return whether the character can be in an unquoted word. */
static int
is_word(int c)
{
	return (c > 127 || (isgraph(c) && strchr("{}()<>=,\"'#$\\!", c) ==
	    NULL));
}

/* Read a word from its first character on. */
static enum lex_kind
lex_word(char *buf, size_t size, int c, int (*belongs)(int),
    enum lex_kind kind)
{
	size_t	 len = 0;

	for (; c != EOF && belongs(c); c = lex_getc())
		if (len + 1 < size)
			buf[len++] = (char)c;
		else if (kind != LEX_BAD) {
			config_error(lex.config, &lex.at, "word is too long");
			kind = LEX_BAD;
		}
	lex_ungetc(c);
	buf[len] = '\0';
	return (kind);
}

/* Read a quoted string after its opening quote. */
static enum lex_kind
lex_quoted(char *buf, size_t size, int quote)
{
	enum lex_kind	 kind = LEX_STRING;
	size_t		 len = 0;
	int		 c, next;

	while ((c = lex_getc()) != quote) {
		if (c == EOF || c == '\n') {
			lex_ungetc(c);
			config_error(lex.config, &lex.at, "no closing quote");
			return (LEX_BAD);
		}
		if (c == '\\' && (next = lex_getc()) == quote)
			c = quote;
		else if (c == '\\')
			lex_ungetc(next);
		if (len + 1 < size)
			buf[len++] = (char)c;
		else if (kind != LEX_BAD) {
			config_error(lex.config, &lex.at, "string is too long");
			kind = LEX_BAD;
		}
	}
	buf[len] = '\0';
	return (kind);
}

static int
is_name(int c)
{
	return (c < 128 && (isalnum(c) || c == '_'));
}

/* Expand $name.  Returns -1, with an error, if it is undefined. */
static int
lex_expand(void)
{
	struct lex_input	*lxi = SLIST_FIRST(&lex.inputs);
	struct lex_macro	*ma;
	char			 name[WORD_MAX];

	if (lex_word(name, sizeof(name), lex_getc(), is_name, LEX_WORD) ==
	    LEX_BAD)
		return (-1);
	/* Macros do not nest, so expansion ends. */
	if (lxi->lxi_whole == NULL || (ma = macro_find(name)) == NULL) {
		config_error(lex.config, &lex.at, "macro %s is not defined",
		    name);
		return (-1);
	}
	ma->ma_used = 1;
	return (input_push(lxi->lxi_file, lxi->lxi_line, ma->ma_value,
	    strlen(ma->ma_value), NULL));
}

/* Skip blanks, comments and ends of inputs; return the next character. */
static int
lex_first(void)
{
	struct lex_input	*lxi;
	int			 c;

	while ((lxi = SLIST_FIRST(&lex.inputs)) != NULL) {
		do
			c = lex_getc();
		while (c == ' ' || c == '\t' || c == '\r');
		if (c == '#')
			while (c != '\n' && c != EOF)
				c = lex_getc();
		lex.at.at_file = lxi->lxi_file;
		lex.at.at_line = lex.line;
		if (c != EOF)
			return (c);
		if (lxi->lxi_whole != NULL && !lxi->lxi_ended) {
			lxi->lxi_ended = 1;
			return ('\n');
		}
		input_pop();
	}
	return (EOF);
}

/* Read the next word into buf. */
static enum lex_kind
lex_read(char *buf, size_t size)
{
	int	 c;

	while ((c = lex_first()) == '$')
		if (lex_expand() == -1)
			return (LEX_BAD);
	if (c == EOF)
		return (LEX_END);
	if (c == '"' || c == '\'')
		return (lex_quoted(buf, size, c));
	if (is_word(c))
		return (lex_word(buf, size, c, is_word, LEX_WORD));
	buf[0] = (char)c;
	buf[1] = '\0';
	return (LEX_CHAR);
}

enum lex_kind
lex_next(const char **text)
{
	char		 buf[WORD_MAX];
	enum lex_kind	 kind;

	kind = lex_read(buf, sizeof(buf));
	if (kind != LEX_END && kind != LEX_BAD)
		*text = config_text(lex.config, buf);
	return (kind);
}
