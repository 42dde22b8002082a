/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The processes that live as long as popd: started here, watched, and
 * started again when one dies, within bounds.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "log.h"
#include "popd.h"
#include "reap.h"

static void	 child_gone(void *, int);

static struct {
	struct children	 all;
	uint64_t	 last_gen;
	int		 stopping;
	time_t		 restarts[RESTARTS_PER_MINUTE];
	unsigned int	 nrestarts;
} self = { TAILQ_HEAD_INITIALIZER(self.all), 0, 0, { 0 }, 0 };

static const char *
child_log_msg(void *arg, const void *payload, int fd)
{
	struct child	*c = arg;

	child_log(role_name(c->c_role), c->c_pid, NULL, payload);
	return (NULL);
}

static const char *
child_conf_ok(void *arg, const void *payload, int fd)
{
	return (conf_ok(arg));
}

static const char *
child_conf_bad(void *arg, const void *payload, int fd)
{
	return (conf_bad(arg, payload));
}

static const char *
child_want(void *arg, const void *payload, int fd)
{
	return (login_want(arg, payload));
}

static const char *
child_end(void *arg, const void *payload, int fd)
{
	return (worker_session_end(arg, payload));
}

static const char *
child_auth_ok(void *arg, const void *payload, int fd)
{
	return (login_auth_ok(payload));
}

static const char *
child_auth_bad(void *arg, const void *payload, int fd)
{
	return (login_auth_bad(payload));
}

/* Every child may send these, */
#define COMMON								\
	{ MSG_LOG, child_log_msg },					\
	{ MSG_CONF_OK, child_conf_ok },					\
	{ MSG_CONF_BAD, child_conf_bad }

/* and each role these: what is not here ends the child that sends it. */
static const struct chan_rule	 listener_rules[] = {
	COMMON,
	{ MSG_SESSION_WANT, child_want },
	{ MSG_SESSION_END, child_end },
	{ 0, NULL }
};

static const struct chan_rule	 auth_rules[] = {
	COMMON,
	{ MSG_AUTH_OK, child_auth_ok },
	{ MSG_AUTH_BAD, child_auth_bad },
	{ 0, NULL }
};

static const struct chan_rule	 common_rules[] = {
	COMMON,
	{ 0, NULL }
};

static const struct {
	const char		*program;
	const char		*argument;
	const struct chan_rule	*rules;
} roles[ROLE_MAX] = {
	[ROLE_LISTENER] = { "lsnrpop", NULL, listener_rules },
	[ROLE_KEY] = { "keypop", NULL, common_rules },
	[ROLE_AUTH] = { "authpop", NULL, auth_rules },
	[ROLE_CHECKER] = { "authpop", "-c", common_rules }
};

struct children *
child_all(void)
{
	return (&self.all);
}

uint64_t
child_last_gen(void)
{
	return (self.last_gen);
}

struct child *
child_of_gen(uint64_t gen)
{
	struct child	*c;

	TAILQ_FOREACH(c, &self.all, c_entry)
		if (c->c_gen == gen && c->c_configured && c->c_chan != NULL)
			return (c);
	return (NULL);
}

struct child *
child_of_role(enum role role)
{
	struct child	*c;

	TAILQ_FOREACH(c, &self.all, c_entry)
		if (c->c_role == role && c->c_configured && c->c_chan != NULL)
			return (c);
	return (NULL);
}

void
child_log(const char *program, pid_t pid, const char *session,
    const struct msg_log *ml)
{
	char	 head[128];

	snprintf(head, sizeof(head), "%s[%d]%s%s", program, (int)pid,
	    session != NULL ? " session=" : "", session != NULL ? session : "");
	switch (ml->ml_level) {
	case LOGL_DEBUG:
		log_debug("%s: %s", head, ml->ml_text);
		break;
	case LOGL_INFO:
		log_info("%s: %s", head, ml->ml_text);
		break;
	default:
		log_warnx("%s: %s", head, ml->ml_text);
		break;
	}
}

char *
child_status(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		snprintf(buf, size, "killed by its sandbox (signal %d)",
		    SIGSYS);
	else if (WIFSIGNALED(status))
		snprintf(buf, size, "killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(buf, size, "exited with status %d",
		    WEXITSTATUS(status));
	return (buf);
}

/*
 * The child is of no more use: what it was part of goes on without it.  The
 * process itself is replaced once it is gone, in child_gone().
 */
static void
child_detach(struct child *c)
{
	if (c->c_chan == NULL)
		return;
	chan_free(c->c_chan);
	c->c_chan = NULL;
	reap_useless(&c->c_reap);
	if (c->c_role == ROLE_LISTENER)
		worker_listener_gone(c);
	conf_child_gone(c);
}

void
child_kill(struct child *c, const char *why)
{
	log_warnx("%s[%d]: %s: killed", role_name(c->c_role), (int)c->c_pid,
	    why);
	kill(c->c_pid, SIGKILL);
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

void
child_start(enum role role)
{
	struct child	*c;
	char		 program[16], argument[4];
	char *const	 argv[] = { program,
			    roles[role].argument != NULL ? argument : NULL,
			    NULL };
	int		 fds[2];

	strlcpy(program, roles[role].program, sizeof(program));
	if (roles[role].argument != NULL)
		strlcpy(argument, roles[role].argument, sizeof(argument));
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
	    fds) == -1)
		fatal("cannot start %s", role_name(role));
	c->c_role = role;
	c->c_state = CHILD_NEW;
	c->c_gen = ++self.last_gen;
	c->c_chan = chan_new(fds[0], role_name(role), roles[role].rules,
	    child_closed, c);
	if (c->c_chan == NULL)
		fatal("cannot start %s", role_name(role));
	if ((c->c_pid = exec_program(argv, -1, fds[1], NULL)) == -1)
		fatal("cannot start %s", role_name(role));
	close(fds[1]);
	reap_init(&c->c_reap, c->c_pid, child_gone, c);
	TAILQ_INSERT_TAIL(&self.all, c, c_entry);
}

/* Start a dead child again, unless that has become a habit. */
static void
child_restart(enum role role)
{
	time_t		*oldest;
	struct timespec	 now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	oldest = &self.restarts[self.nrestarts++ % RESTARTS_PER_MINUTE];
	if (*oldest != 0 && now.tv_sec - *oldest < 60)
		fatalx("%d restarts in a minute: popd gives up",
		    RESTARTS_PER_MINUTE + 1);
	*oldest = now.tv_sec + 1;
	child_start(role);
	conf_new_child();
}

static void
child_gone(void *arg, int status)
{
	struct child	*c = arg;
	enum role	 role = c->c_role;
	char		 how[64];
	int		 configured = c->c_configured;

	if (!self.stopping)
		log_warnx("%s[%d]: %s", role_name(role), (int)c->c_pid,
		    child_status(status, how, sizeof(how)));
	TAILQ_REMOVE(&self.all, c, c_entry);
	free(c);
	if (self.stopping)
		return;
	if (!configured && conf_usertab() == NULL)
		popd_failed("a process could not be started");
	child_restart(role);
}

void
child_stop_all(void)
{
	struct child	*c;

	self.stopping = 1;
	TAILQ_FOREACH(c, &self.all, c_entry) {
		if (c->c_chan == NULL)
			continue;
		chan_free(c->c_chan);
		c->c_chan = NULL;
		reap_useless(&c->c_reap);
	}
}
