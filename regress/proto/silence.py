#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 300
# waits
# once
"""Connections that do not log in end in time, and are told; with a few seconds
instead of 60 and 180."""

import re
import time

from popdtest.build import rebuild
from popdtest.cases import check, equal, main
from popdtest.client import Client
from popdtest.server import Server

HANDSHAKE, LOGIN = 3, 6

rebuild(['lsnrpop'], {'HANDSHAKE_SECONDS': HANDSHAKE,
                      'LOGIN_SECONDS': LOGIN})
server = Server(shared=True)


def ended(c, began, seconds):
    """What was said before the end, which came in time."""
    said = c.closed()
    took = time.monotonic() - began
    check(seconds - 1 <= took <= seconds + 2, 'ended after %.1f s' % took)
    return said


def told(said, c):
    check(re.fullmatch(rb'-ERR [^\r\n]+\r\n', said), repr(said))
    check(c.clean, 'no close_notify')


def test_handshake():
    """No octet at all: the end after the handshake timeout"""
    began = time.monotonic()
    c = Client((server.listen[0], server.port), tls=False,
               source='127.58.1.1', timeout=LOGIN + 5)
    equal(c.sock.recv(100), b'', 'octets')
    took = time.monotonic() - began
    check(HANDSHAKE - 1 <= took <= HANDSHAKE + 2, 'ended after %.1f s' % took)


def test_after_greeting():
    """Silence after the greeting: an -ERR, and a log line"""
    mark = server.mark()
    began = time.monotonic()
    c = server.connect(source='127.58.1.2')
    told(ended(c, began, LOGIN), c)
    server.wait_log(r'127\.58\.1\.2', mark)


def test_half_login():
    """After USER, too, and in the middle of a line"""
    began = time.monotonic()
    clients = [server.connect(source='127.58.1.3') for _ in range(2)]
    clients[0].ok('USER joe')
    clients[1].send(b'USER jo')
    for c in clients:
        told(ended(c, began, LOGIN), c)


def test_slow_person():
    """A user who types until then is let in"""
    c = server.connect(source='127.58.1.4')
    time.sleep(HANDSHAKE + 1)
    c.ok('USER joe')
    time.sleep(LOGIN - HANDSHAKE - 2)
    c.ok('PASS secret')
    time.sleep(LOGIN)
    c.ok('NOOP')
    c.quit()


def test_utf8():
    """UTF8 is accepted, and not listed by CAPA"""
    c = server.connect()
    equal([line for line in c.capa() if line.startswith(b'UTF8')], [], 'CAPA')
    c.ok('UTF8')
    c.login()
    equal([line for line in c.capa() if line.startswith(b'UTF8')], [],
          'CAPA after login')
    c.quit()


main()
