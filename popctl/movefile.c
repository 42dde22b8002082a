/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The file popmove.  See movefile.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "movefile.h"
#include "popmove.h"
#include "replace.h"
#include "text.h"

#define MOVEFILE_LINES	3	/* before those of messages */

/*
 * Copy the next line, without its end, and move *text past it.  Return 0, or
 * -1.
 */
static int
movefile_line(const char **text, char line[MOVEFILE_LINE])
{
	const char	*end = strchr(*text, '\n');
	size_t		 len;

	line[0] = '\0';
	if (**text == '\0')
		return (0);
	if (end == NULL || (len = (size_t)(end - *text)) >= MOVEFILE_LINE)
		return (-1);
	memcpy(line, *text, len);
	line[len] = '\0';
	*text = end + 1;
	return (0);
}

static int
movefile_parse(const char *text, struct movefile *mv)
{
	if (movefile_line(&text, mv->pm_from) == -1 ||
	    movefile_line(&text, mv->pm_to) == -1 ||
	    movefile_line(&text, mv->pm_list) == -1 ||
	    mv->pm_from[0] == '\0' || (*text != '\0' &&
	    strncmp(mv->pm_list, "list ", 5) != 0)) {
		log_warnx("%s: bad format", POPMOVE_FILE);
		return (-1);
	}
	return (0);
}

int
movefile_read(int dir, struct movefile *mv)
{
	char		 text[MOVEFILE_MAX + 1];
	ssize_t		 n;
	int		 fd;

	memset(mv, 0, sizeof(*mv));
	fd = openat(dir, POPMOVE_FILE,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return (0);
	if (fd == -1 || (n = read(fd, text, MOVEFILE_MAX)) == -1) {
		log_warn("%s", POPMOVE_FILE);
		if (fd != -1)
			close(fd);
		return (-1);
	}
	close(fd);
	text[n] = '\0';
	return (movefile_parse(text, mv));
}

int
movefile_write(int dir, const struct movefile *mv, const char *messages)
{
	char		*text;
	int		 len, r;

	len = asprintf(&text, "%s\n%s\n%s%s%s", mv->pm_from, mv->pm_to,
	    mv->pm_list, mv->pm_list[0] == '\0' ? "" : "\n", messages);
	if (len == -1) {
		log_warn("%s", POPMOVE_FILE);
		return (-1);
	}
	r = replace_file(dir, POPMOVE_FILE, text, (size_t)len);
	free(text);
	return (r);
}

/* Return the number of messages in a list line, or 0 if it is malformed. */
static unsigned int
movefile_count(const char *list)
{
	unsigned int	 n;

	return (sscanf(list, "list %u messages", &n) == 1 ? n : 0);
}

void
movefile_differ(int dir, const struct movefile *mv, const char *messages)
{
	struct text	 tx;
	const char	*was, *is = messages;
	size_t		 was_len, is_len = 0;
	unsigned int	 n;

	if (text_open(&tx, dir, POPMOVE_FILE) == -1)
		return;
	for (n = 0; text_next(&tx, &was, &was_len) == 1; n++) {
		if (n < MOVEFILE_LINES)
			continue;
		is_len = strcspn(is, "\n");
		if (is_len != was_len || memcmp(is, was, is_len) != 0)
			break;
		is += is_len + 1;
	}
	if (tx.tx_line == MOVEFILE_LINES && movefile_count(mv->pm_list) > 0) {
		log_warnx("%s is of an older popctl: repeat popctl move with "
		    "this version on the old host, and copy it", POPMOVE_FILE);
		is = "";
	}
	if (n >= MOVEFILE_LINES && tx.tx_line > n)
		log_warnx("message %u was: %.*s", n - MOVEFILE_LINES + 1,
		    (int)was_len, was);
	if (*is != '\0')
		log_warnx("message %u is: %.*s", n - MOVEFILE_LINES + 1,
		    (int)strcspn(is, "\n"), is);
	text_free(&tx);
}

int
movefile_remove(int dir)
{
	if (unlinkat(dir, POPMOVE_FILE, 0) == -1 || fsync(dir) == -1) {
		log_warn("%s", POPMOVE_FILE);
		return (-1);
	}
	return (0);
}

int
movefile_here(int dir, const char *host, const char *path,
    char line[MOVEFILE_LINE])
{
	struct stat	 st;

	if (fstat(dir, &st) == -1) {
		log_warn("maildir");
		return (-1);
	}
	snprintf(line, MOVEFILE_LINE, "from %s %llu %s", host,
	    (unsigned long long)st.st_ino, path);
	return (0);
}

int
movefile_fewer(const char *list, const char *than)
{
	return (movefile_count(list) < movefile_count(than));
}
