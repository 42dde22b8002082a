/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <errno.h>

#include "fault.h"

enum fault
fault_of(int error)
{
	switch (error) {
	case ENOENT:
		return (FAULT_GONE);
	/* A symbolic link, socket, fifo or directory. */
	case ELOOP:
	case ENXIO:
	case EOPNOTSUPP:
	case EISDIR:
		return (FAULT_NO_MAIL);
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return (FAULT_MEANS);
	case EAGAIN:
	case EBUSY:
	case EDQUOT:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case EINTR:
	case EIO:
	case ENETUNREACH:
	case ENOLCK:
	case ENOSPC:
	case ESTALE:
	case ETIMEDOUT:
		return (FAULT_TEMP);
	default:
		return (FAULT_PERM);
	}
}
