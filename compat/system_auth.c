/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Linux: check a password by PAM.  No session is opened and nothing is set up:
 * only whether the password is correct (pam_authenticate) and the account may
 * be used now (pam_acct_mgmt); one that must choose a new password may not.
 *
 * The only answer given is the password, to the first question without echo.
 * Success without that question is a failure: the account has no password, or
 * the service admits everyone.  Delays that modules want after a failure are
 * skipped: popd delays attackers itself, and must not wait along with them.
 */

#include <sys/types.h>

#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <system_auth.h>

#include "system_private.h"

struct talk {
	const char	*tk_pass;
	int		 tk_asked;
};

/* Answer one question.  Return 0, or -1 if there is no answer. */
static int
talk_one(struct talk *tk, const struct pam_message *msg,
    struct pam_response *resp)
{
	switch (msg->msg_style) {
	case PAM_PROMPT_ECHO_OFF:
		/* A second one asks for something else, or a new password. */
		if (tk->tk_asked++ > 0)
			return (-1);
		resp->resp = strdup(tk->tk_pass);
		return (resp->resp == NULL ? -1 : 0);
	case PAM_TEXT_INFO:
	case PAM_ERROR_MSG:
		return (0);
	default:
		return (-1);
	}
}

static int
talk(int n, const struct pam_message **msg, struct pam_response **out,
    void *arg)
{
	struct pam_response	*resp;
	int			 i;

	if (n <= 0 || n > PAM_MAX_NUM_MSG ||
	    (resp = calloc((size_t)n, sizeof(*resp))) == NULL)
		return (PAM_CONV_ERR);
	for (i = 0; i < n; i++)
		if (talk_one(arg, msg[i], &resp[i]) == -1)
			break;
	if (i == n) {
		*out = resp;
		return (PAM_SUCCESS);
	}
	while (--i >= 0)
		if (resp[i].resp != NULL)
			freezero(resp[i].resp, strlen(resp[i].resp));
	free(resp);
	return (PAM_CONV_ERR);
}

/* Called instead of sleeping. */
static void
no_delay(int result, unsigned int usec, void *arg)
{
}

/* Set the service's name and the source.  Return a PAM error. */
static int
auth_items(pam_handle_t *ph, const char *source)
{
	union {
		void		(*function)(int, unsigned int, void *);
		const void	*item;
	} delay = { no_delay };
	int	 result;

	if ((result = pam_set_item(ph, PAM_RHOST, source)) != PAM_SUCCESS ||
	    (result = pam_set_item(ph, PAM_TTY, PAM_NAME)) != PAM_SUCCESS)
		return (result);
	return (pam_set_item(ph, PAM_FAIL_DELAY, delay.item));
}

/* Map a PAM error: WRONG unless the system or its configuration is at fault. */
static enum system_auth
auth_result(int result)
{
	switch (result) {
	case PAM_SUCCESS:
		return (SYSTEM_AUTH_RIGHT);
	case PAM_ACCT_EXPIRED:
	case PAM_AUTHTOK_EXPIRED:
	case PAM_AUTH_ERR:
	case PAM_CONV_ERR:
	case PAM_CRED_INSUFFICIENT:
	case PAM_MAXTRIES:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_PERM_DENIED:
	case PAM_USER_UNKNOWN:
		return (SYSTEM_AUTH_WRONG);
	default:
		return (SYSTEM_AUTH_ERROR);
	}
}

enum system_auth
system_auth(const char *user, char *pass, const char *source)
{
	struct talk	 tk = { pass, 0 };
	struct pam_conv	 conv = { talk, &tk };
	pam_handle_t	*ph = NULL;
	int		 result;

	/* The service may have changed since the start. */
	if (system_modules() != NULL ||
	    pam_start(PAM_NAME, user, &conv, &ph) != PAM_SUCCESS)
		return (SYSTEM_AUTH_ERROR);
	if ((result = auth_items(ph, source)) == PAM_SUCCESS &&
	    (result = pam_authenticate(ph, PAM_SILENT |
	    PAM_DISALLOW_NULL_AUTHTOK)) == PAM_SUCCESS) {
		result = tk.tk_asked > 0 ? pam_acct_mgmt(ph, PAM_SILENT |
		    PAM_DISALLOW_NULL_AUTHTOK) : PAM_AUTH_ERR;
	}
	(void)pam_end(ph, result | PAM_DATA_SILENT);
	explicit_bzero(pass, strlen(pass));
	return (auth_result(result));
}
