/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A configuration: popd.conf(5) and the flags as one object.  Built by load.c,
 * owned by a fileset, constant from then on.
 */

#ifndef CONFIG_H
#define CONFIG_H

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/queue.h>
#include <stdint.h>

#include "limits.h"
#include "msg.h"
#include "setting.h"

struct userinfo;

/* Where something is configured; line 0 for defaults. */
struct config_at {
	const char	*at_file;
	unsigned int	 at_line;
};

/* What a table of userbase may say of a user. */
struct config_range {
	uint32_t		 rg_least;
	uint32_t		 rg_most;	/* 0: not set */
};

struct config_bounds {
	struct config_range	 bd_uid;
	struct config_range	 bd_gid;
	const char		*bd_below;	/* or NULL */
};

/* A reference by name, resolved after parsing. */
struct config_ref {
	const char		*rf_name;	/* NULL: none */
	struct config_at	 rf_at;
	struct config_bounds	 rf_bounds;
};

/* A table: a file, or a program with its configuration. */
struct config_table {
	const char		*tab_name;
	const char		*tab_path;
	const char		*tab_config;	/* NULL or "": none */
	int			 tab_process;
	int			 tab_system;	/* syspop(8) */
	struct config_at	 tab_at;
	int			 tab_used;
};

/* References to several tables, in lookup order. */
struct config_refs {
	struct config_ref	 rs_refs[TABLES_ASKED_MAX];
	unsigned int		 rs_count;
};

/* The same, resolved. */
struct config_asked {
	const struct config_table *as_tables[TABLES_ASKED_MAX];
	struct config_bounds	 as_bounds[TABLES_ASKED_MAX];
	unsigned int		 as_count;
};

/* A certificate and its key. */
struct config_pair {
	const char		*pk_name;
	const char		*pk_cert;	/* NULL: not set */
	const char		*pk_key;
	struct config_at	 pk_at;		/* first mention */
	int			 pk_used;
};

struct config_net {
	enum net_kind		 net_kind;
	unsigned int		 net_listen;	/* NET_PROXY: the rule */
	struct source		 net_source;
	unsigned int		 net_bits;
};

/* A `listen on' rule. */
struct config_listen {
	struct config_at	 li_at;
	const char		*li_address;	/* NULL: all */
	const char		*li_port;	/* NULL: the protocol's */
	const char		*li_domain;	/* or NULL */
	uint32_t		 li_flags;	/* enum listen_flag */
	uint64_t		 li_pairs;	/* as mf_pairs */
	int			 li_from;	/* LISTEN_HTTP: has from */
	/* The address is a path; NULL: default */
	const char		*li_owner;
	const char		*li_group;
	const char		*li_mode;	/* octal */
};

/* An address of a rule. */
struct config_address {
	struct sockaddr_storage	 ad_addr;
	socklen_t		 ad_len;
	unsigned int		 ad_listen;	/* the rule */
	int			 ad_spare;	/* may fail: no such family */
	char			 ad_name[128];	/* "192.0.2.1 port 995", or a
						   path */
	/* A path: who may connect */
	uid_t			 ad_uid;
	gid_t			 ad_gid;
	mode_t			 ad_mode;
};

enum config_user {
	USER_LISTENER,
	USER_KEY,
	USER_AUTH,
	USER_HASH,
	USER_LMTP,
	USER_LOOKUP,			/* tabpop */
	USER_TABLE,			/* table processes */
	CONFIG_USERS
};

struct config {
	SLIST_HEAD(, config_text) cfg_texts;	/* all strings */
	const char		*cfg_file;	/* NULL: none */
	unsigned int		 cfg_errors;
	char			 cfg_first[MSG_TEXT_MAX];	/* first one */
	int			 cfg_reload;	/* it is left to the caller */

	struct config_table	 cfg_tables[CONFIG_TABLES_MAX];
	struct config_pair	 cfg_pairs[KEYPAIRS_MAX];
	struct config_net	 cfg_nets[NETS_MAX];
	struct config_listen	 cfg_listens[ADDRESSES_MAX];
	struct config_address	 cfg_addresses[ADDRESSES_MAX];
	unsigned int		 cfg_ntables;
	unsigned int		 cfg_npairs;
	unsigned int		 cfg_nnets;
	unsigned int		 cfg_nlistens;
	unsigned int		 cfg_naddresses;

