/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd -n: check everything, serve nothing.
 */

#ifndef CONFIGTEST_H
#define CONFIGTEST_H

/* Count a warning about a table or directory, by popd or a checker. */
void	 configtest_doubt(void);

/*
 * End all processes and exit -n after all answers: 1 if there were errors, 2
 * if only warnings, 0 otherwise.
 */
void	 configtest_exit(unsigned int wrong) __attribute__((__noreturn__));

#endif
