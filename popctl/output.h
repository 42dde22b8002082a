/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Rows for eyes and for awk(1), or one JSON object each for programs.
 *
 * In columns every field is one word: "-" if it is empty or unknown, and what
 * is not printable ASCII, a blank or a percent sign becomes %XX; in the last
 * column blanks may stay.
 */

#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdint.h>
#include <time.h>

struct popctl;

struct output_column {
	const char	*ocl_name;	/* the key in JSON; in capitals above
					   the column */
	int		 ocl_width;	/* at least; < 0: to the left */
};

/*
 * Rows of these columns from now on, which end with a NULL; a line with their
 * names comes first.  The kind is the first key of each JSON object, unless
 * it is NULL.
 */
void	 output_begin(const struct popctl *, const char *kind,
	    const struct output_column *);

/* A line of text, as it is but for what would move the cursor. */
void	 output_line(const char *);

/* The next field of the row; the last one ends it. */
void	 output_text(const char *);
void	 output_number(uint64_t);
void	 output_none(void);

/* Seconds since 1970: in columns in UTC; 0 is none. */
void	 output_time(uint64_t);

/* Milliseconds: in columns seconds, with three decimals. */
void	 output_ms(uint64_t);

#endif
