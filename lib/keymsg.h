/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The protocol between a listener and keypop, over a stream socket of its own:
 * one request, its answer, the next request.  All frames of a kind have one
 * size; numbers are in host byte order.
 *
 * The listener waits for the answer (the TLS library calls us in the middle of
 * a handshake), but at most KEY_MILLISECONDS; the number of a request tells a
 * late answer from the one awaited.
 */

#ifndef KEYMSG_H
#define KEYMSG_H

#include <stdint.h>

#define KEY_NAME_LEN		32	/* see keyname.h */
#define KEY_BLOCK_MAX		512	/* RSA-4096 */

enum key_op {
	/*
	 * Apply the private key to a block already padded to the length of the
	 * modulus.  Only an EMSA-PSS encoding (RFC 8017 section 9.1) of
	 * SHA-256, -384 or -512 with a salt of the hash's length is signed: TLS
	 * 1.3 has no other (RFC 8446 section 4.2.3).
	 */
	KEY_RSA_PSS = 1,

	/*
	 * Sign a digest; DER.  Its length is the one that belongs to the curve,
	 * the only one of TLS 1.3; if TLS 1.2 is served with the key, SHA-256,
	 * -384 or -512 (RFC 8422 section 5.10).
	 */
	KEY_ECDSA,

	/*
	 * Sign a digest of SHA-256, -384 or -512 as TLS 1.2 does, only with a
	 * key that TLS 1.2 is served with: keypop pads it, RSASSA-PKCS1-v1_5
	 * (RFC 8017 section 8.2).
	 */
	KEY_RSA_PKCS1
};

enum key_status {
	KEY_SIGNED,
	KEY_UNKNOWN,			/* no such key */
	KEY_REFUSED,			/* TLS does not ask this of the key */
	KEY_FAILED			/* the library failed */
};

struct key_request {
	uint64_t	kq_seq;
	uint32_t	kq_op;		/* enum key_op */
	uint32_t	kq_len;		/* octets used of kq_input */
	uint8_t		kq_key[KEY_NAME_LEN];
	uint8_t		kq_input[KEY_BLOCK_MAX];
};

struct key_answer {
	uint64_t	ka_seq;
	uint32_t	ka_status;	/* enum key_status */
	uint32_t	ka_len;		/* octets used of ka_output */
	uint8_t		ka_output[KEY_BLOCK_MAX];
};

#endif
