/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The roles of long-lived children (struct child_role): their programs, the
 * messages each may send, and how long an answer may take.
 */

#ifndef ROLES_H
#define ROLES_H

/* Pass the table of roles to child.c, before the first child is started. */
void	 roles_init(void);

#endif
