/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The numbers that an administrator can change.  See setting.h.
 */

#include "limits.h"
#include "setting.h"

static const struct setting_bounds {
	uint32_t	 sb_default;
	uint32_t	 sb_least;
	uint32_t	 sb_most;
} bounds[SETTING_COUNT] = {
	[SETTING_SESSIONS] = { 0, 0, 1000000 },
	[SETTING_SESSIONS_USER] = { SESSIONS_PER_USER, 1, 1000 },
	[SETTING_CONNECTIONS_SOURCE] = { 0, 0, 1000000 },
	[SETTING_CONNECTIONS] = { 0, 0, 1000000 },
	[SETTING_HANDSHAKE] = { HANDSHAKE_SECONDS, 1, 3600 },
	[SETTING_LOGIN] = { LOGIN_SECONDS, 1, 3600 },
	/* RFC 1939 section 3: at least ten minutes. */
	[SETTING_IDLE] = { IDLE_SECONDS, IDLE_SECONDS, 86400 },
	[SETTING_FAILURES] = { LOGIN_FAILURES_MAX, 1, 100 },
	[SETTING_TAKEOVER] = { YIELD_SECONDS, 0, 3600 },
	[SETTING_EXPIRE] = { 0, 1, 36500 },
	[SETTING_EXPIRE_SOME] = { 0, 0, 1 },
	[SETTING_LOGIN_DELAY] = { 0, 0, 86400 },
	[SETTING_CACHE] = { CACHE_IDLE, 0, CACHE_SECONDS },
	[SETTING_APOP] = { 0, 0, 1 },
	[SETTING_CRAM] = { 0, 0, 1 },
	[SETTING_DOTLOCK] = { DOTLOCK_SECONDS, 60, 86400 },
	[SETTING_LMTP_OCTETS] = { LMTP_MESSAGE_MAX, LMTP_MESSAGE_LEAST,
	    LMTP_MESSAGE_MOST },
	[SETTING_LMTP_DELIM] = { LMTP_DELIM, 0, '~' }
};

static struct {
	struct setting_values	 in_use;
	int			 given;
} values;

uint32_t
setting(enum setting number)
{
	return (values.given ? values.in_use.stv_value[number] :
	    bounds[number].sb_default);
}

void
setting_use(const struct setting_values *stv)
{
	uint32_t	*value = values.in_use.stv_value;
	int		 i;

	values.in_use = *stv;
	values.given = 1;
	for (i = 0; i < SETTING_COUNT; i++) {
		if (value[i] < bounds[i].sb_least &&
		    value[i] != bounds[i].sb_default)
			value[i] = bounds[i].sb_least;
		if (value[i] > bounds[i].sb_most)
			value[i] = bounds[i].sb_most;
	}
}

void
setting_defaults(struct setting_values *stv)
{
	int	 i;

	for (i = 0; i < SETTING_COUNT; i++)
		stv->stv_value[i] = bounds[i].sb_default;
}

uint32_t
setting_least(enum setting number)
{
	return (bounds[number].sb_least);
}

uint32_t
setting_most(enum setting number)
{
	return (bounds[number].sb_most);
}
