# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Passwords: hashes for tables, and PLAIN messages for AUTH."""

import base64
import subprocess

from popdtest.env import STAGE


def octets(value):
    return value if isinstance(value, bytes) else value.encode()


def bcrypt(password, cost=4):
    """A hash as smtpctl encrypt makes them; password is bytes or str."""
    return subprocess.run([STAGE + '/sbin/popctl', 'encrypt', '-c', str(cost)],
                          input=octets(password)[:72], check=True,
                          stdout=subprocess.PIPE).stdout.decode().strip()


def plain(authzid, user, password):
    """The base64 of a PLAIN message (RFC 4616)."""
    return base64.b64encode(b'\0'.join(
        octets(part) for part in (authzid, user, password))).decode()