	struct config_refs	 cfg_credentials;
	struct config_refs	 cfg_userbase;
	struct config_ref	 cfg_expire;
	struct config_ref	 cfg_route;
	struct config_table	 cfg_authtab;	/* from a flag or default */
	struct config_table	 cfg_usertab;
	/* The above resolved; NULL: none. */
	struct config_asked	 cfg_authtabs;
	struct config_asked	 cfg_usertabs;
	const char		*cfg_expiretab;
	const char		*cfg_routetab;
	const struct config_table *cfg_routeproc;	/* or a process */
	const char		*cfg_subdir;	/* of userbase, or NULL */
	const char		*cfg_mbox;	/* contains %u; or NULL */
	uint32_t		 cfg_mbox_locks;	/* see mboxlock.h */

	const char		*cfg_users[CONFIG_USERS];
	const char		*cfg_socket;
	struct config_at	 cfg_socket_at;	/* line 0: the default */
	int			 cfg_sandbox;	/* required */
	int			 cfg_verbose;
	struct setting_values	 cfg_values;
	struct config_at	 cfg_sessions;	/* SETTING_SESSIONS */
	struct config_at	 cfg_unauth;	/* SETTING_CONNECTIONS */
	uint32_t		 cfg_sessions_all;
	uint32_t		 cfg_unauth_most;	/* of a listener */
};

/* Return a configuration with all defaults, or NULL with errno. */
struct config	*config_new(void);

/* Free a configuration, or NULL, and all its strings. */
void		 config_free(struct config *);

/*
 * Return a copy of a string, owned by the configuration.  If out of memory,
 * add an error and return "".
 */
const char	*config_text(struct config *, const char *);

/*
 * Log "file:line: message" (without the place if at is NULL) and count an
 * error; a warning is only logged.
 */
void		 config_error(struct config *, const struct config_at *,
		    const char *, ...)
		    __attribute__((__format__ (printf, 3, 4)));
void		 config_warn(const struct config_at *, const char *, ...)
		    __attribute__((__format__ (printf, 2, 3)));

/*
 * Find a table or pki by name; the latter is added if missing.  Return NULL if
 * there is no such table, or with an error if there are too many.
 */
struct config_table *config_table(struct config *, const char *);
struct config_pair *config_pair(struct config *, const char *,
		    const struct config_at *);

/* Add a file table.  NULL, with an error, if the name is taken. */
struct config_table *config_table_add(struct config *, const char *name,
		    const char *path, const struct config_at *);

/* As config_set(), for a number or a time such as "30s", "5m" or "2h". */
void		 config_seconds(struct config *cg, enum setting number,
		    const char *what, const char *text,
		    const struct config_at *at);

/* As config_set(), for octets such as "65536", "64K", "35M" or "1G". */
void		 config_octets(struct config *cg, enum setting number,
		    const char *what, const char *text,
		    const struct config_at *at);

/* Set the delimiter of tags in recipients; "": none. */
void		 config_delimiter(struct config *, const char *,
		    const struct config_at *);

/* Return mf_flags for the key of a pair: what keypop may do with it. */
uint32_t	 config_key_flags(const struct config *, unsigned int pair);

/*
 * Return the name of the table of system users, adding it on first use; adds
 * an error if the name is taken.
 */
const char	*config_system(struct config *, const struct config_at *);

/* Return which of the tables are processes, as a mask of their indices. */
uint32_t	 config_processes(const struct config_asked *);

/* Set a range of ids, "1000-1999" or one; as config_set(). */
void		 config_range(struct config *cg, struct config_range *rg,
		    const char *what, const char *text,
		    const struct config_at *at);

/* Return NULL, or which of its bounds a table exceeds with this answer. */
const char	*config_outside(const struct config_bounds *,
		    const struct userinfo *);

/* Add a copy of a rule, or an error if there are too many. */
void		 config_listen_add(struct config *,
		    const struct config_listen *);

/*
 * Add a network, "192.0.2.0/24" or an address, for the next rule or for all;
 * adds an error if it cannot be parsed.
 */
void		 config_net_add(struct config *, enum net_kind,
		    const char *, const struct config_at *);

/* Return whether a rule `listen on socket ... lmtp' exists. */
int		 config_lmtp(const struct config *);

/* Return NULL, or why this cannot be a path of mboxes. */
const char	*config_mbox(const char *);

/*
 * Set a number, or add an error if it is out of range (-1 always is); what and
 * text are the setting's name and the value as written.
 */
void		 config_set(struct config *cg, enum setting number,
		    const char *what, const char *text, int64_t value,
		    const struct config_at *at);

#endif
