/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * An untrusted text file, read line by line.
 */

#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct text {
	const char	*tx_name;	/* for errors */
	char		*tx_data;
	size_t		 tx_len;
	size_t		 tx_at;		/* start of the next line */
	unsigned int	 tx_line;	/* number of the last line, from 1 */
	struct timespec	 tx_mtime;	/* of the file */
};

/*
 * Read a regular file: text_read() an open one, which stays open; text_open()
 * one in a directory, without following links or blocking.  The name must
 * outlive the text.  0, to be freed with text_free(); or -1, logged.
 */
int		 text_read(struct text *, int fd, const char *name);
int		 text_open(struct text *, int dir, const char *name);
void		 text_free(struct text *);

/*
 * Get the next line and its length, without its end; it points into the text.
 * 1; 0 after the last line; or -1, logged, if the last line has no end.
 */
int		 text_next(struct text *, const char **, size_t *);

/* Log an error of a line: "name:line: ...". */
void		 text_complain(const struct text *, unsigned int line,
		    const char *, ...)
		    __attribute__((__format__ (printf, 3, 4)));

/*
 * Parse a decimal number of at most max at *p, before end, and move *p past it.
 * Return 1, or 0.
 */
int		 text_number(const char **p, const char *end, uint64_t max,
		    uint64_t *value);

#endif
