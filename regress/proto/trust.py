#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Who is trusted, how many connections others may have, and who pays."""

from popdtest import *

TLS, CLEAR, PROXY = range(3)
KINDS = ['tls', 'cleartext', 'cleartext proxy from 127.0.0.1/32']
# All of a test's connections have to be in one listener.
ONE = ['taskset', '-c', '0'] if shutil.which('taskset') else None


def fill(server, count, **more):
    """So many connections without a login."""
    return [server.reach(CLEAR, **more) for i in range(count)]


def alive_ones(clients):
    """How many are still there."""
    count = 0
    for c in clients:
        try:
            c.ok('UTF8')
            count += 1
        except (Failure, OSError):
            pass
    return count


def test_source():
    """limit per source: the newest is told and closed; trusted ones are not"""
    server = Configured(KINDS, 'limit per source 3', 'trust 127.0.0.8/29')
    kept = []
    refused = None
    # Each listener counts its own.
    while refused is None:
        c = server.reach(CLEAR, greeting=False, source='127.0.0.2')
        line = c.line()
        if line.startswith(b'-ERR'):
            refused = c
        else:
            kept.append(c)
        check(len(kept) <= 3 * os.cpu_count(), 'no end')
    check(line.startswith(b'-ERR [SYS/TEMP] too many connections from'),
          '%r' % line)
    refused.closed()
    equal(alive_ones(kept), len(kept), 'those before it')
    server.wait_log('connections-refused count=1 last=127.0.0.2 ')
    # Another address, and a trusted one with many.
    server.reach(CLEAR, source='127.0.0.3').quit()
    many = fill(server, 3 * os.cpu_count() + 3, source='127.0.0.9')
    equal(alive_ones(many), len(many), 'of a trusted address')
    # Behind a proxy the client's address counts.
    c = server.reach(PROXY, greeting=False)
    c.send('PROXY TCP4 127.0.0.9 127.0.0.1 1 2\r\n')
    c.greet().quit()
    server.stop()


def listeners(server):
    return len(server.children('lsnrpop'))


def test_room():
    """A full room: strangers do not cost a trusted address its half, nor it
    theirs"""
    if ONE is None:
        raise Skip('no taskset')
    server = Configured(KINDS, 'limit unauthenticated 8', 'trust 127.0.0.8/29',
                        wrap=ONE)
    if listeners(server) != 1:
        server.stop()
        raise Skip('popd counts processors in another way')
    trusted = fill(server, 4, source='127.0.0.9')
    strangers = fill(server, 20, source='127.0.0.2')
    equal(alive_ones(trusted), 4, 'trusted ones')
    server.reach(CLEAR, source='127.0.0.3').quit()
    check(alive_ones(strangers) <= 4, 'no room was needed')
    # Now a thousand, or so: the strangers keep theirs.
    for c in strangers:
        c.close()
    strangers = [server.reach(CLEAR, source='127.0.0.%d' % i)
                 for i in range(2, 6)]
    trusted += fill(server, 20, source='127.0.0.9')
    equal(alive_ones(strangers), 4, 'strangers')
    check(1 <= alive_ones(trusted) <= 4, 'trusted ones')
    server.wait_log('connections-displaced')
    server.stop()


def test_failures():
    """login failures N ends a connection"""
    server = Configured(KINDS, 'login failures 1')
    c = server.reach(CLEAR)
    c.ok('USER joe')
    c.err('PASS wrong', 'AUTH')
    equal(c.closed(), b'', 'more')
    server.stop()


def test_times():
    """timeout login: also for those who wait while it is made shorter"""
    server = Configured(KINDS, 'timeout login 10m')
    c = server.reach(CLEAR)
    server.lines = ('timeout login 1s',)
    server.configure()
    server.reload()
    check(b'-ERR timed out' in c.closed(), 'not told')
    server.stop()


main()
