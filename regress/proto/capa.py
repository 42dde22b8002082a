#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""CAPA before and after login, and UTF8: every line is true."""

from popdtest.cases import check, equal, main
from popdtest.mail import wire
from popdtest.server import Server

server = Server(shared=True)
# Both header and body with octets that UTF8 is about.
MAIL = 'Subject: gr\u00fc\u00dfe\nTo: \u7528\u6237@example.org\n\n\u00e4\n'
server['joe'].add(MAIL.encode())

WANT = {b'TOP', b'UIDL', b'USER', b'SASL PLAIN', b'RESP-CODES',
        b'AUTH-RESP-CODE', b'PIPELINING', b'EXPIRE NEVER'}


def test_before():
    """Capabilities before login"""
    c = server.connect()
    got = set(c.capa())
    equal({line for line in got if not line.startswith(b'IMPLEMENTATION')},
          WANT, 'CAPA')
    check(any(line.startswith(b'IMPLEMENTATION ') for line in got),
          'no IMPLEMENTATION')
    c.quit()


def test_after():
    """Capabilities after login"""
    c = server.login()
    got = set(c.capa())
    check(WANT - {b'USER', b'SASL PLAIN'} <= got, 'CAPA: %r' % got)
    check(not any(line.startswith((b'STLS', b'LOGIN-DELAY', b'LANG'))
                  for line in got), 'CAPA: %r' % got)
    c.quit()


def test_utf8():
    """UTF8 is accepted before login, but not listed: mail comes as it is"""
    c = server.connect()
    c.ok('UTF8')
    c.ok('utf8')
    c.login()
    equal(c.retr(1), wire(MAIL.encode()), 'message')
    # RFC 6856 section 2: not after login.
    c.err('UTF8')
    c.quit()
    c = server.login()
    equal(c.retr(1), wire(MAIL.encode()), 'message without UTF8')
    c.quit()


def test_greeting():
    """The greeting is one line, without APOP's timestamp"""
    c = server.connect()
    check(len(c.greeting) <= 510, 'too long')
    check(b'<' not in c.greeting, 'looks like APOP: %r' % c.greeting)
    c.quiet()
    c.err('APOP joe 00000000000000000000000000000000')
    c.close()


def test_reply_length():
    """No first line of a reply is longer than 512 octets"""
    c = server.connect()
    for line in ('USER ' + 'u' * 255, 'PASS ' + 'p' * 255, 'X' * 250,
                 'CAPA', 'AUTH'):
        reply = c.cmd(line)
        check(len(reply) <= 510, '%r: %d octets' % (line, len(reply)))
        if line in ('CAPA', 'AUTH') and reply.startswith(b'+OK'):
            c.body()
    c.close()


def test_no_echo():
    """No reply carries what the client sent"""
    c = server.connect()
    reply = c.cmd('USER canaryname')
    check(b'canary' not in reply, 'USER: %r' % reply)
    reply = c.cmd('PASS canarypass')
    check(b'canary' not in reply, 'PASS: %r' % reply)
    reply = c.cmd('CANARYCMD')
    check(b'canary' not in reply.lower(), 'unknown: %r' % reply)
    c.close()


main()
