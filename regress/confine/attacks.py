#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 400
# once
"""Each process, taken over, tries what an attacker would."""

import errno
import os
import socket
import struct
import subprocess
import time

from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.env import PATIENCE, STAGE, WORK
from popdtest.host import have_account
from popdtest.inject import call, inject, succeeded, told, tool
from popdtest.lmtp import LmtpServer
from popdtest.process import confined, descriptors, status_of
from popdtest.server import Server
from attempts import (AT_FDCWD, O_CREAT, O_DIRECTORY, O_WRONLY, UNSURE, Sink,
                      attacks)

# Each death delays the next start of its role: start a new popd before that
# hurts.
DEATHS = 3

found = {}


class Field:
    """A popd whose processes may die."""

    def __init__(self, lmtp=False):
        self.server = None
        self.deaths = 0
        self.client = None
        self.lmtp = lmtp
        self.start()

    def start(self):
        if self.server is not None:
            self.server.expect_crash = True
            self.drop_client()
            self.server.kill()
        users = {'joe': 'secret', 'ann': 'secret'}
        self.server = LmtpServer(mode='root', users=users) if self.lmtp \
            else Server(mode='root', users=users, conf=self.conf())
        self.server.expect_crash = True
        self.server['joe'].add(b'Subject: mine\n\nmine\n')
        other = self.server['ann'].path
        with open(other + '/new/canary', 'wb') as f:
            f.write(b'not yours\n')
        os.chown(other + '/new/canary', self.server['ann'].uid,
                 self.server['ann'].gid)
        self.deaths = 0

    def conf(self):
        """A table process, so that tabpop is there."""
        if not have_account('_poptab') or not have_account('_poplook'):
            return None
        program = WORK + '/table-test'
        with open(program, 'w') as f:
            f.write("#!/bin/sh\n"
                    "printf 'register|credentials\\nregister|ready\\n'\n"
                    "exec cat >/dev/null\n")
        os.chmod(program, 0o755)
        return 'table file file:@authtab@\ntable proc proc:%s\n' \
            'credentials <file> <proc>\n' % program

    def drop_client(self):
        if self.client is not None:
            self.client.close()
            self.client = None

    def pid(self, role):
        """A process of that role, waited for."""
        if self.deaths >= DEATHS:
            self.start()
        if role == 'wrkrpop':
            if self.client is None:
                self.client = self.server.login()
            return self.server.worker()
        if role == 'dlvrpop':
            # After a message it stays for some seconds.
            self.client = self.client or self.server.lmtp()
            self.client.begin()
            self.client.data(b'x\n')
            self.client.reply()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for pid, name, uid in self.server.children(role):
                if confined(pid):
                    return pid
            time.sleep(0.01)
        raise Failure('no ' + role)

    def died(self, role):
        if role in ('wrkrpop', 'dlvrpop'):
            self.drop_client()
        else:
            self.deaths += 1
        time.sleep(0.05)


def secrets(server):
    cert, key = server.pairs[0]
    return [server.authtab, key]


def try_all(role, lmtp=False):
    injector = tool()
    field = Field(lmtp)
    victim = subprocess.Popen(['sleep', '300'], user=12345)
    sink = Sink()
    done, bad = 0, []
    try:
        names = attacks(secrets(field.server), field.server['ann'].path,
                        field.server.pid, victim.pid)
        for name in names:
            pid = field.pid(role)
            # A new popd has other paths and another pid.
            line = attacks(secrets(field.server), field.server['ann'].path,
                           field.server.pid, victim.pid)[name]
            outcome = inject(injector, pid, line)
            found.setdefault(name, {})[role] = told(outcome)
            done += 1
            if succeeded(outcome):
                bad.append('%s: %s %d' % (name, outcome[0], outcome[1]))
            if outcome[0] != 'ret':
                field.died(role)
    finally:
        victim.kill()
        victim.wait()
        field.drop_client()
        field.server.kill()
        sunk = sink.close()
    equal(sunk, [], 'written to a socket of the file system')
    check(not bad, '%s succeeded in %s' % (role, '; '.join(bad)))
    check(done > 35, 'only %d attacks' % done)


def test_listener():
    """lsnrpop: no file, no socket, no program, no other memory"""
    try_all('lsnrpop')


def test_key():
    """keypop: no file, no socket, no program, no other memory"""
    try_all('keypop')


def test_auth():
    """authpop: no file, no socket, no program, no other memory"""
    try_all('authpop')


def test_checker():
    """hashpop: no file, no socket, no program, no other memory"""
    try_all('hashpop')


def test_tables():
    """tabpop: no file, no socket, no program, no other memory"""
    for name in ('_poptab', '_poplook'):
        if not have_account(name):
            raise Skip('needs the account ' + name)
    try_all('tabpop')


