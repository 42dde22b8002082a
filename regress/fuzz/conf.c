/*
 * link: popd/parse.o popd/gone.o popd/rule.o popd/lex.o popd/config.o
 * link: lib/mboxlock.o lib/setting.o lib/source.o lib/subdir.o lib/log.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * popd.conf: the input is the file and every file it includes.  The resulting
 * configuration is within its bounds, and each error has a line.
 */

#include <sys/mman.h>

#include <errno.h>

#include "popd/config.h"
#include "popd/file.h"
#include "popd/parse.h"
#include "fuzz.h"
#include "log.h"

static struct {
	const uint8_t	*fz_data;
	size_t		 fz_len;
} fuzzer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz");
	log_to(fuzz_silent);
	return (0);
}

int
file_open(const char *name, int is, struct stat *st, char *why, size_t size)
{
	int	 fd;

	FUZZ((is & FILE_DECIDES) != 0 && name[0] == '/');
	if (strlen(name) % 4 == 3) {
		errno = ENOENT;
		snprintf(why, size, "%s: none", name);
		return (-1);
	}
	if ((fd = memfd_create("conf", 0)) == -1 ||
	    write(fd, fuzzer.fz_data, fuzzer.fz_len) !=
	    (ssize_t)fuzzer.fz_len || fstat(fd, st) == -1)
		abort();
	return (fd);
}

static void
judge_rules(const struct config *cg)
{
	const struct config_listen	*li;
	unsigned int			 i;

	FUZZ(cg->cfg_nlistens <= ADDRESSES_MAX);
	for (i = 0; i < cg->cfg_nlistens; i++) {
		li = &cg->cfg_listens[i];
		FUZZ(li->li_at.at_line > 0 && li->li_at.at_file != NULL);
		FUZZ(cg->cfg_npairs == KEYPAIRS_MAX ||
		    li->li_pairs >> cg->cfg_npairs == 0);
	}
}

static void
judge_nets(const struct config *cg)
{
	const struct config_net	*net;
	unsigned int		 i;

	FUZZ(cg->cfg_nnets <= NETS_MAX);
	for (i = 0; i < cg->cfg_nnets; i++) {
		net = &cg->cfg_nets[i];
		FUZZ(net->net_source.so_version == 4 ?
		    net->net_bits <= 32 : net->net_bits <= 128);
		/* Its own base is within it. */
		FUZZ(source_within(&net->net_source, &net->net_source,
		    net->net_bits));
	}
}

static void
judge_numbers(const struct config *cg)
{
	struct setting_values	 otherwise;
	uint32_t		 value;
	int			 i;

	setting_defaults(&otherwise);
	for (i = 0; i < SETTING_COUNT; i++) {
		value = cg->cfg_values.stv_value[i];
		FUZZ(value == otherwise.stv_value[i] ||
		    (value >= setting_least(i) && value <= setting_most(i)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config	*cg;

	fuzzer.fz_data = data;
	fuzzer.fz_len = len;
	if ((cg = config_new()) == NULL)
		abort();
	parse_file(cg, "/conf", 1);
	judge_rules(cg);
	judge_nets(cg);
	judge_numbers(cg);
	FUZZ(cg->cfg_socket[0] == '/');
	FUZZ((cg->cfg_errors == 0) == (cg->cfg_first[0] == '\0'));
	config_free(cg);
	return (0);
}
