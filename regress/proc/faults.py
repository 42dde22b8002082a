#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 300
# waits
"""kill -9 of each process: the others go on, and it is restarted."""

import os
import re
import signal
import socket
import ssl
import threading
import time

from popdtest.cases import Failure, check, equal, main, until
from popdtest.env import ASAN, PATIENCE
from popdtest.host import free_port
from popdtest.password import bcrypt
from popdtest.process import alive, descriptors, program_of
from popdtest.server import Server


def fresh(users=('joe', 'ann')):
    server = Server(users={u: 'secret' for u in users})
    server.expect_crash = True
    for u in users:
        server[u].add(b'Subject: x\n\n')
    return server


def restarted(server, name, count, gone):
    """As many processes of a name as before, the old one not among them."""
    end = time.monotonic() + PATIENCE
    while True:
        pids = [p for p, n, u in server.children(name)]
        if len(pids) == count and gone not in pids:
            return
        check(time.monotonic() < end, '%s is not started again' % name)
        time.sleep(0.02)


def works(server, user='joe'):
    """A login works again, perhaps after [SYS/TEMP] or a failed handshake."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            c = server.login(user, source='127.0.14.1')
            c.quit()
            return
        except (Failure, OSError) as why:
            check(time.monotonic() < end, 'no login: %s' % why)
            time.sleep(0.1)


def strike(server, name, which=0):
    pids = [p for p, n, u in server.children(name)]
    mark = server.mark()
    os.kill(pids[which], signal.SIGKILL)
    server.wait_log(r'%s\[%d\].*signal 9' % (r'\w+', pids[which]), mark)
    restarted(server, name, len(pids), pids[which])


def test_keypop():
    """keypop: sessions go on, handshakes work again"""
    server = fresh()
    session = server.login()
    strike(server, 'keypop')
    equal(session.retr(1), b'Subject: x\r\n\r\n', 'session')
    works(server, 'ann')
    session.quit()
    server.stop()


def places(server):
    """The queue and the checkers: [(program, which of it)]."""
    return [('authpop', 0)] + [
        ('hashpop', i) for i in range(len(server.children('hashpop')))]


def test_authpop():
    """The queue and each checker: sessions go on, logins work again"""
    server = fresh()
    session = server.login()
    for name, i in places(server):
        strike(server, name, i)
        equal(session.retr(1), b'Subject: x\r\n\r\n', 'session')
        works(server, 'ann')
    session.quit()
    server.stop()


def test_checker_at_work():
    """A checker or queue that dies at work: [SYS/TEMP], never success"""
    server = fresh()
    server['joe'].hash = bcrypt('secret', 12)
    server.tables()
    serving = server.children()
    server.reload()
    until('the judges end', lambda: server.children() == serving)
    # A hash takes a while: the busy process has the CPU time.
    for name, i in places(server):
        pids = [p for p, n, u in server.children(name)]
        c = server.connect()
        c.send(b'USER joe\r\nPASS wrong\r\n')
        check(c.line().startswith(b'+OK'), 'USER')
        time.sleep(0.05)
        os.kill(pids[i], signal.SIGKILL)
        try:
            reply = c.line()
        except Failure:
            reply = b''
        check(not reply.startswith(b'+OK'), repr(reply))
        check(reply.startswith((b'-ERR [SYS/TEMP]', b'-ERR [AUTH]')),
              repr(reply))
        c.close()
        restarted(server, name, len(pids), pids[i])
    works(server, 'ann')
    server.stop()


def test_listener():
    """A listener: its own sessions end, others go on"""
    server = fresh(['u%d' % i for i in range(12)])
    listeners = [p for p, n, u in server.children('lsnrpop')]
    clients = [server.login('u%d' % i) for i in range(12)]
    mark = server.mark()
    os.kill(listeners[0], signal.SIGKILL)
    restarted(server, 'lsnrpop', len(listeners), listeners[0])
    went_on = 0
    for c in clients:
        try:
            c.ok('NOOP')
            went_on += 1
        except (Failure, OSError):
            pass
    check(went_on < 12, 'no session ended')
    if len(listeners) > 1:
        print('# %d of 12 sessions went on' % went_on)
    end = time.monotonic() + PATIENCE
    while len(server.children('wrkrpop')) != went_on:
        check(time.monotonic() < end, 'workers: %s, sessions: %d' % (
            server.children('wrkrpop'), went_on))
        time.sleep(0.02)
    equal(len(re.findall('session end ', server.log(mark))), 12 - went_on,
          'end lines')
    for c in clients:
        c.close()
    works(server, 'u0')
    server.stop()


def test_worker():
    """A worker: only its own session ends, without success"""
    server = fresh()
    other = server.login('ann')
    known = {p for p, n, u in server.children('wrkrpop')}
    c = server.login('joe')
    victim = ({p for p, n, u in server.children('wrkrpop')} - known).pop()
    mark = server.mark()
    os.kill(victim, signal.SIGKILL)
    equal(c.closed(), b'', 'said to the client')
    line = server.wait_log(r'session end .*user="joe".*', mark).group()
    check('worker-died' in line, line)
    server.wait_log(r'wrkrpop\[%d\].*signal 9' % victim, mark)
    other.ok('NOOP')
    c = server.login('joe')
    equal(c.stat()[0], 1, 'messages')
    c.quit()
    other.quit()
    server.stop()


def test_stopped_keypop():
    """A keypop that does not answer fails handshakes, hangs no listener"""
    server = fresh()
    session = server.login()
    (pid, name, uid), = server.children('keypop')
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        try:
            server.connect(timeout=10)
            raise Failure('a handshake without keypop')
        except (ssl.SSLError, Failure, OSError) as why:
            check('without keypop' not in str(why), why)
        took = time.monotonic() - began
        check(took < 6, 'a handshake hung %.1f s' % took)
        session.ok('NOOP')
    finally:
        # If it is still there: popd need not be so patient.
        if alive(pid):
            os.kill(pid, signal.SIGCONT)
    works(server, 'ann')
    session.quit()
    server.stop()


def test_stopped_worker():
    """A worker that hangs blocks no other"""
    server = fresh()
    c = server.login('joe')
    pid = server.worker()
    os.kill(pid, signal.SIGSTOP)
    # More than the buffers of some systems take.
    sender = threading.Thread(target=c.send, args=[b'NOOP\r\n' * 100000])
    sender.start()
    for i in range(3):
        works(server, 'ann')
    os.kill(pid, signal.SIGCONT)
    for i in range(100000):
        c.line()
    sender.join()
    c.quit()
    server.stop()


def test_backoff():
    """A role that keeps dying is restarted later each time"""
    server = fresh()
    session = server.login()
    others = {p for p, n, u in server.children() if n != 'keypop'}
    mark = server.mark()
    end = time.monotonic() + 20
    killed = set()
    while time.monotonic() < end:
        check(server.process.poll() is None, 'popd gives up: ' +
              server.log()[-500:])
        for pid, name, uid in server.children('keypop'):
            if pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        time.sleep(0.02)
    check(3 <= len(killed) <= 8, '%d processes in 20 seconds' % len(killed))
    server.wait_log(r'keypop.*(second|down|again)', mark)
    session.ok('NOOP')
    check(others <= {p for p, n, u in server.children()}, 'others died')
    end = time.monotonic() + 40
    while True:
        try:
            server.login('ann').quit()
            break
        except (Failure, OSError) as why:
            check(time.monotonic() < end, 'it does not come back: %s' % why)
            time.sleep(0.5)
    session.quit()
    server.stop()


class Handed(Server):
    """A popd with a listening socket of ours."""

    def __init__(self, **more):
        self.given, port = socket.socket(), free_port()
        # As popd's own have it.
        self.given.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.given.bind(('127.0.0.1', port))
        self.given.listen()
        Server.__init__(self, port=port, wrap=['sh', '-c', """
            export LISTEN_FDS=1 LISTEN_PID=$$
            exec "$@" 3<&%d""" % self.given.fileno(), 'sh'], **more)

    def ids(self):
        return dict(Server.ids(self), pass_fds=[self.given.fileno()])


def test_shut():
    """A listening socket that a listener shuts down is mended"""
    for how in socket.SHUT_RD, socket.SHUT_RDWR:
        server = Handed()
        joe = server.login()
        server.given.shutdown(how)
        server.ready()
        joe.quit()
        server.login().quit()
        server.stop()
        server.given.close()


def test_memory():
    """A thousand logins leave no descriptor and no process"""
    server = fresh()
    count = 100 if ASAN else 1000

    def usage():
        return {p: len(descriptors(p))
                for p in [server.pid] + [p for p, n, u in server.children()
                                         if n != 'wrkrpop']}
    works(server)
    server.no_workers()
    before = usage()
    for i in range(count):
        c = server.connect()
        c.send(b'USER joe\r\nPASS secret\r\nQUIT\r\n')
        c.closed()
        c.close()
    server.no_workers()
    time.sleep(0.5)
    after = usage()
    for pid in before:
        check(after.get(pid, 0) <= before[pid] + 2,
              '%s: %d descriptors, before %d' % (
                  program_of(pid), after.get(pid, 0), before[pid]))
    server.stop()


main()
