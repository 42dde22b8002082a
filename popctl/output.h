/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Rows in columns, or as one JSON object each.
 *
 * In columns every field is one word, "-" if empty or unknown.  Blanks, percent
 * signs and all but printable ASCII become %XX; the last column keeps its
 * blanks.
 */

#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdint.h>
#include <time.h>

struct popctl;

struct output_column {
	const char	*ocl_name;	/* JSON key; in capitals, the title */
	int		 ocl_width;	/* minimum; < 0: left-justified */
};

/*
 * Begin rows of these columns, terminated by a NULL name, and print their
 * titles.  The kind is the first key of each JSON object, unless it is NULL.
 * The columns must outlive the rows.
 */
void	 output_begin(const struct popctl *, const char *kind,
	    const struct output_column *);

/* Print a line of text, encoded but for its blanks. */
void	 output_line(const char *);

/* Add the next field; the last one prints the row. */
void	 output_text(const char *);
void	 output_number(uint64_t);
void	 output_none(void);

/* Add a time in seconds since 1970, in columns as UTC; 0 is none. */
void	 output_time(uint64_t);

/* Add milliseconds, as seconds with three decimals. */
void	 output_ms(uint64_t);

#endif
