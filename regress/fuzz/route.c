/* link: lib/route.o lib/source.o lib/table.o lib/table_read.o lib/log.o
 * link: $(COMPAT_TABLE)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Values of a table of routes: a value that is invalid for one protocol is
 * invalid for the others, or names two servers; a server has an address and a
 * port.
 */

#include "fuzz.h"
#include "route.h"
#include "source.h"
#include "table.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table_row	 tr = { "joe", NULL, 1 };
	struct source		 host;
	const char		*why;
	char			*value;
	int			 i, bad = 0;

	if ((value = malloc(size + 1)) == NULL)
		return (0);
	memcpy(value, data, size);
	value[size] = '\0';
	for (i = 0; i < MAIL_PROTOCOLS; i++) {
		why = route_parse(value, i, &host);
		bad |= why != NULL;
		if (why != NULL)
			continue;
		FUZZ(host.so_version == 0 || host.so_version == 4 ||
		    host.so_version == 6);
		FUZZ(host.so_port != 0);
	}
	tr.tr_value = value;
	FUZZ((route_check(&tr) != NULL) == bad);
	free(value);
	return (0);
}
