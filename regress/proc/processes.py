#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The processes: their ids, what they link and what they hold."""

import os
import re
import signal
import socket
import subprocess
import time

from popdtest.cases import Failure, check, equal, main, running
from popdtest.client import Client
from popdtest.env import LIBEXEC, MDA, POPD, UID
from popdtest.host import have_account, need
from popdtest.process import (alive, descendants, descriptors, one, status_of,
                              uid_of, words_of)
from popdtest.server import Server


def ids():
    return {n: have_account(n).pw_uid for n in ('_popd', '_popkey',
                                                '_popauth', '_pophash')}


def table(server):
    out = {}
    for pid, name, uid in server.children():
        out.setdefault(name, []).append((pid, uid))
    return out


def test_uids():
    """Each role has its uid and gid, and no others"""
    server = Server(mode='root')
    c = server.login()
    server.worker()
    want = {'lsnrpop': ids()['_popd'], 'keypop': ids()['_popkey'],
            'authpop': ids()['_popauth'], 'hashpop': ids()['_pophash'],
            'wrkrpop': UID}
    found = table(server)
    equal(set(found), set(want), 'programs')
    for name in 'keypop', 'authpop':
        equal(len(found[name]), 1, name)
    for name, processes in found.items():
        for pid, uid in processes:
            equal(uid, want[name], 'uid of ' + name)
            gids = set(one(pid, 'rgid,gid,svgid,supgid')) - {'-'}
            equal(len(gids), 1, 'gids of ' + name)
            check(gids != {'0'}, 'group of ' + name)
            # Not looked up by a child that is still root.
            check(name == 'wrkrpop' or
                  words_of(pid)[1:] == [str(uid), *gids], words_of(pid))
    equal(len(set(want.values())), len(want), 'different uids')
    equal(uid_of(server.pid), 0, 'uid of popd')
    c.quit()
    server.stop()


def test_root():
    """Children are in a chroot, without capabilities"""
    need('/proc/self')
    server = Server(mode='root')
    c = server.login()
    server.worker()
    for pid, name, uid in server.children():
        for what in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb'):
            equal(int(status_of(pid, what)[0], 16), 0,
                  '%s of %s' % (what, name))
        if name != 'wrkrpop':
            equal(os.readlink('/proc/%d/root' % pid), '/var/empty',
                  'root of ' + name)
    c.quit()
    server.stop()


def test_descriptors():
    """No process holds a descriptor it does not need"""
    server = Server()
    server['joe'].add(b'Subject: x\n\n')
    c = server.login()
    server.worker()
    cert, key = server.pairs[0]
    for pid, name, uid in server.children():
        links = descriptors(pid)
        paths = [l for l in links.values() if l.startswith('/')]
        text = '%s: %s' % (name, links)
        check(not any(p in (server.authtab, server.usertab, key)
                      for p in paths), text)
        if name == 'wrkrpop':
            # One with blanks has no name: see opened().
            for p in paths:
                check(' ' in p or p.startswith((
                    server['joe'].path, '/dev/null', server.logfile)), text)
            check(len(links) <= 10, text)
        else:
            for p in paths:
                check(p in ('/dev/null', server.logfile), text)
    c.quit()
    server.stop()


def test_links():
    """Parent and workers link no TLS and no crypto library"""
    def libraries(path):
        result = subprocess.run(['ldd', path], capture_output=True)
        return result.stdout.decode() + result.stderr.decode()
    for path in (POPD, LIBEXEC + '/wrkrpop', MDA):
        text = libraries(path)
        for name in ('libtls', 'libssl', 'libcrypto'):
            check(name not in text, '%s links %s' % (path, name))
    text = libraries(LIBEXEC + '/hashpop')
    check('libcrypto' not in text and 'libtls' not in text, 'hashpop: ' + text)
    text = libraries(LIBEXEC + '/keypop')
    check('libtls' not in text and 'libcrypt.' not in text, 'keypop: ' + text)
    for path in (POPD, LIBEXEC + '/lsnrpop', LIBEXEC + '/keypop',
                 LIBEXEC + '/wrkrpop', LIBEXEC + '/authpop'):
        check('libcrypt' not in libraries(path).replace('libcrypto', ''),
              path + ' links libcrypt')


def test_signals():
    """Children ignore HUP, INT and TERM; only popd acts on them"""
    server = Server()
    c = server.login()
    server.worker()
    pids = [pid for pid, name, uid in server.children()]
    for sig in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        for pid in pids:
            os.kill(pid, sig)
    time.sleep(0.3)
    equal([p for p in pids if not alive(p)], [], 'ended')
    c.ok('NOOP')
    c.quit()
    server.stop()


def test_parent_dies():
    """Without the parent all end, after an UPDATE"""
    server = Server()
    box = server['joe']
    for i in range(2000):
        box.add(b'Subject: x\n\n')
    c = server.login()
    for i in range(2000):
        c.tls.write(b'DELE %d\r\n' % (i + 1))
    c.flush()
    for i in range(2000):
        c.line()
    pids = descendants(server.pid)
    server.process.kill()
    server.process.wait()
    end = time.monotonic() + 10
    while [p for p in pids if alive(p)] and time.monotonic() < end:
        time.sleep(0.02)
    equal([p for p in pids if alive(p)], [], 'left')
    equal(len(box.all()), 2000, 'messages without QUIT')
    server.process = None
    running.remove(server)


def test_port_is_free():
    """After the end the port is free, and a new popd can use it"""
    server = Server()
    server.stop()
    try:
        socket.create_connection(('127.0.0.1', server.port), 1).close()
    except ConnectionRefusedError:
        pass
    else:
        raise Failure('something listens')
    server.start()
    server.stop()


def test_int():
    """SIGINT ends popd like SIGTERM"""
    server = Server()
    server.stop(signal.SIGINT)


def test_end_with_sessions():
    """SIGTERM with open sessions: ends within seconds, logs each"""
    server = Server(users={'u%d' % i: 'secret' for i in range(10)})
    clients = [server.login('u%d' % i) for i in range(10)]
    half = Client(('127.0.0.1', server.port), tls=False)
    half.send_raw(b'\x16\x03')
    began = time.monotonic()
    server.stop()
    took = time.monotonic() - began
    check(took < 8, 'took %.1f s' % took)
    equal(len(re.findall('session end ', server.log())), 10, 'end lines')
    for c in clients:
        equal(c.closed(), b'-ERR [SYS/TEMP] server is shutting down, try '
              b'again later\r\n', 'said to a client')


main()
