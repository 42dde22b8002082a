/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The log.  The parent writes to syslogd(8), facility mail, or, with -d, to
 * standard error.  A child sends its lines to the parent over its channel: it
 * needs no socket of its own in its sandbox, and the parent knows for certain
 * which process wrote a line.  Until a child has a channel, and in mda, lines
 * go to standard error.
 *
 * Never log a password, nor octets of a client without log_quote().
 */

#ifndef LOG_H
#define LOG_H

#include <stddef.h>

enum log_level { LOGL_ERR, LOGL_WARN, LOGL_INFO, LOGL_DEBUG };

/* Size of a line, the end counted; a longer one is cut. */
#define LOG_TEXT_MAX	1600

/* Takes a finished line; level is an enum log_level. */
typedef void (*log_sink)(int, const char *);

/* name is the program's; lines go to standard error until log_to(). */
void	 log_init(const char *);
void	 log_to(log_sink);

/* Debug lines from LOG_VERBOSE, each message between processes at LOG_TRACE. */
enum log_detail { LOG_BRIEF, LOG_VERBOSE, LOG_TRACE };
void	 log_verbose(int);		/* enum log_detail, or more */
int	 log_debugs(void);		/* whether LOG_VERBOSE or more */
int	 log_traces(void);		/* whether LOG_TRACE */

/* Return the factor for the line limits of one process at this detail. */
unsigned int	 log_times(void);

/* Send each line to tap as well, until it is NULL. */
void	 log_tap(log_sink);

/* The sink to standard error; the parent has another, maillog.c. */
void	 log_stderr(int, const char *);

/* Named as in err(3): log_warn() appends ": " and strerror(errno). */
void	 log_warn(const char *, ...) __attribute__((__format__ (printf, 1, 2)));
void	 log_warnx(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));
void	 log_info(const char *, ...) __attribute__((__format__ (printf, 1, 2)));
void	 log_debug(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2)));
void	 fatal(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2), __noreturn__));
void	 fatalx(const char *, ...)
	    __attribute__((__format__ (printf, 1, 2), __noreturn__));

/*
 * Quote foreign text as "..."  for a log line: every octet but letters, digits
 * and @._+-/ becomes %XX, so that no name can forge a field or a line.  Cut to
 * fit buf; returns buf.
 */
#define LOG_QUOTE_MAX	(3 * 255 + 3)
char	*log_quote(const char *, char *, size_t);

/*
 * Quote text of another process as "..."  at the end of a log line; quotes in
 * it become single ones.  Cut to fit buf; returns buf.
 */
char	*log_cite(const char *, char *, size_t);

#endif
