#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""Few descriptors and many addresses: popd refuses to start with a reason, or
the log says truly how many sessions fit."""

import os
import re
import signal

from popdtest.ca import certificate
from popdtest.cases import Failure, check, main
from popdtest.host import few_files, own
from popdtest.password import bcrypt
from popdtest.server import Server


def start(files, addresses, pairs=1):
    """A server, or None if it gave a reason not to start."""
    server = Server(start=False, wrap=few_files(files),
                    listen=[own('127.0.60.%d' % (i + 1))
                            for i in range(addresses)],
                    pairs=[certificate('sni%d' % i) for i in range(pairs)],
                    name='sni0')
    hash = bcrypt('secret')
    for i in range(files):
        server.user('u%d' % i, hash=hash)
    server.tables()
    try:
        return server.start()
    except Failure as why:
        check(server.process.poll() is not None, why)
        check(re.search(r'files|descriptors', server.log()), why)
        print('# %d files, %d addresses, %d pairs: refused' % (
            files, addresses, pairs))
        server.kill()
        return None


def promised(server):
    return int(server.wait_log(r'up to (\d+) sessions').group(1))


def fill(files, addresses, pairs=1):
    """As many sessions as it says are open at the same time."""
    server = start(files, addresses, pairs)
    if server is None:
        return
    count = promised(server)
    print('# %d files, %d addresses, %d pairs: up to %d sessions' % (
        files, addresses, pairs, count))
    check(0 < count < files, 'up to %d sessions' % count)
    sessions = []
    for i in range(count):
        where = server.listen[i % addresses]
        try:
            c = server.connect(address=where, source='127.61.%d.1' % i)
            c.login('u%d' % i)
        except (Failure, OSError) as why:
            raise Failure('session %d of %d: %s' % (i + 1, count, why))
        sessions.append(c)
    for c in sessions:
        c.ok('NOOP')
    for c in sessions:
        c.close()
    server.stop()


def test_one_address():
    """160 descriptors"""
    fill(160, 1)


def test_addresses():
    """160 descriptors, 16 addresses"""
    fill(160, 16)


def test_many_addresses():
    """160 descriptors, 64 addresses"""
    fill(160, 64)


def test_pairs():
    """160 descriptors, 16 addresses, 16 certificates"""
    fill(160, 16, 16)


def test_reload():
    """With all sessions open a reload still works"""
    server = start(256, 4)
    if server is None:
        raise Failure('256 descriptors are refused')
    count = promised(server)
    sessions = [server.login('u%d' % i, source='127.61.%d.1' % i)
                for i in range(count)]
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('reloaded', mark)
    for c in sessions:
        c.ok('NOOP')
        c.close()
    server.stop()


main()
