/*
 * link: popd/parse.o popd/gone.o popd/rule.o popd/lex.o popd/config.o
 * link: lib/mboxlock.o lib/setting.o lib/subdir.o lib/log.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The language of popd.conf(5): the configuration a text results in, and every
 * error with its line.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "popd/config.h"
#include "popd/file.h"
#include "popd/parse.h"
#include "log.h"
#include "mboxlock.h"
#include "unit.h"

/* Files by path, and the log. */
static struct {
	const char	*text;		/* of /conf */
	const char	*other;		/* of any file that it includes */
	char		 path[256];	/* the last of those */
	char		 log[16384];
} t;

int
file_open(const char *name, int is, struct stat *st, char *why, size_t size)
{
	const char	*text = t.text;
	char		 path[] = "parse.XXXXXXXX";
	int		 fd;

	CHECK((is & FILE_DECIDES) != 0, "%s is not judged", name);
	if (strcmp(name, "/etc/conf") != 0) {
		text = t.other;
		snprintf(t.path, sizeof(t.path), "%s", name);
	}
	if (text == NULL || (fd = mkstemp(path)) == -1) {
		errno = ENOENT;
		snprintf(why, size, "%s: not there", name);
		return (-1);
	}
	unlink(path);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fstat(fd, st) == -1)
		abort();
	return (fd);
}

static void
sink(int level, const char *text)
{
	/* The place is said once: all are in one file. */
	if (strncmp(text, "/etc/conf:", 10) == 0)
		text += 10;
	strlcat(t.log, text, sizeof(t.log));
	strlcat(t.log, "\n", sizeof(t.log));
}

static struct config *
parsed(const char *text)
{
	struct config	*cg = config_new();

	t.text = text;
	t.log[0] = '\0';
	parse_file(cg, "/etc/conf", 1);
	return (cg);
}

/* A good text says nothing. */
static struct config *
good(const char *text)
{
	struct config	*cg = parsed(text);

	CHECK(cg->cfg_errors == 0 && t.log[0] == '\0', "%s: %s", text, t.log);
	return (cg);
}

/* A bad one says just this. */
static void
bad(const char *text, const char *errors)
{
	struct config	*cg = parsed(text);

	CHECK(strcmp(t.log, errors) == 0, "%s: %s: want %s", text, t.log,
	    errors);
	CHECK(cg->cfg_errors > 0, "%s: no error", text);
	config_free(cg);
}

static void
test_syntax(void)
{
	struct config	*cg;

	unit_case("comments, blanks, quotes, long lines, no last newline");
	cg = good("# one\n\t  # two\n\nsocket \"/a b\" # three\n"
	    "table \\\n  x '/c#d'\ntable y \"/e\\\"f\"\n# goes \\\non\n"
	    "table \"all\" file:/g\r\n"
	    "log verbose");
	CHECK(strcmp(cg->cfg_socket, "/a b") == 0, "%s", cg->cfg_socket);
	CHECK(cg->cfg_ntables == 3 && cg->cfg_verbose, "%u tables",
	    cg->cfg_ntables);
	CHECK(strcmp(cg->cfg_tables[0].tab_path, "/c#d") == 0, "%s",
	    cg->cfg_tables[0].tab_path);
	CHECK(strcmp(cg->cfg_tables[1].tab_path, "/e\"f") == 0, "%s",
	    cg->cfg_tables[1].tab_path);
	CHECK(cg->cfg_tables[0].tab_at.at_line == 6, "line %u",
	    cg->cfg_tables[0].tab_at.at_line);
	config_free(cg);
}

