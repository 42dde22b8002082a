/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The commands of popctl: one table.  Each command is in a file of its own.
 */

#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdio.h>

struct popctl;

struct commands_entry {
	const char	*cm_words;	/* as typed, one space between */
	const char	*cm_usage;	/* what follows them */

	/*
	 * argv[0] is the last of the words, the arguments follow; getopt(3)
	 * may be used.  Returns the exit status, or COMMANDS_USAGE.
	 */
	int		(*cm_run)(const struct popctl *, int argc,
			    char *argv[]);
};

/* The arguments are not what cm_usage says. */
#define COMMANDS_USAGE	(-1)

/*
 * The command that argv begins with; *words gets how many of argv name it.
 * NULL: there is none.
 */
const struct commands_entry *commands_find(int argc, char *argv[],
		    int *words);

/* How a command is called, one line. */
void		 commands_tell(const struct commands_entry *, FILE *);

/* Those whose words begin so, "" for all; how many they are. */
int		 commands_list(const char *, FILE *);

#endif
