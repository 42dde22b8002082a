#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 300
# once
"""Processes that hang are found out and replaced, and the log says so."""


import functools
import os
import signal
import time

from popdtest.build import rebuild
from popdtest.cases import Failure, check, equal, main
from popdtest.env import PATIENCE
from popdtest.password import bcrypt
from popdtest.process import alive, kill_all, program_of
from popdtest.server import Server
from popdtest.targets import pids_of

BOUND = 4           # seconds for minutes
IDLE = 30
FOUND_OUT = 12      # seconds until something that serves all is replaced


def logs_in(server, user, within):
    """Tries until it is in; how long that took."""
    began = time.monotonic()
    while True:
        try:
            server.login(user, source='127.63.1.1', timeout=within).quit()
            return time.monotonic() - began
        except (Failure, OSError) as why:
            check(time.monotonic() - began < within, 'no login in %d s: %s' %
                  (within, why))
            time.sleep(0.2)


def replaced(server, pid, mark, within=FOUND_OUT):
    end = time.monotonic() + within
    while alive(pid):
        check(time.monotonic() < end, '%s[%d] hangs and is not replaced' %
              (program_of(pid), pid))
        time.sleep(0.1)
    server.wait_log(r'\b%d\b' % pid, mark)


def single(role):
    """One that all depend on, stopped for good."""
    shortened()
    server = Server(users={'joe': 'secret', 'ann': 'secret'})
    server.expect_crash = True
    pid = pids_of(server, role)[0]
    session = server.login('ann') if role != 'lsnrpop' else None
    mark = server.mark()
    os.kill(pid, signal.SIGSTOP)
    try:
        # Something to do, so that it can be missed.
        took = logs_in(server, 'joe', FOUND_OUT + 8)
        print('# a login after %.1f s' % took)
        replaced(server, pid, mark)
        server.wait_log(r'%s\[%d\]: has not answered for \d+ seconds: killed' %
                        (role, pid), mark)
    finally:
        kill_all([pid])
    if session:
        session.ok('NOOP')
        session.quit()
    logs_in(server, 'joe', PATIENCE)
    server.stop()


def test_keypop():
    """keypop hangs: it is replaced, sessions go on"""
    single('keypop')


def test_authpop():
    """authpop hangs: it is replaced, sessions go on"""
    single('authpop')


def test_listener():
    """A listener hangs: it is replaced, other sessions go on"""
    single('lsnrpop')


def test_parent():
    """The parent hangs while guessers log in: no process or session ends"""
    server = Server(users={'joe': 'secret', 'ann': 'secret'}, verbose=0)
    before = server.children()
    session = server.login('ann')
    strangers = []
    os.kill(server.pid, signal.SIGSTOP)
    try:
        # Three answers are one connection's; many times what a channel bears.
        for i in range(1000):
            c = server.connect(source='127.64.%d.%d' % (i // 250, i % 250 + 1))
            c.send(b'USER joe\r\nPASS wrong\r\n' * 3)
            strangers.append(c)
        time.sleep(0.5)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    session.ok('NOOP')
    for c in strangers:
        c.close()
    print('# a login after %.1f s' % logs_in(server, 'joe', PATIENCE))
    session.ok('NOOP')
    equal([p for p in server.children() if p[1] != 'wrkrpop'], before,
          'processes')
    session.quit()
    server.stop()


@functools.lru_cache(maxsize=None)
def shortened():
    """A build in which minutes are seconds.  Returns its PREFIX."""
    return rebuild(['authpop', 'lsnrpop'], {'WORKER_SECONDS': BOUND,
                                            'HASH_SECONDS': BOUND,
                                            'MUTE_SECONDS': 2,
                                            'PING_SECONDS': 3,
                                            'IDLE_SECONDS': IDLE})


def left(leave, within):
    """A worker that hangs when its client leaves."""
    shortened()
    server = Server()
    server.expect_crash = True
    c = server.login()
    pid = server.worker()
    mark = server.mark()
    os.kill(pid, signal.SIGSTOP)
    leave(c)
    try:
        replaced(server, pid, mark, within)
    finally:
        kill_all([pid])
    server.login().quit()
    server.wait_log(r'session end .*user="joe".* reason=worker-hung', mark)
    server.stop()


def test_worker():
    """A worker hangs after its client vanished: the user gets in again"""
    left(lambda c: c.reset(), BOUND + 8)


def test_worker_closed():
    """One whose client closed, and may still read its replies"""
    left(lambda c: c.close(), IDLE)


def test_worker_missing():
    """A worker that cannot be executed, or dies at once: [SYS/TEMP]"""
    program = shortened() + '/libexec/popd/wrkrpop'
    server = Server()
    server.expect_crash = True
    for aside in (None, '#!/nonexistent\n'):
        os.rename(program, program + '.aside')
        if aside:
            with open(program, 'w') as f:
                os.fchmod(f.fileno(), 0o755)
                f.write(aside)
        try:
            c = server.connect()
            c.ok('USER joe')
            c.err('PASS secret', 'SYS/TEMP')
            c.close()
        finally:
            os.rename(program + '.aside', program)
    server.login().quit()
    server.stop()


def test_worker_with_client():
    """While its client is there a worker may take its time"""
    shortened()
    server = Server()
    c = server.login()
    pid = server.worker()
    os.kill(pid, signal.SIGSTOP)
    time.sleep(BOUND + 3)
    check(alive(pid), 'it was killed')
    os.kill(pid, signal.SIGCONT)
    c.ok('NOOP')
    c.quit()
    server.stop()


def test_checkers():
    """All checkers hang: they are replaced"""
    shortened()
    server = Server()
    server.expect_crash = True
    pids = pids_of(server, 'hashpop')
    mark = server.mark()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        took = logs_in(server, 'joe', 3 * BOUND + 10)
        print('# a login after %.1f s' % took)
        server.wait_log(r'\b(%s)\b' % '|'.join(map(str, pids)), mark)
    finally:
        kill_all(pids)
    logs_in(server, 'joe', PATIENCE)
    server.stop()


def test_expensive_hash():
    """A hash that takes an hour costs its checker a minute, others nothing"""
    shortened()
    server = Server(users={'joe': 'secret'}, start=False)
    server.user('slow', hash=bcrypt('x', 4).replace('$04$', '$31$'))
    server.tables()
    server.start()
    server.expect_crash = True
    clients = [server.connect(source='127.63.2.%d' % (i + 1))
               for i in range(len(server.children('hashpop')))]
    for c in clients:
        c.send(b'USER slow\r\nPASS secret\r\n')
    took = logs_in(server, 'joe', 4 * BOUND + 10)
    print('# a login after %.1f s' % took)
    for c in clients:
        c.close()
    server.stop()


main()
