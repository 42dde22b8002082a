/* link: mail/mbox.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * An mbox in pieces, the sizes of which are in the first octet, compared with
 * a reader that has all of it and takes one line at a time.  Octets below 9
 * stand for what is rarely found by chance.
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

static const struct mbox_calls	calls = {
	on_begin, on_data, on_end, told_peek
};

static const char *const	words[] = {
	"", "From ", "\n\nFrom a Mon Nov  2 08:00:00 2026\n",
	"\nContent-Length: ", " Mon Nov  2 08:00", ":59", " +0100", " 2026",
	"\n\n"
};

/* Write out the words into one block. */
static void
expand(struct fuzz_input *fi, struct told *mbox)
{
	for (; fi->fi_len > 0; fi->fi_data++, fi->fi_len--)
		if (*fi->fi_data < sizeof(words) / sizeof(words[0]))
			told_add(mbox, words[*fi->fi_data],
			    strlen(words[*fi->fi_data]));
		else
			told_add(mbox, fi->fi_data, 1);
}

static enum mbox_result
read_it(size_t step, struct told *to)
{
	struct mbox		 mx;
	enum mbox_result	 r = MBOX_OK;
	size_t			 at, n;
	char			*piece;

	mbox_init(&mx, &calls, to, 0);
	for (at = 0; at < to->to_size && r == MBOX_OK; at += n) {
		n = to->to_size - at < step ? to->to_size - at : step;
		piece = fuzz_copy(to->to_data + at, n);
		r = mbox_feed(&mx, piece, n);
		free(piece);
	}
	return (r == MBOX_OK ? mbox_finish(&mx) : r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	struct told		 mbox = { NULL, 0, NULL, 0 }, told = mbox;
	struct told		 oracle = mbox;
	size_t			 step = (size_t)fuzz_byte(&fi) + 1;
	enum mbox_result	 r;

	told_add(&mbox, "", 0);
	told_add(&told, "", 0);
	told_add(&oracle, "", 0);
	expand(&fi, &mbox);
	told.to_data = mbox.to_text;
	told.to_size = mbox.to_len;
	r = read_it(step, &told);
	if (oracle_mbox(mbox.to_text, mbox.to_len, &oracle)) {
		FUZZ(r == MBOX_OK);
		FUZZ(told.to_len == oracle.to_len);
		FUZZ(memcmp(told.to_text, oracle.to_text, told.to_len) == 0);
	} else
		FUZZ(r == MBOX_FOREIGN);
	free(mbox.to_text);
	free(told.to_text);
	free(oracle.to_text);
	return (0);
}
