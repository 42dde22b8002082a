/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The grammar of popd.conf(5).  In: words from lex.c.  Out: a configuration
 * (config.h), checked as a whole by load.c.
 */

%{
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "gone.h"
#include "lex.h"
#include "mboxlock.h"
#include "parse.h"
#include "rule.h"
#include "subdir.h"

static struct {
	struct config		*config;
	const char		*text;		/* last word */
	const struct gone_word	*gone;		/* on this line, or NULL */
	enum lex_kind		 kind;
	struct config_listen	 listen;	/* current rule */
	enum net_kind		 nets;		/* current list of networks */
	struct config_refs	*refs;		/* current list of tables */
	struct config_bounds	*bounds;	/* of the last of them */
} parse;

int		 yyparse(void);
static int	 yylex(void);
static void	 yyerror(const char *);

static void	 rule_lmtp(const char *);
static void	 set_number(enum setting, const char *, const char *);
static void	 set_table(const char *, const char *);
static void	 set_ref(struct config_ref *, const char *, const char *);
static void	 set_refs(struct config_refs *, const char *);
static void	 add_ref(const char *);
static void	 set_subdir(const char *);
static void	 set_mbox(const char *, const char *);
static void	 set_pair(const char *, int, const char *);
static void	 set_path(const char **, const char *);
%}

%token	ALL APOP AUTH AUTH_HTTP BAD BELOW BRIEF CACHE CERT
%token	CLEARTEXT CRAM CREDENTIALS DAYS DOMAIN DOTLOCK EXPIRE FAILURES FROM GID
%token	GROUP HANDSHAKE HASH IDLE INCLUDE KEY LIMIT LISTEN LISTENER LMTP LOCK
%token	LOG LOGIN LOGIN_DELAY LOOKUP MAX_MESSAGE_SIZE MBOX MODE NEVER
%token	OFFER ON OWNER PASSWORDS PER PKI PORT PROTOCOLS PROXY REQUIRE ROUTE
%token	SANDBOX SESSION SESSIONS SOCKET SOURCE STARTTLS SUBDIRECTORY
%token	SUB_ADDR_DELIM SYSTEM TABLE TAKEOVER TIMEOUT TLS TRUST UID
%token	UNAUTHENTICATED USER USERBASE VERBOSE

%union {
	const char	*string;
}

%token	<string>	STRING NUMBER
%type	<string>	word table_asked table_ref seconds

%%

grammar		: /* empty */
		| grammar '\n'
		| grammar include
		| grammar macro '\n'
		| grammar statement '\n'
		| grammar listen '\n'
		| grammar error '\n'	{ yyerrok; }
		;

/* Include after the end of the line: nothing more of it is read first. */
include		: INCLUDE STRING '\n'	{ lex_include($2); }
		;

macro		: STRING '=' word	{ lex_define($1, $3); }
		;

word		: STRING
		| NUMBER
		;

table_ref	: '<' STRING '>'	{ $$ = $2; }
		;

statement	: TABLE STRING STRING	{ set_table($2, $3); }
		| CREDENTIALS {
			set_refs(&parse.config->cfg_credentials,
			    "credentials");
		} table_refs
		| userbase userbase_options
		| PKI word CERT STRING	{ set_pair($2, CERT, $4); }
		| PKI word KEY STRING	{ set_pair($2, KEY, $4); }
		| TRUST			{ parse.nets = NET_TRUST; } nets
		| LIMIT limit
		| TIMEOUT timeout
		| LOGIN FAILURES NUMBER {
			set_number(SETTING_FAILURES, "login failures", $3);
		}
		| LOGIN_DELAY seconds {
			set_number(SETTING_LOGIN_DELAY, "login-delay", $2);
		}
		| CACHE PASSWORDS NEVER {
			set_number(SETTING_CACHE, "cache passwords", "0");
		}
		| CACHE PASSWORDS seconds {
			set_number(SETTING_CACHE, "cache passwords", $3);
		}
		| OFFER APOP	{ set_number(SETTING_APOP, "offer", "1"); }
		| OFFER CRAM	{ set_number(SETTING_CRAM, "offer", "1"); }
		| SESSION TAKEOVER NEVER {
			set_number(SETTING_TAKEOVER, "session takeover", "0");
		}
		| SESSION TAKEOVER seconds {
			set_number(SETTING_TAKEOVER, "session takeover", $3);
		}
		| LMTP MAX_MESSAGE_SIZE word {
			config_octets(parse.config, SETTING_LMTP_OCTETS,
			    "lmtp max-message-size", $3, lex_at());
		}
		| LMTP SUB_ADDR_DELIM STRING {
			config_delimiter(parse.config, $3, lex_at());
		}
		| LMTP SUB_ADDR_DELIM NEVER {
			config_delimiter(parse.config, "", lex_at());
		}
		| expire
		| expire table_ref {
			set_ref(&parse.config->cfg_expire, "expire", $2);
		}
		| ROUTE table_ref {
			set_ref(&parse.config->cfg_route, "route", $2);
		}
		| LOG BRIEF		{ parse.config->cfg_verbose = 0; }
		| LOG VERBOSE		{ parse.config->cfg_verbose = 1; }
		| SANDBOX REQUIRE	{ parse.config->cfg_sandbox = 1; }
		| SOCKET STRING	{
			parse.config->cfg_socket_at = *lex_at();
			set_path(&parse.config->cfg_socket, $2);
		}
		| USER user
		;

