#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# needs: Linux
# timeout: 120
# once
"""systemd: sockets it passes, readiness, reloads, the watchdog, the main
process."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.env import PATIENCE, SRC, WORK
from popdtest.host import free_port, need
from popdtest.server import Server
from upgraded import Upgraded, popds


class Manager:
    """The socket of a service manager."""

    number = 0

    def __init__(self, abstract=False):
        Manager.number += 1
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = os.path.join(WORK, 'notify%d' % Manager.number)
        self.name = '@' + path if abstract else path
        self.sock.bind('\0' + path if abstract else path)
        if not abstract:
            os.chmod(path, 0o666)
        self.sock.setsockopt(socket.SOL_SOCKET, 16, 1)      # SO_PASSCRED
        self.all = []

    def take(self, seconds):
        """One datagram, as (pid, {key: value}); None if none comes."""
        self.sock.settimeout(max(seconds, 0.01))
        try:
            data, more, _, _ = self.sock.recvmsg(4096, 256)
        except socket.timeout:
            return None
        pid = int.from_bytes(more[0][2][:4], sys.byteorder)
        said = dict(l.split('=', 1) for l in data.decode().split('\n'))
        self.all.append((pid, said))
        return self.all[-1]

    def wait(self, key, value=None, pid=None):
        """Wait for a datagram with this key; skip others."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            got = self.take(end - time.monotonic())
            if got and key in got[1] and value in (None, got[1][key]) and \
                    pid in (None, got[0]):
                return got[1]
        raise Failure('no %s=%s; all: %r' % (key, value, self.all))

    def silent(self, key, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            got = self.take(end - time.monotonic())
            check(got is None or key not in got[1], 'said: %r' % (got,))


def environment(**variables):
    return ['env'] + ['%s=%s' % item for item in variables.items()]


def started(manager, cls=Server, **variables):
    return cls(wrap=environment(NOTIFY_SOCKET=manager.name, **variables))


def test_states():
    """READY, RELOADING with its time and READY again, STOPPING"""
    for abstract in (False, True):
        manager = Manager(abstract)
        server = started(manager)
        manager.wait('READY', '1', server.pid)
        before = time.monotonic()
        server.process.send_signal(signal.SIGHUP)
        said = manager.wait('RELOADING', '1')
        usec = int(said['MONOTONIC_USEC'])
        check(before <= usec / 1e6 <= time.monotonic(), 'time %d' % usec)
        manager.wait('READY', '1')
        with open(server.authtab, 'a') as f:
            f.write('broken\n')
        server.process.send_signal(signal.SIGHUP)
        manager.wait('RELOADING', '1')
        manager.wait('READY', '1')
        os.unlink(server.usertab)
        server.process.send_signal(signal.SIGHUP)
        manager.wait('RELOADING', '1')
        manager.wait('READY', '1')
        server.stop()
        manager.wait('STOPPING', '1')


def test_watchdog():
    """The watchdog is fed twice per interval, by the process it watches"""
    manager = Manager()
    server = started(manager, WATCHDOG_USEC='400000')
    manager.wait('WATCHDOG')
    began = time.monotonic()
    for _ in range(5):
        manager.wait('WATCHDOG', '1', server.pid)
    took = time.monotonic() - began
    check(took >= 0.9, 'five in %.2f s' % took)
    server.process.send_signal(signal.SIGSTOP)
    while manager.take(0.1):
        pass
    manager.silent('WATCHDOG', 1)
    server.process.send_signal(signal.SIGCONT)
    manager.wait('WATCHDOG')
    server.stop()
    for pid in ('1', '$$'):
        manager = Manager()
        command = environment(NOTIFY_SOCKET=manager.name,
                              WATCHDOG_USEC='400000')
        server = Server(wrap=['sh', '-c', 'WATCHDOG_PID=%s exec "$@"' % pid,
                              'sh'] + command)
        manager.wait('READY')
        if pid == '1':
            manager.silent('WATCHDOG', 0.7)
        else:
            manager.wait('WATCHDOG')
        server.stop()


def test_background():
    """Without -d the process that was started stays"""
    manager = Manager()
    server = Upgraded(start=False, wrap=environment(
        NOTIFY_SOCKET=manager.name, WATCHDOG_USEC='400000'))
    server.own_files()
    process = subprocess.Popen(server.command(), cwd='/', stdin=-3, stdout=-3,
                               stderr=-3, **server.ids())
    manager.wait('READY', '1', process.pid)
    manager.wait('WATCHDOG', '1', process.pid)
    equal(popds(server), [process.pid], 'popds')
    process.terminate()
    equal(process.wait(PATIENCE), 0, 'exit status')


def test_upgrade():
    """At an upgrade the old popd names the new one, to feed the watchdog"""
    manager = Manager()
    server = started(manager, Upgraded, WATCHDOG_USEC='400000')
    old = server.pid
    manager.wait('WATCHDOG', '1', old)
    c = server.login()
    server.upgrade()
    equal(manager.wait('MAINPID')['MAINPID'], str(server.pid), 'MAINPID')
    manager.wait('READY', '1', server.pid)
    manager.wait('WATCHDOG', '1', server.pid)
    c.quit()
    # Its child from now on, as it is that of no popd.
    with open('/proc/%d/stat' % server.pid) as f:
        parent = int(f.read().rsplit(')', 1)[1].split()[1])
    check(parent not in (old, server.pid), 'its parent is %d' % parent)
    while server.before[0].poll() is None:
        manager.take(0.1)
    said = [i for i, (pid, d) in enumerate(manager.all) if 'MAINPID' in d]
    check(all(pid != old for pid, d in manager.all[said[0] + 1:]),
          'the old one says more: %r' % manager.all)
    server.stop()
    manager.wait('STOPPING', '1')


def test_nobody():
    """A manager that is gone, or a bad address, stops nothing"""
    for name in (WORK + '/none', 'relative', '@', '/' * 200):
        server = Server(wrap=environment(NOTIFY_SOCKET=name,
                                         WATCHDOG_USEC='200000'))
        server.login().quit()
        server.stop()
    manager = Manager()
    server = started(manager, WATCHDOG_USEC='200000')
    manager.wait('READY')
    manager.sock.close()
    time.sleep(0.5)
    server.login().quit()
    server.stop()


HAND = """import os, socket, sys
socks = []
for a in sys.argv[1].split(','):
    host, port = a.rsplit(':', 1)
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    s.bind((host, int(port)))
    if os.environ.get('LISTENS', '1') == '1':
        s.listen(5)
    socks.append(s)
fds = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(socks)]
for i, fd in enumerate(fds):
    os.dup2(fd, 3 + i, inheritable=True)
os.environ['LISTEN_FDS'] = str(len(fds))
os.environ['LISTEN_FDNAMES'] = ':'.join(['popd.socket'] * len(fds))
os.environ['LISTEN_PID'] = os.environ.get('LISTEN_PID') or str(os.getpid())
os.execvp(sys.argv[2], sys.argv[2:])
"""


def handed(addresses, **variables):
    ids = Server(start=False).ids()
    try:
        subprocess.run([sys.executable, '-c', ''], check=True, cwd='/', **ids)
    except (OSError, subprocess.CalledProcessError):
        raise Skip('needs a python that the user of popd can run')
    return environment(**variables) + [sys.executable, '-c', HAND,
                                       ','.join(addresses)]


def test_sockets():
    """Sockets that are passed are used, missing ones are made"""
    port = free_port()
    server = Server(listen=('127.0.0.1', '127.0.0.2'), port=port,
                    wrap=handed(['127.0.0.1:%d' % port,
                                 '127.0.0.3:%d' % port]))
    server.login().quit()
    server.login(address='127.0.0.2').quit()
    try:
        server.connect(address='127.0.0.3')
        raise Failure('an unwanted socket was kept')
    except ConnectionRefusedError:
        pass
    check('inherited socket 127.0.0.3 port %d is not configured'
          % port in server.log(), server.log())
    server.no_workers()
    if os.getuid() == 0:
        for pid, name, uid in server.children():
            with open('/proc/%d/environ' % pid, 'rb') as f:
                check(b'LISTEN_' not in f.read(), name + ' has LISTEN_')
    server.stop()


def test_no_sockets():
    """Sockets for another process are ignored, non-sockets refused"""
    port = free_port()
    server = Server(port=port, wrap=handed(['127.0.0.9:%d' % port],
                                           LISTEN_PID='1'))
    server.login().quit()
    check('inherited' not in server.log(), server.log())
    server.stop()
    for more, why in (({'LISTENS': '0'}, 'is not a listening socket'),
                      ({'POPD_CHANNEL': '4', 'POPD_GENERATION': '7'},
                       'is not from a popd'),
                      ({'POPD_CHANNEL': 'x', 'POPD_GENERATION': '7'},
                       'POPD_CHANNEL in the environment')):
        server = Server(start=False, wrap=handed(
            ['127.0.0.9:%d' % free_port()], **more))
        status, output = server.run('-d')
        check(status == 1 and why in output, '%d %s' % (status, output))


def test_families():
    """The unit allows every kind of socket that the parent makes"""
    need('strace')
    trace = os.path.join(WORK, 'sockets')
    server = Server(start=False, conf='listen on lo port @port@ tls\n',
                    wrap=['strace', '-o', trace, '-e', 'trace=socket'])
    status, output = server.run('-n')
    equal(status, 0, output)
    with open(trace) as f:
        made = set(re.findall(r'^socket\((AF_\w+)', f.read(), re.MULTILINE))
    with open(SRC + '/etc/popd.service') as f:
        allowed = re.search('^RestrictAddressFamilies=(.*)$', f.read(),
                            re.MULTILINE).group(1).split()
    check('AF_NETLINK' in made, 'lo needs no AF_NETLINK')
    equal(made - set(allowed), set(), 'not allowed')


main()
