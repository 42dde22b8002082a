#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
# waits
"""System users through PAM: pam_unix with accounts that only this test's popd
sees, in a mount namespace of its own, and modules that are slow, hang or
crash."""

import glob
import os
import re
import shutil
import socket
import subprocess
import time

from popdtest.cases import Skip, check, equal, insist, main
from popdtest.env import PATIENCE, SRC, WORK
from popdtest.host import have_account, need, need_root
from popdtest.maildir import Maildir
from popdtest.process import descendants, program_of, status_of
from popdtest.server import Server

MODULES = 'auth required pam_unix.so%s\naccount required pam_unix.so\n'
SCRIPT = 'auth required pam_exec.so quiet /etc/pam.d/script\n'
NOBODY = 'popd-no-such-user'
# For longer than any client waits, or until the client is gone.
HANG = 'while kill -0 $PPID 2>/dev/null; do sleep 0.1; done'


def sha512(password):
    return subprocess.run(['openssl', 'passwd', '-6', password], check=True,
                          stdout=subprocess.PIPE).stdout.decode().strip()


class System:
    """Replacements for /etc/passwd, shadow and pam.d."""

    def __init__(self):
        need_root()
        if os.environ.get('POPD_MODE') == 'user':
            raise Skip('needs root')
        if not have_account('_poplook'):
            raise Skip('needs the account _poplook')
        if not shutil.which('unshare') or subprocess.run(
                ['unshare', '-m', 'true'],
                stderr=subprocess.DEVNULL).returncode != 0:
            raise Skip('needs mount namespaces')
        self.dir = WORK + '/system'
        shutil.rmtree(self.dir, ignore_errors=True)
        os.mkdir(self.dir, 0o755)
        os.mkdir(self.dir + '/pam.d', 0o755)
        for name in ('passwd', 'shadow'):
            shutil.copy('/etc/' + name, self.dir)
            os.chmod(self.dir + '/' + name,
                     0o644 if name == 'passwd' else 0o600)
        self.pam(MODULES % '')
        self.wrap = ['unshare', '-m', 'sh', '-c',
                     'for f in passwd shadow pam.d; do '
                     'mount --bind "%s/$f" /etc/$f || exit 1; done; '
                     'exec "$@"' % self.dir, 'sh']

    def pam(self, text, script=None):
        """Set the service's configuration."""
        if script is not None:
            with open(self.dir + '/pam.d/script', 'w') as f:
                f.write('#!/bin/sh\n' + script)
            os.chmod(self.dir + '/pam.d/script', 0o755)
        with open(self.dir + '/pam.d/popd.new', 'w') as f:
            f.write(text)
        os.rename(self.dir + '/pam.d/popd.new', self.dir + '/pam.d/popd')

    def user(self, server, name, password, hash=None, uid=None, rest=None,
             mail=None):
        """A user of this system, with a Maildir; its object."""
        uid = server.uid if uid is None else uid
        home = server.home + '/sys-' + name
        os.mkdir(home, 0o711)
        os.chown(home, uid, uid)
        if hash is None:
            hash = sha512(password)
        with open(self.dir + '/passwd', 'a') as f:
            f.write('%s:x:%d:%d::%s:/usr/sbin/nologin\n' %
                    (name, uid, uid, home))
        with open(self.dir + '/shadow', 'a') as f:
            f.write('%s:%s:%s\n' % (name, hash, rest or '19000:0:99999:7:::'))
        m = Maildir(home + '/Maildir', uid, uid)
        if mail:
            m.add(mail)
        return m


def server(system, order='system', base='system', conf='', **more):
    s = Server(start=False, wrap=system.wrap, **more)
    s.configure('table file file:@authtab@\ntable homes file:@usertab@\n'
                'credentials %s\nuserbase %s\n%s' % (order, base, conf))
    return s


def attempt(s, user, password, code='AUTH'):
    """A login that is refused: how long that took.  Each from another
    network, as failures of one are delayed."""
    attempt.number += 1
    c = s.connect(source='127.4.%d.1' % attempt.number)
    c.ok('USER ' + user)
    begin = time.monotonic()
    c.err('PASS ' + password, code)
    took = time.monotonic() - begin
    c.close()
    return took


attempt.number = 0


def login(s, user, password):
    c = s.login(user, password)
    c.ok('STAT')
    c.quit()