static void
test_bounds(void)
{
	const struct config_bounds	*bd;
	struct config			*cg;

	unit_case("bounds of tables");
	cg = good("userbase <x> uid 5000 below \"/m\" <y> gid 10-4294967294 "
	    "uid 7-9 <z> subdirectory s\n");
	CHECK(cg->cfg_userbase.rs_count == 3, "%u",
	    cg->cfg_userbase.rs_count);
	bd = &cg->cfg_userbase.rs_refs[0].rf_bounds;
	CHECK(bd->bd_uid.rg_least == 5000 && bd->bd_uid.rg_most == 5000 &&
	    bd->bd_gid.rg_most == 0 && strcmp(bd->bd_below, "/m") == 0, "x");
	bd = &cg->cfg_userbase.rs_refs[1].rf_bounds;
	CHECK(bd->bd_uid.rg_least == 7 && bd->bd_uid.rg_most == 9 &&
	    bd->bd_gid.rg_least == 10 && bd->bd_gid.rg_most == UINT_MAX - 1 &&
	    bd->bd_below == NULL, "y");
	CHECK(cg->cfg_userbase.rs_refs[2].rf_bounds.bd_uid.rg_most == 0, "z");
	config_free(cg);
	bad("\nuserbase <x> uid 9-7\n",
	    "2: uid \"9-7\": want two ids, as in 1000-1999, or one\n");
	bad("userbase <x> gid 1000-\n",
	    "1: gid \"1000-\": want two ids, as in 1000-1999, or one\n");
	bad("userbase <x> uid 0-9\n",
	    "1: uid \"0-9\": want two ids, as in 1000-1999, or one\n");
	bad("userbase <x> uid 1-4294967295\n",
	    "1: uid \"1-4294967295\": want two ids, as in 1000-1999, or "
	    "one\n");
	bad("userbase <x> uid joe\n",
	    "1: uid \"joe\": want two ids, as in 1000-1999, or one\n");
	bad("userbase <x> below m\n",
	    "1: \"m\": must be an absolute path\n");
	bad("credentials <x> uid 7\n", "1: syntax error at \"uid\"\n");
	bad("userbase uid 7 <x>\n", "1: syntax error at \"uid\"\n");
}

static void
test_spool(void)
{
	struct config	*cg;

	unit_case("a spool and its locks");
	cg = good("userbase <x> mbox \"/m/%u\" lock \"flock, dotlock\" "
	    "subdirectory y\n");
	CHECK(strcmp(cg->cfg_mbox, "/m/%u") == 0 &&
	    cg->cfg_mbox_locks == (MBOXLOCK_FLOCK | MBOXLOCK_DOTLOCK) &&
	    strcmp(cg->cfg_subdir, "y") == 0, "%s %u %s", cg->cfg_mbox,
	    cg->cfg_mbox_locks, cg->cfg_subdir);
	config_free(cg);
	cg = good("userbase <x> mbox \"/m/%u\"\n");
	CHECK(cg->cfg_mbox_locks == mboxlock_default() &&
	    cg->cfg_mbox_locks != 0, "%u", cg->cfg_mbox_locks);
	config_free(cg);
}

static void
test_macros(void)
{
	struct config	*cg;

	unit_case("macros");
	cg = good("a = \"/x\"\nb = '{ 10.0.0.1, 10.1.0.0/16 }'\nsocket $a\n"
	    "trust $b\nn = 7\nlimit per user $n\n");
	CHECK(strcmp(cg->cfg_socket, "/x") == 0, "%s", cg->cfg_socket);
	CHECK(cg->cfg_nnets == 2 && cg->cfg_nets[1].net_bits == 16, "nets");
	CHECK(cg->cfg_values.stv_value[SETTING_SESSIONS_USER] == 7, "number");
	config_free(cg);
	bad("socket $no\nlog verbose\nx = \"$x\"\ntrust $x\n",
	    "1: macro no is not defined\n4: macro x is not defined\n");
	cg = parsed("a = b\n");
	CHECK(strcmp(t.log, "1: warning: macro a is not used\n") == 0 &&
	    cg->cfg_errors == 0, "%s", t.log);
	config_free(cg);
}

static void
test_include(void)
{
	struct config	*cg;

	unit_case("included files");
	t.other = "socket \"/x\"\nlog verbose";
	cg = good("include \"more\"\nlimit per user 5\n");
	CHECK(strcmp(t.path, "/etc/more") == 0, "%s", t.path);
	CHECK(strcmp(cg->cfg_socket, "/x") == 0 && cg->cfg_verbose &&
	    cg->cfg_values.stv_value[SETTING_SESSIONS_USER] == 5, "read");
	config_free(cg);
	t.other = "\nbad\n";
	bad("include \"/y\"\nworse\n", "/y:2: syntax error at end of line\n"
	    "2: syntax error at end of line\n");
	t.other = "include \"/again\"\n";
	bad("include \"/y\"\n",
	    "/again:1: include \"/again\": too many files\n");
	t.other = NULL;
	bad("\ninclude \"gone\"\n", "2: /etc/gone: not there\n");
}

