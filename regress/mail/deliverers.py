#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
# timeout: 240
"""Real delivery agents write to a spool while sessions move it, some of which
are killed: every message is there once, with the UIDL that was reported."""

import os
import pwd
import random
import smtplib
import subprocess
import threading
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import WORK
from popdtest.host import need, need_root
from popdtest.maildir import Maildir
from popdtest.mta import DOMAIN, Postfix
from popdtest.spool import Spool

COUNT = 18

need_root()


def text(i, length=b''):
    """With a line that looks like the separator of another message."""
    return b"""Subject: n%d
%s
%s
From here

From there

From a@b.test Mon Nov  2 08:00:00 2026
Subject: not a message

x
""" % (i, length, b'line %d\n' % i * (i * 7 % 200))


def spool(name):
    """That of an account, in a directory where it can make a dotlock."""
    try:
        user = pwd.getpwnam('popdtest')
    except KeyError:
        raise Skip('needs an account popdtest')
    path = WORK + '/' + name
    for sub in ('', '/mail'):
        os.makedirs(path + sub, 0o755)
        os.chmod(path + sub, 0o1777 if sub else 0o755)
    s = Spool(name, box=Maildir(path + '/box', user.pw_uid, user.pw_gid))
    os.unlink(s.path)
    s.path = path + '/mail/popdtest'
    return s


def move(s, running):
    """Sessions while something comes; every other one is killed."""
    rng, told, rounds, killed = random.Random(7), set(), 0, 0
    end = time.monotonic() + 120
    more = True
    while more:
        check(time.monotonic() < end, 'no end of the deliveries')
        # One after the last of them, too.
        more = running()
        if more and rounds % 2 == 0:
            c = s.session(greeting=False)
            time.sleep(rng.random() * 0.06)
            killed += c.process.poll() is None
            c.kill()
        else:
            c = s.session(timeout=60)
            now = set(c.uidl().values())
            c.close()
            check('without its lock' not in c.errors, c.errors)
            check(told <= now, 'a UIDL that was told is gone')
            told = now
        rounds += 1
        # They wait for a second if they meet a lock.
        time.sleep(rng.random() * 0.1)
    print('# %d sessions, %d of them killed' % (rounds, killed))
    check(killed, 'none was killed')
    got = {}
    for data in s.octets():
        body = data[data.index(b'Subject: n'):]
        number = int(body[10:body.index(b'\n')])
        check(number not in got, 'twice: %d' % number)
        equal(body.split(b'\n\n', 1)[1].rstrip(b'\n'),
              text(number).split(b'\n\n', 1)[1].rstrip(b'\n'), 'octets')
        got[number] = body
    equal(sorted(got), list(range(COUNT)), 'messages')
    equal(s.read(), b'', 'the spool')
    s.clean()


def run(s, command, data, failed):
    """Deliver messages from three programs at once, while sessions run."""
    def deliver(numbers):
        for i in numbers:
            p = subprocess.run(
                command(i), input=data(i), stderr=subprocess.PIPE,
                user=s.box.uid, group=s.box.gid, extra_groups=[], cwd='/',
                env={'PATH': '/bin:/usr/bin', 'HOME': s.box.path + '.home'})
            if p.returncode:
                failed.append((i, p.stderr))
    threads = [threading.Thread(target=deliver, args=(range(k, COUNT, 3),))
               for k in range(3)]
    for t in threads:
        t.start()
    move(s, lambda: any(t.is_alive() for t in threads))
    equal(failed, [], 'failures')


SENDERS = ('a@b.test', '', '"john doe"@b.test')


def test_procmail():
    """procmail, which quotes nothing where it corrects a Content-Length"""
    need('procmail')
    s = spool('procmail')
    run(s, lambda i: ['procmail', '-p', '-f', SENDERS[i % 3],
                      'DEFAULT=' + s.path, 'ORGMAIL=' + s.path,
                      'LOCKSLEEP=1', '/dev/null'],
        lambda i: text(i, b'Content-Length:       7\n' if i % 2 else b''),
        [])


DOVECOT = """
mail_location = mbox:%s:INBOX=%s
postmaster_address = p@b.test
log_path = /dev/stderr
mbox_write_locks = dotlock fcntl
ssl = no
stats_writer_socket_path =
"""


def test_dovecot():
    """dovecot-lda, which quotes nothing"""
    program = '/usr/lib/dovecot/dovecot-lda'
    need(program)
    s = spool('dovecot')
    home = s.box.path + '.home'
    os.mkdir(home)
    os.chown(home, s.box.uid, s.box.gid)
    with open(home + '.conf', 'w') as f:
        f.write(DOVECOT % (home, s.path))
    run(s, lambda i: [program, '-c', home + '.conf', '-f', SENDERS[i % 3]],
        text, [])


def test_postfix():
    """Postfix's local"""
    s = spool('local')
    mta = Postfix('''
mydestination = %s
mail_spool_directory = %s
local_destination_concurrency_limit = 4
''' % (DOMAIN, os.path.dirname(s.path)), ('local unix - n n - - local',))
    sent = []

    def send():
        with smtplib.SMTP('127.0.0.1', mta.port, timeout=30) as c:
            for i in range(COUNT):
                c.sendmail('a@b.test', ['popdtest@' + DOMAIN],
                           text(i).replace(b'\n', b'\r\n'))
                sent.append(i)

    def delivered():
        """What the log says that local has done."""
        return subprocess.run(
            ['nsenter', '-m', '-t', str(mta.process.pid), 'grep', '-c',
             'status=sent (delivered to mailbox)', '/var/log/postfix.log'],
            stdout=subprocess.PIPE).stdout.strip()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        move(s, lambda: int(delivered() or 0) < COUNT)
    finally:
        thread.join()
        mta.stop()
    equal(len(sent), COUNT, 'sent')


main()