def syspop(s):
    """The pid of the process that stays."""
    found = [p for p, n, u in s.children('syspop')]
    parents = [p for p in found if int(status_of(p, 'PPid')[0]) == s.pid]
    equal(len(parents), 1, 'syspop')
    return parents[0]


def test_users():
    """Right, wrong, locked, expired, empty and unknown users"""
    system = System()
    s = server(system, conf='login failures 100\n')
    system.user(s, 'ann', 'right', mail=b'Subject: x\n\nhello\n')
    system.user(s, 'odd', ' p|a:s s\xe4')
    system.user(s, 'locked', '', hash='!' + sha512('right'))
    system.user(s, 'star', '', hash='*')
    system.user(s, 'expired', 'right', rest='19000:0:99999:7::19001:')
    system.user(s, 'change', 'right', rest='0:0:99999:7:::')
    system.user(s, 'empty', '', hash='')
    system.user(s, 'toor', 'right', uid=0)
    s.start()
    c = s.login('ann', 'right')
    equal(c.stat(), (1, 21), 'ann\'s maildrop')
    c.quit()
    login(s, 'ANN', 'right')
    login(s, 'odd', ' p|a:s s\xe4')
    for user in ('ann', 'locked', 'star', 'expired', 'change', 'empty',
                 'toor', 'root', 'nobody-there', 'joe'):
        attempt(s, user, 'wrong')
    for user in ('locked', 'expired', 'change', 'empty', 'toor', 'joe',
                 'ann/x', 'ann:x', '-ann', '../ann', 'ann@example.org'):
        attempt(s, user, 'right')
    # An account without a password has none to log in with, nullok or not.
    system.pam(MODULES % ' nullok')
    attempt(s, 'empty', 'right')
    attempt(s, 'empty', 'x')
    login(s, 'ann', 'right')
    # Nor has a service that never asks for one.
    system.pam('auth required pam_permit.so\naccount required pam_permit.so\n')
    attempt(s, 'ann', 'right')
    attempt(s, 'empty', 'x')
    s.stop()


def test_asked():
    """PAM gets user, address and terminal, and no odd name"""
    system = System()
    s = server(system, conf='login failures 100\n')
    system.user(s, 'ann', 'right')
    s.start()
    told = '[ "$PAM_RHOST,$PAM_TTY,$PAM_SERVICE,$PAM_USER" = ' \
        '"127.0.0.1,popd,popd,%s" ]\n'
    system.pam(SCRIPT + MODULES % '', told % 'ann')
    login(s, 'ann', 'right')
    system.pam(SCRIPT + MODULES % '', told % 'bob')
    # That is an error of the system to pam_exec.
    attempt(s, 'ann', 'right', 'SYS/TEMP')
    # No other name is asked about: that would be an error.
    system.pam(SCRIPT + MODULES % '',
               'case $PAM_USER in\nann | %s) ;;\n*) exit 1 ;;\nesac\n' %
               NOBODY)
    for user in ('root', 'ann;x', '-ann', 'ann@example.org', 'no-one'):
        attempt(s, user, 'right')
    login(s, 'ann', 'right')
    s.stop()


def test_times():
    """Wrong and unknown users take the same time, whatever the modules do"""
    system = System()
    s = server(system, conf='login failures 100\n')
    system.user(s, 'ann', 'right')
    s.start()
    attempt(s, 'ann', 'wrong')
    for modules in (MODULES % '', 'auth optional pam_faildelay.so '
                    'delay=30000000\n' + MODULES % ''):
        system.pam(modules)
        for user in ('ann', 'root', 'no-one', 'odd%name'):
            took = attempt(s, user, 'wrong')
            check(took >= 0.29, '%s: %f seconds' % (user, took))
    s.stop()


def test_order():
    """Files and the system in either order: the first match decides"""
    system = System()
    s = server(system, '<file> system', '<homes> system')
    s.user('both', 'file')
    s.tables()
    system.user(s, 'both', 'system')
    system.user(s, 'ann', 'right')
    s.start()
    login(s, 'joe', 'secret')
    login(s, 'ann', 'right')
    login(s, 'both', 'file')
    attempt(s, 'both', 'system')
    attempt(s, 'joe', 'right')
    attempt(s, 'no-one', 'right')
    s.configure('table file file:@authtab@\ntable homes file:@usertab@\n'
                'credentials system <file>\nuserbase system <homes>\n')
    s.reload()
    login(s, 'joe', 'secret')
    login(s, 'ann', 'right')
    login(s, 'both', 'system')
    attempt(s, 'both', 'file')
    s.configure('credentials <users>\nuserbase <homes>\n'
                'table users file:@authtab@\ntable homes file:@usertab@\n')
    s.reload()
    login(s, 'both', 'file')
    attempt(s, 'ann', 'right')
    end = time.monotonic() + PATIENCE
    while s.children('syspop') and time.monotonic() < end:
        time.sleep(0.05)
    equal(s.children('syspop'), [], 'syspop without system')
    s.stop()


