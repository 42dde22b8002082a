/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The parent of popd: what its files share.  Nothing here is seen by
 * another program.  What comes in are messages of children, never a byte
 * that a client sent.
 */

#ifndef POPD_H
#define POPD_H

#include <sys/types.h>
#include <sys/queue.h>
#include <stdint.h>

#include "msg.h"
#include "reap.h"

struct chan;
struct table;

/* What the flags say; constant once the children are started. */
#define PAIRS_MAX	KEYPAIRS_MAX
#define ADDRESSES_MAX	64

struct settings {
	const char	*authtab;
	const char	*usertab;
	const char	*subdir;		/* of -e, or NULL */
	const char	*port;
	const char	*addresses[ADDRESSES_MAX];
	const char	*certs[PAIRS_MAX];
	const char	*keys[PAIRS_MAX];
	unsigned int	 naddresses;
	unsigned int	 ncerts;
	unsigned int	 nkeys;
	int		 foreground;
	int		 check_only;
	int		 verbose;
	int		 sandbox_required;
	uid_t		 uid;			/* our own, for good */
	gid_t		 gid;
	unsigned int	 nlisteners;
	unsigned int	 ncheckers;
	uint32_t	 sessions_all;
	uint32_t	 sessions_listener;
};

extern struct settings	 settings;

/* listen.c: listening sockets, opened once. */

/*
 * Open a socket for every address, non-blocking and listening.
 * Returns 0, or -1 with one line in why.
 */
int		 listen_open(char *, size_t);

/* The i-th socket, from 0, and its name; -1 behind the last. */
int		 listen_fd(unsigned int, const char **);

/* fileset.c: one set of configuration files, all open. */

struct fileset;

/* What was opened, the receiver's to free; or NULL, and why not. */
typedef void	 fileset_done(struct fileset *, const char *);

/*
 * Open everything that the settings name, and read usertab while the event
 * loop goes on; done() is called once.  used is the set that the new one is
 * to replace, NULL for the first: it must stay until then.
 */
void		 fileset_open(const struct fileset *used, fileset_done *done);

/* Log who came and went in usertab, for a set that is taken into use. */
void		 fileset_tell(const struct fileset *);

void		 fileset_free(struct fileset *);
const struct table *fileset_usertab(const struct fileset *);

/* Number of files and sockets that belong to a role. */
unsigned int	 fileset_count(const struct fileset *, enum role);

/* Send just those, each as MSG_CONF_FILE.  0, or -1 and errno. */
int		 fileset_send(const struct fileset *, enum role, struct chan *);

/* child.c: the processes that live as long as popd. */

enum child_state {
	CHILD_NEW,			/* wants its first configuration */
	CHILD_TRYING,			/* got CONF_CHECK, has not answered */
	CHILD_AGREED,			/* answered CONF_OK */
	CHILD_READY
};

struct child {
	TAILQ_ENTRY(child) c_entry;
	enum role	 c_role;
	enum child_state c_state;
	int		 c_configured;	/* has a configuration in use */
	uint64_t	 c_gen;
	pid_t		 c_pid;
	struct reap	 c_reap;
	struct chan	*c_chan;	/* NULL once it is closed */
	uint64_t	 c_last;	/* listener: highest session number */
	uint32_t	 c_wanted;	/* listener: waiting for auth */
};

TAILQ_HEAD(children, child);

struct children	*child_all(void);

/* Start one more process of a role; fatal if that fails. */
void		 child_start(enum role);

/* The configured child of a generation or role; NULL if there is none. */
struct child	*child_of_gen(uint64_t);
struct child	*child_of_role(enum role);

/* No child ever had, or will have, a generation above this. */
uint64_t	 child_last_gen(void);

/* Close the channels of all, which ends them.  No restarts any more. */
void		 child_stop_all(void);

/* End one that broke the protocol or does not answer. */
void		 child_kill(struct child *, const char *);

/* How a process ended, for people, into buf; returns buf. */
char		*child_status(int, char *, size_t);

/* A line of a child for the log: its program, pid and session before it. */
void		 child_log(const char *, pid_t, const char *,
		    const struct msg_log *);

/* exec.c: fork(2), ids, execve(2). */

struct exec_ids {
	uid_t		 ei_uid;
	gid_t		 ei_gid;
};

/*
 * Start a program of LIBEXECDIR with its channel at 3.  stream becomes 0 and
 * 1 (-1: /dev/null); ids are taken on before exec (NULL: kept).  Closes
 * neither descriptor here.  Returns the pid, or -1 and errno.
 */
pid_t		 exec_program(char *const [], int, int,
		    const struct exec_ids *);

/* conf.c: the exchange of a configuration with the children. */

/* Configure all children anew from the disk (start, -n, SIGHUP). */
void		 conf_reload(void);

/* Give the configuration in use to children that have none. */
void		 conf_new_child(void);

/* Answers of a child; NULL, or how it broke the protocol. */
const char	*conf_ok(struct child *);
const char	*conf_bad(struct child *, const struct msg_text *);

/* A child is gone: the exchange must not wait for it. */
void		 conf_child_gone(const struct child *);

/* usertab as committed last. */
const struct table *conf_usertab(void);

/* peers.c: sockets between two children. */

/* Connect a child that has just become ready with all it talks to. */
void		 peers_connect(struct child *);

/* login.c: from SESSION_WANT to a worker or a refusal. */

const char	*login_want(struct child *, const struct msg_want *);
const char	*login_auth_ok(const struct msg_auth_ok *);
const char	*login_auth_bad(const struct msg_auth_bad *);

/*
 * maildrops.c: where the mail of a user is, into buf.  0, or -1 and
 * ENAMETOOLONG.
 */
struct userinfo;
int		 maildrop_path(const struct userinfo *, char *, size_t);

/*
 * For -n: look at the directory of every line of usertab, and say what is
 * wrong with it.  Returns the number of complaints.
 */
unsigned int	 maildrops_check(const struct table *);

/* worker.c: workers, and the line in the log that ends a session. */

/* A listener ended a session, or is gone. */
const char	*worker_session_end(struct child *, const struct msg_end *);
void		 worker_listener_gone(const struct child *);

/* popd stops: sessions end for that reason from now on. */
void		 worker_stop_all(void);

/* popd.c */
void		 popd_reaped(void);	/* a child is gone, and dealt with */
void		 popd_started(void);	/* the first configuration is in use */
void		 popd_failed(const char *)	/* there will be none */
		    __attribute__((__noreturn__));

#endif
