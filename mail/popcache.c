/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Make, check and compare entries of popcache.  popcache_read.c reads the file,
 * popcache_write.c writes it.
 */

#include <sys/types.h>

#include <endian.h>
#include <errno.h>
#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "popcache.h"
#include "popcache_private.h"

_Static_assert(sizeof(struct popcache_entry) == POPCACHE_ENTRY_LEN,
    "an entry has no holes");

/* Memory for entries made here; freed all at once. */
struct popcache_chunk {
	struct popcache_chunk	*pck_next;
	size_t			 pck_used;
	size_t			 pck_size;
	uint64_t		 pck_data[];
};

#define CHUNK_MIN	(16 * 1024)
#define CHUNK_MAX	(1024 * 1024)

/*
 * Space for ":2,S" after a name without flags; and the maximum, after flags
 * have come and gone.
 */
#define ROOM		4
#define ROOM_MAX	64

#define MIX_A		0x9e3779b97f4a7c15ULL
#define MIX_B		0xc2b2ae3d27d4eb4fULL

/*
 * Both steps are reversible, so no change of a single word is lost; two sums
 * run in parallel because a multiplication takes time.
 */
static inline uint64_t
popcache_mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * MIX_A;
	return (sum ^ sum >> 29);
}

static inline uint64_t
popcache_word(const unsigned char *p)
{
	uint64_t	 word;

	memcpy(&word, p, sizeof(word));
	return (le64toh(word));
}

uint64_t
popcache_hash(const void *data, size_t len)
{
	const unsigned char	*p = data;
	unsigned char		 rest[8] = { 0 };
	uint64_t		 a = MIX_B ^ len, b = MIX_A;

	while (len >= 16) {
		a = popcache_mix(a, popcache_word(p));
		b = popcache_mix(b, popcache_word(p + 8));
		p += 16;
		len -= 16;
	}
	if (len >= 8) {
		a = popcache_mix(a, popcache_word(p));
		p += 8;
		len -= 8;
	}
	if (len != 0) {
		memcpy(rest, p, len);
		b = popcache_mix(b, popcache_word(rest));
	}
	a = popcache_mix(a, b * MIX_B);
	return (a ^ a >> 32);
}

uint64_t
popcache_name_sum(const char *name, size_t len, uint64_t ino)
{
	return (popcache_mix(popcache_hash(name, len), ino) * MIX_B);
}

uint64_t
popcache_entry_sum(const struct popcache_entry *pe)
{
	return (popcache_name_sum(popcache_name(pe), pe->pe_name_len,
	    popcache_ino(pe)));
}

/* Return the checksum of an entry: all of it, this field taken as zero. */
static uint64_t
popcache_sum(const struct popcache_entry *pe, size_t len)
{
	const unsigned char	*p = (const unsigned char *)pe;
	uint64_t		 a = MIX_A, b = MIX_B;
	size_t			 i;

	for (i = 0; i + 16 <= offsetof(struct popcache_entry, pe_sum) + 8;
	    i += 16) {
		a = popcache_mix(a, popcache_word(p + i));
		b = popcache_mix(b, i + 8 ==
		    offsetof(struct popcache_entry, pe_sum) ? 0 :
		    popcache_word(p + i + 8));
	}
	for (; i + 16 <= len; i += 16) {
		a = popcache_mix(a, popcache_word(p + i));
		b = popcache_mix(b, popcache_word(p + i + 8));
	}
	if (i < len)
		a = popcache_mix(a, popcache_word(p + i));
	a = popcache_mix(a, b * MIX_B);
	return (a ^ a >> 32);
}

void
popcache_seal(struct popcache_entry *pe)
{
	pe->pe_sum = htole64(popcache_sum(pe, popcache_entry_len(pe)));
}

int
popcache_uidl_ok(const char *uidl, size_t len)
{
	size_t		 i;

	if (len < 1 || len > UIDL_MAX)
		return (0);
	for (i = 0; i < len; i++)
		if (uidl[i] < 0x21 || uidl[i] > 0x7e)
			return (0);
	return (1);
}

/* Return the octets of an entry before the zeros at its end. */
static size_t
popcache_need(size_t uidl, size_t name)
{
	return (POPCACHE_ENTRY_LEN + uidl + name + 1);
}

