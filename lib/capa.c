/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The reply to CAPA.  See capa.h.
 */

#include <string.h>

#include "capa.h"

/* In their order; 0: always. */
static const struct capability {
	int		 ca_flag;	/* enum capa_flag */
	const char	*ca_line;
} lines[] = {
	{ 0,		"+OK capability list follows\r\n" },
	{ 0,		"TOP\r\n" },
	{ 0,		"UIDL\r\n" },
	{ CAPA_LOGIN,	"USER\r\n" },
	{ CAPA_LOGIN,	"SASL PLAIN\r\n" },
	{ CAPA_STLS,	"STLS\r\n" },
	{ 0,		"RESP-CODES\r\n" },
	{ 0,		"AUTH-RESP-CODE\r\n" },
	{ 0,		"PIPELINING\r\n" },
	{ 0,		"EXPIRE NEVER\r\n" },
	{ 0,		"IMPLEMENTATION popd\r\n" },
	{ 0,		".\r\n" }
};

static struct {
	char	 ca_text[CAPA_MAX];
} capa;

const char *
capa_reply(int flags)
{
	size_t	 i;

	capa.ca_text[0] = '\0';
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (lines[i].ca_flag == 0 || (flags & lines[i].ca_flag))
			strlcat(capa.ca_text, lines[i].ca_line,
			    sizeof(capa.ca_text));
	return (capa.ca_text);
}