userbase	: USERBASE {
			set_refs(&parse.config->cfg_userbase, "userbase");
		} bounded_refs
		;

table_refs	: table_asked	{ add_ref($1); }
		| table_refs table_asked { add_ref($2); }
		;

bounded_refs	: bounded_ref
		| bounded_refs bounded_ref
		;

bounded_ref	: table_asked { add_ref($1); } bounds
		;

bounds		: /* empty */
		| bounds bound
		;

bound		: UID word		{
			config_range(parse.config, &parse.bounds->bd_uid,
			    "uid", $2, lex_at());
		}
		| GID word		{
			config_range(parse.config, &parse.bounds->bd_gid,
			    "gid", $2, lex_at());
		}
		| BELOW STRING		{
			set_path(&parse.bounds->bd_below, $2);
		}
		;

table_asked	: table_ref
		| SYSTEM {
			$$ = config_system(parse.config, lex_at());
		}
		;

userbase_options : /* empty */
		| userbase_options userbase_option
		;

userbase_option	: SUBDIRECTORY STRING	{ set_subdir($2); }
		| MBOX STRING		{ set_mbox($2, NULL); }
		| MBOX STRING LOCK STRING { set_mbox($2, $4); }
		;

expire		: EXPIRE NUMBER DAYS {
			set_number(SETTING_EXPIRE, "expire", $2);
		}
		;

user		: LISTENER word	{ parse.config->cfg_users[USER_LISTENER] = $2; }
		| KEY word	{ parse.config->cfg_users[USER_KEY] = $2; }
		| AUTH word	{ parse.config->cfg_users[USER_AUTH] = $2; }
		| HASH word	{ parse.config->cfg_users[USER_HASH] = $2; }
		| LMTP word	{ parse.config->cfg_users[USER_LMTP] = $2; }
		| LOOKUP word	{ parse.config->cfg_users[USER_LOOKUP] = $2; }
		| TABLE word	{ parse.config->cfg_users[USER_TABLE] = $2; }
		;

limit		: SESSIONS NUMBER {
			parse.config->cfg_sessions = *lex_at();
			set_number(SETTING_SESSIONS, "limit sessions", $2);
		}
		| PER USER NUMBER {
			set_number(SETTING_SESSIONS_USER, "limit per user",
			    $3);
		}
		| PER SOURCE NUMBER {
			set_number(SETTING_CONNECTIONS_SOURCE,
			    "limit per source", $3);
		}
		| UNAUTHENTICATED NUMBER {
			parse.config->cfg_unauth = *lex_at();
			set_number(SETTING_CONNECTIONS,
			    "limit unauthenticated", $2);
		}
		;

timeout		: HANDSHAKE seconds {
			set_number(SETTING_HANDSHAKE, "timeout handshake", $2);
		}
		| LOGIN seconds {
			set_number(SETTING_LOGIN, "timeout login", $2);
		}
		| IDLE seconds {
			set_number(SETTING_IDLE, "timeout idle", $2);
		}
		| DOTLOCK seconds {
			set_number(SETTING_DOTLOCK, "timeout dotlock", $2);
		}
		;

