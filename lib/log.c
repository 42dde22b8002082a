/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The log.  See log.h.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"

static struct {
	const char	*name;
	log_sink	 sink;
	log_sink	 tap;
	int		 verbose;
	unsigned int	 lost;		/* lines, on standard error */
	enum { STDERR_UNKNOWN, STDERR_FILE, STDERR_STREAM } kind;
} logger = { "popd", log_stderr, NULL, 0, 0, STDERR_UNKNOWN };

void
log_init(const char *name)
{
	logger.name = name;
	logger.sink = log_stderr;
}

void
log_to(log_sink sink)
{
	logger.sink = sink;
}

void
log_tap(log_sink tap)
{
	logger.tap = tap;
}

void
log_verbose(int verbose)
{
	logger.verbose = verbose;
}

int
log_debugs(void)
{
	return (logger.verbose);
}

int
log_traces(void)
{
	return (logger.verbose >= LOG_TRACE);
}

unsigned int
log_times(void)
{
	return (log_traces() ? LOG_TRACE_TIMES : 1);
}

/* Return whether standard error takes a line now; a file always does. */
static int
log_takes(void)
{
	struct pollfd	 pfd = { STDERR_FILENO, POLLOUT, 0 };
	struct stat	 st;

	if (logger.kind == STDERR_UNKNOWN)
		logger.kind = fstat(STDERR_FILENO, &st) == 0 &&
		    S_ISREG(st.st_mode) ? STDERR_FILE : STDERR_STREAM;
	return (logger.kind == STDERR_FILE || poll(&pfd, 1, 0) != 0);
}

/*
 * Write each line with one write(2), so that lines of several processes do not
 * mix.  A stopped reader does not stop us: lost lines are counted.
 */
void
log_stderr(int level, const char *text)
{
	char	 line[LOG_TEXT_MAX + 64];
	int	 len;

	if (!log_takes()) {
		logger.lost++;
		return;
	}
	if (logger.lost > 0) {
		dprintf(STDERR_FILENO, "%s: %u lines lost\n", logger.name,
		    logger.lost);
		logger.lost = 0;
	}
	len = snprintf(line, sizeof(line), "%s: %s\n", logger.name, text);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(line)) {
		len = sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	(void)!write(STDERR_FILENO, line, len);
}

/* Replace control characters: no line may contain any. */
static void
log_clean(char *text)
{
	unsigned char	*c;

	for (c = (unsigned char *)text; *c != '\0'; c++)
		if (*c < ' ' || *c >= 0x7f)
			*c = '?';
}

static void
log_line(int level, int error, const char *fmt, va_list ap)
{
	char	 text[LOG_TEXT_MAX];
	size_t	 len;

	if (level == LOGL_DEBUG && !logger.verbose)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	len = strlen(text);
	if (error != 0)
		snprintf(text + len, sizeof(text) - len, ": %s",
		    strerror(error));
	log_clean(text);
	logger.sink(level, text);
	if (logger.tap != NULL)
		logger.tap(level, text);
}

void
log_warn(const char *fmt, ...)
{
	va_list	 ap;
	int	 saved = errno;

	va_start(ap, fmt);
	log_line(LOGL_WARN, saved, fmt, ap);
	va_end(ap);
	errno = saved;
}

void
log_warnx(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_line(LOGL_WARN, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_line(LOGL_INFO, 0, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_line(LOGL_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list	 ap;
	int	 saved = errno;

	va_start(ap, fmt);
	log_line(LOGL_ERR, saved, fmt, ap);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_line(LOGL_ERR, 0, fmt, ap);
	va_end(ap);
	exit(1);
}

/* ASCII only, in any locale. */
static int
log_plain(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return (1);
	return (c != '\0' && strchr("@._+-/", c) != NULL);
}

char *
log_quote(const char *text, char *buf, size_t size)
{
	static const char	 hex[] = "0123456789ABCDEF";
	size_t			 n = 0;
	unsigned char		 c;

	/* Leave room for the longest piece, the closing quote and the NUL. */
	buf[n++] = '"';
	for (; (c = *text) != '\0' && n + 5 <= size; text++) {
		if (log_plain(c)) {
			buf[n++] = c;
			continue;
		}
		buf[n++] = '%';
		buf[n++] = hex[c >> 4];
		buf[n++] = hex[c & 0x0f];
	}
	buf[n++] = '"';
	buf[n] = '\0';
	return (buf);
}

char *
log_cite(const char *text, char *buf, size_t size)
{
	size_t	 n = 0;

	buf[n++] = '"';
	for (; *text != '\0' && n + 2 < size; text++)
		buf[n++] = *text == '"' ? '\'' : *text;
	buf[n++] = '"';
	buf[n] = '\0';
	return (buf);
}
