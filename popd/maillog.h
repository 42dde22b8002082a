/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The log of a popd in the background: syslog's, facility mail. */

#ifndef MAILLOG_H
#define MAILLOG_H

/*
 * A sink for log_to().  It never waits for a reader that has stopped: what
 * that does not take is counted, and told once it takes lines again.
 */
void	 maillog_line(int, const char *);

#endif