def sleepers(seconds):
    """The processes that sleep that long, whatever their parent."""
    out = []
    for name in os.listdir('/proc'):
        try:
            with open('/proc/%s/cmdline' % name, 'rb') as f:
                if f.read() == b'sleep\0%d\0' % seconds:
                    out.append(int(name))
        except OSError:
            pass
    return out


def sick():
    """A System, and a server with ann and with sick, on whom modules fail."""
    system = System()
    s = server(system, '<file> system', '<homes> system',
               conf='login failures 100\n')
    system.user(s, 'ann', 'right')
    system.user(s, 'sick', 'right')
    s.start()
    return system, s


def test_hang():
    """A module that hangs fails only the logins that need it"""
    system, s = sick()
    pid = syspop(s)
    system.pam(SCRIPT + MODULES % '', 'case $PAM_USER in\n'
               'sick) exec sleep 9877 ;;\nesac\n')
    slow = s.connect()
    slow.send(b'USER sick\r\nPASS right\r\n')
    for i in range(3):
        login(s, 'joe', 'secret')
        login(s, 'ann', 'right')
    slow.line()
    reply = slow.line()
    check(reply.startswith(b'-ERR [SYS/TEMP]'), reply)
    slow.close()
    # pam_exec puts what it starts into a session: it ends all the same.
    end = time.monotonic() + PATIENCE
    while sleepers(9877) and time.monotonic() < end:
        time.sleep(0.05)
    left = sleepers(9877)
    for p in left:
        os.kill(p, 9)
    equal(left, [], 'left of a check')
    equal(syspop(s), pid, 'syspop after a hang')
    s.wait_log('table system: error: the system did not answer in time')
    s.stop()


def test_crash():
    """A crashing or missing module fails only the logins that need it"""
    system, s = sick()
    pid = syspop(s)
    # KILL, as a sanitizer has something to say of SEGV.
    system.pam(SCRIPT + MODULES % '', 'case $PAM_USER in\n'
               'sick) kill -KILL $PPID ;;\nesac\n')
    attempt(s, 'sick', 'right', 'SYS/TEMP')
    login(s, 'ann', 'right')
    equal(syspop(s), pid, 'syspop after a crash')
    check('the process that asked the system died' in s.log(), s.log())
    # A module that is not there, or has an error.
    system.pam('auth required pam_no_such_module.so\n')
    attempt(s, 'ann', 'right', 'SYS/TEMP')
    system.pam(MODULES % '')
    login(s, 'ann', 'right')
    s.stop()


def test_killed():
    """syspop is started again after it died"""
    system, s = sick()
    system.pam(MODULES % '')
    pid = syspop(s)
    s.expect_crash = True
    os.kill(pid, 9)
    insist('a login of ann', lambda: login(s, 'ann', 'right'))
    check(syspop(s) != pid, 'another syspop')
    login(s, 'joe', 'secret')
    s.stop()