static void
test_broken_words(void)
{
	unit_case("broken words");
	bad("socket \"/x\nsocket '\nlog verbose \"\n\001\n", "1: no closing "
	    "quote\n2: no closing quote\n3: no closing quote\n"
	    "4: syntax error at \"?\"\n");
}

/* Texts with the one error each reports. */
static const struct wrong {
	const char	*wr_text;
	const char	*wr_error;
} wrongs[] = {
	{ "limit\n", "1: syntax error at end of line\n" },
	{ "\ndelete audit\nlimit\n", "2: \"delete\" is gone since 1.0.0: the end "
	    "of each session logs how many messages were removed\n"
	    "3: syntax error at end of line\n" },
	{ "limit per user x\n", "1: syntax error at \"x\"\n" },
	{ "limit per user 0\n",
	    "1: limit per user 0: must be from 1 to 1000\n" },
	{ "limit per user 99999999999999999999\n",
	    "1: limit per user 99999999999999999999: must be from 1 to "
	    "1000\n" },
	{ "limit sessions 1000001\n",
	    "1: limit sessions 1000001: must be from 0 to 1000000\n" },
	{ "timeout idle 9m\n",
	    "1: timeout idle 9m: must be from 600 to 86400\n" },
	{ "timeout login 2d\n",
	    "1: timeout login 2d: must be from 1 to 3600\n" },
	{ "timeout login s\n",
	    "1: timeout login s: must be from 1 to 3600\n" },
	{ "login failures 0\n",
	    "1: login failures 0: must be from 1 to 100\n" },
	{ "lmtp max-message-size 63K\n", "1: lmtp max-message-size 63K: must "
	    "be from 65536 to 2147483648\n" },
	{ "lmtp max-message-size 4194305K\n", "1: lmtp max-message-size "
	    "4194305K: must be from 65536 to 2147483648\n" },
	{ "lmtp max-message-size 4294967295G\n", "1: lmtp max-message-size "
	    "4294967295G: must be from 65536 to 2147483648\n" },
	{ "lmtp max-message-size M\n", "1: lmtp max-message-size M: must be "
	    "from 65536 to 2147483648\n" },
	{ "lmtp max-message-size 1T\n", "1: lmtp max-message-size 1T: must be "
	    "from 65536 to 2147483648\n" },
	{ "lmtp max-message-size 0000000000065536\n", "1: lmtp "
	    "max-message-size 0000000000065536: must be from 65536 to "
	    "2147483648\n" },
	{ "lmtp sub-addr-delim \"--\"\n", "1: lmtp sub-addr-delim \"--\": "
	    "must be one punctuation character\n" },
	{ "lmtp sub-addr-delim a\n", "1: lmtp sub-addr-delim \"a\": must be "
	    "one punctuation character\n" },
	{ "lmtp sub-addr-delim \"\xc3\"\n", "1: lmtp sub-addr-delim "
	    "\"?\": must be one punctuation character\n" },
	{ "lmtp 65536\n", "1: syntax error at \"65536\"\n" },
	{ "expire 0 days\n", "1: expire 0: must be from 1 to 36500\n" },
	{ "expire 90\n", "1: syntax error at end of line\n" },
	{ "table x db:/y\n",
	    "1: table x: \"db:/y\": must be file: or proc: "
	    "and an absolute path\n" },
	{ "table x file:y\n", "1: \"y\": must be an absolute path\n" },
	{ "table x /y\ntable x /z\n", "2: table x is defined twice\n" },
	{ "credentials x\n", "1: syntax error at \"x\"\n" },
	{ "credentials <x>\ncredentials <x>\n",
	    "2: credentials is given twice\n" },
	{ "userbase <x> subdirectory \"../y\"\n",
	    "1: subdirectory \"../y\": must not contain ..\n" },
	{ "userbase <x> mbox \"mail/%u\"\n",
	    "1: mbox \"mail/%u\": must be an absolute path\n" },
	{ "userbase <x> mbox \"/mail\"\n",
	    "1: mbox \"/mail\": lacks %u, the user\n" },
	{ "userbase <x> mbox \"/%u/%d\"\n",
	    "1: mbox \"/%u/%d\": only %u is known\n" },
	{ "userbase <x> mbox \"/%u\" lock \"lockf\"\n",
	    "1: lock \"lockf\": want fcntl, flock or dotlock\n" },
	{ "userbase <x> mbox \"/%u\" mbox \"/%u\"\n",
	    "1: mbox is given twice\n" },
	{ "userbase <x> lock flock\n", "1: syntax error at \"lock\"\n" },
	{ "pki x ocsp \"/y\"\n", "1: syntax error at \"ocsp\"\n" },
	{ "pki x cert y\n", "1: \"y\": must be an absolute path\n" },
	{ "pki x cert /y\npki x cert /z\n",
	    "2: pki x: cert is given twice\n" },
	{ "ca x cert /y\n", "1: \"ca\" is gone since 1.0.0: users log in with "
	    "passwords\n" },
	{ "trust 10.0.0.256\n",
	    "1: 10.0.0.256: neither an address nor a network\n" },
	{ "trust 10.0.0.0/33\n", "1: 10.0.0.0/33: wrong number of bits\n" },
	{ "trust 10.0.0.1/24\n", "1: 10.0.0.1/24: host bits are set\n" },
	{ "trust {\n10.0.0.0/8,\n::1/64\n}\n",
	    "3: ::1/64: host bits are set\n" },
	{ "trust { 10.0.0.0/8\n\n", "3: syntax error at end of line\n" },
	{ "listen on\n", "1: syntax error at end of line\n" },
	{ "listen on all port 0\n", "1: port 0: too small\n" },
	{ "listen on all port nonesuch\n",
	    "1: port nonesuch: unknown service\n" },
	{ "listen on all port 1 port 2\n", "1: port is given twice\n" },
	{ "listen on all tls tls\n", "1: tls is given twice\n" },
	{ "listen on all pki x pki x\n", "1: pki x is given twice\n" },
	{ "listen on all protocols \"sslv3\"\n", "1: protocols \"sslv3\": "
	    "want tlsv1.2, tlsv1.3 or both\n" },
	{ "listen on all tls verify x\n", "1: \"verify\" is gone since "
	    "1.0.0: users log in with passwords\n" },
	{ "listen on all proxy 10.0.0.1\n",
	    "1: syntax error at \"10.0.0.1\"\n" },
	{ "log loud\nsandbox\nsocket x\nuser root x\nsession takeover\n",
	    "1: syntax error at \"loud\"\n"
	    "2: syntax error at end of line\n"
	    "3: \"x\": must be an absolute path\n"
	    "4: syntax error at \"root\"\n"
	    "5: syntax error at end of line\n" }
};

