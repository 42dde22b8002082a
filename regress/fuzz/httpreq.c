/*
 * link: lsnrpop/httpreq.o lib/line.o lib/source.o lsnrpop/sasl.o lib/base64.o
 * link: lib/setting.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Requests of nginx's mail module: parsed the same in any pieces; octets after
 * the end have no effect; all fields are bounded and terminated.
 */

#include "fuzz.h"
#include "limits.h"
#include "lsnrpop/httpreq.h"
#include "setting.h"

/* Parse all input so far in one copy of exactly its size. */
static enum httpreq_status
parse(const uint8_t *data, size_t size, size_t piece, struct httpreq *hq,
    size_t *end)
{
	enum httpreq_status	 status = HTTPREQ_MORE;
	size_t			 have = 0, used, from = 0;
	char			*copy;

	memset(hq, 0, sizeof(*hq));
	while (status == HTTPREQ_MORE && have < size) {
		have = size - have < piece ? size : have + piece;
		copy = fuzz_copy(data + from, have - from);
		status = httpreq_step(hq, copy, have - from, &used);
		FUZZ(used <= have - from);
		from += used;
		free(copy);
	}
	*end = from;
	return (status);
}

static void
test_done(const struct httpreq *hq)
{
	const struct credentials	*cr = &hq->hq_login;

	FUZZ(memchr(cr->cr_user, '\0', sizeof(cr->cr_user)) != NULL);
	FUZZ(memchr(cr->cr_pass, '\0', sizeof(cr->cr_pass)) != NULL);
	FUZZ(memchr(hq->hq_version, '\0', sizeof(hq->hq_version)) != NULL);
	FUZZ(memchr(hq->hq_cipher, '\0', sizeof(hq->hq_cipher)) != NULL);
	FUZZ(hq->hq_protocol < MAIL_PROTOCOLS);
	FUZZ(hq->hq_client.so_version == 0 || hq->hq_client.so_version == 4 ||
	    hq->hq_client.so_version == 6);
	FUZZ(hq->hq_refusal != NULL || cr->cr_user[0] != '\0');
	if (hq->hq_refusal != NULL || cr->cr_method == AUTH_PASSWORD)
		return;
	/* A digest, and what it is about. */
	FUZZ(cr->cr_method == AUTH_APOP || cr->cr_method == AUTH_CRAM);
	FUZZ(strspn(cr->cr_pass, "0123456789abcdef") >= SECRET_DIGEST);
	FUZZ(strcmp(cr->cr_pass + SECRET_DIGEST, hq->hq_salt) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t	 pieces[] = { 1, 7, 1000 };
	struct httpreq		 hq, other;
	enum httpreq_status	 status;
	struct setting_values	 stv;
	size_t			 i, end, otherend;

	setting_defaults(&stv);
	stv.stv_value[SETTING_APOP] = stv.stv_value[SETTING_CRAM] = 1;
	setting_use(&stv);
	status = parse(data, size, size + 1, &hq, &end);
	if (status == HTTPREQ_DONE)
		test_done(&hq);
	if (status == HTTPREQ_BAD)
		FUZZ(hq.hq_bad != NULL && hq.hq_status != NULL);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		FUZZ(parse(data, size, pieces[i], &other, &otherend) ==
		    status);
		if (status == HTTPREQ_MORE)
			continue;
		FUZZ(otherend == end);
		FUZZ(memcmp(&other, &hq, sizeof(hq)) == 0);
	}
	return (0);
}
