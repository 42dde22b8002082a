#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
"""How processes end, well and badly: popd forgets none and waits for none."""

import os
import re
import signal
import struct
import sys
import time

from popdtest.build import rebuild
from popdtest.cases import Failure, check, equal, main
from popdtest.env import ASAN, PATIENCE, SRC
from popdtest.inject import call, inject, tool
from popdtest.maildir import new_box
from popdtest.process import alive, descriptors, ps
from popdtest.server import Server
from popdtest.worker import Worker

CHANNEL = 3


def report():
    """A good MSG_REPORT as it goes over a channel."""
    with open(SRC + '/lib/msg.h') as f:
        text = re.search(r'enum msg_type \{(.*?)\};', f.read(), re.S).group(1)
    names = re.findall(r'^\t(MSG_\w+)', text, re.M)
    body = struct.pack('=7Q4I', 7, 70, *[0] * 9)
    return struct.pack('=IIII', names.index('MSG_REPORT') + 1, 16 + len(body),
                       0, 0) + body


def states(pid):
    """{state letter: how many} of the children of a process, dead ones too."""
    out = {}
    for parent, state in ps('ppid,stat'):
        if int(parent) == pid:
            out[state[0]] = out.get(state[0], 0) + 1
    return out


def none_left(server, before):
    """No worker lives, none is a zombie, no descriptor is open for one."""
    end = time.monotonic() + PATIENCE
    while True:
        now = states(server.pid)
        fds = len(descriptors(server.pid))
        if sum(now.values()) == before[0] and 'Z' not in now and \
                fds == before[1]:
            return
        check(time.monotonic() < end, '%s, %d descriptors; before %d, %d' % (
            now, fds, before[0], before[1]))
        time.sleep(0.05)


def at_rest(server):
    server.no_workers()
    time.sleep(0.2)
    return sum(states(server.pid).values()), len(descriptors(server.pid))


def test_many():
    """200 quick sessions leave no zombie and no descriptor"""
    server = Server()
    before = at_rest(server)
    for i in range(40 if ASAN else 200):
        c = server.connect()
        c.send(b'USER joe\r\nPASS secret\r\nQUIT\r\n')
        c.closed()
        c.close()
    none_left(server, before)
    server.stop()


def test_killed():
    """kill -9 of one worker of several: its line, its reason, no zombie"""
    server = Server(users={u: 'secret' for u in ('joe', 'ann')})
    server.expect_crash = True
    before = at_rest(server)
    other = server.login('ann')
    known = server.worker()
    c = server.login('joe')
    victim, = {p for p, n, u in server.children('wrkrpop')} - {known}
    os.kill(victim, signal.SIGKILL)
    equal(c.closed(), b'', 'said to the client')
    server.wait_log(r'wrkrpop\[%d\] session=.*user="joe".*killed by signal 9'
                    % victim)
    line = server.wait_log(r'session end .*user="joe".*').group()
    check('reason=worker-died' in line, line)
    check('Z' not in states(server.pid), 'a zombie')
    other.ok('NOOP')
    other.quit()
    none_left(server, before)
    server.stop()


def hostile(what, reason):
    """A worker that makes this call on its channel and does not exit."""
    injector = tool()
    server = Server(users={u: 'secret' for u in ('joe', 'ann')})
    server.expect_crash = True
    before = at_rest(server)
    c = server.login('joe')
    victim = server.worker()
    mark = server.mark()
    outcome = inject(injector, victim, what)
    check(outcome[0] == 'ret' and outcome[1] >= 0, outcome)
    c.ok('NOOP')
    # No other session waits for it.
    began = time.monotonic()
    server.login('ann').quit()
    check(time.monotonic() - began < 3, 'a login waits for it')
    c.ok('NOOP')
    check(alive(victim), 'ended at once')
    equal(c.closed(), b'', 'said to the client')
    server.wait_log(r'wrkrpop\[%d\] did not end in \d+ seconds: killed' %
                    victim, mark)
    server.wait_log(r'wrkrpop\[%d\].*signal 9' % victim, mark)
    line = server.wait_log(r'session end .*user="joe".*', mark).group()
    check('reason=' + reason in line, line)
    none_left(server, before)
    server.stop()


def test_reports_and_lives_on():
    """A worker that reports and does not exit is killed; the report counts"""
    hostile(call('write', CHANNEL, report(), len(report())), 'quit')


def test_closes_and_lives_on():
    """A worker that closes its channel and does not exit is killed"""
    hostile(call('close', CHANNEL), 'worker-hung')


def test_stop():
    """popd ends even if a worker without a channel does not"""
    injector = tool()
    server = Server()
    server.expect_crash = True
    c = server.login('joe')
    victim = server.worker()
    inject(injector, victim, call('close', CHANNEL))
    os.kill(victim, signal.SIGSTOP)
    began = time.monotonic()
    server.stop(timeout=20)
    took = time.monotonic() - began
    check(took < 9, 'took %.1f s' % took)
    line = re.search(r'session end .*', server.log()).group()
    check('reason=worker-hung' in line, line)
    equal(c.closed(), b'', 'said to the client')


def test_child():
    """A keypop that closes its channel and does not exit is replaced"""
    injector = tool()
    server = Server()
    server.expect_crash = True
    (victim, name, uid), = server.children('keypop')
    mark = server.mark()
    inject(injector, victim, call('close', CHANNEL))
    os.kill(victim, signal.SIGSTOP)
    server.wait_log(r'keypop\[%d\].*signal 9' % victim, mark)
    end = time.monotonic() + PATIENCE
    while [p for p, n, u in server.children('keypop')] in ([], [victim]):
        check(time.monotonic() < end, 'keypop is not started again')
        time.sleep(0.02)
    while True:
        try:
            server.login().quit()
            break
        except (Failure, OSError):
            check(time.monotonic() < end, 'no login')
            time.sleep(0.1)
    server.stop()


def test_never_starts():
    """A process that cannot start is down; at startup popd says so"""
    # Programs of our own: other tests use those that were installed.
    program = rebuild([], {}) + '/libexec/popd/keypop'
    aside = program + '.aside'
    server = Server()
    server.expect_crash = True
    os.rename(program, aside)
    try:
        with open(program, 'w') as f:
            f.write('\1')
        os.chmod(program, 0o755)
        session = server.login()
        (pid, name, uid), = server.children('keypop')
        os.kill(pid, signal.SIGKILL)
        server.wait_log('keypop is down: next start in 2 seconds')
        session.ok('NOOP')
        other = Server(start=False)
        status, output = other.run('-d', timeout=PATIENCE)
        equal(status, 1, 'exit status at the start')
        check('keypop' in output, output)
    finally:
        os.rename(aside, program)
    server.ready()
    session.quit()
    server.stop()


def test_deaf_to_children():
    """Started with SIGCHLD ignored, popd still learns of exits"""
    server = Server(wrap=[
        sys.executable, '-c', 'import os, signal, sys; signal.signal('
        'signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], '
        'sys.argv[1:])'])
    server.expect_crash = True
    c = server.login()
    victim = server.worker()
    os.kill(victim, signal.SIGKILL)
    equal(c.closed(), b'', 'said to the client')
    server.wait_log(r'wrkrpop\[%d\].*killed by signal 9' % victim)
    server.login().quit()
    server.stop()


def test_terminal():
    """wrkrpop -s ends on an interrupt"""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        w = Worker(new_box('terminal%d' % sig))
        os.kill(w.process.pid, sig)
        equal(w.process.wait(PATIENCE), -sig, 'exit status')
        w.kill()


main()
