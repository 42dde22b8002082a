#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""Connections before login have a share of their own: filling it takes nothing
from sessions."""

import time

from popdtest.cases import Failure, check, main
from popdtest.client import Client, together
from popdtest.host import few_files
from popdtest.server import Server

FILES = 600             # a server with few descriptors is soon full
ADDRESSES = 128
EACH = 5

server = Server(wrap=few_files(FILES), shared=True,
                users={'u%d' % i: 'secret' for i in range(8)})


def hold(shake):
    """All at once, and they say nothing more."""
    def one(i):
        source = '127.%d.7.%d' % (60 + i % 64, 1 + i // 64)
        out = []
        for _ in range(EACH):
            try:
                out.append(Client((server.listen[0], server.port), tls=shake,
                                  source=source, timeout=5, greeting=False))
            except (OSError, Failure):
                pass
        return out
    return [c for i in range(0, ADDRESSES, 16)
            for some in together(16, lambda j: one(i + j)) for c in some]


def logins():
    for i in range(8):
        began = time.monotonic()
        c = server.login('u%d' % i, source='127.10.%d.1' % i, timeout=5)
        took = time.monotonic() - began
        check(took < 3, 'a login took %.1f s' % took)
        c.quit()


def test_tcp():
    """600 connections of 128 addresses without even a handshake"""
    held = hold(False)
    check(len(held) > ADDRESSES * EACH * 0.9, '%d connections' % len(held))
    time.sleep(0.5)
    logins()
    for c in held:
        c.close()


def test_tls():
    """The same, after the handshake"""
    held = hold(True)
    logins()
    for c in held:
        c.close()


def test_session():
    """Sessions go on"""
    session = server.login('u0')
    held = hold(False)
    time.sleep(0.5)
    session.ok('NOOP')
    session.quit()
    for c in held:
        c.close()


def test_largest():
    """The source with the most connections gives way; a single one stays"""
    quiet = Client((server.listen[0], server.port), source='127.11.1.1')
    held = hold(False)
    time.sleep(0.5)
    quiet.login('u1')
    quiet.quit()
    for c in held:
        c.close()


main()
