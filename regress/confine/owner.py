#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# needs: Linux
"""A mail user with a shell, who stops his workers while they start or wait for
a lock: they are closed to him from their first instruction."""

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import UID
from popdtest.host import need_root
from popdtest.server import Server

PTRACE_ATTACH, PIDFD_GETFD = 16, 438
STARTS, WAITS = 60, 5

need_root()
libc = ctypes.CDLL(None, use_errno=True)


def take_descriptor(pid):
    handle = os.pidfd_open(pid)
    fd = libc.syscall(PIDFD_GETFD, handle, 0, 0)
    os.close(handle)
    return fd


ATTACKS = {
    'exe': lambda pid: len(os.readlink('/proc/%d/exe' % pid)),
    'mem': lambda pid: os.open('/proc/%d/mem' % pid, os.O_RDWR),
    'pidfd_getfd': take_descriptor,
    'ptrace': lambda pid: libc.ptrace(PTRACE_ATTACH, pid, 0, 0)}


def children(pid):
    """Of a process, and theirs."""
    try:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
            found = [int(word) for word in f.read().split()]
    except OSError:
        return []
    return found + [c for p in found for c in children(p)]


def attack(pid):
    """Stop a process, and go on once it was tried: what succeeds."""
    found = []
    try:
        os.kill(pid, signal.SIGSTOP)
        for name, act in ATTACKS.items():
            try:
                if act(pid) >= 0:
                    found.append(name)
            except PermissionError:
                pass
        os.kill(pid, signal.SIGCONT)
    except OSError:
        pass
    return found


def hunt(parent, known, out):
    """As the mail user: try each new child until something succeeds, or a
    signal says to tell what did, and how many were tried."""
    ended, tried, found = [], set(), set()
    signal.signal(signal.SIGTERM, lambda *a: ended.append(1))
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)
    os.write(out, b'\n')
    while not ended and not found:
        for pid in children(parent):
            if pid not in known:
                tried.add(pid)
                found.update(attack(pid))
    os.write(out, json.dumps([sorted(found), len(tried)]).encode())


def hunted(parent, known, during):
    """(what succeeds, how many were tried) while during() runs."""
    fd, out = os.pipe()
    hunter = os.fork()
    if hunter == 0:
        try:
            hunt(parent, known + [os.getpid()], out)
        finally:
            os._exit(0)
    os.close(out)
    os.read(fd, 1)
    try:
        during()
    finally:
        os.kill(hunter, signal.SIGTERM)
        os.waitpid(hunter, 0)
    with open(fd) as f:
        return json.load(f)


def test_control():
    """The attacks succeed on another process of the user"""
    plain = subprocess.Popen(['sleep', '60'], user=UID, group=UID)
    time.sleep(0.5)
    found, tried = hunted(os.getpid(), [], lambda: time.sleep(0.5))
    plain.kill()
    plain.wait()
    if 'ptrace' not in found:
        raise Skip('this system lets no process trace another: %s' % found)
    equal((found, tried), (sorted(ATTACKS), 1), 'what succeeds')


def test_start():
    """A worker while it starts"""
    server = Server(mode='root')

    def during():
        for i in range(STARTS):
            server.login().quit()

    found, tried = hunted(server.pid, children(server.pid), during)
    server.stop()
    equal(found, [], 'what succeeds')
    check(tried > 5, 'only %d were tried' % tried)


def test_lock():
    """A worker and its dotlock process, while the spool is locked"""
    server = Server(mode='root', start=False, conf='''
table homes file:@usertab@
userbase <homes> mbox "@dir@/mail/%u" lock "fcntl, dotlock"
''')
    os.mkdir(server.dir + '/mail')
    os.chmod(server.dir + '/mail', 0o1777)
    spool = server.dir + '/mail/joe'
    with open(spool, 'wb') as f:
        f.write(b'From x Mon Nov  2 08:00:00 2026\nSubject: x\n\nx\n\n')
    os.chown(spool, UID, UID)
    server.start()

    def during():
        for i in range(WAITS):
            c = server.connect()
            c.send('USER joe\r\nPASS secret\r\n')
            time.sleep(0.5)
            c.close()

    with open(spool, 'r+b') as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        found, tried = hunted(server.pid, children(server.pid), during)
    server.stop()
    equal(found, [], 'what succeeds')
    check(tried > WAITS, 'only %d were tried' % tried)


main()
