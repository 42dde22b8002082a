/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* A program that does nothing, linked statically, for floor.c. */

int
main(void)
{
	return (0);
}
