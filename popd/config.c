/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Builds a configuration.  See config.h.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "limits.h"
#include "log.h"
#include "subdir.h"
#include "table.h"

/* Name of the table of system users in popd.conf and the log. */
#define SYSTEM_NAME	"system"

struct config_text {
	SLIST_ENTRY(config_text) cft_entry;
	char			 cft_text[];
};

struct config *
config_new(void)
{
	static const char	*const users[CONFIG_USERS] = {
		[USER_LISTENER] = "_popd",
		[USER_KEY] = "_popkey",
		[USER_AUTH] = "_popauth",
		[USER_HASH] = "_pophash",
		[USER_LMTP] = "_poplmtp",
		[USER_LOOKUP] = "_poplook",
		[USER_TABLE] = "_poptab"
	};
	struct config		*cg;

	if ((cg = calloc(1, sizeof(*cg))) == NULL)
		return (NULL);
	SLIST_INIT(&cg->cfg_texts);
	memcpy(cg->cfg_users, users, sizeof(users));
	cg->cfg_socket = geteuid() == 0 ? POPD_SOCKET : "";
	setting_defaults(&cg->cfg_values);
	return (cg);
}

void
config_free(struct config *cg)
{
	struct config_text	*cft;

	if (cg == NULL)
		return;
	while ((cft = SLIST_FIRST(&cg->cfg_texts)) != NULL) {
		SLIST_REMOVE_HEAD(&cg->cfg_texts, cft_entry);
		free(cft);
	}
	free(cg);
}

const char *
config_text(struct config *cg, const char *text)
{
	struct config_text	*cft;
	size_t			 size = strlen(text) + 1;

	if ((cft = malloc(sizeof(*cft) + size)) == NULL) {
		config_error(cg, NULL, "no memory");
		return ("");
	}
	memcpy(cft->cft_text, text, size);
	SLIST_INSERT_HEAD(&cg->cfg_texts, cft, cft_entry);
	return (cft->cft_text);
}

/* Write "file:line: " to buf, or "" if unknown. */
static void
config_place(const struct config_at *at, char *buf, size_t size)
{
	buf[0] = '\0';
	if (at != NULL && at->at_line > 0)
		snprintf(buf, size, "%s:%u: ", at->at_file, at->at_line);
}

void
config_error(struct config *cg, const struct config_at *at, const char *fmt,
    ...)
{
	va_list	 ap;
	char	 place[PATH_LEN_MAX + 16], what[512];

	if (cg->cfg_errors++ > ERRORS_MAX)
		return;
	config_place(at, place, sizeof(place));
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (cg->cfg_errors == 1)
		snprintf(cg->cfg_first, sizeof(cg->cfg_first), "%s%s", place,
		    what);
	if (cg->cfg_errors > ERRORS_MAX)
		log_warnx("more than %d errors", ERRORS_MAX);
	else if (cg->cfg_errors > 1 || !cg->cfg_reload)
		log_warnx("%s%s", place, what);
}

void
config_warn(const struct config_at *at, const char *fmt, ...)
{
	va_list	 ap;
	char	 place[PATH_LEN_MAX + 16], what[512];

	config_place(at, place, sizeof(place));
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	log_warnx("%swarning: %s", place, what);
}

struct config_table *
config_table(struct config *cg, const char *name)
{
	unsigned int	 i;

	for (i = 0; i < cg->cfg_ntables; i++)
		if (strcmp(cg->cfg_tables[i].tab_name, name) == 0)
			return (&cg->cfg_tables[i]);
	return (NULL);
}

uint32_t
config_key_flags(const struct config *cg, unsigned int pair)
{
	const struct config_listen	*li;
	unsigned int			 i;

	for (i = 0; i < cg->cfg_nlistens; i++) {
		li = &cg->cfg_listens[i];
		if ((li->li_flags & LISTEN_TLS12) != 0 &&
		    (li->li_pairs == 0 || (li->li_pairs >> pair & 1) != 0))
			return (LISTEN_TLS12);
	}
	return (0);
}

uint32_t
config_processes(const struct config_asked *as)
{
	unsigned int	 i;
	uint32_t	 places = 0;

	for (i = 0; i < as->as_count; i++)
		if (as->as_tables[i]->tab_process)
			places |= 1U << i;
	return (places);
}

