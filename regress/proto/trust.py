#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Trusted sources, the connections of others, and who gives way."""

import os
import re

from popdtest.cases import Failure, check, equal, main
from popdtest.server import Configured

TLS, CLEAR, PROXY = range(3)
KINDS = ['tls', 'cleartext', 'cleartext proxy from 127.0.0.1/32']
GONE = (r'lsnrpop\[(\d+)\]: connection end source=127.0.0.2 port=(\d+) .*'
        r'reason=no-room')


def fill(server, count, **more):
    """So many connections without a login."""
    return [server.reach(CLEAR, **more) for i in range(count)]


def end(server, clients):
    """Wait for connections that stay."""
    for c in clients:
        c.close()
    server.stop()


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
    """limit per source: the oldest is told and closed; trusted ones are not"""
    server = Configured(KINDS, 'limit per source 3', 'trust 127.0.0.8/29')
    # Each listener counts its own.
    most = 3 * len(server.children('lsnrpop'))
    kept = fill(server, most + 20, source='127.0.0.2')
    server.wait_log(GONE)
    ports = [c.sock.getsockname()[1] for c in kept]
    gone = {}
    for pid, port in re.findall(GONE, server.log()):
        gone.setdefault(pid, []).append(ports.index(int(port)))
    check(all(g == sorted(g) for g in gone.values()), 'order: %s' % gone)
    first = kept[min(g[0] for g in gone.values())]
    line = first.line()
    check(line.startswith(b'-ERR [SYS/TEMP] too many connections from'),
          '%r' % line)
    equal(first.closed(), b'', 'more')
    equal(alive_ones(kept[-3:]), 3, 'the newest')
    check(alive_ones(kept) <= most, 'too many')
    server.wait_log('connections-refused count=1 last=127.0.0.2 ')
    # Holding them all keeps out no user at the same address.
    for i in range(most):
        for kind in (TLS, CLEAR):
            c = server.login(source='127.0.0.2') if kind == TLS else \
                server.reach(kind, source='127.0.0.2')
            c.quit()
    # Another address, and a trusted one with many.
    server.reach(CLEAR, source='127.0.0.3').quit()
    many = fill(server, 3 * os.cpu_count() + 3, source='127.0.0.9')
    equal(alive_ones(many), len(many), 'of a trusted address')
    # Behind a proxy the client's address counts.
    c = server.reach(PROXY, greeting=False)
    c.send('PROXY TCP4 127.0.0.9 127.0.0.1 1 2\r\n')
    c.greet().quit()
    end(server, kept + many)


def test_room():
    """A full room: neither untrusted nor trusted addresses lose their half"""
    server = Configured(KINDS, 'limit unauthenticated 8', 'trust 127.0.0.8/29')
    crowd = 16 * len(server.children('lsnrpop'))
    trusted = fill(server, 4, source='127.0.0.9')
    strangers = fill(server, crowd, source='127.0.0.2')
    equal(alive_ones(trusted), 4, 'trusted ones')
    server.reach(CLEAR, source='127.0.0.3').quit()
    check(alive_ones(strangers) < crowd, 'there was room for all')
    server.wait_log('connections-displaced')
    for c in strangers:
        c.close()
    strangers = [server.reach(CLEAR, source='127.0.0.%d' % i)
                 for i in range(2, 6)]
    trusted += fill(server, crowd, source='127.0.0.9')
    equal(alive_ones(strangers), 4, 'strangers')
    check(alive_ones(trusted) < crowd, 'there was room for all')
    end(server, trusted + strangers)


def test_failures():
    """login failures N ends a connection"""
    server = Configured(KINDS, 'login failures 1')
    c = server.reach(CLEAR)
    c.ok('USER joe')
    c.err('PASS wrong', 'AUTH')
    equal(c.closed(), b'', 'more')
    end(server, [c])


def test_times():
    """timeout login also applies to connections that wait already"""
    server = Configured(KINDS, 'timeout login 10m')
    c = server.reach(CLEAR)
    server.configure(server.text('timeout login 1s'))
    server.reload()
    check(b'-ERR timed out' in c.closed(), 'not told')
    end(server, [c])


main()
