/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Text files, line by line.  See text.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "text.h"
#include "whole.h"

/* Read size octets, or fewer if the file shrank.  Return 0, or -1 and errno. */
static int
text_load(struct text *tx, int fd, size_t size)
{
	ssize_t	 n;

	if ((tx->tx_data = malloc(size + 1)) == NULL ||
	    (n = whole_read(fd, tx->tx_data, size)) == -1)
		return (-1);
	tx->tx_len = (size_t)n;
	return (0);
}

int
text_read(struct text *tx, int fd, const char *name)
{
	struct stat	 st;

	memset(tx, 0, sizeof(*tx));
	tx->tx_name = name;
	if (fstat(fd, &st) == -1) {
		log_warn("%s", name);
		return (-1);
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > TEXT_SIZE_MAX) {
		log_warnx("%s: %s", name, S_ISREG(st.st_mode) ? "too large" :
		    "not a regular file");
		return (-1);
	}
	tx->tx_mtime = st.st_mtim;
	if (text_load(tx, fd, (size_t)st.st_size) == -1) {
		log_warn("%s", name);
		text_free(tx);
		return (-1);
	}
	return (0);
}

int
text_open(struct text *tx, int dir, const char *name)
{
	int	 fd, r;

	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		log_warn("%s", name);
		return (-1);
	}
	r = text_read(tx, fd, name);
	close(fd);
	return (r);
}

void
text_free(struct text *tx)
{
	free(tx->tx_data);
	tx->tx_data = NULL;
}

int
text_next(struct text *tx, const char **line, size_t *len)
{
	const char	*eol;
	size_t		 left = tx->tx_len - tx->tx_at;

	if (left == 0)
		return (0);
	tx->tx_line++;
	*line = tx->tx_data + tx->tx_at;
	if ((eol = memchr(*line, '\n', left)) == NULL) {
		text_complain(tx, tx->tx_line, "no newline at end of file");
		return (-1);
	}
	*len = (size_t)(eol - *line);
	tx->tx_at += *len + 1;
	return (1);
}

void
text_complain(const struct text *tx, unsigned int line, const char *format,
    ...)
{
	va_list	 ap;
	char	 what[512];

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	log_warnx("%s:%u: %s", tx->tx_name, line, what);
}

int
text_number(const char **p, const char *end, uint64_t max, uint64_t *value)
{
	const char	*begin = *p;
	uint64_t	 v = 0;
	unsigned int	 digit;

	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		digit = (unsigned int)(**p - '0');
		if (digit > max || v > (max - digit) / 10)
			return (0);
		v = v * 10 + digit;
	}
	*value = v;
	return (*p != begin);
}
