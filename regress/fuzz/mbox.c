/* link: mail/mbox.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * An mbox in pieces, the sizes of which are in the first octet, compared with
 * a reader that takes one line at a time.
 */

#include "fuzz.h"
#include "mbox.h"
#include "mboxoracle.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return (0);
}

static int
on_begin(void *arg, uint64_t offset)
{
	told_begin(arg, (unsigned long long)offset);
	return (0);
}

static int
on_data(void *arg, const void *data, size_t len)
{
	FUZZ(len > 0);
	told_add(arg, data, len);
	return (0);
}

static int
on_end(void *arg)
{
	told_add(arg, "E", 1);
	return (0);
}

static const struct mbox_calls	calls = { on_begin, on_data, on_end };

static enum mbox_result
read_it(struct fuzz_input *fi, struct told *to)
{
	struct mbox		 mx;
	enum mbox_result	 r = MBOX_OK;
	size_t			 step = (size_t)fuzz_byte(fi) + 1, n;
	char			*piece;

	mbox_init(&mx, &calls, to, 0);
	for (; fi->fi_len > 0 && r == MBOX_OK; fi->fi_len -= n) {
		n = step < fi->fi_len ? step : fi->fi_len;
		piece = fuzz_copy(fi->fi_data, n);
		r = mbox_feed(&mx, piece, n);
		free(piece);
		fi->fi_data += n;
	}
	return (r == MBOX_OK ? mbox_finish(&mx) : r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	struct told		 told = { NULL, 0 }, oracle = { NULL, 0 };
	enum mbox_result	 r;

	if (size == 0)
		return (0);
	told_add(&told, "", 0);
	told_add(&oracle, "", 0);
	r = read_it(&fi, &told);
	if (oracle_mbox((const char *)data + 1, size - 1, &oracle)) {
		FUZZ(r == MBOX_OK);
		FUZZ(told.to_len == oracle.to_len);
		FUZZ(memcmp(told.to_text, oracle.to_text, told.to_len) == 0);
	} else
		FUZZ(r == MBOX_FOREIGN);
	free(told.to_text);
	free(oracle.to_text);
	return (0);
}
