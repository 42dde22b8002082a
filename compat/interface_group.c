/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Linux: egress, from the routing tables in /proc/net. */

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <interface_group.h>

/* Add a name if it is new.  Return the new number of names. */
static int
group_add(char names[][IFNAMSIZ], int n, int max, const char *name)
{
	int	i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (n);
	if (n == max || strcmp(name, "lo") == 0)
		return (n);
	strlcpy(names[n], name, IFNAMSIZ);
	return (n + 1);
}

/* Interface, destination, gateway, four numbers, mask. */
static int
group_inet(FILE *f, char names[][IFNAMSIZ], int n, int max)
{
	char	line[256], name[64], to[64], mask[64];

	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%63s %63s %*s %*s %*s %*s %*s %63s", name, to,
		    mask) == 3 && strcmp(to, "00000000") == 0 &&
		    strcmp(mask, "00000000") == 0)
			n = group_add(names, n, max, name);
	return (n);
}

/* Destination, its bits, source, its bits, gateway, four numbers, interface. */
static int
group_inet6(FILE *f, char names[][IFNAMSIZ], int n, int max)
{
	char	line[256], name[64], to[64], bits[64];

	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%63s %63s %*s %*s %*s %*s %*s %*s %*s %63s",
		    to, bits, name) == 3 && strcmp(bits, "00") == 0 &&
		    strspn(to, "0") == strlen(to))
			n = group_add(names, n, max, name);
	return (n);
}

int
interface_group(const char *group, char names[][IFNAMSIZ], int max)
{
	FILE	*f;
	int	n = 0;

	if (strcmp(group, "egress") != 0) {
		errno = ENOENT;
		return (-1);
	}
	if ((f = fopen("/proc/net/route", "r")) != NULL) {
		n = group_inet(f, names, n, max);
		fclose(f);
	}
	if ((f = fopen("/proc/net/ipv6_route", "r")) != NULL) {
		n = group_inet6(f, names, n, max);
		fclose(f);
	}
	return (n);
}