void
config_range(struct config *cg, struct config_range *rg, const char *what,
    const char *text, const struct config_at *at)
{
	const char	*most = text + strcspn(text, "-"), *bad, *worse;
	char		 least[16];

	snprintf(least, sizeof(least), "%.*s", (int)(most - text), text);
	rg->rg_least = (uint32_t)strtonum(least, 1, UINT_MAX - 1, &bad);
	rg->rg_most = (uint32_t)strtonum(*most == '-' ? most + 1 : least,
	    rg->rg_least, UINT_MAX - 1, &worse);
	if (bad != NULL || worse != NULL)
		config_error(cg, at, "%s \"%s\": want two ids, as in "
		    "1000-1999, or one", what, text);
}

static int
range_has(const struct config_range *rg, uint32_t id)
{
	return (id >= rg->rg_least && id <= rg->rg_most);
}

/* Skip slashes and parts that are just a dot. */
static const char *
path_part(const char *path)
{
	path += strspn(path, "/");
	while (path[0] == '.' && (path[1] == '/' || path[1] == '\0'))
		path += 1 + strspn(path + 1, "/");
	return (path);
}

/* Return whether a directory is below another, with no ".." in it. */
static int
path_below(const char *dir, const char *above)
{
	size_t	 len;

	for (; *(above = path_part(above)) != '\0'; above += len) {
		dir = path_part(dir);
		len = strcspn(above, "/");
		if (strcspn(dir, "/") != len || strncmp(dir, above, len) != 0)
			return (0);
		dir += len;
	}
	return (subdir_check(path_part(dir)) == NULL);
}

const char *
config_outside(const struct config_bounds *bd, const struct userinfo *ui)
{
	if (!range_has(&bd->bd_uid, ui->ui_uid))
		return ("uid");
	if (!range_has(&bd->bd_gid, ui->ui_gid))
		return ("gid");
	return (bd->bd_below != NULL && !path_below(ui->ui_dir,
	    bd->bd_below) ? "directory" : NULL);
}

struct config_table *
config_table_add(struct config *cg, const char *name, const char *path,
    const struct config_at *at)
{
	struct config_table	*tab;

	if (config_table(cg, name) != NULL) {
		config_error(cg, at, "table %s is defined twice", name);
		return (NULL);
	}
	if (cg->cfg_ntables == CONFIG_TABLES_MAX) {
		config_error(cg, at, "more than %d tables", CONFIG_TABLES_MAX);
		return (NULL);
	}
	tab = &cg->cfg_tables[cg->cfg_ntables++];
	tab->tab_name = name;
	tab->tab_path = path;
	tab->tab_at = *at;
	return (tab);
}

const char *
config_system(struct config *cg, const struct config_at *at)
{
	struct config_table	*tab = config_table(cg, SYSTEM_NAME);

	if ((tab == NULL || !tab->tab_system) &&
	    (tab = config_table_add(cg, SYSTEM_NAME, LIBEXECDIR "/syspop",
	    at)) != NULL) {
		tab->tab_process = tab->tab_system = 1;
		tab->tab_config = "";
	}
	return (SYSTEM_NAME);
}

struct config_pair *
config_pair(struct config *cg, const char *name, const struct config_at *at)
{
	struct config_pair	*pk;
	unsigned int		 i;

	for (i = 0; i < cg->cfg_npairs; i++)
		if (strcmp(cg->cfg_pairs[i].pk_name, name) == 0)
			return (&cg->cfg_pairs[i]);
	if (cg->cfg_npairs == KEYPAIRS_MAX) {
		config_error(cg, at, "more than %d pki", KEYPAIRS_MAX);
		return (NULL);
	}
	pk = &cg->cfg_pairs[cg->cfg_npairs++];
	pk->pk_name = name;
	pk->pk_at = *at;
	return (pk);
}

void
config_listen_add(struct config *cg, const struct config_listen *li)
{
	if (cg->cfg_nlistens == ADDRESSES_MAX)
		config_error(cg, &li->li_at, "more than %d listen rules",
		    ADDRESSES_MAX);
	else
		cg->cfg_listens[cg->cfg_nlistens++] = *li;
}

/* Parse an address and return its length in bits.  Return 0, or -1. */
static int
net_address(const char *text, struct source *so, unsigned int *bits)
{
	memset(so, 0, sizeof(*so));
	if (inet_pton(AF_INET, text, so->so_addr) == 1) {
		so->so_version = 4;
		*bits = 32;
	} else if (inet_pton(AF_INET6, text, so->so_addr) == 1) {
		so->so_version = 6;
		*bits = 128;
	} else
		return (-1);
	return (0);
}

/* Return whether all bits of an address from the given one on are zero. */
static int
net_is_base(const struct source *so, unsigned int bits)
{
	unsigned int	 i;

	for (i = bits; i < sizeof(so->so_addr) * 8; i++)
		if ((so->so_addr[i / 8] >> (7 - i % 8) & 1) != 0)
			return (0);
	return (1);
}

