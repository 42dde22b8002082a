# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Passwords: hashes for tables, and PLAIN messages for AUTH."""

import base64
import ctypes.util
import os

_crypt = None


def bcrypt(password, cost=4):
    """A hash as smtpctl encrypt makes them; password is bytes or str."""
    global _crypt
    if _crypt is None:
        _crypt = ctypes.CDLL(ctypes.util.find_library('crypt') or
                             'libcrypt.so.1')
        _crypt.crypt.restype = ctypes.c_char_p
        _crypt.crypt_gensalt.restype = ctypes.c_char_p
        _crypt.crypt_gensalt.argtypes = [ctypes.c_char_p, ctypes.c_ulong,
                                         ctypes.c_char_p, ctypes.c_int]
    if isinstance(password, str):
        password = password.encode()
    salt = _crypt.crypt_gensalt(b'$2b$', cost, os.urandom(16), 16)
    return _crypt.crypt(password, salt).decode()


def plain(authzid, user, password):
    """The base64 of a PLAIN message (RFC 4616)."""
    def text(value):
        return value if isinstance(value, bytes) else value.encode()
    return base64.b64encode(text(authzid) + b'\0' + text(user) + b'\0' +
                            text(password)).decode()
