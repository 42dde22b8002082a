/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd -n: everything is looked at and told, nothing is begun.
 */

#ifndef CHECK_H
#define CHECK_H

/* Something about a table was warned of, by popd itself or by a checker. */
void	 check_doubt(void);

/*
 * All have answered, and what is wrong with this number of things was told:
 * exit: 1 if something is wrong, 2 if there are only doubts.
 */
void	 check_exit(unsigned int wrong) __attribute__((__noreturn__));

#endif
