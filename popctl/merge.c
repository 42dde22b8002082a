/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#include <sys/types.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "inspect.h"
#include "log.h"
#include "merge.h"
#include "nametab.h"
#include "popcache.h"
#include "uidlist.h"

/* Quote a base name into buf; returns buf. */
static const char *
merge_name(const struct uidlist_item *ux, char buf[LOG_QUOTE_MAX])
{
	char	 base[MAILNAME_MAX + 1];

	memcpy(base, ux->ux_base, ux->ux_base_len);
	base[ux->ux_base_len] = '\0';
	return (log_quote(base, buf, LOG_QUOTE_MAX));
}

/* Log an error of an item with its place: file and line, or name. */
static void __attribute__((__format__ (printf, 3, 4)))
merge_complain(const struct merge *mr, const struct uidlist_item *ux,
    const char *format, ...)
{
	va_list	 ap;
	char	 what[LOG_QUOTE_MAX + 256], name[LOG_QUOTE_MAX];

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	if (ux->ux_line != 0)
		log_warnx("%s:%u: %s", mr->mj_name, ux->ux_line, what);
	else
		log_warnx("%s: %s", merge_name(ux, name), what);
}

static int
merge_same(void *arg, uint32_t i, const char *uidl, size_t len)
{
	const struct uidlist	*ul = arg;

	return (ul->ul_item[i].ux_uidl_len == len &&
	    memcmp(ul->ul_item[i].ux_uidl, uidl, len) == 0);
}

/*
 * Drop the items for which keep() does not return 1.  0, or -1, logged, if it
 * returned -1 for any.
 */
static int
merge_filter(struct merge *mr, struct uidlist *ul, void *arg,
    int (*keep)(struct merge *, struct uidlist *, uint32_t, void *))
{
	uint32_t	 i, n = 0;
	int		 r = 0, kept;

	for (i = 0; i < ul->ul_count; i++) {
		if ((kept = keep(mr, ul, i, arg)) == 1)
			continue;
		r |= kept;
		ul->ul_item[i].ux_base = NULL;
	}
	for (i = 0; i < ul->ul_count; i++) {
		if (ul->ul_item[i].ux_base != NULL)
			ul->ul_item[n++] = ul->ul_item[i];
		else
			free(ul->ul_item[i].ux_uidl);
	}
	ul->ul_count = n;
	return (r);
}

/* merge_filter: keep items of messages that exist, each once. */
static int
merge_there(struct merge *mr, struct uidlist *ul, uint32_t i, void *arg)
{
	const struct box		*bx = ((void **)arg)[0];
	uint32_t			*line = ((void **)arg)[1];
	const struct uidlist_item	*ux = &ul->ul_item[i];
	uint32_t			 n;

	if ((n = box_find(bx, ux->ux_base, ux->ux_base_len)) == 0) {
		mr->mj_gone++;
		return (0);
	}
	if (box_shared(bx, n)) {
		merge_complain(mr, ux, "several files have that name: not "
		    "imported");
		mr->mj_left++;
		return (0);
	}
	if (line[n] != 0) {
		merge_complain(mr, ux, "same name as line %u", line[n]);
		return (-1);
	}
	line[n] = ux->ux_line;
	return (1);
}

/* merge_filter: keep items whose unique id is valid and unique. */
static int
merge_good(struct merge *mr, struct uidlist *ul, uint32_t i, void *arg)
{
	struct nametab			*ids = arg;
	const struct uidlist_item	*ux = &ul->ul_item[i], *other;
	char				 name[LOG_QUOTE_MAX];
	uint32_t			 at;

	if (memchr(ux->ux_base, '\n', ux->ux_base_len) != NULL)
		merge_complain(mr, ux, "newline in the name");
	else if (!popcache_uidl_ok(ux->ux_uidl, ux->ux_uidl_len))
		merge_complain(mr, ux, "unique id of %zu octets: want 1 to %d "
		    "of 21 to 7e hexadecimal", ux->ux_uidl_len, UIDL_MAX);
	else if (nametab_find(ids, ux->ux_uidl, ux->ux_uidl_len, merge_same,
	    ul, &at)) {
		other = &ul->ul_item[at];
		if (other->ux_line != 0)
			merge_complain(mr, ux, "same unique id %s as line %u",
			    ux->ux_uidl, other->ux_line);
		else
			merge_complain(mr, ux, "same unique id %s as %s",
			    ux->ux_uidl, merge_name(other, name));
	} else
		return (nametab_put(ids, ux->ux_uidl, ux->ux_uidl_len, i) ==
		    0 ? 1 : -1);
	mr->mj_left++;
	return (mr->mj_leave ? 0 : -1);
}

static char *
merge_print(const struct uidlist *ul, size_t *len)
{
	const struct uidlist_item	*ux;
	char				*text, *p;
	uint32_t			 i;

	*len = 0;
	for (i = 0; i < ul->ul_count; i++)
		*len += ul->ul_item[i].ux_base_len +
		    ul->ul_item[i].ux_uidl_len + 2;
	if ((text = malloc(*len + 1)) == NULL) {
		log_warn("names");
		return (NULL);
	}
	for (i = 0, p = text; i < ul->ul_count; i++) {
		ux = &ul->ul_item[i];
		memcpy(p, ux->ux_base, ux->ux_base_len);
		p += ux->ux_base_len;
		*p++ = ' ';
		memcpy(p, ux->ux_uidl, ux->ux_uidl_len);
		p += ux->ux_uidl_len;
		*p++ = '\n';
	}
	return (text);
}

/* Reduce the list to what can be imported.  0, or -1, logged. */
static int
merge_check(struct merge *mr, struct uidlist *ul, const struct box *bx,
    uint32_t *line)
{
	void		*arg[2] = { (void *)(uintptr_t)bx, line };
	struct nametab	 ids;
	int		 r;

	if (merge_filter(mr, ul, arg, merge_there) == -1)
		return (-1);
	if (mr->mj_rename && uidlist_rename(ul) == -1)
		return (-1);
	if (nametab_init(&ids, ul->ul_count) == -1) {
		log_warn("names");
		return (-1);
	}
	r = merge_filter(mr, ul, &ids, merge_good);
	nametab_free(&ids);
	return (r);
}

char *
merge_text(struct merge *mr, struct uidlist *ul, const struct box *bx,
    size_t *len)
{
	uint32_t	*line;
	char		*text = NULL;

	line = calloc((size_t)maildrop_last(bx->bx_drop) + 1, sizeof(*line));
	if (line == NULL)
		log_warn("names");
	else if (merge_check(mr, ul, bx, line) == 0) {
		mr->mj_named = ul->ul_count;
		if (ul->ul_count == 0)
			log_warnx("nothing to import: no listed file exists");
		else
			text = merge_print(ul, len);
	}
	free(line);
	return (text);
}
