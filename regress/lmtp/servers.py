#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# needs: Linux
# once
# timeout: 240
"""OpenSMTPD and Postfix deliver by LMTP; POP3 fetches the mail."""

import grp
import os
import smtplib
import time

from popdtest.cases import check, equal, main
from popdtest.env import WORK
from popdtest.host import free_port, have_account, need, need_root
from popdtest.lmtp import LmtpServer
from popdtest.mail import wire
from popdtest.mta import DOMAIN, Mta, Postfix

# What SMTP can carry: lines of at most 998 octets, no NUL, no bare CR.
MAIL = [
    b'Subject: plain\n\nbody\n',
    b'Subject: dots\n\n.\n..\n.a\n...\n\n.\n',
    b'Subject: many\n\n' + b'line\n' * 50000,
    b'Subject: eight bit\nContent-Type: text/plain; charset=utf-8\n\n' +
    '\u00e4\u00f6\u00fc \u2603\n'.encode() * 100,
    b'Subject: From line\n\nFrom here\n>From there\n\n\n',
]

need_root()


class Smtpd(Mta):
    def __init__(self, server, action, account=None):
        need('smtpd')
        self.port = free_port()
        self.dir = os.path.join(WORK, 'smtpd')
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o755)
        with open(self.dir + '/virtuals', 'w') as f:
            for name in server.users:
                f.write('%s@%s\t%s\n' % (name, DOMAIN, account or name))
        with open(self.dir + '/smtpd.conf', 'w') as f:
            f.write('''
table virtuals file:%s/virtuals
table users file:%s
listen on 127.0.0.1 port %d hostname mx.%s
action "popd" lmtp "%s" %s
match from any for domain "%s" action "popd"
''' % (self.dir, server.usertab, self.port, DOMAIN, server.path, action,
       DOMAIN))
        os.chmod(server.usertab, 0o644)
        self.begin('''
            mount --make-rprivate / &&
            mount -t tmpfs -o mode=755 none /var/spool &&
            mount -t tmpfs -o mode=755 none /run || exit 99
            echo mx.%s >"$1/mailname"
            [ ! -e /etc/mailname ] ||
                mount --bind "$1/mailname" /etc/mailname
            mkdir -m 711 /var/spool/smtpd
            exec smtpd -dv -f "$1/smtpd.conf"
        ''' % DOMAIN, self.dir)


def compare(server, boxes):
    """Each of them has all of MAIL, fetched by POP."""
    for name in boxes:
        p = server.login(name)
        equal(p.stat()[0], len(MAIL), 'messages of ' + name)
        for i, data in enumerate(MAIL):
            got = p.retr(i + 1)
            lines = got.split(b'\r\n')
            equal(lines[0], b'Return-Path: <sender@elsewhere.test>')
            check(lines[1].lower().startswith(b'delivered-to: ' +
                                              name.encode()), lines[1])
            equal(got.lower().count(b'\r\ndelivered-to:'), 1)
            body = data.partition(b'\n\n')[2]
            check(got.endswith(wire(b'\n\n' + body)), 'body of %d' % i)
        p.quit()


def arrive(server, mta, boxes):
    for i, data in enumerate(MAIL):
        mta.send(data, *[name + '@' + DOMAIN for name in boxes])
        end = time.monotonic() + 40
        while any(len(server[name].list('new')) <= i for name in boxes):
            check(time.monotonic() < end, 'not delivered: ' + mta.text())
            time.sleep(0.05)


def deliver(server, mta):
    boxes = list(server.users)
    try:
        arrive(server, mta, boxes)
        compare(server, boxes)
    finally:
        mta.stop()


def test_opensmtpd_user():
    """OpenSMTPD delivers as the one account that owns the socket"""
    server = LmtpServer(users={'joe': 'secret', 'ann': 'x'},
                        options='owner popdtest mode 600')
    st = os.stat(server.path)
    equal((st.st_uid, st.st_mode & 0o777),
          (have_account('popdtest').pw_uid, 0o600))
    deliver(server, Smtpd(server, 'rcpt-to virtual <virtuals> '
                          'user popdtest', 'popdtest'))
    server.stop()


def test_opensmtpd_userbase():
    """OpenSMTPD delivers as each user, to a socket open to all"""
    server = LmtpServer(users={'joe': 'secret', 'ann': 'x'},
                        options='mode 666')
    deliver(server, Smtpd(server, 'virtual <virtuals> userbase <users>'))
    server.stop()


POSTFIX = '''
mydestination =
virtual_mailbox_domains = %s
virtual_mailbox_maps =
virtual_transport = lmtp:unix:%s
'''


def postfix(server, more=''):
    return Postfix(POSTFIX % (DOMAIN, server.path) + more,
                   ('lmtp unix - - n - - lmtp',))


def test_postfix():
    """Postfix delivers many at once over a connection it keeps"""
    server = LmtpServer(users={'joe': 'secret', 'ann': 'x', 'bob': 'y'},
                        options='group popdtest')
    st = os.stat(server.path)
    equal((st.st_gid, st.st_mode & 0o777),
          (grp.getgrnam('popdtest').gr_gid, 0o660))
    deliver(server, postfix(server))
    server.stop()


def test_unknown():
    """Postfix as in popd.conf(5) refuses mail for unknown users by SMTP"""
    server = LmtpServer(users={'joe': 'secret'}, options='group popdtest')
    mta = postfix(server, '''
mynetworks = 192.0.2.1
smtpd_recipient_restrictions = permit_mynetworks,
	permit_sasl_authenticated, reject_unverified_recipient
unverified_recipient_reject_code = 550
''')
    try:
        for name, want in ('nobody', 550), ('joe+tag', 250):
            end = time.monotonic() + 60
            while True:
                s = smtplib.SMTP('127.0.0.1', mta.port, timeout=30)
                s.ehlo()
                s.mail('sender@elsewhere.test')
                code, text = s.rcpt('%s@%s' % (name, DOMAIN))
                s.quit()
                # 450 if the answer to the question took too long.
                if code != 450:
                    break
                check(time.monotonic() < end, text)
            equal(code, want, text)
        mta.send(MAIL[0], 'joe@' + DOMAIN)
        end = time.monotonic() + 40
        while not server['joe'].list('new'):
            check(time.monotonic() < end, 'not delivered: ' + mta.maillog())
            time.sleep(0.05)
        equal(len(server.children('dlvrpop')), 1, 'processes')
    finally:
        mta.stop()
    server.stop()


def test_thousand():
    """Postfix with one message for 1,000 users; another does not wait"""
    server = LmtpServer(users={'joe': 'secret'}, options='group popdtest',
                        start=False)
    names = ['u%d' % i for i in range(1000)]
    for name in names:
        server.user(name, auth=False)
    server.tables()
    server.start()
    mta = postfix(server)
    try:
        c = server.lmtp()
        mta.send(MAIL[0], *[name + '@' + DOMAIN for name in names])
        begin, slowest = time.monotonic(), 0
        while mta.maillog().count('status=') < len(names):
            check(time.monotonic() < begin + 100, mta.maillog()[-2000:])
            one = time.monotonic()
            c.mail(MAIL[0])
            slowest = max(slowest, time.monotonic() - one)
            time.sleep(0.1)
        print('# %.1f s; another at most %.2f s' % (
            time.monotonic() - begin, slowest))
        equal(mta.maillog().count('status=sent'), len(names), 'sent')
        for name in names:
            equal(len(server[name].list('new')), 1, name)
        c.close()
    finally:
        mta.stop()
    server.stop()


main()
