#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
"""A new administrator's day with nothing but the manuals: an installation of
their own, popd.conf from the examples with two domains, users of two uids, and
what popctl(8) and popd(8) show for each task."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

from popdtest.ca import certificate
from popdtest.cases import Skip, check, equal, main, until
from popdtest.client import Client
from popdtest.env import PATIENCE, POPD, SRC, STAGE, WORK
from popdtest.host import free_port, have_account, need_root
from popdtest.mail import wire
from popdtest.maildir import Maildir
from popdtest.process import alive, descendants, kill_all, uid_of

DAY = os.path.join(WORK, 'day')
ETC, SSL, VMAIL = DAY + '/etc', DAY + '/ssl', DAY + '/vmail'
CONF, SOCKET = ETC + '/popd.conf', DAY + '/popd.sock'
LOG = DAY + '/log'
NAMES = ('mail.example.org', 'mail.example.net')
MAIL = b'Subject: hello\n\nthis is mail\n'
OLD = ['u%d@example.org' % i for i in range(10)]
TLS, STLS = free_port(), free_port()
POPCTL = STAGE + '/sbin/popctl'
process = None


def popctl(*arguments, status=0, input=b'', conf=True):
    """Lines of standard output, and what went wrong after them."""
    result = subprocess.run(
        [POPCTL] + (['-f', CONF] if conf else []) + list(arguments),
        input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=2 * PATIENCE)
    said = (result.stdout + result.stderr).decode().splitlines()
    equal(result.returncode, status, 'popctl %s: %s' %
          (' '.join(arguments), said))
    return said


def rows(*arguments, kind=None):
    found = [json.loads(line) for line in popctl('-j', *arguments)]
    return [r for r in found if kind is None or r['kind'] == kind]


def log():
    with open(LOG, encoding='utf-8', errors='replace') as f:
        return f.read()


def example(wanted):
    """The lines of an example of popd.conf(5), by its first sentence."""
    with open(os.path.join(SRC, 'man', 'popd.conf.5')) as f:
        text = f.read()
    found = re.search(re.escape(wanted) + r'.*?^\.Bd [^\n]*\n(.*?)^\.Ed',
                      text, re.DOTALL | re.MULTILINE)
    check(found, 'no example: ' + wanted)
    return found.group(1)


def renew(name):
    """Replace the certificate as an ACME client does."""
    made = os.path.join(DAY, 'new')
    os.makedirs(made, exist_ok=True)
    for path in os.listdir(made):
        os.unlink(os.path.join(made, path))
    for path, end in zip(certificate(name, directory=made), ('crt', 'key')):
        os.rename(path, '%s/%s.%s' % (SSL, name, end))


def add_user(name, account, table='a'):
    """As in popctl(8) and usertab(5)."""
    hashed, = popctl('encrypt', '-c', '4', input=b'secret\n', conf=False)
    with open(ETC + '/authtab', table) as f:
        f.write('%s %s\n' % (name, hashed))
    with open(ETC + '/usertab', table) as f:
        f.write('%s %d:%d:%s/%s\n' % (name, account.pw_uid, account.pw_gid,
                                      VMAIL, name))
    box = Maildir('%s/%s' % (VMAIL, name), account.pw_uid, account.pw_gid)
    os.chmod(ETC + '/authtab', 0o600)
    return box


def client(name=NAMES[0], port=None):
    c = Client(('127.0.0.1', port or TLS), tls=port is None, greeting=False,
               cafile='%s/%s.crt' % (SSL, name), name=name)
    return c


def login(user, name=NAMES[0]):
    c = client(name).greet()
    c.login(user, 'secret')
    return c


def need_accounts():
    need_root()
    for name in ('popdtest', 'popdtest2'):
        if not have_account(name):
            raise Skip('needs the account ' + name)


def need_popd():
    if process is None:
        raise Skip('popd does not run')


def test_configure():
    """Two domains as in the manual's example: popd -n, then start"""
    global process
    need_accounts()
    shutil.rmtree(DAY, ignore_errors=True)
    for path in (ETC, SSL, VMAIL):
        os.makedirs(path, 0o755)
    for name in NAMES:
        renew(name)
    add_user('joe@example.org', have_account('popdtest'))
    add_user('ann@example.net', have_account('popdtest2'))
    text = example('Two domains').replace('/etc/ssl/private', SSL)
    text = text.replace('/etc/ssl', SSL)
    text = text.replace('all tls', '127.0.0.1 port %d tls' % TLS)
    text = text.replace('all starttls', '127.0.0.1 port %d starttls' % STLS)
    with open(CONF, 'w') as f:
        f.write('socket "%s"\ntable users file:%s/authtab\n'
                'table homes file:%s/usertab\ncredentials <users>\n'
                'userbase <homes>\n' % (SOCKET, ETC, ETC) + text)
    check('popd is not running' in popctl('status', status=2)[0], 'stopped')
    result = subprocess.run([POPD, '-f', CONF, '-n'], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=PATIENCE)
    equal((result.returncode, result.stdout), (0, b'configuration OK\n'), '-n')
    with open(LOG, 'wb') as out:
        process = subprocess.Popen([POPD, '-f', CONF, '-d'], stdout=out,
                                   stderr=out, stdin=subprocess.DEVNULL)
    until('popd', lambda: ' up to ' in log())
    equal([(r['how'], r['address']) for r in rows('status', kind='listen')],
          [('tls', '127.0.0.1 port %d' % TLS),
           ('starttls', '127.0.0.1 port %d' % STLS)], 'listen')


