#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The control socket, and that of auth: permissions, peers that send garbage,
flood, are silent or do not read, a listener that lies to popctl, and a
thousand busy sessions that are listed."""

import os
import random
import socket
import struct
import subprocess
import threading
import time

from popdtest.cases import Failure, check, equal, main
from popdtest.env import ASAN, PATIENCE, STAGE, UID2, WORK
from popdtest.hostile import TEXT
from popdtest.hostile import message as named
from popdtest.process import uid_of
from popdtest.server import Server


def message(kind, payload=b''):
    return struct.pack('=IIII', kind, 16 + len(payload), 0, 0) + payload


def control(server, beside=''):
    c = socket.socket(socket.AF_UNIX)
    c.connect(server.socket + beside)
    c.settimeout(PATIENCE)
    return c


def ended(c):
    """Wait until popd closes it, whatever it says before."""
    try:
        while c.recv(65536):
            pass
    except ConnectionResetError:
        pass
    c.close()


def alive_still(server):
    equal(len(server.rows('status', kind='popd')), 1, 'status')
    equal(server.popctl('auth', 'joe', input=b'secret\n')[0], 0, 'auth')
    c = server.login('joe')
    c.ok('NOOP')
    c.ok('QUIT')
    c.close()


def test_mode():
    """Only the owner can open the sockets, and other uids are refused"""
    s = Server()
    for beside, mode in (('', 0o700), ('.auth', 0o600)):
        st = os.lstat(s.socket + beside)
        equal(st.st_mode & 0o777, mode, 'mode')
        equal(st.st_uid, uid_of(s.pid), 'owner')
    equal([n for n in os.listdir(s.dir) if n.startswith('sock.')],
          ['sock.auth'], 'beside it')
    if os.getuid() == 0:
        # Even if the socket's mode permits it.
        os.chmod(s.socket, 0o777)
        os.chmod(s.dir, 0o755)
        pid = os.fork()
        if pid == 0:
            os.setgroups([])
            os.setgid(UID2)
            os.setuid(UID2)
            try:
                control(s, '.auth')
                os._exit(1)
            except PermissionError:
                pass
            try:
                os._exit(1 if control(s).recv(1) else 0)
            except ConnectionResetError:
                os._exit(0)
            except OSError:
                os._exit(2)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        check(status in (0, 2), 'he is answered')
        if status == 0:
            s.wait_log('popctl: uid %d is not allowed' % UID2)
    alive_still(s)
    s.stop()


def test_second():
    """A second popd leaves the socket to the first, and says so"""
    s = Server()
    other = Server(start=False)
    with open(other.dir + '/socket.conf', 'w') as f:
        f.write('socket "%s"\n' % s.socket)
    other.start()
    other.wait_log('in use by another popd')
    check('popctl cannot test logins' in other.log(), other.log())
    equal(s.rows('status', kind='popd')[0]['pid'], s.pid, 'popd')
    other.stop()
    equal(s.rows('status', kind='popd')[0]['pid'], s.pid, 'popd')
    alive_still(s)
    s.stop()
    check(not os.path.lexists(s.socket + '.auth'), 'it is left behind')
    s = Server(start=False)
    with open(s.socket, 'w') as f:
        f.write('precious')
    status, output = s.run('-d')
    check(status == 1 and 'not a socket' in output, output)
    with open(s.socket) as f:
        equal(f.read(), 'precious', 'the file')


def test_garbage():
    """Garbage, wrong sizes and foreign messages cost one connection each"""
    s = Server()
    rng = random.Random(1)
    tries = [b'\0' * 64, b'GET / HTTP/1.0\r\n\r\n', b'\xff' * 4096,
             message(1), message(9999, b'x' * 100),
             struct.pack('=IIII', 5, 0xffffffff, 0, 0)]
    tries += [message(kind, b'\0' * size)
              for kind in range(1, 60) for size in (0, 16, 336)]
    tries += [rng.randbytes(rng.randrange(1, 600)) for i in range(40)]
    for data, beside in [(d, b) for d in tries for b in ('', '.auth')]:
        c = control(s, beside)
        try:
            c.sendall(data)
            c.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        ended(c)
    alive_still(s)
    s.stop()


def test_silent():
    """A hundred silent connections keep no administrator out"""
    s = Server()
    held = [control(s) for i in range(100)]
    held += [control(s, '.auth') for i in range(100)]
    alive_still(s)
    for c in held:
        c.close()
    alive_still(s)
    s.stop()


def test_flood():
    """A peer that floods or does not read loses only its connection"""
    s = Server()
    c = control(s)
    c.settimeout(1)
    try:
        while True:
            c.sendall(message(9999, b'x' * 1000) * 50)
    except OSError:
        pass
    c.close()
    alive_still(s)
    s.stop()


class Liar:
    """Both sockets of a popd: a listener that says what it likes."""

    def __init__(self, says):
        self.path = WORK + '/liar'
        self.says = says
        self.socks = []
        for path in self.path, self.path + '.auth':
            if os.path.lexists(path):
                os.unlink(path)
            self.socks.append(socket.socket(socket.AF_UNIX))
            self.socks[-1].bind(path)
            self.socks[-1].listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        auth = self.socks[1].accept()[0]
        control = self.socks[0].accept()[0]
        control.recv(65536)
        control.sendall(named('MSG_CONTROL_TEXT', bytes(TEXT)))
        auth.send(self.says, socket.MSG_DONTWAIT)
        auth.close()
        control.recv(65536)
        control.sendall(named('MSG_CONTROL_END', bytes(8 + TEXT)))


def test_liar():
    """popctl reads two lines of a listener, and shows them as any text"""
    for says, result, text in (
            (b'+OK\r\n-ERR \x1b[2Jx\r\n', 'refused', '%1B[2Jx'),
            (b'+OK\r\n+OK \0\r\n', 'ok', '-'),
            (b'+OK\r\n', 'error', 'no answer: see the log'),
            (b'', 'error', 'no answer: see the log'),
            (b'x' * 40000, 'error', 'no answer: see the log'),
            (b'+OK\r\n+OK a\r\n-ERR b\r\n', 'ok', 'a')):
        out = subprocess.run(
            [STAGE + '/sbin/popctl', '-s', Liar(says).path, 'auth', 'joe'],
            input=b'secret\n', stdout=subprocess.PIPE, timeout=PATIENCE)
        equal(out.stdout.decode().split('\n')[1].split(None, 2),
              ['joe', result, text], 'the row')
        equal(out.returncode, result != 'ok', 'status')


def test_thousand():
    """A thousand busy sessions are each shown once, and kicked"""
    users = {'u%d' % i: 'secret' for i in range(80)}
    s = Server(users)
    # One of each user has the maildrop, and works; others wait for it.
    holders = [s.login(name) for name in users]
    clients = []
    stop = []

    def work():
        while not stop:
            for c in holders:
                c.send(b'STAT\r\n')
            time.sleep(0.05)
    thread = threading.Thread(target=work)
    thread.start()
    count = 1000 if not ASAN else 150
    try:
        for i in range(count - len(users)):
            c = s.connect()
            c.send(b'USER u%d\r\nPASS secret\r\n' % (i % len(users)))
            clients.append(c)
        end = time.monotonic() + 4 * PATIENCE
        rows = []
        while time.monotonic() < end:
            rows = s.rows('show', 'sessions')
            ids = [r['session'] for r in rows]
            equal(len(ids), len(set(ids)), 'shown twice')
            equal(ids, sorted(ids, key=lambda i: [int(n) for n in
                                                  i.split('.')]), 'order')
            if len([r for r in rows if r['command'] == 'STAT']) >= \
                    len(users) // 2:
                break
        else:
            raise Failure('only %d rows' % len(rows))
        equal(len(s.rows('show', 'sessions', 'u1')) > 0, True, 'of one')
    finally:
        stop.append(1)
        thread.join()
    for c in clients + holders:
        c.sock.close()
    s.no_workers(4 * PATIENCE)
    s.stop()


main()