static void
test_error_lines(void)
{
	size_t	 i;

	unit_case("every error has its line, and all are reported");
	for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++)
		bad(wrongs[i].wr_text, wrongs[i].wr_error);
}

static void
test_error_flood(void)
{
	struct config	*cg;
	char		 many[256] = "";
	size_t		 i;

	unit_case("a file of another kind has a bounded number of errors");
	for (i = 0; i < 100; i++)
		strlcat(many, "x\n", sizeof(many));
	cg = parsed(many);
	CHECK(cg->cfg_errors == 100, "%u errors", cg->cfg_errors);
	CHECK(strcmp(strstr(t.log, "\n50:"), "\n50: syntax error at end "
	    "of line\nmore than 50 errors\n") == 0, "%s", t.log);
	config_free(cg);
}

static void
test_numbers(void)
{
	static const struct {
		const char	*text;
		enum setting	 number;
		uint32_t	 value;
	}		 all[] = {
		{ "limit sessions 4000", SETTING_SESSIONS, 4000 },
		{ "limit per user 3", SETTING_SESSIONS_USER, 3 },
		{ "limit per source 32", SETTING_CONNECTIONS_SOURCE, 32 },
		{ "limit unauthenticated 64", SETTING_CONNECTIONS, 64 },
		{ "timeout handshake 30s", SETTING_HANDSHAKE, 30 },
		{ "timeout login 2m", SETTING_LOGIN, 120 },
		{ "timeout dotlock 2m", SETTING_DOTLOCK, 120 },
		{ "timeout idle 1h", SETTING_IDLE, 3600 },
		{ "login failures 5", SETTING_FAILURES, 5 },
		{ "login-delay 30", SETTING_LOGIN_DELAY, 30 },
		{ "session takeover 90", SETTING_TAKEOVER, 90 },
		{ "session takeover never", SETTING_TAKEOVER, 0 },
		{ "expire 90 days", SETTING_EXPIRE, 90 },
		{ "expire 90 days <some>", SETTING_EXPIRE, 90 },
		{ "cache passwords 5m", SETTING_CACHE, 300 },
		{ "cache passwords never", SETTING_CACHE, 0 },
		{ "lmtp max-message-size 35M", SETTING_LMTP_OCTETS, 35 << 20 },
		{ "lmtp max-message-size 64k", SETTING_LMTP_OCTETS, 65536 },
		{ "lmtp max-message-size 2G", SETTING_LMTP_OCTETS, 1U << 31 },
		{ "lmtp max-message-size 100000", SETTING_LMTP_OCTETS, 100000 },
		{ "lmtp sub-addr-delim -", SETTING_LMTP_DELIM, '-' },
		{ "lmtp sub-addr-delim \"#\"", SETTING_LMTP_DELIM, '#' },
		{ "lmtp sub-addr-delim never", SETTING_LMTP_DELIM, 0 },
		{ "", SETTING_LMTP_DELIM, '+' }
	};
	struct config	*cg;
	size_t		 i;

	unit_case("numbers");
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		cg = good(all[i].text);
		CHECK(cg->cfg_values.stv_value[all[i].number] == all[i].value,
		    "%s: %u", all[i].text,
		    cg->cfg_values.stv_value[all[i].number]);
		config_free(cg);
	}
}

