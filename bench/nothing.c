/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The least a program can do; linked statically.  For floor.c. */

int
main(void)
{
	return (0);
}