seconds		: word
		;

nets		: net
		| '{' optnl netlist '}'
		;

netlist		: net optnl
		| netlist comma net optnl
		;

net		: STRING {
			config_net_add(parse.config, parse.nets, $1, lex_at());
		}
		;

comma		: /* empty */
		| ',' optnl
		;

optnl		: /* empty */
		| optnl '\n'
		;

listen		: LISTEN ON {
			memset(&parse.listen, 0, sizeof(parse.listen));
			parse.listen.li_at = *lex_at();
		} listen_on sockets_options {
			rule_whom(parse.config, &parse.listen);
			config_listen_add(parse.config, &parse.listen);
		}
		| LISTEN ON SOCKET STRING LMTP { rule_lmtp($4); }
		  lmtp_options {
			config_listen_add(parse.config, &parse.listen);
		}
		;

lmtp_options	: /* empty */
		| lmtp_options lmtp_option
		;

lmtp_option	: OWNER word {
			rule_option(parse.config,
			    &parse.listen.li_owner, "owner", $2);
		}
		| GROUP word {
			rule_option(parse.config,
			    &parse.listen.li_group, "group", $2);
		}
		| MODE NUMBER {
			rule_option(parse.config,
			    &parse.listen.li_mode, "mode", $2);
		}
		;

listen_on	: ALL
		| STRING		{ parse.listen.li_address = $1; }
		;

sockets_options	: /* empty */
		| sockets_options listen_option
		;

listen_option	: PORT word {
			rule_port(parse.config, &parse.listen, $2);
		}
		| TLS {
			rule_mode(parse.config, &parse.listen,
			    LISTEN_TLS, "tls");
		}
		| STARTTLS {
			rule_mode(parse.config, &parse.listen,
			    LISTEN_STLS, "starttls");
		}
		| CLEARTEXT {
			rule_mode(parse.config, &parse.listen,
			    LISTEN_CLEAR, "cleartext");
		}
		| AUTH_HTTP {
			rule_mode(parse.config, &parse.listen,
			    LISTEN_HTTP, "auth_http");
		}
		| FROM {
			rule_from(parse.config, &parse.listen);
			parse.nets = NET_PROXY;
		} nets
		| PKI word {
			rule_pair(parse.config, &parse.listen, $2);
		}
		| PROTOCOLS STRING {
			rule_protocols(parse.config, &parse.listen, $2);
		}
		| DOMAIN STRING {
			rule_domain(parse.config, &parse.listen, $2);
		}
		| PROXY FROM {
			rule_mode(parse.config, &parse.listen,
			    LISTEN_PROXY, "proxy");
			parse.nets = NET_PROXY;
		} nets
		;

%%

static const struct keyword {
	const char	*kw_name;
	int		 kw_token;
} keywords[] = {
	{ "all",		ALL },
	{ "apop",		APOP },
	{ "auth",		AUTH },
	{ "auth_http",		AUTH_HTTP },
	{ "below",		BELOW },
	{ "brief",		BRIEF },
	{ "cache",		CACHE },
	{ "cert",		CERT },
	{ "cleartext",		CLEARTEXT },
	{ "cram-md5",		CRAM },
	{ "credentials",	CREDENTIALS },
	{ "days",		DAYS },
	{ "domain",		DOMAIN },
	{ "dotlock",		DOTLOCK },
	{ "expire",		EXPIRE },
	{ "failures",		FAILURES },
	{ "from",		FROM },
	{ "gid",		GID },
	{ "group",		GROUP },
	{ "handshake",		HANDSHAKE },
	{ "hash",		HASH },
	{ "idle",		IDLE },
	{ "include",		INCLUDE },
	{ "key",		KEY },
	{ "limit",		LIMIT },
	{ "listen",		LISTEN },
	{ "listener",		LISTENER },
	{ "lmtp",		LMTP },
	{ "lock",		LOCK },
	{ "log",		LOG },
	{ "login",		LOGIN },
	{ "login-delay",	LOGIN_DELAY },
	{ "lookup",		LOOKUP },
	{ "mbox",		MBOX },
	{ "max-message-size",	MAX_MESSAGE_SIZE },
	{ "mode",		MODE },
	{ "never",		NEVER },
	{ "offer",		OFFER },
	{ "on",			ON },
	{ "owner",		OWNER },
	{ "passwords",		PASSWORDS },
	{ "per",		PER },
	{ "pki",		PKI },
	{ "port",		PORT },
	{ "protocols",		PROTOCOLS },
	{ "proxy",		PROXY },
	{ "require",		REQUIRE },
	{ "route",		ROUTE },
	{ "sandbox",		SANDBOX },
	{ "session",		SESSION },
	{ "sessions",		SESSIONS },
	{ "socket",		SOCKET },
	{ "source",		SOURCE },
	{ "starttls",		STARTTLS },
	{ "sub-addr-delim",	SUB_ADDR_DELIM },
	{ "subdirectory",	SUBDIRECTORY },
	{ "system",		SYSTEM },
	{ "table",		TABLE },
	{ "takeover",		TAKEOVER },
	{ "timeout",		TIMEOUT },
	{ "tls",		TLS },
	{ "trust",		TRUST },
	{ "uid",		UID },
	{ "unauthenticated",	UNAUTHENTICATED },
	{ "user",		USER },
	{ "userbase",		USERBASE },
	{ "verbose",		VERBOSE }
};

