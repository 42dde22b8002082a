/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Both sort by modification time, and make unique ids from the file name up to
 * its first colon: qmail-pop3d as it is, tpop3d as its MD5 in hexadecimal.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <md5.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "inspect.h"
#include "log.h"
#include "names.h"
#include "uidlist.h"

/* Set the modification time of message n, in seconds.  0, or -1, logged. */
static int
names_time(const struct box *bx, uint32_t n, uint64_t *order)
{
	enum maildrop_error	 error;
	struct stat		 st;
	int			 fd;

	if ((fd = maildrop_read(bx->bx_drop, n, &error)) == -1) {
		log_warnx("message %u cannot be opened", n);
		return (-1);
	}
	if (fstat(fd, &st) == -1) {
		log_warn("message %u", n);
		close(fd);
		return (-1);
	}
	close(fd);
	*order = st.st_mtime < 0 ? 0 : (uint64_t)st.st_mtime;
	return (0);
}

static size_t
names_md5(const char *name, size_t len, char hex[MD5_DIGEST_STRING_LENGTH])
{
	static const char	 digits[] = "0123456789abcdef";
	unsigned char		 digest[MD5_DIGEST_LENGTH];
	MD5_CTX			 ctx;
	size_t			 i;

	MD5Init(&ctx);
	MD5Update(&ctx, (const unsigned char *)name, len);
	MD5Final(digest, &ctx);
	for (i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 0xf];
	}
	return (2 * sizeof(digest));
}

static int
names_list(const struct box *bx, struct uidlist *ul, int md5)
{
	struct uidlist_item	*ux;
	const char		*base, *colon;
	char			 hex[MD5_DIGEST_STRING_LENGTH];
	size_t			 len, name;
	uint64_t		 order;
	uint32_t		 n;

	for (n = 1; n <= maildrop_last(bx->bx_drop); n++) {
		base = inspect_base(bx->bx_drop, n, &len);
		colon = memchr(base, ':', len);
		name = colon == NULL ? len : (size_t)(colon - base);
		if (names_time(bx, n, &order) == -1)
			return (-1);
		ux = md5 ? uidlist_add(ul, base, len, hex, names_md5(base,
		    name, hex)) : uidlist_add(ul, base, len, base, name);
		if (ux == NULL)
			return (-1);
		ux->ux_order = order;
	}
	uidlist_sort(ul);
	return (0);
}

int
names_qmail(const struct box *bx, struct uidlist *ul)
{
	return (names_list(bx, ul, 0));
}

int
names_tpop3d(const struct box *bx, struct uidlist *ul)
{
	return (names_list(bx, ul, 1));
}
