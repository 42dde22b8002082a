/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The roles of the lasting children (struct child_role): which program each
 * is, what it may say to the parent, and how long it may take to answer.
 */

#ifndef ROLES_H
#define ROLES_H

/* Let child.c know the roles, before the first child is started. */
void	 roles_init(void);

#endif
