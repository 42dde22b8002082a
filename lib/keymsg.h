/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a listener and keypop say to each other over a stream socket that
 * carries nothing else: a request, its answer, the next request.  Frames
 * have one size each.  Both ends run on one machine, so numbers are in its
 * order.
 *
 * The listener waits for the answer (a TLS library calls us in the middle of
 * a handshake), but never longer than KEY_MILLISECONDS; the number of a
 * request tells an answer that comes too late from the one that is awaited.
 */

#ifndef KEYMSG_H
#define KEYMSG_H

#include <stdint.h>

#define KEY_NAME_LEN		32	/* see keyname.h */
#define KEY_BLOCK_MAX		512	/* RSA-4096 */

enum key_op {
	/*
	 * Apply the private key to a block that is already padded, as long as
	 * the modulus.  Only an EMSA-PSS encoding (RFC 8017 section 9.1) of
	 * SHA-256, -384 or -512 with a salt of the hash's length is signed,
	 * which is all that TLS 1.3 has (RFC 8446 section 4.2.3).
	 */
	KEY_RSA_PSS = 1,

	/*
	 * Sign a digest; DER.  Of the length that belongs to the curve, which
	 * is all that TLS 1.3 has; for a key that TLS 1.2 is served with, of
	 * SHA-256, -384 or -512 (RFC 8422 section 5.10).
	 */
	KEY_ECDSA,

	/*
	 * Sign a digest of SHA-256, -384 or -512 as TLS 1.2 does, and only
	 * with a key that it is served with: keypop pads it, RSASSA-PKCS1-v1_5
	 * (RFC 8017 section 8.2).
	 */
	KEY_RSA_PKCS1
};

enum key_status {
	KEY_SIGNED,
	KEY_UNKNOWN,			/* no such key */
	KEY_REFUSED,			/* nothing that TLS asks this key for */
	KEY_FAILED			/* the library could not */
};

struct key_request {
	uint64_t	 kq_seq;
	uint32_t	 kq_op;		/* enum key_op */
	uint32_t	 kq_len;	/* octets used of kq_input */
	uint8_t		 kq_key[KEY_NAME_LEN];
	uint8_t		 kq_input[KEY_BLOCK_MAX];
};

struct key_answer {
	uint64_t	 ka_seq;
	uint32_t	 ka_status;	/* enum key_status */
	uint32_t	 ka_len;	/* octets used of ka_output */
	uint8_t		 ka_output[KEY_BLOCK_MAX];
};

#endif
