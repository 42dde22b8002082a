/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Set the hooks.  See hooks.h.
 */

#include <sys/types.h>
#include <sys/wait.h>

#include <stdlib.h>

#include "child.h"
#include "conf.h"
#include "control.h"
#include "delivery.h"
#include "drain.h"
#include "hooks.h"
#include "log.h"
#include "login.h"
#include "order.h"
#include "query.h"
#include "reap.h"
#include "recipient.h"
#include "restart.h"
#include "roles.h"
#include "start.h"
#include "stop.h"
#include "upgrade.h"
#include "verbose.h"
#include "worker.h"

/* A child has lost its channel: end what depends on it. */
static void
hooks_lost(struct child *c, enum child_state was)
{
	if (was == CHILD_TRYING)
		conf_child_gone(c);
	if (c->c_judge)
		return;
	if (c->c_role == ROLE_LISTENER)
		worker_listener_gone(c);
	if (c->c_role == ROLE_LMTP) {
		recipient_abandon();
		delivery_abandon();
	}
	query_child_gone(c);
	if (c->c_role == ROLE_TABLE) {
		login_tables_lost();
		recipient_lost();
	}
	if (c->c_role == ROLE_CHECKER)
		login_checker_lost();
}

/* A child was reaped: restart its role. */
static void
hooks_gone(enum role role, int configured)
{
	if (!configured && !conf_begun())
		fatalx("a process could not be started");
	restart_gone(role);
}

/* While draining, processes end one after the other. */
static int
hooks_expected(const struct child *c, int status)
{
	return (drain_begun() && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0);
}

static const struct child_hooks	 hooks_child = {
	.chh_lost = hooks_lost,
	.chh_gone = hooks_gone,
	.chh_expected = hooks_expected
};

static const struct conf_hooks	 hooks_conf = {
	.cfh_started = start_done,
	.cfh_reload = control_reload_begins,
	.cfh_line = control_reload_line,
	.cfh_reloaded = control_reloaded,
	.cfh_verbose = verbose_reload
};

/* A process was reaped: stop if it was the last. */
static void
hooks_reaped(void)
{
	drain_check();
	stop_check();
}

void
hooks_init(void)
{
	roles_init();
	order_init();
	child_hook(&hooks_child);
	conf_hook(&hooks_conf);
	reap_hook(hooks_reaped);
	stop_hook(upgrade_stop);
}
