#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 240
# once
"""popd started badly: closed descriptors, an odd directory and umask, its
predecessor just killed, a standard error that is not read."""

import os
import signal
import socket
import subprocess
import time

from popdtest.cases import Failure, check, equal, main, running
from popdtest.env import PATIENCE
from popdtest.host import need
from popdtest.process import (alive, descendants, descriptors, having,
                              kill_all, program_of, status_of)
from popdtest.server import Server


def shell(text):
    return ['sh', '-c', text, 'sh']


def standard(pid):
    """What its first three descriptors are."""
    links = descriptors(pid)
    return [links.get(n, 'closed') for n in range(3)]


def works(server):
    """popd has no socket where others look for input and output."""
    for link in standard(server.pid):
        check(not link.startswith('socket:'), 'descriptors: %s' %
              standard(server.pid))
    for _ in range(3):
        server.login().quit()


def test_closed():
    """-d with any of the descriptors 0 to 2 closed"""
    for closed in ('0<&-', '1>&-', '2>&-', '0<&- 1>&-', '0<&- 1>&- 2>&-'):
        server = Server(wrap=shell('exec "$@" ' + closed))
        try:
            works(server)
        except (Failure, OSError) as why:
            raise Failure('%s: %s' % (closed, why))
        server.stop()


def daemon_of(server):
    """The popd with our port that is not our child."""
    found = having(server.usertab)
    check(found, 'no popd runs')
    return found[0]


def test_background():
    """The same in the background"""
    for closed in ('', '0<&- 1>&- 2>&-'):
        server = Server(start=False)
        status = subprocess.run(
            shell('exec "$@" ' + closed) + server.command(), cwd='/',
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=PATIENCE,
            **server.ids()).returncode
        equal(status, 0, 'exit status, %s' % closed)
        pid = daemon_of(server)
        known = descendants(pid)
        try:
            equal(standard(pid), ['/dev/null'] * 3, 'descriptors')
            server.login().quit()
            os.kill(pid, signal.SIGTERM)
            end = time.monotonic() + PATIENCE
            while alive(pid):
                check(time.monotonic() < end, 'it does not end')
                time.sleep(0.05)
        finally:
            kill_all([pid] + known)


def test_directory():
    """It leaves its working directory and ignores the umask"""
    need('/proc/self')
    server = Server(wrap=shell('cd /tmp && umask 0 && exec "$@"'))
    for pid in [server.pid] + [p for p, n, u in server.children()]:
        name = program_of(pid)
        cwd = os.readlink('/proc/%d/cwd' % pid)
        check(cwd in ('/', '/var/empty'), '%s is in %s' % (name, cwd))
        umask = int(status_of(pid, 'Umask')[0], 8)
        equal(umask & 0o022, 0o022, 'umask of ' + name)
    server.stop()


def test_killed():
    """kill -9 and an immediate start, fifteen times, with open sessions"""
    server = Server(users={'joe': 'secret', 'ann': 'secret'})
    for i in range(15):
        clients = [server.login(user) for user in server.users]
        process, server.process = server.process, None
        running.remove(server)
        process.kill()
        process.wait()
        mark = server.mark()
        server.start()
        check('in use' not in server.log(mark), server.log(mark))
        for c in clients:
            c.close()
    server.stop()


def test_foreign_socket():
    """A port in use by another program is an error, and quickly"""
    server = Server(start=False)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind((server.listen[0], server.port))
        s.listen(1)
        began = time.monotonic()
        status, output = server.run('-d', timeout=20)
    check(status != 0 and 'in use' in output, '%d %s' % (status, output))
    check(time.monotonic() - began < 15, 'that took long')


def test_unread():
    """-d with a standard error that is not read: logins work"""
    server = Server(start=False)
    log = server.logfile
    os.unlink(log)
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(log, os.O_WRONLY | os.O_NONBLOCK)
    try:
        while os.write(writer, b'x' * 512):
            pass
    except BlockingIOError:
        os.close(writer)
    server.wait_ready = False
    server.start()
    server.logfile = log + '-none'
    open(server.logfile, 'w').close()
    server.ready()
    try:
        for i in range(200):
            began = time.monotonic()
            try:
                server.login(timeout=5).quit()
            except (Failure, OSError) as why:
                raise Failure('login %d: %s' % (i + 1, why))
            check(time.monotonic() - began < 3, 'login %d hangs' % (i + 1))
        server.stop()
    finally:
        os.close(reader)


main()
