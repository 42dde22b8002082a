/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A connection without TLS, in steps that never wait: the interface of
 * tlsio.h, with the same status.  Nothing is buffered here.
 */

#ifndef PLAINIO_H
#define PLAINIO_H

#include <stddef.h>

#include "tlsio.h"

/*
 * Read until the buffer is full (OK) or nothing is left; *got octets were
 * read, whatever the status.
 */
enum tlsio_status plainio_read(int fd, char *buf, size_t size, size_t *got);

/* Write all (OK), or *done octets. */
enum tlsio_status plainio_write(int fd, const char *buf, size_t len,
	    size_t *done);

/*
 * Discard what was received, at most PLAINIO_DISCARD_MAX octets.  Return OK if
 * there may be more, WANT_READ if that was all.
 */
enum tlsio_status plainio_discard(int fd);

#define PLAINIO_DISCARD_MAX	65536

#endif