def child_named(server, name):
    """A child of popd, waited for."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for pid, program, uid in server.children(name):
            return pid
        time.sleep(0.01)
    raise Failure('no ' + name)


# What PAM's modules may need, and root has without a capability.
SYSTEM_MAY = {'read /etc/passwd', 'TCP socket', 'TCP socket, IPv6',
              'UDP socket', 'Unix socket', 'netlink socket',
              'pair of sockets', 'execute a program', 'fork', 'thread',
              'executable memory', 'memfd', 'pidfd', 'inotify',
              'become root', 'become root, all ids', 'root group',
              'datagram by sendto', 'datagram by sendmsg',
              'datagram by sendmmsg', 'datagram by connect',
              'packet by sendmsg', 'its channel by sendmsg'}
SIGNALS = {'signal popd', 'signal the victim'}


def test_system():
    """syspop: root without capabilities, changes no file, reads no mail"""
    if not have_account('_poplook'):
        raise Skip('needs the account _poplook')
    injector = tool()
    server = Server(mode='root', users={'joe': 'secret', 'ann': 'secret'},
                    conf='credentials system\nuserbase system\n')
    server.expect_crash = True
    victim = subprocess.Popen(['sleep', '300'], user=12345)
    sink = Sink()
    could = set()
    try:
        names = attacks(secrets(server), server['ann'].path, server.pid,
                        victim.pid)
        for name, line in names.items():
            outcome = inject(injector, sealed(child_named(server, 'syspop')),
                             line)
            found.setdefault(name, {})['syspop'] = told(outcome)
            if succeeded(outcome):
                could.add(name)
    finally:
        victim.kill()
        victim.wait()
        server.kill()
        sink.close()
    # Of signals Landlock knows since Linux 6.12.
    may = SYSTEM_MAY | (SIGNALS if 'lacks' in server.log() else set())
    equal(could - may, set(), 'what it could besides')
    check({'read /etc/passwd', 'execute a program'} <= could, could)


def test_worker():
    """wrkrpop: nothing but its own maildir"""
    try_all('wrkrpop')


def test_lmtp():
    """lmtppop: no file, no socket, no program, no other memory"""
    try_all('lmtppop', lmtp=True)


def test_delivery():
    """dlvrpop: nothing but its user's maildir"""
    try_all('dlvrpop', lmtp=True)


def test_worker_inside():
    """wrkrpop: reads its own mail; nothing leaves or enters"""
    injector = tool()
    field = Field()
    other = field.server['ann'].path
    mine = os.listdir(field.server['joe'].path + '/new')[0]
    here = AT_FDCWD
    try:
        for name, line, good in (
                ('read own mail', call('openat', here, 'new/' + mine, 0), 1),
                ('create in tmp/', call('openat', here, 'tmp/x',
                                        O_CREAT | O_WRONLY, 0o600), 1),
                ('own pid', call('getpid'), 1),
                ('link out', call('linkat', here, 'new/' + mine, here,
                                  '/tmp/popd-out', 0), 0),
                ('rename out', call('renameat', here, 'new/' + mine, here,
                                    '/tmp/popd-out'), 0),
                ('climb', call('openat', here, '../', O_DIRECTORY), 0),
                ('climb to another', call('openat', here, '../' +
                                          os.path.basename(other) + '/new',
                                          O_DIRECTORY), 0),
                ('symlink inside', call('symlinkat', '/etc/passwd', here,
                                        'tmp/l'), 0),
                ('FIFO inside', call('mknodat', here, 'tmp/f', 0o010600, 0),
                 0),
                ('chmod', call('fchmodat', here, 'new/' + mine, 0o777), 0)):
            outcome = inject(injector, field.pid('wrkrpop'), line)
            equal(succeeded(outcome), bool(good),
                  '%s: %s' % (name, told(outcome)))
            if outcome[0] != 'ret':
                field.died('wrkrpop')
    finally:
        field.drop_client()
        field.server.kill()


def sealed(pid):
    """Until a process has confined itself."""
    end = time.monotonic() + PATIENCE
    while not confined(pid):
        check(time.monotonic() < end, '%d has no filter' % pid)
        time.sleep(0.002)
    return pid


def try_started(role, field, start):
    """start() gives a process and the pid that is attacked."""
    sink = Sink()
    bad = []
    try:
        names = attacks(secrets(field.server), field.server['ann'].path,
                        field.server.pid, 1)
        for name, line in names.items():
            process, pid = start()
            outcome = inject(tool(), sealed(pid), line)
            found.setdefault(name, {})[role] = told(outcome)
            if succeeded(outcome):
                bad.append(name)
            process.kill()
            process.communicate()
    finally:
        field.server.kill()
        sunk = sink.close()
    equal(sunk, [], 'written to a socket of the file system')
    check(not bad, role + ' succeeded in ' + ', '.join(bad))