static int
word_token(const char *text)
{
	size_t	 i;

	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcmp(text, keywords[i].kw_name) == 0)
			return (keywords[i].kw_token);
	if (text[strspn(text, "0123456789")] == '\0')
		return (NUMBER);
	return (STRING);
}

static int
yylex(void)
{
	/* The last token ended a line. */
	if (parse.kind == LEX_CHAR && parse.text[0] == '\n')
		parse.gone = NULL;
	parse.kind = lex_next(&parse.text);
	switch (parse.kind) {
	case LEX_END:
		break;
	case LEX_WORD:
		yylval.string = parse.text;
		if (parse.gone == NULL)
			parse.gone = gone_find(parse.text);
		return (word_token(parse.text));
	case LEX_STRING:
		yylval.string = parse.text;
		return (STRING);
	case LEX_CHAR:
		/* Always ASCII: all others are in words. */
		return (parse.text[0]);
	case LEX_BAD:
		return (BAD);
	}
	return (0);
}

/* yacc's text is always the same; give the place instead. */
static void
yyerror(const char *what)
{
	if (parse.kind == LEX_BAD)
		return;
	if (parse.gone != NULL)
		config_error(parse.config, lex_at(), "\"%s\" is gone since "
		    "1.0.0: %s", parse.gone->go_word, parse.gone->go_instead);
	else if (parse.kind == LEX_END || parse.text[0] == '\n')
		config_error(parse.config, lex_at(),
		    "syntax error at end of line");
	else
		config_error(parse.config, lex_at(), "syntax error at \"%s\"",
		    parse.text);
}

/* Set a number; only settings in seconds are written with units. */
static void
set_number(enum setting number, const char *what, const char *text)
{
	config_seconds(parse.config, number, what, text, lex_at());
}

static void
set_path(const char **path, const char *value)
{
	if (*value != '/')
		config_error(parse.config, lex_at(), "\"%s\": must be an "
		    "absolute path", value);
	else
		*path = value;
}

