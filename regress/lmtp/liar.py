#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 240
# once
"""lmtppop and dlvrpop, taken over: what they tell popd and each other harms
only themselves and no other user's mail."""

import os
import signal
import socket
import struct
import time

from popdtest.cases import Failure, check, equal, main
from popdtest.env import PATIENCE
from popdtest.hostile import CHANNEL, message, say
from popdtest.inject import tool
from popdtest.lmtp import LmtpServer
from popdtest.process import alive, confined, words_of

USERS = {'joe': 'secret', 'ann': 'x', 'bob': 'y'}
MAIL = b'Subject: x\n\nx\n'
BIG = MAIL + b'x\n' * 1000000
PROCESSES = 256         # LMTP_PROCESSES
VERDICT, DONE = 5, 0    # of dlvr.h


def want(number, user):
    return message('MSG_DELIVERY_WANT', struct.pack(
        '=QII256s', number, 1, 0, user.encode()))


def end(process):
    return message('MSG_DELIVERY_END', struct.pack('=QQ', 0, process))


def start(**more):
    server = LmtpServer(mode='root', users=USERS, **more)
    server.expect_crash = True
    return server


def pids(server, name):
    return {pid for pid, n, u in server.children(name)}


def lmtppop(server):
    pid, = pids(server, 'lmtppop')
    return pid


def works(server, name='ann'):
    """Mail comes in; lmtppop may have to be started again."""
    count = len(server[name].list('new'))
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            c = server.lmtp()
            c.mail(MAIL, (name,))
            c.close()
            break
        except (Failure, OSError):
            check(server.process.poll() is None, 'popd is gone')
            check(time.monotonic() < limit, 'no mail comes in')
            time.sleep(0.1)
    equal(len(server[name].list('new')), count + 1, 'messages')


def gone(pid):
    limit = time.monotonic() + PATIENCE
    while alive(pid):
        check(time.monotonic() < limit, '%d lives' % pid)
        time.sleep(0.02)


def test_shut():
    """A socket that is shut down is replaced"""
    s = LmtpServer(start=False)
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(s.path)
        given.listen()
        ids = dict(s.ids(), pass_fds=[given.fileno()])
        s.ids = lambda: ids
        s.wrap = ['sh', '-c', """
            export LISTEN_FDS=1 LISTEN_PID=$$
            exec "$@" 3<&%d""" % given.fileno(), 'sh']
        s.start()
        s.lmtp().mail(b'a: b\n\nbefore\n')
        mark = s.mark()
        given.shutdown(socket.SHUT_RD)
        s.wait_log('configuration reloaded', mark)
        s.lmtp().mail(b'a: b\n\nafter\n')
        s.stop()


def test_end():
    """The end of an unknown process: only lmtppop is killed"""
    injector, server = tool(), start()
    before = {p for p, n, u in server.children() if n != 'dlvrpop'}
    liar = lmtppop(server)
    say(injector, liar, (CHANNEL, end(1000)))
    gone(liar)
    server.wait_log(r'lmtppop\[%d\]: .*unknown process' % liar)
    works(server)
    equal([p for p in before if not alive(p)], [liar], 'killed')
    server.stop()


def test_names():
    """Unknown user names start no process"""
    injector, server = tool(), start()
    odd = ['', '..', '../joe', 'joe/../ann', 'joe\n', 'root', ' joe',
           'joe\x7f', 'j' * 255, 'joe@', '%u']
    say(injector, lmtppop(server), (CHANNEL, b''.join(
        want(1 << 40 | i, name) for i, name in enumerate(odd))))
    works(server, 'bob')
    equal(len(pids(server, 'dlvrpop')), 1, 'processes')
    server.stop()


def ask(injector, liar, octets):
    """In one write(2), again if there is no room for it."""
    limit = time.monotonic() + PATIENCE
    while alive(liar):
        try:
            return say(injector, liar, (CHANNEL, octets))
        except Failure as why:
            check('EAGAIN' in str(why) or not alive(liar), str(why))
            check(time.monotonic() < limit, 'popd does not read')
            time.sleep(0.05)


def test_flood():
    """350 requests at once: processes up to the limit, sessions go on"""
    injector = tool()
    users = {'u%d' % i: 'x' for i in range(PROCESSES + 40)}
    server = LmtpServer(mode='root', users=dict(USERS, **users))
    server.expect_crash = True
    client = server.login('joe', timeout=60)
    liar = lmtppop(server)
    for part in range(14):
        ask(injector, liar, b''.join(
            want(part << 32 | i, 'u%d' % ((part * 25 + i) % len(users)))
            for i in range(25)))
        check(len(pids(server, 'dlvrpop')) <= PROCESSES, 'too many')
    client.ok('NOOP')
    server.login('ann', 'x', timeout=60).quit()
    if alive(liar):
        os.kill(liar, signal.SIGKILL)
    limit = time.monotonic() + PATIENCE
    while pids(server, 'dlvrpop'):
        check(time.monotonic() < limit, 'they live on')
        time.sleep(0.05)
    works(server)
    client.quit()
    server.stop()


def process(server, name):
    """The process that delivers to a user, once it is sandboxed."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        for pid in pids(server, 'dlvrpop'):
            if words_of(pid)[:2] == ['dlvrpop:', '"%s"' % name] and \
                    confined(pid):
                return pid
        time.sleep(0.005)
    raise Failure('no process of ' + name)


def others(server, what):
    """joe's process says what while it gets mail; that fails, ann's does
    not."""
    injector = tool()
    c = server.lmtp()
    c.mail(MAIL, ('joe', 'ann'))
    joe, ann = process(server, 'joe'), process(server, 'ann')
    had, hers = (len(server[name].list('new')) for name in ('joe', 'ann'))
    os.kill(joe, signal.SIGSTOP)
    c.begin(('joe', 'ann'))
    c.data(BIG)
    limit = time.monotonic() + PATIENCE
    while len(server['ann'].list('new')) == hers:
        check(time.monotonic() < limit, 'no mail for ann')
        time.sleep(0.02)
    say(injector, joe, what)
    if alive(joe):
        os.kill(joe, signal.SIGCONT)
    gone(joe)
    c.expect('451 ')
    c.expect('250 ')
    c.close()
    check(alive(ann), "ann's process is gone")
    equal(len(server['joe'].list('new')), had, 'messages of joe')


def verdict(number, kind=VERDICT, value=DONE):
    return struct.pack('=IIII', kind, number, value, 0)


def test_delivery():
    """A dlvrpop that lies: its user's mail fails, no other's"""
    server = start()
    for what in (verdict(0), verdict(1), verdict(256), verdict(0, value=99),
                 verdict(0, kind=3), verdict(0) * 1000):
        others(server, (0, what))
    for what in (want(1, 'ann'), end(1), b'\xff' * 64,
                 message('MSG_DELIVERY_OPEN', bytes(16))):
        others(server, (CHANNEL, what))
    works(server)
    server.stop()


main()
