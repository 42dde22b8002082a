#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""Programs replaced while popd runs: one of another version is found out
before it is told anything, a line says so, and running processes go on."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

from popdtest.build import protocol
from popdtest.cases import Skip, check, equal, main
from popdtest.env import LIBEXEC, PATIENCE, POPD, SRC, UID, WORK
from popdtest.host import need
from popdtest.process import descriptors
from popdtest.server import Server
from upgraded import Popd, Upgraded

HELPERS = ('lsnrpop', 'keypop', 'authpop', 'hashpop', 'wrkrpop')
SAID = r'^popd: %s is of another version \(%s, not %s\): restart popd or ' \
    r'run popctl upgrade$'


def foreign(work):
    """All programs, built with one message more; their PREFIX is stage."""
    need('cc')
    src, stage = os.path.join(work, 'src'), os.path.join(work, 'stage')
    shutil.copytree(SRC, src, ignore=shutil.ignore_patterns(
        '*.o', '.git', 'bench', 'shared'), symlinks=True)
    with open(src + '/lib/msg.h') as f:
        text = f.read()
    text, n = re.subn(r'\n\tMSG_LOG,', '\n\tMSG_FOREIGN,\n\tMSG_LOG,', text)
    equal(n, 1, 'places of MSG_LOG')
    with open(src + '/lib/msg.h', 'w') as f:
        f.write(text)
    targets = ['%s/%s' % (p, p) for p in ('popd', 'popctl') + HELPERS]
    for target in targets:
        if os.path.exists(os.path.join(src, target)):
            os.unlink(os.path.join(src, target))
    make = [os.environ.get('MAKE', 'make'), '-j2', 'PREFIX=' + stage]
    subprocess.run(make + targets, cwd=src, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.copytree(LIBEXEC, stage + '/libexec/popd')
    return src, stage + '/libexec/popd'


NEW, PLACE = foreign(WORK)
OLD = LIBEXEC
Server.program = NEW + '/popd/popd'
NUMBER, OTHER = protocol(), protocol(OLD + '/wrkrpop')


def place(name, new):
    """Its program as popd finds it from now on."""
    path = os.path.join(PLACE, name)
    shutil.copy('%s/%s/%s' % (NEW, name, name) if new else
                os.path.join(OLD, name), path + '.new')
    os.rename(path + '.new', path)


def place_all(new):
    for name in HELPERS:
        place(name, new)


def test_number():
    """The number depends on the messages, and every program prints it"""
    check(NUMBER != OTHER, 'two lists have the same number: ' + NUMBER)
    for name in HELPERS:
        equal(protocol(os.path.join(OLD, name)), OTHER, name)
        equal(protocol('%s/%s/%s' % (NEW, name, name)), NUMBER, name)

    def number():
        os.utime(NEW + '/lib/msg.h')
        said = subprocess.run([os.environ.get('MAKE', 'make'), '-n',
                               'lib/msg.o'], cwd=NEW, check=True,
                              stdout=subprocess.PIPE).stdout
        return re.search(rb'-DPROTOCOL=(\d+)U', said).group(1)

    first = number()
    # A comment; a message, an order, a counter and a limit.
    for name, old, new in (
            ('msg.h', '#endif', '/* A comment\n * of two lines. */\n#endif'),
            ('msg.h', 'MSG_FOREIGN', 'MSG_STRANGE'),
            ('certfacts.h', 'struct certfacts {', 'struct certfacts { int x;'),
            ('source.h', 'struct source {', 'struct source { int x;'),
            ('count.h', 'COUNT_CONNECTIONS,', 'COUNT_X, COUNT_CONNECTIONS,'),
            ('dlvr.h', 'DLVR_DONE,', 'DLVR_X, DLVR_DONE,'),
            ('limits.h', '#define USER_MAX', '#define USER_MAX 2 +')):
        path = os.path.join(NEW, 'lib', name)
        with open(path) as f:
            text = f.read()
        check(old in text, old)
        with open(path, 'w') as f:
            f.write(text.replace(old, new))
        equal(number() == first, 'comment' in new, new)
        with open(path, 'w') as f:
            f.write(text)


def test_upgrade():
    """The documented upgrade and downgrade: any popctl, any running popd"""
    place_all(True)
    server = Upgraded()
    for popd, popctl in ((POPD, os.path.dirname(POPD) + '/popctl'),
                         (NEW + '/popd/popd', NEW + '/popctl/popctl')) * 2:
        # make install, and popctl upgrade at once.
        shutil.copy(popd, server.program + '.new')
        os.rename(server.program + '.new', server.program)
        mark = server.mark()
        done = subprocess.run([popctl, '-s', server.socket, 'upgrade'],
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        equal(done.returncode, 0, done.stdout)
        pid = server.wait_log(r'upgraded: popd\[(\d+)\], version', mark)
        server.before.append(server.process)
        server.process = Popd(int(pid.group(1)))
        server.login().quit()
        server.ended()
    server.stop()


def test_start():
    """popd refuses to start with programs of another version"""
    server = Server(start=False)
    for name in ('lsnrpop', 'keypop', 'authpop', 'hashpop'):
        place_all(True)
        place(name, False)
        status, output = server.run('-d', timeout=30)
        equal(status, 1, 'exit status')
        check(re.search(SAID % (name, OTHER, NUMBER), output, re.M), output)


def test_role():
    """A role waits in its back-off, and the others serve"""
    place_all(True)
    server = Server(users={'joe': 'secret', 'ann': 'secret'})
    server.expect_crash = True
    joe = server.login('joe')
    place('lsnrpop', False)
    listeners = server.children('lsnrpop')
    if len(listeners) < 2:
        raise Skip('one listener only')
    # The one that joe is not with: of each one socket more is open there.
    idle = min((pid for pid, n, u in listeners),
               key=lambda pid: len(descriptors(pid)))
    mark = server.mark()
    os.kill(idle, signal.SIGKILL)
    server.wait_log(SAID % ('lsnrpop', OTHER, NUMBER), mark)
    server.wait_log('lsnrpop is down: next start in 2 seconds', mark)
    joe.ok('NOOP')
    server.login('ann').quit()
    said = server.log(mark)
    equal(len(re.findall('of another version', said)), 1, 'lines: ' + said)
    check('exited' not in said and 'not changed' not in said, said)
    place('lsnrpop', True)
    end = time.monotonic() + PATIENCE
    while len(server.children('lsnrpop')) < len(listeners):
        check(time.monotonic() < end, 'no successor')
        time.sleep(0.1)
    joe.quit()
    server.login('joe').quit()
    server.stop()


def test_worker():
    """A login gets [SYS/TEMP], and open sessions go on"""
    place_all(True)
    server = Server(users={'joe': 'secret', 'ann': 'secret'})
    joe = server.login('joe')
    place('wrkrpop', False)
    mark = server.mark()
    for i in range(2):
        c = server.connect()
        c.ok('USER ann')
        c.send('PASS secret\r\n')
        check(c.line().startswith(b'-ERR [SYS/TEMP]'), 'PASS')
        c.close()
    server.wait_log(SAID % ('wrkrpop', OTHER, NUMBER), mark)
    server.wait_log('session end .*reason=refused', mark)
    said = server.log(mark)
    equal(len(re.findall('of another version', said)), 1, 'lines: ' + said)
    place('wrkrpop', True)
    server.login('ann').quit()
    joe.ok('NOOP')
    joe.quit()
    server.stop()


def test_old_parent():
    """Started by hand without or with a wrong number: nothing is read"""
    for env in ({}, {'POPD_PROTOCOL': '0'}, {'POPD_PROTOCOL': NUMBER}):
        for name in HELPERS:
            ours, its = socket.socketpair()
            stream, other = socket.socketpair()
            ids = {}
            if os.getuid() == 0:
                ids = dict(user=UID, group=UID, extra_groups=[])
            process = subprocess.Popen(
                ['sh', '-c', 'exec "$0" 3<&%d' % its.fileno(),
                 OLD + '/' + name], stdin=other, stdout=other, env=env,
                pass_fds=[its.fileno()], **ids)
            its.close()
            other.close()
            ours.settimeout(PATIENCE)
            said = b''
            while True:
                try:
                    data = ours.recv(4096)
                except ConnectionResetError:
                    break
                if data == b'':
                    break
                said += data
            process.wait(PATIENCE)
            # MSG_VERSION, whose form never changes.
            check(said[:4] == b'\1\0\0\0' and len(said) == 24 and
                  said[16:20] == bytes.fromhex(OTHER)[::-1], '%s: %r' %
                  (name, said))


main()
