#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 240
"""Processes killed during LMTP: no 250 without the message on disk, and never
half a message in new/."""

import os
import random
import signal
import socket
import time

from popdtest.cases import Failure, check, equal, main, running
from popdtest.env import PATIENCE
from popdtest.lmtp import LmtpServer, stuffed, texts, trace
from popdtest.process import alive, descendants

DATA = b'Subject: kill\n\n' + b'0123456789abcdef\n' * 20000

USERS = {'joe': 'secret', 'ann': 'x'}


def numbered(i):
    return b'Subject: %d\n\n' % i + b'line %d\n' % i * 3000 + b'end %d\n' % i


def verify(server, acknowledged, sent):
    """Every acknowledged message is there, and whole."""
    for name in USERS:
        got = texts(server[name])
        whole = {trace(name) + numbered(i): i for i in sent}
        there = set()
        for text in got:
            check(text in whole, 'half a message in new/: %r' % text[-60:])
            there.add(whole[text])
        for i in acknowledged.get(name, ()):
            check(i in there, '250 for message %d, which is not there' % i)


def pour(server, count, stop, kill):
    """Send messages, reconnecting; kill() is called at times.  Returns who
    was told 250 of what."""
    acknowledged = {name: [] for name in USERS}
    sent, connection, i = [], None, 0
    names = list(USERS)
    rng = random.Random(count)
    while i < count:
        try:
            if connection is None:
                connection = server.lmtp()
            sent.append(i)
            if rng.random() < stop:
                kill()
            connection.begin(names)
            if rng.random() < stop:
                kill()
            connection.say('DATA', 354)
            octets = stuffed(numbered(i))
            half = rng.randrange(len(octets))
            connection.send(octets[:half])
            if rng.random() < stop:
                kill()
            connection.send(octets[half:])
            if rng.random() < stop:
                kill()
            for name in names:
                reply = connection.reply()
                if reply.startswith(b'250'):
                    acknowledged[name].append(i)
                else:
                    check(reply.startswith(b'45'), reply)
            i += 1
        except (OSError, Failure):
            if connection is not None:
                connection.close()
            connection = None
            i += 1
            time.sleep(0.02)
    return acknowledged, sent


def killer(server, program):
    def kill():
        for pid, name, uid in server.children(program):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return kill


def test_delivery():
    """dlvrpop killed at random: its messages get a temporary error"""
    server = LmtpServer(users=USERS)
    server.expect_crash = True
    acknowledged, sent = pour(server, 60, 0.15, killer(server, 'dlvrpop'))
    verify(server, acknowledged, sent)
    check(len(acknowledged['joe']) >= 10, 'hardly any was delivered')
    c = server.lmtp()
    c.mail(numbered(1000), list(USERS))
    c.close()
    verify(server, {n: [1000] for n in USERS}, sent + [1000])
    server.stop()


def test_lmtppop():
    """lmtppop killed at random: a new one takes its place"""
    server = LmtpServer(users=USERS)
    server.expect_crash = True
    kills = []

    def kill():
        if len(kills) < 3:
            kills.append(1)
            killer(server, 'lmtppop')()
    acknowledged, sent = pour(server, 30, 0.3, kill)
    equal(len(kills), 3, 'kills')
    verify(server, acknowledged, sent)
    end = time.monotonic() + 60
    while True:
        try:
            c = server.lmtp(timeout=5)
            c.mail(numbered(1000), list(USERS))
            break
        except (OSError, Failure):
            check(time.monotonic() < end, 'LMTP does not come back')
            time.sleep(0.1)
    c.close()
    verify(server, {n: [1000] for n in USERS}, sent + [1000])
    for name in USERS:
        end = time.monotonic() + PATIENCE
        while server[name].list('tmp'):
            check(time.monotonic() < end, 'files stay in tmp')
            time.sleep(0.05)
    server.stop()


def test_popd():
    """popd killed: its processes end, the next one takes over the socket"""
    server = LmtpServer(users=USERS)
    server.expect_crash = True
    c = server.lmtp()
    c.mail(numbered(1), list(USERS))
    c.begin(list(USERS))
    c.say('DATA', 354)
    c.send(b'half')
    known = descendants(server.pid)
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()
    end = time.monotonic() + PATIENCE
    while any(alive(p) for p in known):
        check(time.monotonic() < end, 'processes stay')
        time.sleep(0.05)
    c.close()
    running.remove(server)
    server.start()
    c = server.lmtp()
    c.mail(numbered(2), list(USERS))
    c.close()
    verify(server, {n: [1, 2] for n in USERS}, [1, 2])
    for name in USERS:
        equal(server[name].list('tmp'), [], 'tmp')
    server.stop()
    check(not os.path.exists(server.path), 'the socket stays')


def test_verdict():
    """dlvrpop stopped before its fsync: no 250 until it goes on"""
    server = LmtpServer(users=USERS)
    server.expect_crash = True
    c = server.lmtp()
    c.mail(numbered(1), ['joe'])
    pid = server.children('dlvrpop')[0][0]
    os.kill(pid, signal.SIGSTOP)
    c.begin(['ann', 'joe'])
    c.data(numbered(2))
    # The other recipient's is on disk; the answers come in order.
    end = time.monotonic() + PATIENCE
    while not server['ann'].list('new'):
        check(time.monotonic() < end, 'held up by another user')
        time.sleep(0.02)
    c.expect(250)
    equal(len(server['joe'].list('new')), 1, 'messages')
    c.sock.settimeout(0.5)
    try:
        check(False, 'answered %r' % c.reply())
    except socket.timeout:
        pass
    c.sock.settimeout(PATIENCE)
    os.kill(pid, signal.SIGKILL)
    c.expect('451 4.3.0')
    verify(server, {'joe': [1], 'ann': [2]}, [1, 2])
    c.close()
    server.stop()


main()
