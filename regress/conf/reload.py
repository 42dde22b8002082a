#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""SIGHUP: popd.conf is read again, and used as a whole or not at all."""

import os
import re
import signal
import socket
import ssl
import threading
import time

from popdtest.ca import certificate
from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.host import free_port, own
from popdtest.server import Server

server = Server(users={'joe': 'secret', 'ann': 'secret'}, conf='',
                shared=True)
FIRST = 'listen on 127.0.0.1 port @port@ tls\n'
PORT2, PORT3 = free_port(), free_port()


def reload(text, good=True):
    server.configure(text)
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('configuration reloaded' if good else
                    'configuration not changed', mark)
    return mark


def open_at(port, address='127.0.0.1'):
    try:
        socket.create_connection((address, port), 5).close()
        return True
    except ConnectionError:     # refused, or reset as it is closed
        return False


def wait_closed(port):
    """The last listener closes its copy a moment after the reload."""
    end = time.monotonic() + PATIENCE
    while open_at(port):
        check(time.monotonic() < end, 'port %d stays open' % port)
        time.sleep(0.02)


def inodes(port):
    """The listening sockets of a port; None if the system has no list."""
    if not os.path.exists('/proc/net/tcp'):
        return None
    with open('/proc/net/tcp') as f:
        lines = [line.split() for line in f]
    return {w[9] for w in lines if w[1].endswith(':%04X' % port) and
            w[3] == '0A'}


def login(port=None, user='joe'):
    keep, server.port = server.port, port or server.port
    try:
        c = server.connect()
    finally:
        server.port = keep
    c.ok('USER ' + user)
    c.ok('PASS secret')
    return c


def test_listen():
    """New addresses are served, old ones closed; sessions go on"""
    stays = login()
    mark = reload(FIRST + 'listen on 127.0.0.1 port %d tls\n' % PORT2)
    server.wait_log('listening on 127.0.0.1 port %d' % PORT2, mark)
    goes = login(PORT2, 'ann')
    mark = reload(FIRST + 'listen on 127.0.0.1 port %d tls\n' % PORT3)
    server.wait_log('no longer listening on 127.0.0.1 port %d' % PORT2, mark)
    wait_closed(PORT2)
    check(open_at(PORT3), 'the new port is closed')
    for c in stays, goes:
        c.ok('STAT')
        c.ok('QUIT')
    login(PORT3).close()


def test_stays_open():
    """An address that stays keeps its socket and its backlog"""
    reload(FIRST)
    before = inodes(server.port)
    count = 40
    done = []

    def connect():
        for i in range(count):
            done.append(open_at(server.port))
    threads = [threading.Thread(target=connect) for i in range(4)]
    for t in threads:
        t.start()
    rounds = 0
    while any(t.is_alive() for t in threads) and rounds < 20:
        reload(FIRST + 'listen on 127.0.0.1 port %d tls\n' % (
            PORT2 if rounds % 2 else PORT3))
        rounds += 1
    for t in threads:
        t.join()
    equal(done, [True] * (4 * count), 'connections')
    equal(inodes(server.port), before, 'sockets')


def test_beside_all():
    """One address can be served beside the wildcard of its port"""
    second = own('127.0.0.2')
    reload('listen on all port %d tls\nlisten on %s port %d starttls\n'
           % (PORT2, second, PORT2) + FIRST)
    login(PORT2).close()
    s = socket.create_connection((second, PORT2), PATIENCE)
    s.settimeout(PATIENCE)
    check(s.recv(100).startswith(b'+OK'), 'no greeting in clear')
    s.close()
    reload(FIRST)
    wait_closed(PORT2)


def test_bad():
    """A bad file changes nothing, and the log says where it is bad"""
    reload(FIRST + 'limit per user 1\n')
    for text, why in ((FIRST + 'limit per user 2\nbad\n', r'popd\.conf:\d+: '
                       'syntax error'),
                      ('listen on 192.0.2.77 port 7\n', 'address 192.0.2.77'),
                      (FIRST + 'pki x cert "/nonexistent"\npki x key '
                       '"@key@"\n', '/nonexistent'),
                      (FIRST + 'pki x cert "@key@"\npki x key "@key@"\n',
                       '(keypop|lsnrpop)')):
        mark = reload(text, good=False)
        check(re.search('configuration not changed: .*' + why,
                        server.log(mark)), server.log(mark))
        c = login()
        d = server.connect()
        d.ok('USER joe')
        d.err('PASS secret', 'IN-USE')
        d.close()
        c.ok('QUIT')
        c.close()
        server.wait_log('session end .*reason=quit', mark)
    status, output = server.run('-n')
    equal(status, 1, output)


def test_host():
    """A host name is looked up at start only"""
    mark = reload('listen on localhost port 7\n', good=False)
    check('hosts are looked up at startup only' in server.log(mark),
          server.log(mark))
    other = Server(conf='listen on localhost port @port@ tls\n')
    other.configure('listen on localhost port @port@ tls\n'
                    'listen on 127.0.0.1 port %d\n' % PORT2)
    mark = other.mark()
    os.kill(other.pid, signal.SIGHUP)
    other.wait_log('configuration reloaded', mark)
    other.stop()


def test_restart_only():
    """The log says what a reload cannot change"""
    mark = reload(FIRST + 'user key nobody\nsocket "/tmp/other.sock"\n')
    log = server.log(mark)
    check('user nobody: stays _popkey until popd is restarted' in log, log)
    check('socket /tmp/other.sock: stays ' in log, log)
    mark = reload(FIRST + 'socket "/nonexistent/sock"\n', good=False)
    check(re.search(r':\d+: socket "/nonexistent/sock": No such file',
                    server.log(mark)), server.log(mark))
    login().close()


def test_tables():
    """Tables and certificates change"""
    other = os.path.join(server.dir, 'other')
    with open(server.authtab) as f:
        text = f.read()
    with open(other, 'w') as f:
        f.write(''.join(line + '\n' for line in text.splitlines()
                        if line.startswith('ann')))
    os.chmod(other, 0o600)
    keep = server.pairs
    cert, key = certificate('localhost', 'ec384')
    if server.mode == 'user' and os.getuid() == 0:
        for path in (other, key):
            os.chown(path, server.uid, server.gid)
    reload(FIRST + 'table few file:%s\ncredentials <few>\n'
           'pki x cert "%s"\npki x key "%s"\n' % (other, cert, key))
    server.pairs = [(cert, key)]
    login(user='ann').close()
    c = server.connect()
    c.ok('USER joe')
    c.err('PASS secret', 'AUTH')
    c.close()
    pem = ssl.get_server_certificate(('127.0.0.1', server.port))
    with open(cert) as f:
        equal(pem.strip(), f.read().strip(), 'certificate')
    server.pairs = keep
    reload(FIRST)
    login().close()


main()
