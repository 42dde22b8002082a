/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd -n: everything is looked at and told, nothing is begun.
 */

#ifndef CONFIGTEST_H
#define CONFIGTEST_H

/* Something about a table was warned of, by popd itself or by a checker. */
void	 configtest_doubt(void);

/*
 * All have answered, and what is wrong with this number of things was told:
 * exit: 1 if something is wrong, 2 if there are only doubts.
 */
void	 configtest_exit(unsigned int wrong) __attribute__((__noreturn__));

#endif
