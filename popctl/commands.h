/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The table of popctl's commands.  Each command has its own file.
 */

#ifndef COMMANDS_H
#define COMMANDS_H

#include <stdio.h>

struct popctl;

struct commands_entry {
	const char	*cm_words;	/* separated by one space */
	const char	*cm_usage;	/* arguments, for the usage */

	/*
	 * argv[0] is the last of the words, then the arguments; getopt(3) is
	 * reset.  Returns the exit status, or COMMANDS_USAGE.
	 */
	int		(*cm_run)(const struct popctl *, int argc,
			    char *argv[]);
};

/* Wrong arguments: print the usage. */
#define COMMANDS_USAGE	(-1)

/*
 * Return the command that argv begins with, or NULL.  *words is set to the
 * number of its words.
 */
const struct commands_entry *commands_find(int argc, char *argv[],
		    int *words);

/* Print the usage of a command, one line. */
void		 commands_tell(const struct commands_entry *, FILE *);

/* Print the usage of all commands that begin so; return their number. */
int		 commands_list(const char *, FILE *);

#endif
