#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
# once
# timeout: 240
"""OpenSMTPD and mda deliver, real clients fetch."""

import glob
import os
import poplib
import re
import smtplib
import ssl
import subprocess
import time

from popdtest.cases import check, equal, main
from popdtest.env import MDA, WORK
from popdtest.host import free_port, need, need_root, user_ids
from popdtest.mail import GETMAIL_TO, wire
from popdtest.mta import DOMAIN, Mta
from popdtest.server import Server

server = Server(shared=True, subdir=None)
box = server['joe']

# What SMTP can carry: lines of at most 998 octets, no NUL, no bare CR.
MAIL = [
    b'Subject: plain\n\nbody\n',
    b'Subject: dots\n\n.\n..\n.a\n...\n\n.\n',
    b'From: a@b\nTo: c@d\nSubject: folded\n header\n\n' + b'line\n' * 5000,
    b'Subject: eight bit\nContent-Type: text/plain; charset=utf-8\n\n' +
    '\u00e4\u00f6\u00fc \u2603\n'.encode() * 100,
    b'Subject: empty body\n\n',
    b'Subject: long lines\n\n' + (b'x' * 990 + b'\n') * 300,
    b'Subject: From line\n\nFrom here\n>From there\n\n\n',
]


class Smtpd(Mta):
    """An OpenSMTPD of our own: its spool and socket in a mount namespace."""

    def __init__(self, command=MDA + ' %{user.directory}'):
        need_root()
        need('smtpd', 'unshare')
        self.port = free_port()
        self.dir = os.path.join(WORK, 'smtpd')
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o755)
        self.virtuals = os.path.join(self.dir, 'virtuals')
        with open(self.virtuals, 'w') as f:
            f.write('joe@%s\tjoe\npostmaster@%s\tjoe\n' % (DOMAIN, DOMAIN))
        self.conf = os.path.join(self.dir, 'smtpd.conf')
        with open(self.conf, 'w') as f:
            f.write('''
table users file:%s
table virtuals file:%s
listen on 127.0.0.1 port %d hostname mx.%s
action "popd" mda "%s" virtual <virtuals> userbase <users>
match from any for domain "%s" action "popd"
''' % (server.usertab, self.virtuals, self.port, DOMAIN, command,
       DOMAIN))
        os.chmod(self.conf, 0o644)
        os.chmod(server.usertab, 0o644)
        script = '''
            mount --make-rprivate / &&
            mount -t tmpfs -o mode=755 none /var/spool &&
            mount -t tmpfs -o mode=755 none /run || exit 99
            echo mx.%s >"$2/mailname"
            [ ! -e /etc/mailname ] ||
                mount --bind "$2/mailname" /etc/mailname
            mkdir -m 711 /var/spool/smtpd
            exec smtpd -dv -f "$1"
        ''' % DOMAIN
        self.begin(script, self.conf, self.dir)


def test_opensmtpd():
    """OpenSMTPD delivers through mda, octet for octet"""
    smtpd = Smtpd()
    try:
        for i, data in enumerate(MAIL):
            s = smtplib.SMTP('127.0.0.1', smtpd.port, timeout=30)
            s.sendmail('sender@elsewhere.test', ['Joe@' + DOMAIN],
                       data.replace(b'\n', b'\r\n'))
            s.quit()
            end = time.monotonic() + 30
            while len(box.list('new')) <= i:
                check(time.monotonic() < end, 'not delivered: ' + smtpd.text())
                time.sleep(0.05)
        check('result=Ok' in smtpd.text() or 'stat=Delivered' in smtpd.text(),
              smtpd.text())
    finally:
        smtpd.stop()
    c = server.login()
    equal(c.stat()[0], len(MAIL), 'messages')
    for i, data in enumerate(MAIL):
        got = c.retr(i + 1)
        check(got.startswith(b'Return-Path: <sender@elsewhere.test>\r\n'),
              got[:100])
        check(b'delivered-to: joe@' + DOMAIN.encode() in got.lower(),
              got[:300])
        head, _, body = data.partition(b'\n\n')
        check(got.endswith(wire(b'\n\n' + body)), 'body of %d' % i)
        for line in head.split(b'\n'):
            check(line in got, 'header %r of %d' % (line, i))
    c.close()
    server.no_workers()


