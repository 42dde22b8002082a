/* link: popd/lmtpsock.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The directories of LMTP sockets exist before any path is unveiled. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "popd/config.h"
#include "popd/file.h"
#include "popd/lmtpsock.h"
#include "popd/settings.h"
#include "unit.h"

#define SOCKETS	3

static const char	*const dirs[SOCKETS] = { "one", "two", "missing/dir" };
static struct config	 cg;
static unsigned int	 seen;
static int		 error;

struct settings	 settings;

void
config_error(struct config *c, const struct config_at *at, const char *fmt,
    ...)
{
}

int
file_unveil(const char *path, const char *permissions)
{
	struct stat	 st;
	unsigned int	 i;

	CHECK(strcmp(path, dirs[seen++]) == 0, "%s", path);
	CHECK(strcmp(permissions, "rwc") == 0, "%s", permissions);
	/* All but the last, not only this one. */
	for (i = 0; i < SOCKETS - 1 && !settings.check_only; i++)
		CHECK(stat(dirs[i], &st) == 0 && S_ISDIR(st.st_mode) &&
		    (st.st_mode & 0777) == 0755, "%s for %s", dirs[i], path);
	errno = error;
	return (error == 0 ? 0 : -1);
}

static void
add(const char *dir)
{
	struct config_address	*ad = &cg.cfg_addresses[cg.cfg_naddresses++];

	ad->ad_addr.ss_family = AF_UNIX;
	snprintf(ad->ad_name, sizeof(ad->ad_name), "%s/socket", dir);
}

static void
test_check(void)
{
	unit_case("-n makes no directory");
	settings.check_only = 1;
	CHECK(lmtpsock_unveil(&cg) == 0, "%d", errno);
	CHECK(access(dirs[0], F_OK) == -1, "made");
	CHECK(seen == SOCKETS, "%u", seen);
	settings.check_only = 0;
}

static void
test_start(void)
{
	unit_case("all are made before the first is unveiled");
	seen = 0;
	CHECK(lmtpsock_unveil(&cg) == 0, "%d", errno);
	CHECK(seen == SOCKETS, "%u", seen);
}

static void
test_error(void)
{
	unit_case("another error of unveil(2) is told");
	seen = 0;
	error = E2BIG;
	CHECK(lmtpsock_unveil(&cg) == -1 && errno == E2BIG, "%d", errno);
}

int
main(void)
{
	unsigned int	 i;

	cg.cfg_addresses[cg.cfg_naddresses++].ad_addr.ss_family = AF_INET;
	for (i = 0; i < SOCKETS; i++)
		add(dirs[i]);
	test_check();
	test_start();
	test_error();
	return (unit_done());
}