def test_flood():
    """Wrong passwords of unknown users do not keep users out"""
    system = System()
    s = server(system, conf='login failures 100\n')
    system.user(s, 'ann', 'right')
    s.start()
    login(s, 'ann', 'right')
    strangers = []
    for i in range(200):
        c = s.connect(source='127.%d.%d.1' % (10 + i % 120, 1 + i // 120))
        c.send(b'USER nobody%d\r\nPASS wrong\r\n' % i)
        strangers.append(c)
    login(s, 'ann', 'right')
    for c in strangers:
        c.close()
    s.stop()


def test_window():
    """syspop reads no more questions than it has slots"""
    need_root()
    a, b = socket.socketpair()
    p = subprocess.Popen([os.environ['STAGE'] + '/libexec/popd/syspop'],
                         stdin=b, stdout=b)
    b.close()
    a.settimeout(PATIENCE)
    a.sendall(b'config|ready\n' + b''.join(
        b'table|0.1|1.0|t|lookup|userinfo|%08x|no-one\n' % i
        for i in range(60)))
    said = b''
    while said.count(b'|not-found\n') < 60:
        some = a.recv(4096)
        check(some, 'it ended: %r' % said[-80:])
        said += some
    a.close()
    equal(p.wait(PATIENCE), 0, 'its end')


def test_stop():
    """No check outlives popd"""
    system = System()
    s = server(system)
    system.user(s, 'sick', 'right')
    system.pam(SCRIPT + MODULES % '', HANG + '\n')
    s.start()
    c = s.connect()
    c.send(b'USER sick\r\nPASS right\r\n')
    end = time.monotonic() + PATIENCE
    while not [p for p in descendants(s.pid)
               if program_of(p) in ('sleep', 'script')]:
        check(time.monotonic() < end, 'the module is not asked')
        time.sleep(0.02)
    s.stop()
    c.close()


def bounds():
    """The capabilities that the unit of systemd leaves popd."""
    with open(SRC + '/etc/popd.service') as f:
        return ' '.join(re.findall(r'^CapabilityBoundingSet=(.*)$', f.read(),
                                   re.MULTILINE)).split()


def test_unit():
    """It works with the capabilities of the systemd unit"""
    need('setpriv')
    system = System()
    system.wrap += ['setpriv', '--no-new-privs', '--bounding-set', ','.join(
        ['-all'] + [b.replace('CAP_', '+').lower() for b in bounds()])]
    s = server(system)
    system.user(s, 'ann', 'right')
    s.start()
    login(s, 'ann', 'right')
    attempt(s, 'ann', 'wrong')
    equal(int(status_of(syspop(s), 'CapPrm')[0], 16), 1 << 2 | 1 << 29,
          'capabilities of syspop')
    s.stop()


FAILLOCK = '''\
auth required pam_faillock.so preauth silent deny=3 dir=%(dir)s
auth [success=1 default=bad] pam_unix.so
auth [default=die] pam_faillock.so authfail deny=3 dir=%(dir)s
auth sufficient pam_faillock.so authsucc deny=3 dir=%(dir)s
account required pam_faillock.so dir=%(dir)s
account required pam_unix.so
'''


def test_faillock():
    """pam_faillock records guesses, and its lock holds"""
    if not glob.glob('/lib/*/security/pam_faillock.so'):
        raise Skip('needs pam_faillock')
    system = System()
    s = server(system, conf='login failures 100\n')
    tallies = system.dir + '/faillock'
    with open(system.dir + '/pam.d/lock', 'w') as f:
        f.write(FAILLOCK % {'dir': tallies})
    system.pam('@include lock\n')
    for user in 'ann', 'bob':
        system.user(s, user, 'right')
    s.start()
    login(s, 'ann', 'right')
    for i in range(3):
        attempt(s, 'ann', 'wrong%d' % i)
    equal(os.stat(tallies + '/ann').st_size % 64, 0, 'records')
    check(os.stat(tallies + '/ann').st_size >= 192, 'guesses')
    attempt(s, 'ann', 'right')
    login(s, 'bob', 'right')
    # Another directory, after the start, is not writable: nobody gets in.
    system.pam(FAILLOCK % {'dir': system.dir + '/other'})
    attempt(s, 'bob', 'right', 'SYS/TEMP')
    s.stop()


def test_writes():
    """A module that may need to write elsewhere is refused by its name"""
    system = System()
    s = server(system)
    system.pam('auth sufficient pam_timestamp.so\n' + MODULES % '')
    status, output = s.run('-n')
    equal(status, 1, output)
    check('/etc/pam.d/popd: pam_timestamp.so may need to write' in output,
          output)
    system.pam('session optional pam_timestamp.so\n' + MODULES % '')
    equal(s.run('-n')[0], 0, 'of another type')


def test_config():
    """Refused: without root, twice, a table of the same name"""
    system = System()
    s = server(system)
    equal(s.run('-n')[0], 0, 'popd -n')
    for line, what in (
            ('credentials system system\n', 'table system is named twice'),
            ('table system file:/etc/mail/x\ncredentials system\n',
             'syntax error'),
            ('table "system" file:/etc/mail/x\ncredentials system\n',
             'table system is defined twice')):
        s.configure(line)
        status, output = s.run('-n')
        check(status != 0 and what in output, output)
    u = Server(start=False, mode='user')
    u.configure('credentials system\nuserbase system\n')
    status, output = u.run('-n')
    check(status != 0 and 'must be started by root' in output, output)


if __name__ == '__main__':
    main()