def test_temporary():
    """OpenSMTPD queues what mda refuses for now, and does not bounce"""
    smtpd = Smtpd()
    before = len(box.list('new'))
    new = box.sub('new')
    os.chmod(new, 0o500)
    try:
        s = smtplib.SMTP('127.0.0.1', smtpd.port, timeout=30)
        s.sendmail('sender@elsewhere.test', ['joe@' + DOMAIN],
                   b'Subject: later\r\n\r\nx\r\n')
        s.quit()
        end = time.monotonic() + 20
        while 'TempFail' not in smtpd.text():
            check('PermFail' not in smtpd.text(), smtpd.text())
            check(time.monotonic() < end, smtpd.text())
            time.sleep(0.1)
    finally:
        os.chmod(new, 0o700)
        smtpd.stop()
    equal(len(box.list('new')), before, 'messages')


def test_missing():
    """With || exit 75 OpenSMTPD queues mail while mda is missing"""
    before = len(box.list('new'))
    for command, result in (
            ('/nonexistent/mda || exit 75', 'TempFail'),
            ('/dev/null || exit 75', 'TempFail'),
            ('kill -9 $$; exit 0', 'TempFail'),
            (MDA + ' %{user.directory} || exit 75', 'Ok'),
            ('/nonexistent/mda', 'PermFail')):
        smtpd = Smtpd(command)
        try:
            s = smtplib.SMTP('127.0.0.1', smtpd.port, timeout=30)
            s.sendmail('sender@elsewhere.test', ['joe@' + DOMAIN],
                       b'Subject: missing\r\n\r\nx\r\n')
            s.quit()
            end = time.monotonic() + 20
            while 'result=' not in smtpd.text():
                check(time.monotonic() < end, smtpd.text())
                time.sleep(0.1)
            check('result="%s"' % result in smtpd.text() or
                  'result=' + result in smtpd.text(),
                  command + ': ' + smtpd.text())
        finally:
            smtpd.stop()
    equal(len(box.list('new')), before + 1, 'messages')
    os.unlink(box.sub('new/' + max(box.list('new'))))


def want():
    """Fill the maildrop if OpenSMTPD has not done so."""
    if not box.all():
        for data in MAIL:
            box.add(data)
    c = server.login()
    out = [c.retr(n) for n in c.list()]
    c.close()
    server.no_workers()
    files = sorted(wire(open(box.sub(n), 'rb').read()) for n in box.all())
    equal(sorted(out), files, 'RETR and the files')
    return out


def client(*command, ids=None):
    directory = os.path.join(WORK, 'client')
    os.makedirs(directory, exist_ok=True)
    result = subprocess.run(command, stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=90, cwd=directory,
                            env=dict(os.environ, HOME=directory),
                            **(ids or {}))
    server.no_workers()
    return result


def write(name, text, mode=0o600):
    path = os.path.join(WORK, name)
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def test_poplib():
    """Python's poplib"""
    expected = want()
    context = ssl.create_default_context(cafile=server.pairs[0][0])
    p = poplib.POP3_SSL('localhost', server.port, context=context, timeout=20)
    check('UIDL' in p.capa(), 'CAPA')
    p.user('joe')
    p.pass_('secret')
    equal(p.stat(), (len(expected), sum(map(len, expected))), 'STAT')
    equal(len(p.uidl()[1]), len(expected), 'UIDL')
    for i, data in enumerate(expected):
        lines = p.retr(i + 1)[1]
        equal(b''.join(l + b'\r\n' for l in lines), data, 'message')
    p.quit()
    server.no_workers()


def test_curl():
    """curl"""
    need('curl')
    expected = want()
    base = ['curl', '-sS', '--cacert', server.pairs[0][0], '-u', 'joe:secret']
    url = 'pop3s://localhost:%d/' % server.port
    result = client(*base, url)
    equal(result.returncode, 0, result.stderr)
    equal([int(l.split()[1]) for l in result.stdout.splitlines()],
          [len(d) for d in expected], 'LIST')
    for i, data in enumerate(expected):
        result = client(*base, url + str(i + 1))
        equal(result.returncode, 0, result.stderr)
        equal(result.stdout, data, 'message %d' % (i + 1))
    for login in ('AUTH=PLAIN', 'AUTH=+LOGIN'):
        result = client(*base, '--login-options', login, url + '1')
        if login == 'AUTH=PLAIN':
            equal(result.stdout, expected[0], login)
    result = client(*base, '--sasl-ir', url + '1')
    equal(result.stdout, expected[0], '--sasl-ir')
    result = client('curl', '-sS', '--cacert', server.pairs[0][0], '-u',
                    'joe:wrong', url)
    equal(result.returncode, 67, 'login denied')


