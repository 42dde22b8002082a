/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The reply to CAPA.  See capa.h.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "capa.h"
#include "setting.h"

/* In order.  Flag 0: always; no line: capa_settings(). */
static const struct capability {
	int		 cab_flag;	/* enum capa_flag */
	const char	*cab_line;
} lines[] = {
	{ 0,		"+OK capability list follows\r\n" },
	{ 0,		"TOP\r\n" },
	{ 0,		"UIDL\r\n" },
	{ CAPA_LOGIN,	"USER\r\n" },
	{ CAPA_LOGIN,	"SASL PLAIN" },
	{ CAPA_CRAM,	" CRAM-MD5" },
	{ CAPA_LOGIN,	"\r\n" },
	{ CAPA_STLS,	"STLS\r\n" },
	{ 0,		"RESP-CODES\r\n" },
	{ 0,		"AUTH-RESP-CODE\r\n" },
	{ 0,		"PIPELINING\r\n" },
	{ 0,		NULL },
	{ 0,		"IMPLEMENTATION popd\r\n" },
	{ 0,		".\r\n" }
};

static struct {
	char	 text[CAPA_MAX];
} capa;

/* Return the lines that settings change: RFC 2449 sections 6.5 and 6.7. */
static const char *
capa_settings(int flags, char *buf, size_t size)
{
	uint32_t	 days = setting(SETTING_EXPIRE);
	uint32_t	 delay = setting(SETTING_LOGIN_DELAY);
	char		 expire[64] = "NEVER", login[64] = "";

	if (days != 0)
		snprintf(expire, sizeof(expire), "%u%s", days,
		    setting(SETTING_EXPIRE_SOME) && (flags & CAPA_USER) == 0 ?
		    " USER" : "");
	if (delay != 0)
		snprintf(login, sizeof(login), "LOGIN-DELAY %u\r\n", delay);
	snprintf(buf, size, "EXPIRE %s\r\n%s", expire, login);
	return (buf);
}

const char *
capa_reply(int flags)
{
	char	 buf[128];
	size_t	 i;

	if ((flags & CAPA_LOGIN) && setting(SETTING_CRAM))
		flags |= CAPA_CRAM;
	capa.text[0] = '\0';
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (lines[i].cab_flag == 0 || (flags & lines[i].cab_flag))
			strlcat(capa.text, lines[i].cab_line != NULL ?
			    lines[i].cab_line : capa_settings(flags, buf,
			    sizeof(buf)), sizeof(capa.text));
	return (capa.text);
}
