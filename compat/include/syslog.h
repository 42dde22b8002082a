/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* <syslog.h> with the additions of OpenBSD. */

#include_next <syslog.h>

#ifndef COMPAT_SYSLOG_H
#define COMPAT_SYSLOG_H

#include <stddef.h>

/*
 * Send syslogd(8) a line, "<priority>tag: text"; the time is added.  Waits at
 * most a few milliseconds if it is busy.  flags must be 0. Return 0, or -1
 * with errno set.
 */
int	sendsyslog(const char *, size_t, int);

#endif