/* Check names and flags of an entry with a valid checksum. */
static int
popcache_text_ok(const struct popcache_entry *pe)
{
	const char	*name = popcache_name(pe);

	if (pe->pe_flags & ~POPCACHE_FLAGS || pe->pe_base_len == 0 ||
	    pe->pe_base_len > pe->pe_name_len)
		return (0);
	if (name[pe->pe_name_len] != '\0' ||
	    !maildir_name_ok(name, pe->pe_name_len) ||
	    maildir_base_len(name, pe->pe_name_len) != pe->pe_base_len)
		return (0);
	if (pe->pe_uidl_len == 0)
		return (1);
	/* Text comes from popuidl; twins and POPCACHE_OCTETS have a digest. */
	return ((pe->pe_flags & (POPCACHE_NAMED | POPCACHE_TWIN |
	    POPCACHE_OCTETS)) == POPCACHE_NAMED &&
	    popcache_uidl_ok((const char *)pe->pe_text, pe->pe_uidl_len));
}

/*
 * Return whether the avail octets at pe are a whole and valid entry: no name is
 * used unchecked.
 */
int
popcache_entry_ok(const struct popcache_entry *pe, size_t avail)
{
	size_t		 len, need;

	if (avail < POPCACHE_ENTRY_LEN || pe->pe_magic !=
	    htole32(POPCACHE_ENTRY_MAGIC))
		return (0);
	len = popcache_entry_len(pe);
	need = popcache_need(popcache_uidl_space(pe), pe->pe_name_len);
	if (len > avail || len > POPCACHE_ENTRY_MAX || len < need ||
	    len - need > ROOM_MAX)
		return (0);
	return (le64toh(pe->pe_sum) == popcache_sum(pe, len) &&
	    popcache_text_ok(pe));
}

/* Allocate len octets (a multiple of 8) that live as long as the popcache. */
static void *
popcache_alloc(struct popcache *pc, size_t len)
{
	struct popcache_chunk	*pck = pc->pc_chunk;
	size_t			 size;
	void			*p;

	if (pck == NULL || pck->pck_size - pck->pck_used < len) {
		size = pck == NULL ? CHUNK_MIN : pck->pck_size * 2;
		if (size > CHUNK_MAX)
			size = CHUNK_MAX;
		pck = malloc(sizeof(*pck) + size);
		if (pck == NULL)
			return (NULL);
		pck->pck_next = pc->pc_chunk;
		pck->pck_used = 0;
		pck->pck_size = size;
		pc->pc_chunk = pck;
	}
	p = pck->pck_data + pck->pck_used / 8;
	pck->pck_used += len;
	return (p);
}

void
popcache_forget(struct popcache *pc)
{
	struct popcache_chunk	*pck;

	while ((pck = pc->pc_chunk) != NULL) {
		pc->pc_chunk = pck->pck_next;
		free(pck);
	}
	free(pc->pc_buf);
	free(pc->pc_entry);
	free(pc->pc_dead);
	free(pc->pc_octets);
	pc->pc_buf = NULL;
	pc->pc_entry = pc->pc_dead = pc->pc_octets = NULL;
	pc->pc_deads = pc->pc_dead_room = 0;
	pc->pc_octets_count = pc->pc_octets_room = 0;
	pc->pc_count = pc->pc_room = pc->pc_covered = 0;
	pc->pc_len = 0;
	pc->pc_from = pc->pc_near = UINT32_MAX;
}

struct popcache_entry *
popcache_copy(struct popcache *pc, const void *from, size_t len)
{
	struct popcache_entry	*pe;

	if ((pe = popcache_alloc(pc, len)) != NULL)
		memcpy(pe, from, len);
	return (pe);
}

/* Append to a growing list; -1 with errno ENOMEM. */
static int
popcache_grow(struct popcache_entry ***list, size_t *count, size_t *room,
    struct popcache_entry *pe)
{
	struct popcache_entry	**entry;
	size_t			  more;

	if (*count == *room) {
		more = *room == 0 ? 64 : *room * 2;
		entry = reallocarray(*list, more, sizeof(*entry));
		if (entry == NULL)
			return (-1);
		*list = entry;
		*room = more;
	}
	(*list)[(*count)++] = pe;
	return (0);
}

