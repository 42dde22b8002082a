/*
 * link: popctl/courier.o popctl/cyrus.o popctl/dovecot.o popctl/poplisting.o
 * link: popctl/match.o popctl/text.o popctl/uidlformat.o popctl/uidlist.o
 * link: mail/maildir.o mail/nametab.o mail/popcache.o mail/whole.o
 * link: lib/log.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Lists of unique ids written by users and other servers.  The first octet
 * selects the format; the rest is the file, or sizes to match.
 */

#include <errno.h>

#include "fuzz.h"
#include "limits.h"
#include "log.h"
#include "maildir.h"
#include "popctl/courier.h"
#include "popctl/cyrus.h"
#include "popctl/dovecot.h"
#include "popctl/match.h"
#include "popctl/poplisting.h"
#include "popctl/text.h"
#include "popctl/uidlformat.h"
#include "popctl/uidlist.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz");
	log_to(fuzz_silent);
	return (0);
}

static void
text_of(struct text *tx, const uint8_t *data, size_t size)
{
	memset(tx, 0, sizeof(*tx));
	tx->tx_name = "f";
	tx->tx_data = fuzz_copy(data, size);
	tx->tx_len = size;
}

/* Every name is one, and is where the text is. */
static void
test_items(const struct text *tx, struct uidlist *ul)
{
	const struct uidlist_item	*ux;
	uint32_t			 i;

	FUZZ(uidlist_rename(ul) == 0);
	for (i = 0; i < ul->ul_count; i++) {
		ux = &ul->ul_item[i];
		FUZZ(ux->ux_base >= tx->tx_data &&
		    ux->ux_base + ux->ux_base_len <= tx->tx_data + tx->tx_len);
		FUZZ(maildir_name_ok(ux->ux_base, ux->ux_base_len));
		FUZZ(memchr(ux->ux_base, '\n', ux->ux_base_len) == NULL);
		FUZZ(ux->ux_line >= 2 && ux->ux_line <= tx->tx_line);
		FUZZ(ux->ux_uidl[ux->ux_uidl_len] == '\0');
	}
}

static void
test_server(int server, const uint8_t *data, size_t size)
{
	struct uidlformat	 uf;
	struct uidlist		 ul = { NULL, 0, 0 };
	struct text		 tx;
	int			 r;

	FUZZ(uidlformat_parse(DOVECOT_FORMAT, sizeof(DOVECOT_FORMAT) - 1,
	    &uf) == NULL);
	text_of(&tx, data, size);
	if (server == 0)
		r = dovecot_parse(&tx, &uf, &ul);
	else if (server == 1)
		r = courier_parse(&tx, &ul);
	else
		r = cyrus_parse(&tx, &uf, &ul);
	FUZZ(r == 0 || r == -1);
	FUZZ(r == -1 || tx.tx_at == size);
	if (r == 0)
		test_items(&tx, &ul);
	uidlist_free(&ul);
	text_free(&tx);
}

static void
test_listing(const uint8_t *data, size_t size)
{
	struct listing	 ls;
	struct text	 tx;
	uint32_t	 i;

	text_of(&tx, data, size);
	if (poplisting_parse(&tx, &ls) == 0) {
		FUZZ(ls.ls_count > 0);
		for (i = 0; i < ls.ls_count; i++) {
			FUZZ(ls.ls_item[i].li_uidl_len > 0);
			FUZZ(i == 0 || ls.ls_item[i].li_number >
			    ls.ls_item[i - 1].li_number);
		}
		poplisting_free(&ls);
	}
	text_free(&tx);
}

static void
test_format(const uint8_t *data, size_t size)
{
	struct uidlformat_facts	 ff = { 1, UINT32_MAX, "base", 4, "g", 1 };
	struct uidlformat	 uf;
	char			*copy = fuzz_copy(data, size);
	char			*out = fuzz_copy(data, 0);

	out = realloc(out, UIDLFORMAT_OUT_MAX);
	if (uidlformat_parse(copy, size, &uf) == NULL) {
		FUZZ(uf.uf_count <= UIDLFORMAT_PARTS);
		FUZZ(uidlformat_make(&uf, &ff, out) <= UIDLFORMAT_OUT_MAX);
	}
	free(out);
	free(copy);
}

/* Files of one size and the same low bits are the same. */
static int
same(void *arg, uint32_t i, uint32_t j)
{
	const uint8_t	*data = arg;

	return (data[i] == data[j]);
}

/* Check that matches are unique and of equal size, and none is missed. */
static void
test_matched(const struct match *mt)
{
	uint32_t	 i, j, lines, files;

	for (i = 0; i < mt->mt_lines; i++) {
		for (j = lines = 0; j < mt->mt_lines; j++)
			lines += mt->mt_list[j] == mt->mt_list[i];
		for (j = files = 0; j < mt->mt_files; j++)
			files += mt->mt_file[j] == mt->mt_list[i];
		FUZZ(mt->mt_how[i] != MATCH_SIZE || (lines == 1 &&
		    files == 1));
		FUZZ(lines != 1 || files != 1 || mt->mt_how[i] == MATCH_SIZE ||
		    (mt->mt_disorder && !mt->mt_proof && !mt->mt_guess));
		if (mt->mt_how[i] < MATCH_SIZE) {
			FUZZ(mt->mt_how[i] == MATCH_UNSURE || files < lines);
			continue;
		}
		FUZZ(mt->mt_file[mt->mt_which[i]] == mt->mt_list[i]);
		for (j = 0; j < i; j++)
			FUZZ(mt->mt_how[j] < MATCH_SIZE ||
			    mt->mt_which[j] != mt->mt_which[i]);
	}
}

/* Check that matches by order are in order. */
static void
test_ordered(const struct match *mt)
{
	uint32_t	 i, last = 0;

	for (i = 0; i < mt->mt_lines; i++) {
		if (mt->mt_how[i] != MATCH_SIZE && mt->mt_how[i] !=
		    MATCH_ORDER)
			continue;
		FUZZ(!mt->mt_disorder || mt->mt_how[i] != MATCH_ORDER);
		FUZZ(mt->mt_disorder || mt->mt_which[i] + 1 > last);
		last = mt->mt_which[i] + 1;
	}
}

static void
test_match(const uint8_t *data, size_t size)
{
	struct match	 mt;
	uint64_t	 lines[64], files[64];
	uint32_t	 i, n;

	memset(&mt, 0, sizeof(mt));
	if (size < 1)
		return;
	n = data[0] % 64;
	data++;
	size = size - 1 > 128 ? 128 : size - 1;
	for (i = 0; i < size; i++) {
		if (i < n)
			lines[mt.mt_lines++] = data[i] & 7;
		else if (mt.mt_files < 64)
			files[mt.mt_files++] = data[i] & 7;
	}
	mt.mt_list = lines;
	mt.mt_file = files;
	mt.mt_same = same;
	mt.mt_arg = (void *)(uintptr_t)(data + mt.mt_lines);
	FUZZ(match_run(&mt) == 0);
	test_matched(&mt);
	test_ordered(&mt);
	match_free(&mt);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return (0);
	switch (data[0] % 6) {
	case 3:
		test_listing(data + 1, size - 1);
		break;
	case 4:
		test_format(data + 1, size - 1);
		break;
	case 5:
		test_match(data + 1, size - 1);
		break;
	default:
		test_server(data[0] % 6, data + 1, size - 1);
		break;
	}
	return (0);
}
