/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The octets that a server must send for each file of a maildir: CRLF after
 * every line, a dot at the start of a line doubled, ".\r\n" at the end.  Goes
 * octet by octet, as it must be evidently right, not fast.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

struct file {
	char			*f_path;
	unsigned long long	 f_number;
};

static struct file	*files;
static size_t		 nfiles;

static int
compare(const void *a, const void *b)
{
	const struct file	*x = a, *y = b;

	return (x->f_number < y->f_number ? -1 : x->f_number > y->f_number);
}

static void
list(const char *maildir, const char *sub)
{
	char		 dir[1024], path[2048];
	DIR		*d;
	struct dirent	*e;

	snprintf(dir, sizeof(dir), "%s/%s", maildir, sub);
	if ((d = opendir(dir)) == NULL)
		err(1, "%s", dir);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		files = reallocarray(files, nfiles + 1, sizeof(*files));
		if (files == NULL)
			err(1, "reallocarray");
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if ((files[nfiles].f_path = strdup(path)) == NULL)
			err(1, "strdup");
		files[nfiles++].f_number = strtoull(e->d_name, NULL, 10);
	}
	closedir(d);
}

static void
encode(const char *in, size_t len, struct wire *w)
{
	size_t	 i, o = 0;
	int	 bol = 1;

	/* At worst each "\n" becomes "\r\n" and each "." becomes "..". */
	if ((w->w_bytes = malloc(len * 2 + 5)) == NULL)
		err(1, "malloc");
	for (i = 0; i < len; i++) {
		if (bol && in[i] == '.')
			w->w_bytes[o++] = '.';
		if (in[i] == '\n' && (i == 0 || in[i - 1] != '\r'))
			w->w_bytes[o++] = '\r';
		w->w_bytes[o++] = in[i];
		bol = in[i] == '\n';
	}
	if (!bol) {
		w->w_bytes[o++] = '\r';
		w->w_bytes[o++] = '\n';
	}
	memcpy(w->w_bytes + o, ".\r\n", 3);
	w->w_len = o + 3;
}

void
mail_load(const char *maildir, struct wire **wire, size_t *n)
{
	FILE		*f;
	struct stat	 st;
	char		*in;
	size_t		 i;

	list(maildir, "new");
	list(maildir, "cur");
	if (nfiles == 0)
		errx(1, "%s: no messages", maildir);
	qsort(files, nfiles, sizeof(*files), compare);
	if ((*wire = calloc(nfiles, sizeof(**wire))) == NULL)
		err(1, "calloc");
	for (i = 0; i < nfiles; i++) {
		if ((f = fopen(files[i].f_path, "r")) == NULL ||
		    fstat(fileno(f), &st) == -1 ||
		    (in = malloc((size_t)st.st_size + 1)) == NULL ||
		    fread(in, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
			err(1, "%s", files[i].f_path);
		encode(in, (size_t)st.st_size, &(*wire)[i]);
		free(in);
		fclose(f);
	}
	*n = nfiles;
}
