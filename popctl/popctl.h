/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The flags before the command; constant once parsed.
 */

#ifndef POPCTL_H
#define POPCTL_H

struct popctl {
	int		 ct_json;	/* -j */
	const char	*ct_conf;	/* -f, or NULL */
	const char	*ct_socket;	/* -s, or NULL */
	const char	*ct_usertab;	/* -u, or NULL */
	const char	*ct_subdir;	/* -e, or NULL */
};

#endif
