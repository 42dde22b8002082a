/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A configuration: what popd.conf(5) and the flags say, as one object.  It is
 * made by load.c, belongs to a fileset, and is constant from then on.
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

/* Where something is said; the default is said nowhere: line 0. */
struct config_at {
	const char	*at_file;
	unsigned int	 at_line;
};

/* The name of a thing that is defined elsewhere, perhaps further down. */
struct config_ref {
	const char		*rf_name;	/* NULL: none is named */
	struct config_at	 rf_at;
};

/* A file, or a program with what it is configured by. */
struct config_table {
	const char		*tab_name;
	const char		*tab_path;
	const char		*tab_config;	/* NULL, or "": none */
	int			 tab_process;
	int			 tab_system;	/* syspop(8) */
	struct config_at	 tab_at;
	int			 tab_used;
};

/* Several of them, in the order in which they are asked. */
struct config_refs {
	struct config_ref	 rs_refs[TABLES_ASKED_MAX];
	unsigned int		 rs_count;
};

/* The same, found. */
struct config_asked {
	const struct config_table *as_tables[TABLES_ASKED_MAX];
	unsigned int		 as_count;
};

/* A certificate with its key. */
struct config_pair {
	const char		*pk_name;
	const char		*pk_cert;	/* NULL: not given */
	const char		*pk_key;
	const char		*pk_ocsp;	/* or NULL */
	struct config_at	 pk_at;		/* where it was first named */
	int			 pk_used;
};

/* Whose certificates clients may have. */
struct config_ca {
	const char		*cfc_name;
	const char		*cfc_cert;	/* NULL: not given */
	struct config_at	 cfc_at;
	int			 cfc_used;
};

struct config_net {
	enum net_kind		 net_kind;
	unsigned int		 net_listen;	/* NET_PROXY: the rule */
	struct source		 net_source;
	unsigned int		 net_bits;
};

/* A rule `listen on'. */
struct config_listen {
	struct config_at	 li_at;
	const char		*li_address;	/* NULL: all */
	const char		*li_port;	/* NULL: that of the protocol */
	const char		*li_domain;	/* or NULL */
	uint32_t		 li_flags;	/* enum listen_flag */
	uint64_t		 li_pairs;	/* as mf_pairs */
	uint32_t		 li_ca;		/* with LISTEN_VERIFY */
	int			 li_from;	/* LISTEN_HTTP: it says who */
	/* LISTEN_LMTP: the address is a path; NULL: the defaults */
	const char		*li_owner;
	const char		*li_group;
	const char		*li_mode;	/* octal */
};

/* An address that rules come to. */
struct config_address {
	struct sockaddr_storage	 ad_addr;
	socklen_t		 ad_len;
	unsigned int		 ad_listen;	/* the rule */
	int			 ad_spare;	/* a host may lack its family */
	char			 ad_name[128];	/* "192.0.2.1 port 995", or a
						   path */
	/* LISTEN_LMTP: who may connect */
	uid_t			 ad_uid;
	gid_t			 ad_gid;
	mode_t			 ad_mode;
};

enum config_user {
	USER_LISTENER,
	USER_KEY,
	USER_AUTH,
	USER_LMTP,
	USER_LOOKUP,			/* tabpop, if there are */
	USER_TABLE,			/* table processes */
	CONFIG_USERS
};

struct config {
	SLIST_HEAD(, config_text) cfg_texts;	/* all strings */
	const char		*cfg_file;	/* NULL: there is none */
	unsigned int		 cfg_errors;
	char			 cfg_first[MSG_TEXT_MAX];	/* of them */

	struct config_table	 cfg_tables[CONFIG_TABLES_MAX];
	struct config_pair	 cfg_pairs[KEYPAIRS_MAX];
	struct config_ca	 cfg_cas[CONFIG_CAS_MAX];
	struct config_net	 cfg_nets[NETS_MAX];
	struct config_listen	 cfg_listens[ADDRESSES_MAX];
	struct config_address	 cfg_addresses[ADDRESSES_MAX];
	unsigned int		 cfg_ntables;
	unsigned int		 cfg_npairs;
	unsigned int		 cfg_ncas;
	unsigned int		 cfg_nnets;
	unsigned int		 cfg_nlistens;
	unsigned int		 cfg_naddresses;

