/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A child's half of the configuration exchange.  See confset.h.
 */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "confset.h"
#include "limits.h"
#include "log.h"
#include "proc.h"
#include "setting.h"

/* Progress of the exchange. */
enum stage {
	STAGE_NONE,			/* no set */
	STAGE_FILES,			/* TRY received, CHECK not yet */
	STAGE_CHECKING,			/* CHECK received, not answered */
	STAGE_CHECKED			/* answered OK: COMMIT next */
};

static struct {
	const struct confset_ops	*ops;
	enum stage			 stage;
	struct confset			 set;
	void				*made;	/* from a good set */
} confset;

void
confset_init(const struct confset_ops *ops)
{
	confset.ops = ops;
}

/* Close and forget the files. */
static void
confset_clear(void)
{
	struct confset	*cs = &confset.set;
	size_t		 i;

	for (i = 0; i < cs->cs_count; i++)
		if (cs->cs_files[i].cf_fd != -1)
			close(cs->cs_files[i].cf_fd);
	free(cs->cs_files);
	free(cs->cs_nets);
	memset(cs, 0, sizeof(*cs));
	confset.stage = STAGE_NONE;
	confset.made = NULL;
}

struct verdict
confset_try(void *arg, const void *data, int fd)
{
	const struct msg_conf	*mc = data;

	if (confset.stage != STAGE_NONE)
		return (LIE("a set before is not done"));
	if (mc->mc_files > confset.ops->co_files_max)
		return (LIE("too many files"));
	if (mc->mc_nets > NETS_MAX)
		return (LIE("too many networks"));
	confset.set.cs_files = calloc(mc->mc_files + 1,
	    sizeof(*confset.set.cs_files));
	confset.set.cs_nets = calloc(mc->mc_nets + 1,
	    sizeof(*confset.set.cs_nets));
	if (confset.set.cs_files == NULL || confset.set.cs_nets == NULL)
		fatal("configuration");
	confset.set.cs_conf = *mc;
	confset.stage = STAGE_FILES;
	return (TAKEN);
}

struct verdict
confset_file(void *arg, const void *data, int fd)
{
	const struct msg_file	*mf = data;
	struct confset		*cs = &confset.set;

	if (confset.stage != STAGE_FILES ||
	    cs->cs_count >= cs->cs_conf.mc_files ||
	    (confset.ops->co_kinds & CONFSET_KIND(mf->mf_kind)) == 0) {
		close(fd);
		return (LIE("unexpected file"));
	}
	cs->cs_files[cs->cs_count].cf_file = *mf;
	cs->cs_files[cs->cs_count++].cf_fd = fd;
	return (TAKEN);
}

struct verdict
confset_net(void *arg, const void *data, int fd)
{
	struct confset	*cs = &confset.set;

	if (confset.stage != STAGE_FILES ||
	    cs->cs_nnets >= cs->cs_conf.mc_nets)
		return (LIE("unexpected network"));
	cs->cs_nets[cs->cs_nnets++] = *(const struct msg_net *)data;
	return (TAKEN);
}

static int
confset_order(const void *a, const void *b)
{
	const struct msg_file	*x = &((const struct confset_file *)a)->cf_file;
	const struct msg_file	*y = &((const struct confset_file *)b)->cf_file;

	if (x->mf_kind != y->mf_kind)
		return (x->mf_kind < y->mf_kind ? -1 : 1);
	if (x->mf_index != y->mf_index)
		return (x->mf_index < y->mf_index ? -1 : 1);
	return (0);
}

struct verdict
confset_check(void *arg, const void *data, int fd)
{
	struct confset	*cs = &confset.set;

	if (confset.stage != STAGE_FILES)
		return (LIE("no set to check"));
	/* A descriptor that does not fit into this process is lost. */
	if (cs->cs_count != cs->cs_conf.mc_files ||
	    cs->cs_nnets != cs->cs_conf.mc_nets) {
		confset_answer(NULL, "files were lost: too many open files");
		return (TAKEN);
	}
	qsort(cs->cs_files, cs->cs_count, sizeof(*cs->cs_files),
	    confset_order);
	confset.stage = STAGE_CHECKING;
	confset.ops->co_check(cs);
	return (TAKEN);
}

void
confset_answer(void *made, const char *why)
{
	struct msg_text	 mtx;

	if (made != NULL) {
		confset.stage = STAGE_CHECKED;
		confset.made = made;
		proc_send(MSG_CONF_OK, NULL, -1);
		return;
	}
	memset(&mtx, 0, sizeof(mtx));
	strlcpy(mtx.mtx_text, why, sizeof(mtx.mtx_text));
	confset_clear();
	proc_send(MSG_CONF_BAD, &mtx, -1);
}

struct verdict
confset_commit(void *arg, const void *data, int fd)
{
	uint32_t	 flags = confset.set.cs_conf.mc_flags;

	if (confset.made == NULL)
		return (LIE("nothing to commit"));
	log_verbose(flags & CONF_TRACE ? LOG_TRACE :
	    flags & CONF_VERBOSE ? LOG_VERBOSE : LOG_BRIEF);
	setting_use(&confset.set.cs_conf.mc_settings);
	confset.ops->co_commit(confset.made, &confset.set);
	confset_clear();
	return (TAKEN);
}
