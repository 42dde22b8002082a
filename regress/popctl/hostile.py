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
import threading
import time

from popdtest.cases import Failure, check, equal, main
from popdtest.env import ASAN, PATIENCE, UID2
from popdtest.process import uid_of
from popdtest.server import Server


def message(kind, payload=b''):
    return struct.pack('=IIII', kind, 16 + len(payload), 0, 0) + payload


def control(server):
    c = socket.socket(socket.AF_UNIX)
    c.connect(server.socket)
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
    c = server.login('joe')
    c.ok('NOOP')
    c.ok('QUIT')
    c.close()


def test_mode():
    """Only the owner can open the socket, and other uids are refused"""
    s = Server()
    st = os.lstat(s.socket)
    equal(st.st_mode & 0o777, 0o700, 'mode')
    equal(st.st_uid, uid_of(s.pid), 'owner')
    equal([n for n in os.listdir(s.dir) if n.startswith('sock.')], [],
          'beside it')
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
    equal(s.rows('status', kind='popd')[0]['pid'], s.pid, 'popd')
    other.stop()
    equal(s.rows('status', kind='popd')[0]['pid'], s.pid, 'popd')
    alive_still(s)
    s.stop()
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
    for data in tries:
        c = control(s)
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
            if len(rows) > len(users):
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
