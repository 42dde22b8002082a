/* link: popd/settings.o lib/setting.o lib/subdir.o lib/log.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* What the machine has room for. */

#include <sys/types.h>

#include <stdio.h>

#include "popd/address.h"
#include "popd/config.h"
#include "popd/settings.h"
#include "unit.h"

static unsigned int	 errors;

int
address_is_numeric(const char *name)
{
	return (1);
}

int
config_lmtp(const struct config *cg)
{
	return (0);
}

void
config_error(struct config *cg, const struct config_at *at, const char *fmt,
    ...)
{
	errors++;
}

int
main(void)
{
	static char		 name[] = "popd";
	char			*argv[] = { name, NULL };
	static struct config	 cg;

	unit_case("what the system has room for is asked at startup only");
	settings_flags(1, argv);
	CHECK(settings.room > 0, "no room");
	settings.room = 17;
	cg.cfg_values = settings.values;
	settings_size(&cg);
	CHECK(cg.cfg_sessions_all == 17, "%u", cg.cfg_sessions_all);
	CHECK(errors == 0, "%u errors", errors);
	return (unit_done());
}
