/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The version of popd, for what it says of itself and for packages: the
 * Makefile reads it from here.
 */

#ifndef VERSION_H
#define VERSION_H

#define POPD_VERSION	"1.0.0"

#endif /* VERSION_H */