/* Parse a network.  Return NULL or the error. */
static const char *
net_parse(const char *text, struct config_net *net)
{
	const char	*errstr = NULL;
	char		 address[64], *slash;
	unsigned int	 most;

	if (strlcpy(address, text, sizeof(address)) >= sizeof(address))
		return ("neither an address nor a network");
	if ((slash = strchr(address, '/')) != NULL)
		*slash++ = '\0';
	if (net_address(address, &net->net_source, &most) == -1)
		return ("neither an address nor a network");
	net->net_bits = most;
	if (slash != NULL)
		net->net_bits = strtonum(slash, 0, most, &errstr);
	if (errstr != NULL)
		return ("wrong number of bits");
	if (!net_is_base(&net->net_source, net->net_bits))
		return ("host bits are set");
	return (NULL);
}

void
config_net_add(struct config *cg, enum net_kind kind, const char *text,
    const struct config_at *at)
{
	struct config_net	 net;
	const char		*why;

	memset(&net, 0, sizeof(net));
	net.net_kind = kind;
	net.net_listen = cg->cfg_nlistens;
	if ((why = net_parse(text, &net)) != NULL)
		config_error(cg, at, "%s: %s", text, why);
	else if (cg->cfg_nnets == NETS_MAX)
		config_error(cg, at, "more than %d networks", NETS_MAX);
	else
		cg->cfg_nets[cg->cfg_nnets++] = net;
}

void
config_set(struct config *cg, enum setting number, const char *what,
    const char *text, int64_t value, const struct config_at *at)
{
	if (value < setting_least(number) || value > setting_most(number))
		config_error(cg, at, "%s %s: must be from %u to %u", what,
		    text, setting_least(number), setting_most(number));
	else
		cg->cfg_values.stv_value[number] = (uint32_t)value;
}

/* Parse 30, 30s, 5m, 2h into seconds; -1, out of any range, on error. */
static int64_t
seconds_parse(const char *text)
{
	static const struct {
		char	 unit;
		int	 seconds;
	}		 units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	const char	*errstr;
	char		 number[16];
	size_t		 i, len = strlcpy(number, text, sizeof(number));
	int64_t		 n, scale = 1;

	if (len == 0 || len >= sizeof(number))
		return (-1);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (number[len - 1] == units[i].unit) {
			number[len - 1] = '\0';
			scale = units[i].seconds;
			break;
		}
	n = strtonum(number, 0, INT32_MAX, &errstr);
	return (errstr != NULL ? -1 : n * scale);
}

void
config_seconds(struct config *cg, enum setting number, const char *what,
    const char *text, const struct config_at *at)
{
	config_set(cg, number, what, text, seconds_parse(text), at);
}

void
config_octets(struct config *cg, enum setting number, const char *what,
    const char *text, const struct config_at *at)
{
	static const char	 units[] = "kmg";
	const char		*unit, *errstr;
	char			 digits[16];
	size_t			 len;
	int64_t			 n = -1;

	/* Any error is reported as "out of range" by config_set(). */
	len = strlcpy(digits, text, sizeof(digits));
	if (len > 0 && len < sizeof(digits)) {
		unit = strchr(units, tolower((unsigned char)digits[len - 1]));
		if (unit != NULL)
			digits[len - 1] = '\0';
		n = strtonum(digits, 0, UINT32_MAX, &errstr);
		if (errstr != NULL)
			n = -1;
		else if (unit != NULL)
			n <<= 10 * (unit - units + 1);
	}
	config_set(cg, number, what, text, n, at);
}

void
config_delimiter(struct config *cg, const char *text,
    const struct config_at *at)
{
	if (*text != '\0' && (!ispunct((unsigned char)*text) ||
	    text[1] != '\0'))
		config_error(cg, at, "lmtp sub-addr-delim \"%s\": must be one "
		    "punctuation character", text);
	else
		cg->cfg_values.stv_value[SETTING_LMTP_DELIM] =
		    (unsigned char)*text;
}

int
config_lmtp(const struct config *cg)
{
	unsigned int	 i;

	for (i = 0; i < cg->cfg_nlistens; i++)
		if ((cg->cfg_listens[i].li_flags & LISTEN_LMTP) != 0)
			return (1);
	return (0);
}

const char *
config_mbox(const char *path)
{
	const char	*percent = path;
	int		 users = 0;

	if (*path != '/')
		return ("must be an absolute path");
	while ((percent = strchr(percent, '%')) != NULL) {
		if (percent[1] != 'u')
			return ("only %u is known");
		users++;
		percent += 2;
	}
	return (users == 0 ? "lacks %u, the user" : NULL);
}
