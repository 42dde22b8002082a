/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Return the log line at startup for what the kernel lacks, or NULL. */

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <stddef.h>
#include <unistd.h>

#include <confine.h>

#include "confine_private.h"

const char *
confine_lacks(void)
{
	uint32_t	 action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == -1)
		return ("seccomp: system calls are not confined");
	switch (landlock_abi()) {
	case 0:
		return ("Landlock: paths, TCP and signals are not confined "
		    "(needs Linux 5.19; a container's filter may forbid it)");
	case 2:
		return ("Landlock ABI 2: truncation, devices, TCP and signals "
		    "are not confined by it (needs Linux 6.12)");
	case 3:
		return ("Landlock ABI 3: devices, TCP and signals are not "
		    "confined by it (needs Linux 6.12)");
	case 4:
		return ("Landlock ABI 4: devices and signals are not confined "
		    "by it (needs Linux 6.12)");
	case 5:
		return ("Landlock ABI 5: signals are not confined by it "
		    "(needs Linux 6.12)");
	default:
		return (NULL);
	}
}
