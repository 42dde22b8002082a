/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Link and unlink a file of tmp/ in new/, under 50 names in turn, at full
 * speed: linker maildir.  Prints "ready" first; runs until it is killed.
 */

#include <err.h>
#include <stdio.h>
#include <unistd.h>

#define NAMES	50

int
main(int argc, char *argv[])
{
	char		 name[64];
	unsigned int	 i;

	if (argc != 2 || chdir(argv[1]) == -1)
		err(1, "maildir");
	for (i = 0;; i++) {
		snprintf(name, sizeof(name), "new/1700000000.M%uP1.linker",
		    i % NAMES);
		if (link("tmp/linked", name) == -1 || unlink(name) == -1)
			err(1, "%s", name);
		if (i == 0 && (puts("ready") == EOF || fflush(stdout) == EOF))
			return (1);
	}
}