/* Check a table's name, which is part of the lines sent to its process. */
static int
name_is_plain(const char *name)
{
	return (*name != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0');
}

/* "program:configuration", or just a program. */
static void
set_process(const char *name, const char *value)
{
	struct config_table	*tab;
	const char		*colon = strchr(value, ':');
	char			 path[PATH_LEN_MAX];
	int			 n;

	n = snprintf(path, sizeof(path), "%.*s",
	    (int)(colon == NULL ? strlen(value) : (size_t)(colon - value)),
	    value);
	if (*value != '/' || n < 0 || (size_t)n >= sizeof(path)) {
		config_error(parse.config, lex_at(), "table %s: \"%s\": must "
		    "begin with an absolute path", name, value);
		return;
	}
	if (!name_is_plain(name)) {
		config_error(parse.config, lex_at(), "table %s: want a name "
		    "of letters, digits, '.', '_' and '-'", name);
		return;
	}
	tab = config_table_add(parse.config, name, config_text(parse.config,
	    path), lex_at());
	if (tab == NULL)
		return;
	tab->tab_process = 1;
	tab->tab_config = colon == NULL ? "" : colon + 1;
}

static void
set_table(const char *name, const char *value)
{
	const char	*path = value;

	if (strncmp(path, "proc:", 5) == 0) {
		set_process(name, path + 5);
		return;
	}
	if (strncmp(path, "file:", 5) == 0)
		path += 5;
	else if (*path != '/') {
		config_error(parse.config, lex_at(), "table %s: \"%s\": must "
		    "be file: or proc: and an absolute path", name, value);
		return;
	}
	set_path(&path, path);
	config_table_add(parse.config, name, path, lex_at());
}

static void
set_ref(struct config_ref *rf, const char *what, const char *name)
{
	if (rf->rf_name != NULL)
		config_error(parse.config, lex_at(), "%s is given twice", what);
	rf->rf_name = name;
	rf->rf_at = *lex_at();
}

/* Start a list of tables. */
static void
set_refs(struct config_refs *rs, const char *what)
{
	if (rs->rs_count > 0)
		config_error(parse.config, lex_at(), "%s is given twice", what);
	rs->rs_count = 0;
	parse.refs = rs;
}

static void
add_ref(const char *name)
{
	struct config_refs	*rs = parse.refs;
	unsigned int		 i;

	for (i = 0; i < rs->rs_count; i++)
		if (strcmp(rs->rs_refs[i].rf_name, name) == 0) {
			config_error(parse.config, lex_at(), "table %s is "
			    "named twice", name);
			return;
		}
	if (rs->rs_count == TABLES_ASKED_MAX) {
		config_error(parse.config, lex_at(), "more than %d tables",
		    TABLES_ASKED_MAX);
		return;
	}
	rs->rs_refs[rs->rs_count].rf_name = name;
	rs->rs_refs[rs->rs_count].rf_at = *lex_at();
	parse.bounds = &rs->rs_refs[rs->rs_count++].rf_bounds;
}

static void
set_subdir(const char *dir)
{
	const char	*why;

	if ((why = subdir_check(dir)) != NULL)
		config_error(parse.config, lex_at(), "subdirectory \"%s\": %s",
		    dir, why);
	parse.config->cfg_subdir = dir;
}

static void
set_mbox(const char *path, const char *locks)
{
	struct config	*cg = parse.config;
	const char	*why;

	if (cg->cfg_mbox != NULL)
		config_error(cg, lex_at(), "mbox is given twice");
	if ((why = config_mbox(path)) != NULL)
		config_error(cg, lex_at(), "mbox \"%s\": %s", path, why);
	cg->cfg_mbox = path;
	cg->cfg_mbox_locks = locks == NULL ? mboxlock_default() :
	    mboxlock_parse(locks);
	if (cg->cfg_mbox_locks == 0)
		config_error(cg, lex_at(), "lock \"%s\": want fcntl, flock or "
		    "dotlock", locks);
}

static void
set_pair(const char *name, int token, const char *path)
{
	struct config_pair	 *pk;
	const char		**file;

	if ((pk = config_pair(parse.config, name, lex_at())) == NULL)
		return;
	file = token == CERT ? &pk->pk_cert : &pk->pk_key;
	if (*file != NULL)
		config_error(parse.config, lex_at(), "pki %s: %s is given "
		    "twice", name, token == CERT ? "cert" : "key");
	*file = path;
	set_path(file, path);
}

/* An LMTP rule has options of its own. */
static void
rule_lmtp(const char *path)
{
	memset(&parse.listen, 0, sizeof(parse.listen));
	parse.listen.li_at = *lex_at();
	parse.listen.li_flags = LISTEN_LMTP;
	/* Absolute even after an error. */
	parse.listen.li_address = "/";
	set_path(&parse.listen.li_address, path);
}

void
parse_file(struct config *cg, const char *path, int must_exist)
{
	memset(&parse, 0, sizeof(parse));
	parse.config = cg;
	if (lex_open(cg, path, must_exist) == 0) {
		cg->cfg_file = path;
		yyparse();
	}
	lex_close();
}