def test_fetchmail():
    """fetchmail"""
    need('fetchmail')
    expected = want()
    out = os.path.join(WORK, 'fetchmail')
    os.makedirs(out, exist_ok=True)
    mda = write('fetchmail-mda', '#!/bin/sh\nn=$(ls "%s" | wc -l)\n'
                'cat >"%s/$(printf %%03d "$n")"\n' % (out, out), 0o755)
    rc = write('fetchmailrc', '''
poll localhost protocol pop3 port %d
  username joe password secret is joe here
  ssl sslcertck sslcertfile "%s"
  no rewrite pass8bits keep fetchall mda "%s"
''' % (server.port, server.pairs[0][0], mda))
    result = client('fetchmail', '-v', '-f', rc, '--nosyslog', '--pidfile',
                    os.path.join(WORK, 'fetchmail.pid'),
                    '-i', os.path.join(WORK, 'fetchids'))
    equal(result.returncode, 0, result.stdout + result.stderr)
    files = sorted(glob.glob(out + '/*'))
    equal(len(files), len(expected), 'messages')
    for path, data in zip(files, expected):
        got = open(path, 'rb').read()
        # Its own Received line aside, and LF as a delivery agent wants it.
        got = re.sub(rb'Received: from localhost[^\n]*\n(?:[ \t][^\n]*\n)*',
                     b'', got, count=1)
        got, data = got, data.replace(b'\r\n', b'\n')
        body = data.partition(b'\n\n')[2]
        equal(got.partition(b'\n\n')[2].rstrip(b'\n'), body.rstrip(b'\n'),
              'body')
        for line in data.partition(b'\n\n')[0].split(b'\n'):
            if not line.startswith((b'Return-Path', b'Delivered-To')):
                check(line in got, 'header %r' % line)


def test_mpop():
    """mpop"""
    need('mpop')
    expected = want()
    out = os.path.join(WORK, 'mpop')
    for sub in ('tmp', 'new', 'cur'):
        os.makedirs(os.path.join(out, sub), exist_ok=True)
    for pipelining in ('on', 'off'):
        for path in glob.glob(out + '/new/*'):
            os.unlink(path)
        rc = write('mpoprc', '''
account default
host localhost
port %d
user joe
password secret
tls on
tls_starttls off
tls_trust_file %s
auth plain
pipelining %s
keep on
only_new off
received_header off
uidls_file %s
delivery maildir %s
''' % (server.port, server.pairs[0][0], pipelining,
            os.path.join(WORK, 'mpop-uidls-' + pipelining), out))
        result = client('mpop', '-C', rc)
        equal(result.returncode, 0, result.stdout + result.stderr)
        got = sorted(open(p, 'rb').read() for p in glob.glob(out + '/new/*'))
        equal(got, sorted(d.replace(b'\r\n', b'\n') for d in expected),
              'mail, pipelining ' + pipelining)


def test_getmail():
    """getmail"""
    need('getmail')
    expected = want()
    out = os.path.join(WORK, 'getmail')
    for sub in ('tmp', 'new', 'cur'):
        os.makedirs(os.path.join(out, sub), exist_ok=True)
    rc = write('getmailrc', '''
[retriever]
type = SimplePOP3SSLRetriever
server = localhost
port = %d
username = joe
password = secret
ca_certs = %s
%s[options]
read_all = true
delete = false
delivered_to = false
received = false
verbose = 2
''' % (server.port, server.pairs[0][0], GETMAIL_TO % out))
    state = os.path.join(WORK, 'getmail-state')
    os.makedirs(state, exist_ok=True)
    # getmail does not deliver as root.
    ids = {}
    if os.getuid() == 0:
        uid, gid = user_ids()
        for path in [rc, state, out] + [os.path.join(out, sub)
                                        for sub in ('tmp', 'new', 'cur')]:
            os.chown(path, uid, gid)
        ids = dict(user=uid, group=gid, extra_groups=[])
    result = client('getmail', '--getmaildir', state, '--rcfile', rc, ids=ids)
    equal(result.returncode, 0, result.stdout + result.stderr)
    got = [open(p, 'rb').read() for p in glob.glob(out + '/new/*')]
    equal(len(got), len(expected), 'messages: %s' % result.stdout)

    def body(data):
        return data.replace(b'\r\n', b'\n').partition(b'\n\n')[2].rstrip(b'\n')
    equal(sorted(map(body, got)), sorted(map(body, expected)), 'bodies')


def test_fetch_and_delete():
    """A client that deletes after fetching leaves an empty maildrop"""
    expected = want()
    context = ssl.create_default_context(cafile=server.pairs[0][0])
    p = poplib.POP3_SSL('localhost', server.port, context=context, timeout=20)
    p.user('joe')
    p.pass_('secret')
    for i in range(len(expected)):
        p.retr(i + 1)
        p.dele(i + 1)
    p.quit()
    server.no_workers()
    equal(box.all(), [], 'maildir')


main()