int
popcache_add(struct popcache *pc, struct popcache_entry *pe)
{
	if (pe->pe_flags & POPCACHE_OCTETS)
		return (popcache_grow(&pc->pc_octets, &pc->pc_octets_count,
		    &pc->pc_octets_room, pe));
	if (pe->pe_flags & POPCACHE_DEAD)
		return (popcache_grow(&pc->pc_dead, &pc->pc_deads,
		    &pc->pc_dead_room, pe));
	return (popcache_grow(&pc->pc_entry, &pc->pc_count, &pc->pc_room, pe));
}

int
popcache_bury(struct popcache *pc, struct popcache_entry *pe)
{
	pe->pe_flags |= POPCACHE_DEAD;
	return (popcache_add(pc, pe));
}

/* Store the unique-id of an entry being made. */
static void
popcache_make_uidl(struct popcache_entry *pe,
    const struct popcache_facts *pf)
{
	SHA2_CTX	 ctx;

	if (pf->pf_uidl != NULL) {
		pe->pe_uidl_len = (uint8_t)pf->pf_uidl_len;
		memcpy(pe->pe_text, pf->pf_uidl, pf->pf_uidl_len);
	} else if (pf->pf_digest != NULL)
		memcpy(pe->pe_text, pf->pf_digest, POPCACHE_DIGEST_LEN);
	else {
		SHA256Init(&ctx);
		SHA256Update(&ctx, (const uint8_t *)pf->pf_name,
		    pe->pe_base_len);
		SHA256Final(pe->pe_text, &ctx);
	}
}

struct popcache_entry *
popcache_make(struct popcache *pc, const struct popcache_facts *pf)
{
	struct popcache_entry	*pe;
	size_t			 uidl, len;

	uidl = pf->pf_uidl == NULL ? POPCACHE_DIGEST_LEN :
	    (pf->pf_uidl_len + 7) & ~(size_t)7;
	len = (popcache_need(uidl, pf->pf_name_len) + ROOM + 7) / 8 * 8;
	if ((pe = popcache_alloc(pc, len)) == NULL)
		return (NULL);

	memset(pe, 0, len);
	pe->pe_magic = htole32(POPCACHE_ENTRY_MAGIC);
	pe->pe_words = htole16((uint16_t)(len / 8));
	pe->pe_flags = (uint8_t)pf->pf_flags;
	pe->pe_base_len = (uint8_t)maildir_base_len(pf->pf_name,
	    pf->pf_name_len);
	pe->pe_name_len = (uint8_t)pf->pf_name_len;
	popcache_set_ino(pe, pf->pf_ino);
	pe->pe_size = htole64(pf->pf_size);
	pe->pe_octets = htole64(pf->pf_octets);
	pe->pe_order = htole64(pf->pf_order);
	popcache_make_uidl(pe, pf);
	memcpy(pe->pe_text + uidl, pf->pf_name, pf->pf_name_len);
	return (pe);
}

void
popcache_facts(const struct popcache_entry *pe, struct popcache_facts *pf)
{
	pf->pf_name = popcache_name(pe);
	pf->pf_name_len = pe->pe_name_len;
	pf->pf_uidl = pe->pe_uidl_len == 0 ? NULL : (const char *)pe->pe_text;
	pf->pf_uidl_len = pe->pe_uidl_len;
	pf->pf_digest = pe->pe_uidl_len == 0 ? pe->pe_text : NULL;
	pf->pf_ino = popcache_ino(pe);
	pf->pf_size = le64toh(pe->pe_size);
	pf->pf_octets = popcache_octets(pe);
	pf->pf_order = popcache_order(pe);
	pf->pf_flags = pe->pe_flags;
}

uint64_t
popcache_ino(const struct popcache_entry *pe)
{
	uint64_t	 ino = 0;

	memcpy(&ino, pe->pe_ino, sizeof(pe->pe_ino));
	return (le64toh(ino));
}

void
popcache_set_ino(struct popcache_entry *pe, uint64_t ino)
{
	ino = htole64(ino);
	memcpy(pe->pe_ino, &ino, sizeof(pe->pe_ino));
}

int
popcache_is(const struct popcache_entry *pe, enum maildir_dir dir,
    const char *name, size_t len)
{
	return (popcache_dir(pe) == dir && pe->pe_name_len == len &&
	    memcmp(popcache_name(pe), name, len) == 0);
}