static void
test_rules(void)
{
	const struct config_listen	*li;
	struct config			*cg;

	unit_case("listen rules");
	cg = good("pki a cert \"/a\"\npki a key \"/a\"\n"
	    "listen on all tls pki b pki a protocols \"TLSv1.2,tlsv1.3\"\n"
	    "listen on em0 port 110 starttls cleartext\n"
	    "listen on 10.0.0.5 tls proxy from { 10.0.0.0/24, 10.1.0.1\n"
	    "  2001:db8::/32 }\n"
	    "listen on 127.0.0.1 port 9 cleartext\n");
	CHECK(cg->cfg_nlistens == 4 && cg->cfg_npairs == 2, "%u %u",
	    cg->cfg_nlistens, cg->cfg_npairs);
	li = cg->cfg_listens;
	CHECK(li[0].li_flags == (LISTEN_TLS | LISTEN_TLS12) &&
	    li[0].li_pairs == 3 && li[0].li_address == NULL &&
	    li[0].li_port == NULL && li[0].li_at.at_line == 3, "%x %llx",
	    li[0].li_flags, (unsigned long long)li[0].li_pairs);
	CHECK(li[1].li_flags == (LISTEN_STLS | LISTEN_CLEAR) &&
	    strcmp(li[1].li_address, "em0") == 0 &&
	    strcmp(li[1].li_port, "110") == 0, "%x", li[1].li_flags);
	CHECK(li[2].li_flags == (LISTEN_TLS | LISTEN_PROXY), "%x",
	    li[2].li_flags);
	CHECK(li[3].li_flags == LISTEN_CLEAR, "%x", li[3].li_flags);
	CHECK(cg->cfg_nnets == 3 && cg->cfg_nets[2].net_listen == 2 &&
	    cg->cfg_nets[2].net_kind == NET_PROXY &&
	    cg->cfg_nets[2].net_bits == 32 &&
	    cg->cfg_nets[1].net_bits == 32, "nets");
	config_free(cg);
}

int
main(void)
{
	log_to(sink);
	test_syntax();
	test_bounds();
	test_spool();
	test_macros();
	test_include();
	test_broken_words();
	test_error_lines();
	test_error_flood();
	test_numbers();
	test_rules();
	return (unit_done());
}
