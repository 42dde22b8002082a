/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The long-lived children: starts them, and watches until they are gone.  See
 * child.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <confine.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "child.h"
#include "exec.h"
#include "limits.h"
#include "log.h"
#include "reap.h"
#include "settings.h"

static void	 child_gone(void *, int);

static struct {
	struct children	 all;
	struct children	 judges;
	uint64_t	 last_gen;
	int		 stopping;
	const struct child_role *roles;
	const struct child_hooks *hooks;
} child = {
	.all = TAILQ_HEAD_INITIALIZER(child.all),
	.judges = TAILQ_HEAD_INITIALIZER(child.judges)
};

void
child_roles(const struct child_role *roles)
{
	child.roles = roles;
}

void
child_hook(const struct child_hooks *hooks)
{
	child.hooks = hooks;
}

const struct child_role *
child_role(enum role role)
{
	return (&child.roles[role]);
}

struct children *
child_all(void)
{
	return (&child.all);
}

struct children *
child_judges(void)
{
	return (&child.judges);
}

uint64_t
child_last_gen(void)
{
	return (child.last_gen);
}

void
child_first_gen(uint64_t gen)
{
	child.last_gen = gen;
}

struct child *
child_of_gen(uint64_t gen)
{
	struct child	*c;

	TAILQ_FOREACH(c, &child.all, c_entry)
		if (c->c_gen == gen && c->c_configured && c->c_chan != NULL)
			return (c);
	return (NULL);
}

struct child *
child_of_role(enum role role)
{
	struct child	*c;

	TAILQ_FOREACH(c, &child.all, c_entry)
		if (c->c_role == role && c->c_configured && c->c_chan != NULL)
			return (c);
	return (NULL);
}

char *
child_status(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == CONFINE_SIGNAL)
		snprintf(buf, size, CONFINE_DEATH " (signal %d)",
		    CONFINE_SIGNAL);
	else if (WIFSIGNALED(status))
		snprintf(buf, size, "killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(buf, size, "exited with status %d",
		    WEXITSTATUS(status));
	return (buf);
}

/*
 * Close the channel of a child and end all that depends on it.  The process is
 * restarted after it is reaped, in child_gone().
 */
static void
child_detach(struct child *c)
{
	enum child_state	 was = c->c_state;

	if (was == CHILD_GONE)
		return;
	c->c_state = CHILD_GONE;
	chan_free(c->c_chan);
	c->c_chan = NULL;
	reap_overdue(&c->c_reap, LAST_SECONDS);
	child.hooks->chh_lost(c, was);
}

void
child_kill(struct child *c, const char *why)
{
	log_warnx("%s: %s: killed", c->c_name, why);
	kill(c->c_pid, SIGKILL);
	child_detach(c);
}

void
child_stranger(struct child *c)
{
	c->c_stranger = 1;
	child_detach(c);
}

void
child_end(struct child *c)
{
	child_detach(c);
}

static void
child_closed(void *arg, const char *why)
{
	struct child	*c = arg;

	if (why != NULL)
		child_kill(c, why);
	else
		child_detach(c);
}

/* Make the channel and start the process at its other end. */
static int
child_exec(struct child *c, int fds[2])
{
	const struct child_role	*ro = child_role(c->c_role);
	char			 program[16], uid[16], gid[16];
	char			*argv[4];
	int			 n = 0, saved;

	strlcpy(program, msg_role_name(c->c_role), sizeof(program));
	argv[n++] = program;
	/* Not root: no user to change to. */
	if (settings.uid == 0) {
		snprintf(uid, sizeof(uid), "%u", settings.uids[ro->ro_user]);
		snprintf(gid, sizeof(gid), "%u", settings.gids[ro->ro_user]);
		argv[n++] = uid;
		argv[n++] = gid;
	}
	argv[n] = NULL;
	if (c->c_judge)
		ro = child_role(ROLE_PARENT);
	c->c_chan = chan_new(fds[0], c->c_name, ro->ro_rules, child_closed, c);
	if (c->c_chan == NULL) {
		saved = errno;
		close(fds[0]);
		errno = saved;
		return (-1);
	}
	/* authpop answers for all listeners. */
	if (c->c_role == ROLE_AUTH)
		chan_voices(c->c_chan, 1 + settings.nlisteners);
	if ((c->c_pid = exec_program(program, argv, -1, fds[1],
	    NULL)) == -1) {
		saved = errno;
		chan_free(c->c_chan);
		errno = saved;
		return (-1);
	}
	return (0);
}

struct child *
child_start(enum role role, int judge)
{
	struct child	*c;
	int		 fds[2], saved;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fds) == -1) {
		free(c);
		return (NULL);
	}
	c->c_role = role;
	c->c_state = CHILD_NEW;
	c->c_judge = judge;
	c->c_gen = judge ? 0 : ++child.last_gen;
	c->c_started = time(NULL);
	if (child_exec(c, fds) == -1) {
		saved = errno;
		close(fds[1]);
		free(c);
		errno = saved;
		return (NULL);
	}
	close(fds[1]);
	snprintf(c->c_name, sizeof(c->c_name), "%s[%d]", msg_role_name(role),
	    (int)c->c_pid);
	reap_init(&c->c_reap, c->c_pid, c->c_name, child_gone, c);
	TAILQ_INSERT_TAIL(judge ? &child.judges : &child.all, c, c_entry);
	return (c);
}

static void
child_gone(void *arg, int status)
{
	struct child	*c = arg;
	enum role	 role = c->c_role;
	char		 how[64];
	int		 configured = c->c_configured, judge = c->c_judge;

	if (!child.stopping && !c->c_stranger && !(judge && status == 0) &&
	    !child.hooks->chh_expected(c, status))
		log_warnx("%s: %s", c->c_name,
		    child_status(status, how, sizeof(how)));
	TAILQ_REMOVE(judge ? &child.judges : &child.all, c, c_entry);
	free(c);
	if (!child.stopping && !judge)
		child.hooks->chh_gone(role, configured);
}

void
child_end_role(enum role role)
{
	struct child	*c;

	TAILQ_FOREACH(c, &child.all, c_entry)
		if (c->c_role == role)
			child_detach(c);
}

void
child_stopping(void)
{
	child.stopping = 1;
}