def test_domains():
    """Each name gets its certificate, with TLS and with STLS"""
    need_popd()
    for name, user in zip(NAMES, ('joe@example.org', 'ann@example.net')):
        c = login(user, name)
        c.ok('QUIT')
        c.close()
        c = client(name, STLS).greet()
        c.err('USER ' + user)
        c.stls()
        c.login(user, 'secret')
        c.ok('QUIT')
        c.close()


def test_who():
    """Who is logged in and since when, in columns and in JSON"""
    need_popd()
    until('nobody', lambda: not rows('show', 'sessions'))
    joe, ann = login('joe@example.org'), login('ann@example.net', NAMES[1])
    words = [line.split() for line in popctl('show', 'sessions')]
    equal(sorted(w[1] for w in words), ['USER', 'ann@example.net',
                                        'joe@example.org'], 'who')
    row, = rows('show', 'sessions', 'joe@example.org')
    check(abs(row['since'] - time.time()) < 600, 'since when')
    equal(uid_of(row['pid']), have_account('popdtest').pw_uid, 'uid')
    for c in (joe, ann):
        c.ok('QUIT')
        c.close()


def test_kick():
    """kick ends a user's sessions, lock keeps the user out until unlock"""
    need_popd()
    until('nobody', lambda: not rows('show', 'sessions'))
    joe, ann = login('joe@example.org'), login('ann@example.net', NAMES[1])
    equal(popctl('kick', 'joe@example.org'), ['1'], 'kicked')
    check(joe.line().startswith(b'-ERR [SYS/TEMP]'), 'told')
    joe.close()
    ann.ok('NOOP')
    check('no such' in popctl('kick', 'jo@example.org', status=1)[0], 'typo')
    popctl('lock', 'joe@example.org')
    c = client().greet()
    c.ok('USER joe@example.org')
    c.err('PASS secret', 'SYS/PERM')
    c.close()
    popctl('unlock', 'joe@example.org')
    c = login('joe@example.org')
    for c in (c, ann):
        c.ok('QUIT')
        c.close()


def test_renew():
    """A renewed certificate is served after reload, and shown"""
    need_popd()
    before = {r['names']: r['after'] for r in rows('show', 'certificates')}
    ann = login('ann@example.net', NAMES[1])
    time.sleep(1.1)         # the second of its end differs
    renew(NAMES[0])
    popctl('reload')
    after = {r['names']: r['after'] for r in rows('show', 'certificates')}
    key = [n for n in after if NAMES[0] in n][0]
    check(after[key] > before[key], 'the end of %s' % key)
    for n in after:
        check(n == key or after[n] == before[n], 'the other one')
    login('joe@example.org').ok('QUIT')
    ann.ok('QUIT')


def test_mistake():
    """A reload with a mistake names file and line and changes nothing"""
    need_popd()
    with open(CONF) as f:
        text = f.read()
    with open(CONF, 'a') as f:
        f.write('lisen on all\n')
    lines = popctl('-s', SOCKET, 'reload', status=1, conf=False)
    check('%s:%d:' % (CONF, text.count('\n') + 1) in lines[0], lines)
    with open(CONF, 'w') as f:
        f.write(text)
    login('joe@example.org').ok('QUIT')
    popctl('reload')