def test_mda():
    """mda, while it reads a message: nothing but its own maildir"""
    tool()
    field = Field()
    joe = field.server['joe']

    def start():
        mda = subprocess.Popen([os.path.join(STAGE, 'libexec/popd/mda'),
                                joe.path], stdin=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, user=joe.uid,
                               group=joe.gid, extra_groups=[])
        return mda, mda.pid

    try_started('mda', field, start)


def test_popctl():
    """popctl, while popd is silent: no file, no socket, no program"""
    tool()
    field = Field()
    path = os.path.join(WORK, 'silent')
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(path)
    silent.listen(128)

    def start():
        popctl = subprocess.Popen([STAGE + '/sbin/popctl', '-s', path,
                                   'status'], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        return popctl, popctl.pid

    try:
        try_started('popctl', field, start)
    finally:
        silent.close()
        os.unlink(path)


def child_of(pid):
    """The only child of a process, waited for."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
            children = f.read().split()
        if children:
            return int(children[0])
        time.sleep(0.002)
    raise Failure('%d has no child' % pid)


def test_popctl_user():
    """popctl in a maildir: runs as its user, and reaches only that maildir"""
    tool()
    field = Field()
    joe = field.server['joe']
    for i in range(200):
        joe.add(b'x: y\n\nz\n', '%d.%s' % (1600000000 + i, 'x' * 60), 'cur')
    ids = dict(user=joe.uid, group=joe.gid, extra_groups=[])
    first = []

    def start():
        # Its output is not read, so it waits.
        popctl = subprocess.Popen(
            [STAGE + '/sbin/popctl', '-u', field.server.usertab, 'uidl',
             'export', 'joe'], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pipesize=4096)
        pid = child_of(popctl.pid)
        if not first:
            first.append(sealed(pid))
            equal(status_of(pid, 'Uid'), [str(joe.uid)] * 4, 'uids')
            equal(status_of(pid, 'Gid'), [str(joe.gid)] * 4, 'gids')
            equal(status_of(pid, 'Groups'), [str(joe.gid)], 'groups')
            equal(status_of(pid, 'NoNewPrivs'), ['1'], 'no new privileges')
            closed(pid, 'popctl', ids)
        return popctl, pid

    try_started('popctl user', field, start)


def test_control():
    """The same attacks succeed as root without a sandbox"""
    injector = tool()
    field = Field()
    failed, good = [], 0
    sink = Sink()
    victim = subprocess.Popen(['sleep', '300'], user=12345)
    try:
        names = attacks(secrets(field.server), field.server['ann'].path,
                        field.server.pid, victim.pid)
        for name, line in names.items():
            target = subprocess.Popen(['sleep', '300'])
            time.sleep(0.02)
            outcome = inject(injector, target.pid, line)
            found.setdefault(name, {})['root'] = told(outcome)
            if succeeded(outcome):
                good += 1
            elif name not in UNSURE:
                failed.append('%s: %s' % (name, told(outcome)))
            target.kill()
            target.wait()
    finally:
        victim.kill()
        victim.wait()
        field.server.kill()
        sunk = sink.close()
        subprocess.run(['umount', '/mnt'], stderr=subprocess.DEVNULL)
        for letter in 'lfd':
            path = '/tmp/popd-confine-%s%d' % (letter, os.getpid())
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            elif os.path.lexists(path):
                os.unlink(path)
        path = '/tmp/popd-confine-%d' % os.getpid()
        if os.path.exists(path):
            os.unlink(path)
    check(not failed, 'without a sandbox: ' + '; '.join(failed))
    check(good >= 25, 'only %d succeed without a sandbox' % good)
    equal(sunk, ['datagram by sendto', 'datagram by sendmsg',
                 'datagram by sendmmsg'],
          'written to a socket of the file system')


def listening(pid, port):
    """The descriptor of a process that listens on that port."""
    inodes = set()
    for name in ('tcp', 'tcp6'):
        with open('/proc/net/' + name) as f:
            for words in (line.split() for line in f):
                if words[3] == '0A' and words[1].endswith(':%04X' % port):
                    inodes.add('socket:[%s]' % words[9])
    for fd, target in descriptors(pid).items():
        if target in inodes:
            return fd
    raise Failure('%d does not listen on port %d' % (pid, port))


def test_listening_socket():
    """lsnrpop cannot change the listening socket that all share"""
    injector = tool()
    field = Field()
    one = struct.pack('<i', 1)
    attempts = {
        'O_NONBLOCK by F_SETFL': lambda fd: call('fcntl', fd, 4, 0),
        'O_NONBLOCK by FIONBIO': lambda fd: call('ioctl', fd, 0x5421,
                                                 b'\0' * 4),
        'SO_LINGER': lambda fd: call('setsockopt', fd, 1, 13,
                                     struct.pack('<ii', 1, 0), 8),
        'TCP_USER_TIMEOUT': lambda fd: call('setsockopt', fd, 6, 18, one, 4),
        'backlog': lambda fd: call('listen', fd, 0),
        'shutdown of both': lambda fd: call('shutdown', fd, 2),
        'copy': lambda fd: call('dup', fd)}
    try:
        for name, line in attempts.items():
            pid = field.pid('lsnrpop')
            outcome = inject(injector, pid, line(listening(
                pid, field.server.port)))
            check(not succeeded(outcome), name + ' succeeded')
            if outcome[0] != 'ret':
                field.died('lsnrpop')
            field.server.login().quit()
    finally:
        field.server.kill()


def closed(pid, name, ids):
    """Not to be traced or read by a process with these ids."""
    if ids:
        result = subprocess.run([tool(), str(pid)], input='', text=True,
                                stderr=subprocess.PIPE, **ids)
        check(result.returncode == 3 and 'not permitted' in result.stderr,
              '%s can be traced by its own uid' % name)
    for what in ('mem', 'environ', 'maps'):
        result = subprocess.run(['cat', '/proc/%d/%s' % (pid, what)],
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, cwd='/', **ids)
        check(result.returncode != 0, '%s of %s can be read by its own uid' %
              (what, name))


def test_shared_uid():
    """Processes of one uid cannot trace or read each other"""
    injector = tool()
    field = Field()
    server = field.server
    client = server.login()
    try:
        tables = have_account('_poptab')
        for pid, name, uid in server.children():
            # Not a program of ours: no filter fits it.
            if tables and uid == tables.pw_uid:
                continue
            ids = dict(user=uid, group=int(status_of(pid, 'Gid')[0]),
                       extra_groups=[])
            closed(pid, name, ids)
            equal(status_of(pid, 'NoNewPrivs'), ['1'], name)
            check(confined(pid), name)
        # The control: a process of that uid that is not one of ours.
        plain = subprocess.Popen(['sleep', '60'], user=uid)
        time.sleep(0.02)
        try:
            equal(inject(injector, plain.pid, call('getpid'), user=uid),
                  ('ret', plain.pid), 'a plain process')
        finally:
            plain.kill()
            plain.wait()
    finally:
        client.close()
        server.kill()


def test_without_root():
    """Without root: the same filters, and closed to their own user"""
    if os.getuid() == 0:
        tool()
    server = Server(mode='user')
    client = server.login()
    for pid, name, uid in server.children():
        equal(uid, server.uid, name)
        equal(status_of(pid, 'NoNewPrivs'), ['1'], name)
        check(confined(pid), name)
        ids = {} if os.getuid() != 0 else dict(
            user=server.uid, group=server.gid, extra_groups=[])
        closed(pid, name, ids)
    client.quit()
    server.stop()


# setuid, setgid, chroot, kill, read and search, chown, fowner, ports, audit.
KEPT = sum(1 << n for n in (0, 2, 3, 5, 6, 7, 10, 18, 29))


def test_parent():
    """popd has given up what neither it nor a child of it ever needs"""
    injector = tool()
    server = Server()
    pid = server.process.pid
    for name in ('ptrace', 'process_vm_readv', 'mount', 'unshare', 'setns',
                 'open_by_handle_at', 'bpf', 'perf_event_open', 'userfaultfd',
                 'io_uring_setup', 'init_module', 'add_key', 'keyctl',
                 'reboot'):
        equal(inject(injector, pid, call(name, 0, 0, 0, 0, 0)),
              ('ret', -errno.EPERM), name)
    for field in ('CapInh', 'CapPrm', 'CapEff'):
        equal(int(status_of(pid, field)[0], 16) & ~KEPT, 0, field)
    server.login().quit()
    server.stop()


def test_table():
    """Results, per process"""
    tool()
    roles = ['lsnrpop', 'keypop', 'authpop', 'hashpop', 'tabpop',
             'wrkrpop', 'mda', 'lmtppop', 'dlvrpop', 'popctl', 'popctl user',
             'root']
    print('# %-28s' % 'attack' + ''.join('%-12s' % r for r in roles))
    for name, row in found.items():
        print('# %-28s' % name[:28] + ''.join(
            '%-12s' % row.get(r, '-').replace('killed by signal ', 'killed ')
            [:11] for r in roles))


if __name__ == '__main__':
    main()