	struct config_refs	 cfg_credentials;
	struct config_refs	 cfg_userbase;
	struct config_ref	 cfg_certificates;
	struct config_ref	 cfg_expire;
	struct config_ref	 cfg_route;
	struct config_table	 cfg_authtab;	/* of a flag, or the default */
	struct config_table	 cfg_usertab;
	/* What these come to; NULL: none. */
	struct config_asked	 cfg_authtabs;
	struct config_asked	 cfg_usertabs;
	const char		*cfg_certtab;
	const char		*cfg_expiretab;
	const char		*cfg_routetab;
	const struct config_table *cfg_routeproc;	/* a process instead */
	const char		*cfg_subdir;	/* of userbase, or NULL */
	const char		*cfg_mbox;	/* with %u in it, or NULL */
	uint32_t		 cfg_mbox_locks;	/* of mboxlock.h */

	const char		*cfg_users[CONFIG_USERS];
	const char		*cfg_socket;
	int			 cfg_sandbox;	/* required */
	int			 cfg_verbose;
	struct setting_values	 cfg_values;
	struct config_at	 cfg_sessions;	/* SETTING_SESSIONS */
	struct config_at	 cfg_unauth;	/* SETTING_CONNECTIONS */
	uint32_t		 cfg_sessions_all;	/* see settings.h */
	uint32_t		 cfg_sessions_listener;
};

/* One with all defaults, and no file, listener or pair; NULL and errno. */
struct config	*config_new(void);

/* NULL is fine. */
void		 config_free(struct config *);

/*
 * A copy of a text that lives as long as the configuration.  Ends popd at
 * startup if there is no memory; else returns "" and the configuration has
 * an error.
 */
const char	*config_text(struct config *, const char *);

/*
 * Something is wrong: tell it as "file:line: what" (at NULL: without them),
 * and remember that the configuration is no good.  A warning is only told.
 */
void		 config_error(struct config *, const struct config_at *,
		    const char *, ...)
		    __attribute__((__format__ (printf, 3, 4)));
void		 config_warn(const struct config_at *, const char *, ...)
		    __attribute__((__format__ (printf, 2, 3)));

/*
 * What has this name; of a pair and a ca a new one if there is none.  NULL if
 * there is none, or with an error if there are too many.
 */
struct config_table *config_table(struct config *, const char *);
struct config_pair *config_pair(struct config *, const char *,
		    const struct config_at *);
struct config_ca *config_ca(struct config *, const char *,
		    const struct config_at *);

/* A new table of a file; an error and NULL if there is one of this name. */
struct config_table *config_table_add(struct config *, const char *name,
		    const char *path, const struct config_at *);

/* The same of octets: "65536", "64K", "35M" or "1G". */
void		 config_octets(struct config *, enum setting,
		    const char *what, const char *text,
		    const struct config_at *);

/* What keypop may do with the key of a pair: mf_flags. */
uint32_t	 config_key_flags(const struct config *, unsigned int pair);

/*
 * The name of the table of this system's users, which is made when it is first
 * named; with an error if there is another of this name.
 */
const char	*config_system(struct config *, const struct config_at *);

/* The places of processes among tables: bit n for that at n. */
uint32_t	 config_processes(const struct config_asked *);

/* A new rule, copied; an error if there are too many. */
void		 config_listen_add(struct config *,
		    const struct config_listen *);

/*
 * A network, "192.0.2.0/24" or an address, for a rule to come or for all; an
 * error if it is none.
 */
void		 config_net_add(struct config *, enum net_kind,
		    const char *, const struct config_at *);

/* Whether there is a rule `listen on socket ... lmtp'. */
int		 config_lmtp(const struct config *);

/* NULL, or what is wrong with a directory that is to be below others. */
const char	*config_subdir(const char *);

/* NULL, or what is wrong with the path of all spools. */
const char	*config_mbox(const char *);

/*
 * Set a number, or an error if it is out of its bounds, as -1 is for all; what
 * and text are its name and how it was written.
 */
void		 config_set(struct config *, enum setting, const char *what,
		    const char *text, int64_t, const struct config_at *);

#endif
