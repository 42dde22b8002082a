#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
"""Crowds of connections without a login, and full listeners."""

import os
import socket
import time

from popdtest.cases import check, main
from popdtest.env import PATIENCE
from popdtest.host import own
from popdtest.password import bcrypt
from popdtest.server import Server

FILES = 160
USERS = 120


def small(**more):
    """A server whose listeners hold some 60 connections each."""
    return Server(wrap=['sh', '-c', 'ulimit -n %d; exec "$@"' % FILES, 'sh'],
                  **more)


def silent(server, source, count):
    out = []
    for i in range(count):
        s = socket.socket()
        s.bind((own(source), 0))
        s.connect(('127.0.0.1', server.port))
        out.append(s)
    return out


def test_silent():
    """Hundreds of addresses with silent connections: users log in"""
    server = small()
    server['joe'].add(b'Subject: x\n\n')
    session = server.login(source='127.9.0.1')
    crowd = []
    for net in range(4):
        for host in range(100):
            crowd += silent(server, '127.%d.%d.1' % (20 + net, host), 1)
        began = time.monotonic()
        c = server.connect(source='127.9.0.2')
        c.ok('USER joe')
        check(time.monotonic() - began < PATIENCE / 3, 'slow')
        c.quit()
    session.ok('NOOP')
    session.quit()
    for i in range(10):
        server.login(source='127.9.0.%d' % i).quit()
    check('connections-displaced' in server.log(), 'no line in the log')
    for s in crowd:
        s.close()
    server.stop()


def test_idle():
    """Hundreds of addresses that stay before login: users log in"""
    server = small()
    crowd = []
    for i in range(120):
        c = server.connect(source='127.%d.1.1' % (20 + i), greeting=False)
        crowd.append(c)
    for i in range(10):
        server.login(source='127.9.6.%d' % i).quit()
    for c in crowd:
        c.close()
    server.stop()


def test_told():
    """A connection of the largest source gives way, and is told"""
    server = small()
    other = [server.connect(source='127.9.1.%d' % i) for i in range(3)]
    busy = [server.connect(source='127.9.2.1') for i in range(60)]
    said = 0
    for c in busy:
        reply = c.recv(wait=False)
        if reply:
            check(reply == b'-ERR [SYS/TEMP] too many connections, '
                  b'try again later\r\n', repr(reply))
            said += 1
    check(said > 20, 'only %d of 60 were told' % said)
    for c in other:
        c.ok('CAPA')
        c.body()
        c.quit()
    server.stop()


# CAPAs whose replies no socket takes, but a stream holds.
TAILS = 1400 if os.uname().sysname == 'Linux' else 400


def tail(server, user):
    """A session whose worker is done and whose client does not read."""
    c = server.connect(source='127.9.5.1', rcvbuf=2048)
    c.ok('USER ' + user)
    c.send('PASS secret\r\n' + 'CAPA\r\n' * TAILS + 'QUIT\r\n')
    return c


def test_tails():
    """Users who do not read their last reply: others log in"""
    server = small(users={'joe': 'secret', 'ann': 'secret'}, subdir='Maildir')
    hash = bcrypt('secret')
    for i in range(4):
        m = server.user('tail%d' % i, maildir=False, hash=hash)
        os.makedirs(os.path.dirname(m.path))
        os.chown(os.path.dirname(m.path), server.uid, server.gid)
    server.tables()
    server.reload()
    session = server.login('ann', source='127.9.0.3')
    tails = []
    # As many sessions as fit into the listeners, at first.
    each = min(14, 7 * len(server.children('lsnrpop')))
    for _ in range(3):
        for i in range(4):
            tails += [tail(server, 'tail%d' % i) for _ in range(each)]
        time.sleep(5.5)
    for _ in range(4):
        server.login(source='127.9.0.4').quit()
        server.login(source='127.9.5.1').quit()
    session.ok('NOOP')
    session.quit()
    for c in tails:
        c.close()
    server.stop()


def test_no_share_for_one():
    """A single source may use all the room"""
    server = small()
    listeners = len(server.children('lsnrpop'))
    clients = [server.connect(source='127.9.3.1') for i in range(7)]
    for c in clients:
        c.ok('CAPA')
        c.body()
        c.quit()
    check(listeners > 0, 'no listeners')
    server.stop()


def test_full():
    """At the session limit the next is greeted, its login refused"""
    server = small(start=False)
    server.users.clear()
    for i in range(USERS):
        server.user('u%d' % i, 'secret', hash=server.users['u0'].hash
                    if i else bcrypt('secret'))
    server.tables()
    server.start()
    sessions, refused = [], 0
    for i in range(USERS):
        c = server.connect(source='127.9.4.%d' % (i + 1))
        c.ok('USER u%d' % i)
        reply = c.cmd('PASS secret')
        if reply.startswith(b'+OK'):
            sessions.append(c)
            continue
        # By its listener, or by popd for all of them.
        check(reply.startswith(b'-ERR [SYS/TEMP] '), repr(reply))
        refused += 1
        c.close()
        if refused == 10:
            break
    check(refused == 10, '%d sessions, %d refused' % (len(sessions), refused))
    check(len(sessions) > 40, 'only %d sessions' % len(sessions))
    # Unauthenticated connections do not change that.
    crowd = silent(server, '127.9.5.1', 60)
    for c in sessions:
        c.ok('NOOP')
    sessions.pop().quit()
    end = time.monotonic() + PATIENCE
    while True:
        c = server.connect(source='127.9.4.254')
        c.ok('USER u%d' % (USERS - 1))
        if c.cmd('PASS secret').startswith(b'+OK'):
            break
        c.close()
        check(time.monotonic() < end, 'no room although one left')
    c.quit()
    for c in sessions:
        c.quit()
    for s in crowd:
        s.close()
    server.stop()


main()
