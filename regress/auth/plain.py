#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""AUTH PLAIN (RFC 5034, RFC 4616)."""

import base64

from popdtest.cases import check, equal, main
from popdtest.password import plain
from popdtest.server import Server

USERS = {
    'joe': 'secret',
    'ann@example.org': 'pass word',
    'bits': b'\xe4\xf6\xfc\xff',
    'n' * 255: 'p' * 255,
}
server = Server(users=USERS, shared=True)


def test_initial_response():
    """With an initial response"""
    for user, password in USERS.items():
        c = server.connect()
        c.ok('AUTH PLAIN ' + plain('', user, password))
        equal(c.stat(), (0, 0), 'STAT')
        c.quit()


def test_without():
    """Without an initial response: an empty challenge, then the answer"""
    for user, password in USERS.items():
        c = server.connect()
        equal(c.cmd('AUTH PLAIN'), b'+ ', 'challenge')
        c.ok(plain('', user, password))
        c.quit()


def test_cases():
    """The mechanism and the user name are not case sensitive"""
    c = server.connect()
    c.ok('auth plain ' + plain('', 'JOE', 'secret'))
    c.quit()
    c = server.connect()
    equal(c.cmd('Auth Plain'), b'+ ', 'challenge')
    c.ok(plain('', 'joe', 'secret'))
    c.quit()


def test_cancel():
    """'*' cancels, and the session goes on"""
    c = server.connect()
    equal(c.cmd('AUTH PLAIN'), b'+ ', 'challenge')
    c.err('*')
    c.ok('USER joe')
    c.ok('PASS secret')
    c.quit()


def test_bare():
    """AUTH alone lists the mechanisms, with a trailing blank, too"""
    c = server.connect()
    for line in ('AUTH', 'AUTH ', 'auth'):
        equal(c.multi(line), [b'PLAIN'], repr(line))
    c.ok('AUTH PLAIN ' + plain('', 'joe', 'secret'))
    c.quit()


def test_authzid():
    """The authorization name must be that of the user"""
    c = server.connect()
    c.ok('AUTH PLAIN ' + plain('joe', 'joe', 'secret'))
    c.quit()
    for other in ('ann@example.org', 'root', 'jo', 'joee'):
        c = server.connect()
        c.err('AUTH PLAIN ' + plain(other, 'joe', 'secret'))
        c.err('STAT')
        c.close()


def test_other_mechanisms():
    """Unknown mechanisms get -ERR"""
    c = server.connect()
    for line in ('AUTH LOGIN', 'AUTH CRAM-MD5', 'AUTH EXTERNAL =', 'AUTH APOP',
                 'AUTH PLAINX', 'AUTH X' + 'Y' * 100, 'AUTH PLAIN a b'):
        c.err(line)
    c.ok('AUTH PLAIN ' + plain('', 'joe', 'secret'))
    c.quit()


def encoded(data):
    return base64.b64encode(data).decode()


BAD = [
    '=', '====', '!!!!', 'AGpvZQBzZWNyZXQ', 'AGpvZQBzZWNyZXQ==',
    'AGpv ZQBzZWNyZXQ=', 'AGpvZQBzZWNyZXQ=x', 'AGpvZQBzZWNyZXQ=====',
    '\xff\xff',
    encoded(b'joe\0secret'), encoded(b'joe'), encoded(b'\0'),
    encoded(b'\0\0'), encoded(b'\0joe\0'), encoded(b'\0\0secret'),
    encoded(b'\0joe\0secret\0'), encoded(b'\0joe\0secret\0more'),
    encoded(b'\0\0joe\0secret'), encoded(b'\0joe\0sec\rret'),
    encoded(b'\0joe\0secret\n'), encoded(b'\0joe\0secret\r\n'),
    encoded(b'\0' + b'n' * 256 + b'\0secret'),
    encoded(b'\0joe\0' + b'p' * 256),
    encoded(b'a' * 400), encoded(b'\0' * 300),
]


def test_bad_messages():
    """Malformed base64 and malformed PLAIN messages never log in"""
    for text in BAD:
        text = text.encode('latin-1')
        for step in ('initial', 'answer'):
            c = server.connect()
            if step == 'answer':
                equal(c.cmd('AUTH PLAIN'), b'+ ', 'challenge')
                reply = c.cmd(text)
            else:
                reply = c.cmd(b'AUTH PLAIN ' + text)
            check(reply.startswith(b'-ERR'), '%s %r: %r' % (step, text, reply))
            c.err('STAT')
            c.ok('CAPA')
            c.body()
            c.close()


def test_empty_answer():
    """An empty answer to the challenge is no login"""
    c = server.connect()
    equal(c.cmd('AUTH PLAIN'), b'+ ', 'challenge')
    c.err('')
    c.ok('CAPA')
    c.body()
    c.close()


def test_length():
    """AUTH lines may have 1,100 octets; longer ones get -ERR"""
    # The longest that can be right: three names of 255 octets.
    name = 'n' * 255
    line = 'AUTH PLAIN ' + plain(name, name, 'p' * 255)
    check(len(line) + 2 <= 1100, 'the line is %d octets' % len(line))
    c = server.connect()
    c.ok(line)
    c.quit()
    for length in (1101, 1200, 5000, 70000):
        c = server.connect()
        c.err('AUTH PLAIN ' + 'A' * (length - 13))
        c.ok('CAPA')
        c.body()
        equal(c.cmd('AUTH PLAIN'), b'+ ', 'challenge')
        c.err('A' * (length - 2))
        c.ok('CAPA')
        c.body()
        c.close()


def test_failures():
    """Three wrong passwords end the connection, as with PASS"""
    c = server.connect()
    c.err('AUTH PLAIN ' + plain('', 'joe', 'wrong'), 'AUTH')
    c.ok('USER joe')
    c.err('PASS wrong', 'AUTH')
    c.send('AUTH PLAIN %s\r\nCAPA\r\n' % plain('', 'joe', 'wrong'))
    check(c.line().startswith(b'-ERR [AUTH]'), 'AUTH')
    check(b'+OK' not in c.closed(), 'went on')


main()
