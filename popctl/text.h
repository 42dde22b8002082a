/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A file of text that somebody else wrote, line by line.
 */

#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	const char	*tx_name;	/* for messages */
	char		*tx_data;
	size_t		 tx_len;
	size_t		 tx_at;		/* where the next line begins */
	unsigned int	 tx_line;	/* the last one, from 1 */
};

/*
 * Read an open file, which stays open, or the one of this name below a
 * directory, where no link is followed and nothing is waited for.  It must be
 * regular.  0, and text_free() frees it; -1, said why.
 */
int		 text_read(struct text *, int fd, const char *name);
int		 text_open(struct text *, int dir, const char *name);
void		 text_free(struct text *);

/*
 * The next line, without its end.  1; 0 after the last; -1, said so: the last
 * line has no end.
 */
int		 text_next(struct text *, const char **, size_t *);

/* Something is wrong with a line: "name:line: ...". */
void		 text_complain(const struct text *, unsigned int line,
		    const char *, ...)
		    __attribute__((__format__ (printf, 3, 4)));

/*
 * Decimal digits at *p, before end, that are a number of at most max: 1 and
 * *value, *p after them; or 0.
 */
int		 text_number(const char **p, const char *end, uint64_t max,
		    uint64_t *value);

#endif
