/* link: lsnrpop/proxyhdr.o lib/source.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * PROXY headers.  A prefix of a header must be taken completely, a header is
 * the same whatever follows it, an invalid one stays invalid, and no octet
 * after the header has an effect.
 */

#include "fuzz.h"
#include "limits.h"
#include "lsnrpop/proxyhdr.h"
#include "source.h"

static enum proxyhdr_status
parse(const uint8_t *data, size_t len, size_t *used, struct source *source)
{
	enum proxyhdr_status	 status;
	char			*copy = fuzz_copy(data, len);

	status = proxyhdr_parse(copy, len, used, source);
	free(copy);
	return (status);
}

static void
test_done(const struct source *source, size_t used)
{
	struct source	 zero;

	FUZZ(used >= 15 && used <= PROXY_HEADER_MAX);
	FUZZ(source->so_version == 0 || source->so_version == 4 ||
	    source->so_version == 6);
	memset(&zero, 0, sizeof(zero));
	if (source->so_version == 0)
		FUZZ(memcmp(source, &zero, sizeof(zero)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source		 source, first;
	enum proxyhdr_status	 status, before = PROXYHDR_MORE;
	size_t			 len, used, end = 0;

	memset(&first, 0, sizeof(first));
	for (len = 0; len <= size; len++, before = status) {
		status = parse(data, len, &used, &source);
		if (status == PROXYHDR_MORE)
			FUZZ(used == len && len < PROXY_HEADER_MAX);
		if (before != PROXYHDR_MORE)
			FUZZ(status == before);
		if (status != PROXYHDR_DONE)
			continue;
		test_done(&source, used);
		if (before != PROXYHDR_DONE) {
			FUZZ(used == len);
			end = used;
			first = source;
		}
		FUZZ(used == end);
		FUZZ(memcmp(&source, &first, sizeof(first)) == 0);
	}
	return (0);
}