def test_migrate():
    """Ten Dovecot users: no message is fetched twice, the order stays"""
    need_popd()
    account, want = have_account('popdtest2'), {}
    for number, user in enumerate(OLD):
        box, lines = add_user(user, account), []
        for i in range(1, 9):
            uid = 101 + 3 * i + number
            # The names are not in the order of the uids.
            name = box.add(MAIL * i, sub='cur',
                           name='%d.M1P1.old' % (1500000000 - i)) + ':2,S'
            os.rename(box.sub('cur/' + name[:-4]), box.sub('cur/' + name))
            lines.append('%d :%s\n' % (uid, name[:-4]))
            want.setdefault(user, []).append(
                b'%08x%08x' % (uid, 1400000000 + number))
        with open(box.sub('dovecot-uidlist'), 'w') as f:
            f.write('3 V%d N%d G0123456789abcdef0123456789abcdef\n' %
                    (1400000000 + number, 1000) + ''.join(lines))
        box.own(f.name)
    popctl('reload')
    said = popctl('uidl', 'import', '-F', '%08Xu%08Xv', 'dovecot', OLD[0])
    equal(said, ['%s: 8 of 8 messages keep their unique ids' % OLD[0]], 'one')
    # Users who never had mail there are no error.
    said = popctl('uidl', 'import', '-f', 'dovecot', '-a')
    equal(len([l for l in said if '8 of 8 messages keep' in l]), 10, said)
    again = 0
    for user in OLD:
        c = login(user)
        got = [uid for number, uid in sorted(dict(c.uidl()).items())]
        again += len([uid for uid in got if uid not in want[user]])
        equal(got, want[user], 'order of ' + user)
        equal(c.retr(3), wire(MAIL * 3), 'a message')
        c.ok('QUIT')
        c.close()
    equal(again, 0, 'messages fetched again')


def test_upgrade():
    """Upgrade under load: no session ends, no connection is refused"""
    need_popd()
    open_ones = [login(user) for user in OLD]
    stop, errors, count = threading.Event(), [], [0]

    def load():
        while not stop.is_set():
            try:
                c = login('joe@example.org')
                c.stat()
                c.ok('QUIT')
                c.close()
                count[0] += 1
            except Exception as why:
                errors.append(repr(why))
    worker = threading.Thread(target=load)
    worker.start()
    try:
        before, = rows('status', kind='popd')
        popctl('upgrade')
        after, = rows('status', kind='popd')
        many = count[0]
        until('logins', lambda: count[0] > many + 3 or errors)
    finally:
        stop.set()
        worker.join()
    equal(errors, [], 'failed logins')
    check(before['pid'] != after['pid'], 'the same popd')
    for c in open_ones:
        equal(c.retr(2), wire(MAIL * 2), 'a session of the old popd')
        c.ok('QUIT')
        c.close()
    until('the end of the old popd', lambda: process.poll() is not None)
    equal(process.returncode, 0, 'its status')


def test_log():
    """The log matches popd.log(5) and holds no password"""
    need_popd()
    check(re.search(r' login session=\d+\.\d+ user="joe@example.org" '
                    r'source=127\.0\.0\.1 .* sni="mail\.example\.org" ',
                    log()), 'login')
    check(re.search(r'login failed session=\S+ source=127\.0\.0\.1 '
                    r'reason=\w+ user="joe@example\.org"$', log(),
                    re.MULTILINE), 'login failed')
    check('upgraded: popd[' in log(), 'upgraded')
    check('secret' not in log(), 'a password')


def test_stop():
    """The new popd stops with all its processes"""
    need_popd()
    pid = rows('status', kind='popd')[0]['pid']
    known = descendants(pid) + [pid]
    os.kill(pid, signal.SIGTERM)
    until('the end', lambda: not [p for p in known if alive(p)])


def end():
    """Leave nothing behind, whatever failed."""
    if process is not None:
        left = {int(p) for p in re.findall(r'upgraded: popd\[(\d+)\]', log())}
        left |= {process.pid}
        kill_all([p for pid in left if alive(pid)
                  for p in descendants(pid) + [pid]])


atexit.register(end)
main()
