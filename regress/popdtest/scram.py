# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""A client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), and verifiers."""

import base64
import hashlib
import hmac
import os

from popdtest.cases import check, equal

PASSWORD = 'pencil'


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else
                            data.encode()).decode()


def verifier(password, salt=b'0123456789abcdef', iterations=4096):
    salted = hashlib.pbkdf2_hmac('sha256', password.encode(), salt,
                                 iterations)
    stored = hashlib.sha256(hmac.digest(salted, b'Client Key', 'sha256'))
    return 'SCRAM-SHA-256$%d:%s$%s:%s' % (
        iterations, b64(salt), b64(stored.digest()),
        b64(hmac.digest(salted, b'Server Key', 'sha256')))


class Exchange:
    """One exchange over a connection; each part can be bent."""

    def __init__(self, client, user='joe', password=PASSWORD, header='n,,',
                 nonce=None, more=''):
        self.client, self.password, self.header = client, password, header
        self.nonce = nonce or b64(os.urandom(18))
        self.bare = 'n=%s,r=%s%s' % (user.replace('=', '=3D').replace(
            ',', '=2C'), self.nonce, more)

    def first(self, initial=True):
        first = b64(self.header + self.bare)
        if initial:
            reply = self.client.cmd('AUTH SCRAM-SHA-256 ' + first)
        else:
            equal(self.client.cmd('AUTH SCRAM-SHA-256'), b'+ ', 'empty')
            reply = self.client.cmd(first)
        if not reply.startswith(b'+ '):
            return reply
        self.challenge = base64.b64decode(reply[2:]).decode()
        fields = dict(f.split('=', 1) for f in self.challenge.split(','))
        check(fields['r'].startswith(self.nonce), self.challenge)
        check(len(fields['r']) >= len(self.nonce) + 20, 'a short nonce')
        self.whole = fields['r']
        self.salt, self.iterations = fields['s'], int(fields['i'])
        return reply

    def proof(self):
        salted = hashlib.pbkdf2_hmac(
            'sha256', self.password.encode(), base64.b64decode(self.salt),
            self.iterations)
        unproved = 'c=%s,r=%s' % (b64(self.header), self.whole)
        text = ','.join((self.bare, self.challenge, unproved)).encode()
        key = hmac.digest(salted, b'Client Key', 'sha256')
        sign = hmac.digest(hashlib.sha256(key).digest(), text, 'sha256')
        self.signature = b'v=' + base64.b64encode(hmac.digest(hmac.digest(
            salted, b'Server Key', 'sha256'), text, 'sha256'))
        return unproved + ',p=' + b64(bytes(a ^ b for a, b in
                                            zip(key, sign)))

    def final(self, text=None):
        return self.client.cmd(b64(text or self.proof()))

    def all(self):
        self.first()
        reply = self.final()
        check(reply.startswith(b'+ '), reply)
        equal(base64.b64decode(reply[2:]), self.signature, 'signature')
        return self.client.cmd('')