int
popcache_rename(struct popcache_entry *pe, enum maildir_dir dir,
    const char *name, size_t len)
{
	size_t		 uidl = popcache_uidl_space(pe);
	size_t		 room = popcache_entry_len(pe);
	size_t		 need = popcache_need(uidl, len);

	if (need > room || room - need > ROOM_MAX || len > MAILNAME_MAX)
		return (0);
	memset(pe->pe_text + uidl, 0, room - POPCACHE_ENTRY_LEN - uidl);
	memcpy(pe->pe_text + uidl, name, len);
	pe->pe_name_len = (uint8_t)len;
	pe->pe_flags &= (uint8_t)~POPCACHE_IN_CUR;
	if (dir == MAILDIR_CUR)
		pe->pe_flags |= POPCACHE_IN_CUR;
	return (1);
}

/* Compare entries of the same order by the octets of their base names. */
static int
popcache_compare_base(const struct popcache_entry *a,
    const struct popcache_entry *b)
{
	size_t		 len;
	int		 c;

	len = a->pe_base_len < b->pe_base_len ? a->pe_base_len :
	    b->pe_base_len;
	c = memcmp(popcache_name(a), popcache_name(b), len);
	return (c != 0 ? c : (int)a->pe_base_len - (int)b->pe_base_len);
}

int
popcache_compare(const struct popcache_entry *a,
    const struct popcache_entry *b)
{
	uint64_t	 left = popcache_order(a), right = popcache_order(b);
	int		 c;

	if ((a->pe_flags ^ b->pe_flags) & POPCACHE_NAMED)
		return (a->pe_flags & POPCACHE_NAMED ? -1 : 1);
	if (left != right)
		return (left < right ? -1 : 1);
	if ((c = popcache_compare_base(a, b)) != 0)
		return (c);
	/* Twins, each with a digest. */
	if (a->pe_uidl_len != 0 || b->pe_uidl_len != 0)
		return ((int)a->pe_uidl_len - (int)b->pe_uidl_len);
	return (memcmp(a->pe_text, b->pe_text, POPCACHE_DIGEST_LEN));
}

/* Write four octets as eight hexadecimal digits, all at once. */
static void
popcache_hex4(const unsigned char *octets, char *digits)
{
	uint64_t	 x, letters;
	uint32_t	 four;

	memcpy(&four, octets, sizeof(four));
	x = le32toh(four);
	/* Spread each half octet to an octet of its own, the high one first. */
	x = (x | x << 16) & 0x0000ffff0000ffffULL;
	x = (x | x << 8) & 0x00ff00ff00ff00ffULL;
	x = (x >> 4 | x << 8) & 0x0f0f0f0f0f0f0f0fULL;
	/* Set 1 in each octet of ten or more: a carry into its high half. */
	letters = (x + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL;
	x += 0x3030303030303030ULL + letters * ('a' - '0' - 10);
	x = htole64(x);
	memcpy(digits, &x, sizeof(x));
}

void
popcache_hex(const unsigned char octets[POPCACHE_DIGEST_LEN],
    char digits[2 * POPCACHE_DIGEST_LEN])
{
	size_t		 i;

	for (i = 0; i < POPCACHE_DIGEST_LEN; i += 4)
		popcache_hex4(octets + i, digits + 2 * i);
}

size_t
popcache_uidl(const struct popcache_entry *pe, char buf[UIDL_MAX])
{
	if (pe->pe_uidl_len != 0) {
		memcpy(buf, pe->pe_text, pe->pe_uidl_len);
		return (pe->pe_uidl_len);
	}
	popcache_hex(pe->pe_text, buf);
	return (2 * POPCACHE_DIGEST_LEN);
}

uint64_t
popcache_place(struct popcache *pc, struct popcache_entry **list, uint32_t i)
{
	const unsigned char	*p = (const unsigned char *)list[i];

	if (i < pc->pc_from) {
		if (pc->pc_buf == NULL || p < pc->pc_buf ||
		    p >= pc->pc_buf + pc->pc_len)
			return (0);
		return (pc->pc_base + (uint64_t)(p - pc->pc_buf));
	}
	/* Many are asked for in order. */
	if (i < pc->pc_near) {
		pc->pc_near = pc->pc_from;
		pc->pc_near_at = pc->pc_from_at;
	}
	for (; pc->pc_near < i; pc->pc_near++)
		pc->pc_near_at += popcache_entry_len(list[pc->pc_near]);
	return (pc->pc_near_at);
}
