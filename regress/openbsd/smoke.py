# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The cases of smoke, which see."""

import base64
import hashlib
import hmac
import os
import pty
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

from popdtest.ca import Authority, pki
from popdtest.cases import Failure, check, equal, insist, main, none, until
from popdtest.client import Client
from popdtest.env import LIBEXEC, POPD, STAGE, WORK
from popdtest.host import free_port
from popdtest.lmtp import Lmtp
from popdtest.maildir import Maildir
from popdtest.password import bcrypt, plain

# What is no fault: a pattern for the line in dmesg, and why.
EXPECTED = [
    (r'UNVEIL popctl.* path "popcache"',
     'commands that only read: opened for writing first, as sessions do'),
    (r'UNVEIL popd.* x path .*/table-later"',
     'a program added by a reload: test_reload() wants it refused'),
]
BEGAN = time.monotonic()
MAILLOG = '/var/log/maillog'
CONF = WORK + '/popd.conf'
TABLE = WORK + '/table-test'
UID = 20001
ROLES = ['lsnrpop', 'keypop', 'authpop', 'hashpop', 'tabpop', 'syspop',
         'lmtppop']
LINE = re.compile('pledge|unveil', re.IGNORECASE)


def run(*command, status=0, input=b''):
    """Its output and errors."""
    result = subprocess.run(command, input=input, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    out = result.stdout.decode(errors='replace')
    check(status is None or result.returncode == status, '%s: %d: %s' % (
        ' '.join(command), result.returncode, out))
    return out


def popctl(*arguments, **more):
    """With popd.conf for maildirs, and without for a popd that does not get
    a new one, which may be bad."""
    conf = ['-s', WORK + '/control'] if arguments == ('reload',) else \
        ['-f', CONF]
    return run(STAGE + '/sbin/popctl', *conf, *arguments, **more)


def rcctl(*arguments, **more):
    return run('rcctl', *arguments, **more)


def pids(name):
    out = run('pgrep', '-x', name, status=None)
    return [int(pid) for pid in out.split()]


def messages():
    return run('dmesg').splitlines()


def log_size():
    return os.path.getsize(MAILLOG)


def logged(pattern, since):
    """Wait for it in the log; None is returned before it is there."""
    def found():
        with open(MAILLOG, errors='replace') as f:
            f.seek(since)
            return re.search(pattern, f.read())
    until('/%s/ in %s' % (pattern, MAILLOG), found)
    return found()


def write(name, text, mode=0o644):
    path = os.path.join(WORK, name)
    with open(path + '.new', 'w') as f:
        f.write(text)
    os.chmod(path + '.new', mode)
    os.rename(path + '.new', path)
    return path


DMESG, SINCE = messages(), log_size()
KINDS = ['tls', 'starttls', 'cleartext', 'tls proxy from 127.0.0.1',
         'cleartext proxy from 127.0.0.1', 'auth_http',
         'tls protocols "tlsv1.2"']
TLS, STLS, CLEAR, PTLS, PCLEAR, HTTP, TLS12 = range(7)
PORTS = [free_port() for kind in KINDS]
ON_LO0, LATER = free_port(), free_port()
SOCKETS = [WORK + '/run/one/lmtp', WORK + '/run/two/lmtp']
USERS = ['joe', 'eve', 'dba', 'tim']
BOXES = {}
ca = Authority()
SERVER = ca.issue('localhost')


# A table process that knows one user.
PROGRAM = """#!/bin/sh
while IFS='|' read -r what ready time table op service id key; do
	case $what.$ready.$service.$key in
	config.ready.*)
		printf 'register|%%s\\n' credentials userinfo ready
		continue ;;
	table.*.credentials.dba)	answer='found|%s' ;;
	table.*.userinfo.dba)		answer='found|%s' ;;
	table.*)			answer=not-found ;;
	*)				continue ;;
	esac
	echo "$op-result|$id|$answer"
done
"""


def configuration(*more):
    """popd.conf, with a listener of each kind and each kind of table."""
    listens = ['listen on 127.0.0.1 port %d %s' % (port, kind)
               for port, kind in zip(PORTS, KINDS)]
    listens += ['listen on socket "%s" lmtp' % SOCKETS[0],
                'listen on socket "%s" lmtp owner _smtpd group _smtpd' %
                SOCKETS[1]]
    if run('ifconfig', 'egress', status=None):
        listens.append('listen on egress port %d tls' % ON_LO0)
    write('popd.conf', '\n'.join([
        'socket "%s/control"' % WORK,
        pki(('localhost', SERVER)),
        'table users file:%s/authtab' % WORK,
        'table homes file:%s/usertab' % WORK,
        'table old file:%s/old' % WORK,
        'table routes file:%s/routes' % WORK,
        'table database "proc:%s"' % TABLE,
        'credentials <users> <database> system',
        'userbase <homes> <database> system mbox "%s/spool/%%u" '
        'lock "dotlock,flock,fcntl"' % WORK,
        'route <routes>',
        'expire 30 days <old>', 'limit per user 2',
        'offer apop', 'offer cram-md5',
        'listen on 127.0.0.1 port pop3s tls', 'listen on 127.0.0.1 starttls',
        'listen on ::1 tls', 'listen on lo0 port %d tls' % ON_LO0,
    ] + listens + list(more)) + '\n')


def tables():
    """Files with users, and a table process that knows one."""
    os.mkdir(WORK + '/home', 0o711)
    os.mkdir(WORK + '/run', 0o755)
    os.mkdir(WORK + '/spool')
    os.chmod(WORK + '/spool', 0o1777)
    for i, name in enumerate(USERS):
        BOXES[name] = Maildir(WORK + '/home/' + name, UID + i, UID + i)
    homes = {name: '%d:%d:%s' % (box.uid, box.gid, box.path)
             for name, box in BOXES.items()}
    hashed = bcrypt('secret')
    write('authtab', 'joe %s\ntim {PLAIN}tanstaaf\n' % hashed, 0o600)
    write('usertab', ''.join('%s %s\n' % (name, homes[name])
                             for name in USERS if name != 'dba'))
    write('old', 'eve\n')
    write('routes', '@ 127.0.0.1:%d\n' % PORTS[PCLEAR])
    write('virtuals', 'joe@smoke.example joe\n')
    write('table-test', PROGRAM % (hashed, homes['dba']), 0o755)


def system_user():
    """A user of this system, with a password and a Maildir."""
    hashed = run('encrypt', '-b', '6', 'secret').strip()
    run('userdel', '-r', 'popdsmoke', status=None)
    run('useradd', '-m', '-d', WORK + '/home/popdsmoke', '-s',
        '/sbin/nologin', '-p', hashed, 'popdsmoke')
    pw = pwd.getpwnam('popdsmoke')
    os.chmod(pw.pw_dir, 0o711)
    return Maildir(pw.pw_dir + '/Maildir', pw.pw_uid, pw.pw_gid)


def connect(kind=TLS, port=None, address='127.0.0.1', **more):
    where = socket.getaddrinfo(address, port or PORTS[kind])[0][4]
    try:
        return Client(where, **more)
    except OSError as why:
        raise Failure('%s: %s' % (where, why))


def finish(c):
    """A session: all commands, and the end."""
    count = c.stat()[0]
    c.list()
    c.uidl()
    if count > 0:
        c.retr(1)
        c.top(1, 1)
        c.ok('DELE 1')
    c.quit()


def login(user='joe', password='secret', *where, **more):
    c = connect(*where, **more)
    c.login(user, password)
    return c


def test_start():
    """rcctl: configtest, start, check, and what is not there yet is made"""
    tables()
    BOXES['popdsmoke'] = system_user()
    configuration()
    rcctl('enable', 'popd')
    rcctl('set', 'popd', 'flags', '-v', '-f', CONF)
    rcctl('configtest', 'popd')
    rcctl('start', 'popd')
    rcctl('check', 'popd')
    logged(r'popd\[\d+\]: started: ', SINCE)
    for path in SOCKETS:
        check(os.path.exists(path), path)


def test_listeners():
    """Each kind of listener"""
    for box in BOXES.values():
        for i in range(3):
            box.add(b'Subject: %d\n\nbody\n.\n' % i)
    finish(login())
    finish(login(port=995))
    finish(login(port=995, address='::1'))
    finish(login(port=ON_LO0, address='::1'))
    finish(login(port=ON_LO0, address='fe80::1%lo0'))
    for port in PORTS[STLS], 110:
        c = connect(port=port, tls=False).greet().stls()
        c.login()
        finish(c)
    c = connect(CLEAR, tls=False).greet()
    c.login()
    finish(c)
    for kind in PTLS, PCLEAR:
        c = connect(kind, tls=False)
        c.send(b'PROXY TCP4 192.0.2.1 127.0.0.1 4097 995\r\n')
        c = c.greet() if kind == PCLEAR else c.secure()
        c.login()
        finish(c)
    finish(login('joe', 'secret', TLS12, version=ssl.TLSVersion.TLSv1_2))


def test_spool():
    """Mail in one file, with all locks"""
    path = write('spool/joe', 'From a@b.test Thu Jan  1 00:00:00 2026\n'
                 'Subject: in a spool\n\nhello\n', 0o600)
    os.chown(path, BOXES['joe'].uid, BOXES['joe'].gid)
    mark = log_size()
    finish(login())
    equal(os.path.getsize(path), 0, 'octets left in the spool')
    logged(r'session end .* moved=1 ', mark)


def http(kind, request):
    with socket.create_connection(('127.0.0.1', PORTS[kind]), 15) as s:
        s.sendall(request)
        return b''.join(iter(lambda: s.recv(65536), b'')).decode()


def test_http():
    """The questions of nginx"""
    out = http(HTTP, b'GET /auth HTTP/1.0\r\nAuth-Method: plain\r\n'
               b'Auth-User: joe\r\nAuth-Pass: secret\r\n'
               b'Auth-Protocol: pop3\r\nAuth-Login-Attempt: 1\r\n'
               b'Client-IP: 192.0.2.9\r\n\r\n')
    check('Auth-Status: OK' in out, out)


def apop(c, user, secret):
    stamp = re.search(rb'<.*>', c.greeting).group()
    return c.ok('APOP %s %s' % (user, hashlib.md5(
        stamp + secret.encode()).hexdigest()))


def cram(c, user, secret):
    challenge = base64.b64decode(c.cmd('AUTH CRAM-MD5')[2:])
    text = user + ' ' + hmac.new(secret.encode(), challenge,
                                 'md5').hexdigest()
    return c.ok(base64.b64encode(text.encode()))


def test_methods():
    """Each way to log in"""
    c = connect()
    c.ok('AUTH PLAIN ' + plain('', 'joe', 'secret'))
    finish(c)
    for method in apop, cram:
        c = connect()
        method(c, 'tim', 'tanstaaf')
        finish(c)
    finish(login('dba'))
    finish(login('popdsmoke'))
    for user, password in (('joe', 'wrong'), ('popdsmoke', 'wrong'),
                           ('dba', 'wrong'), ('nobody-here', 'secret')):
        c = connect()
        c.ok('USER ' + user)
        c.err('PASS ' + password, 'AUTH')
        c.close()


def test_lmtp():
    """LMTP, to several users at once and as the first mail of one"""
    for path in SOCKETS:
        one = Lmtp(path)
        one.begin(('joe', 'eve', 'dba', 'popdsmoke'))
        one.data(b'Subject: by LMTP\r\n\r\nhello\r\n')
        for i in range(4):
            one.expect(250)
        one.close()
    for user in 'joe', 'dba', 'popdsmoke':
        finish(login(user))


def test_mda():
    """mda, started by smtpd"""
    write('smtpd.conf', '''table usertab file:%s/usertab
table virtuals file:%s/virtuals
action "pop" mda "%s/mda" virtual <virtuals> userbase <usertab>
match from local for domain "smoke.example" action "pop"
''' % (WORK, WORK, LIBEXEC))
    rcctl('set', 'smtpd', 'flags', '-f', WORK + '/smtpd.conf')
    rcctl('restart', 'smtpd')
    before = len(BOXES['joe'].all())
    insist('sendmail', lambda: run(
        'sendmail', 'joe@smoke.example',
        input=b'Subject: by smtpd\n\nhello\n'))
    until('a mail by smtpd', lambda: len(BOXES['joe'].all()) > before)
    finish(login())


def test_popctl():
    """popctl, of the daemon and of maildirs"""
    for command in (['status'], ['show', 'sessions'], ['show', 'sources'],
                    ['show', 'stats'], ['show', 'certificates'],
                    ['-j', 'status'],
                    ['log', 'trace'], ['log', 'verbose'],
                    ['forgive', '127.0.0.1'], ['lock', 'eve'],
                    ['unlock', 'eve'], ['uidl', 'export', 'joe']):
        popctl(*command)
    c = login()
    check('joe' in popctl('show', 'sessions', 'joe'), 'sessions')
    popctl('kick', 'joe')
    c.closed()
    listing = popctl('uidl', 'export', 'joe')
    write('listing', listing)
    popctl('uidl', 'diff', WORK + '/listing', 'joe', status=None)
    finish(login())


def test_terminal():
    """popctl asks for a password on a terminal"""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(STAGE + '/sbin/popctl', ['popctl', 'encrypt', '-c', '6'])
    out = b''
    for prompt in b'Password: ', b'Again: ', b'$2b$06$':
        while prompt not in out:
            out += os.read(fd, 1000)
        if prompt.endswith(b' '):
            os.write(fd, b'secret\n')
    equal(os.waitpid(pid, 0)[1], 0, 'status')


def test_reload():
    """Reloads, by popctl, SIGHUP and rcctl, with more listeners and without"""
    for i in range(2):
        configuration('listen on 127.0.0.1 port %d tls' % LATER)
        popctl('reload')
        finish(login(port=LATER))
        configuration()
        mark = log_size()
        os.kill(pids('popd')[0], signal.SIGHUP)
        logged('configuration reloaded', mark)
    configuration('no such line')
    popctl('reload', status=1)
    rcctl('reload', 'popd', status=1)
    # Outside what was unveiled at startup: refused, with the line.
    other = shutil.copy(TABLE, WORK + '/table-later')
    configuration('table later "proc:%s"' % other)
    with open(CONF) as f:
        text = f.read()
    write('popd.conf', text.replace('<database>', '<later>'))
    check('configuration OK' in run(POPD, '-n', '-f', CONF, status=2), '-n')
    mark = log_size()
    check(re.search(r'popd.conf:\d+: table later: ',
                    popctl('reload', status=1)), 'no line')
    logged(re.escape(other) + ': Permission denied', mark)
    configuration()
    rcctl('reload', 'popd')
    for user in 'joe', 'dba', 'popdsmoke':
        finish(login(user))


def test_deaths():
    """The death of each process: another takes its place"""
    for role in ROLES:
        for pid in pids(role):
            os.kill(pid, signal.SIGKILL)
            until('another ' + role, lambda: pids(role) and
                  pid not in pids(role))
        for user in 'joe', 'dba', 'popdsmoke':
            insist('login after ' + role, lambda: finish(login(user)))
    one = Lmtp(SOCKETS[0])
    one.mail(b'Subject: again\r\n\r\nhello\r\n')
    one.close()
    c = login()
    os.kill(pids('wrkrpop')[0], signal.SIGKILL)
    c.closed()
    finish(login())


def test_upgrade():
    """Upgrades, by popctl and SIGUSR2, and a reload after each"""
    for ask in (lambda: popctl('upgrade'),
                lambda: os.kill(pids('popd')[0], signal.SIGUSR2)):
        old = pids('popd')
        mark = log_size()
        ask()
        logged(r'upgraded: popd\[\d+\], version', mark)
        until('the end of the old popd', lambda: len(pids('popd')) == 1 and
              pids('popd') != old)
        for user in 'joe', 'dba', 'popdsmoke':
            finish(login(user))
        popctl('reload')
        finish(login())
    rcctl('check', 'popd')


def test_stop():
    """rcctl: restart and stop, and nothing is left"""
    rcctl('restart', 'popd')
    finish(login())
    rcctl('stop', 'popd')
    rcctl('check', 'popd', status=1)
    equal([role for role in ROLES + ['popd', 'wrkrpop', 'dlvrpop']
           if pids(role)], [], 'left')
    equal([path for path in SOCKETS + [WORK + '/control']
           if os.path.exists(path)], [], 'sockets')


def test_violations():
    """Neither pledge(2) nor unveil(2) has refused anything"""
    with open(MAILLOG, errors='replace') as f:
        f.seek(SINCE)
        lines = [line for line in f.read().splitlines()
                 if 'killed by pledge' in line]
    now = messages()
    lines += now[now.index(DMESG[-1]) + 1 if DMESG[-1] in now else 0:]
    lines = [line for line in lines if LINE.search(line)]
    known = [line for line in lines
             if any(re.search(pattern, line) for pattern, why in EXPECTED)]
    print('# %d lines, %d with a reason; %d seconds' % (
        len(lines), len(known), time.monotonic() - BEGAN))
    none([line for line in lines if line not in known])


main()
