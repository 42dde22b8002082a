/* link: mail/fault.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The meaning of errno when opening a name in a maildir fails, on both
 * systems, which differ for what is not a regular file.
 */

#include <errno.h>
#include <string.h>

#include "fault.h"
#include "unit.h"

static void
check_faults(const int *errors, enum fault want)
{
	enum fault	 got;

	for (; *errors != 0; errors++) {
		got = fault_of(*errors);
		CHECK(got == want, "%s: %d", strerror(*errors), (int)got);
	}
}

int
main(void)
{
	unit_case("what is no file: a socket is ENXIO or, on OpenBSD, "
	    "EOPNOTSUPP");
	check_faults((const int[]){ ELOOP, ENXIO, EOPNOTSUPP, EISDIR, 0 },
	    FAULT_NO_MAIL);
	unit_case("what is gone, and what a system is short of");
	check_faults((const int[]){ ENOENT, 0 }, FAULT_GONE);
	check_faults((const int[]){ EMFILE, ENFILE, ENOBUFS, ENOMEM, 0 },
	    FAULT_MEANS);
	unit_case("temporary faults, and permanent ones");
	check_faults((const int[]){ EIO, ESTALE, EINTR, ENOLCK, 0 },
	    FAULT_TEMP);
	check_faults((const int[]){ EACCES, EPERM, EROFS, ENOTDIR, 0 },
	    FAULT_PERM);
	return (unit_done());
}
