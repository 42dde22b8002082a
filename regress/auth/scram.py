#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""SCRAM-SHA-256 (RFC 7677): the password logs in, and the server proves that
it knows it, too; wrong, foreign and replayed proofs do not log in."""

import base64
import os
import re
import subprocess
import time

from popdtest.cases import Failure, Skip, check, equal, insist, main
from popdtest.env import PATIENCE, WORK
from popdtest.host import need
from popdtest.password import bcrypt
from popdtest.process import kill_all
from popdtest.scram import Exchange, PASSWORD, b64, verifier
from popdtest.server import Server
from popdtest.targets import pids_of

server = Server(start=False, shared=True)
server.users.clear()
server.user('joe', PASSWORD, hash=verifier(PASSWORD))
server.user('a,b=c@example.org', PASSWORD, hash=verifier(PASSWORD, b'x' * 12,
                                                         5000))
server.user('ann', 'secret')
server.user('eve', PASSWORD, hash='!' + verifier(PASSWORD))
server.user('popd-salts', '', hash='*' + b64('k' * 32), usertab=False,
            maildir=False)
server.tables()
server.configure('offer scram-sha-256\n')
server.start()


def exchange(*arguments, source=None, **more):
    return Exchange(server.connect(source=source), *arguments, **more)


def test_login():
    """The right password logs in, with and without initial response"""
    for user in 'joe', 'JOE', 'a,b=c@example.org':
        for header in 'n,,', 'y,,', 'n,a=%s,' % user.replace(
                '=', '=3D').replace(',', '=2C'):
            ex = exchange(user, header=header)
            check(ex.all().startswith(b'+OK '), user)
            equal(ex.client.stat(), (0, 0), 'STAT')
            ex.client.quit()
    ex = exchange()
    ex.first(initial=False)
    equal(ex.final()[:2], b'+ ', 'final')
    ex.client.ok('')
    ex.client.quit()
    ex = exchange(more=',x=unknown')
    check(ex.all().startswith(b'+OK '), 'an extension')
    ex.client.quit()


def test_told():
    """The log names users who cannot log in with it"""
    server.wait_log(r'authtab: users without a verifier for SCRAM-SHA-256: '
                    r'1\n')


def test_listed():
    """CAPA and AUTH list it before and after login"""
    c = server.connect()
    check(b'SASL PLAIN SCRAM-SHA-256' in c.multi('CAPA'), 'before')
    equal(c.multi('AUTH'), [b'PLAIN', b'SCRAM-SHA-256'], 'AUTH')
    c.ok('USER joe')
    c.ok('PASS ' + PASSWORD)
    check(b'SASL PLAIN SCRAM-SHA-256' in c.multi('CAPA'), 'after')
    c.quit()


def test_plain():
    """PASS and PLAIN work with a verifier and with a hash"""
    for user, password in ('joe', PASSWORD), ('ann', 'secret'), \
            ('a,b=c@example.org', PASSWORD):
        server.login(user, password).quit()
    c = server.connect(source='127.0.4.1')
    c.ok('USER joe')
    c.err('PASS pencils', 'AUTH')
    c.close()


def test_wrong():
    """A wrong password gets the same answer as a wrong PASS"""
    mark = server.mark()
    tries = (('joe', 'wrong', 'password'), ('nobody', PASSWORD, 'user'),
             ('ann', 'secret', 'hash'), ('eve', PASSWORD, 'locked'))
    for i, (user, password, reason) in enumerate(tries):
        ex = exchange(user, password, source='127.0.5.%d' % (i + 1))
        ex.first()
        equal(ex.final(), b'-ERR [AUTH] wrong user name or password', user)
        server.wait_log(r'login failed \S+ source=127\.0\.5\.%d reason=%s '
                        r'user="%s"' % (i + 1, reason, user), mark)
        ex.client.close()


def test_unknown():
    """The salt of an unknown user looks real and does not change"""
    def salt(user):
        ex = exchange(user)
        ex.first()
        ex.client.close()
        return ex.salt, ex.iterations
    equal(len(base64.b64decode(salt('nobody')[0])), 16, 'as of most')
    equal(salt('nobody')[1], 4096, 'iterations of most')
    equal(salt('nobody'), salt('Nobody'), 'another time')
    check(salt('nobody') != salt('nobody2'), 'another user')
    check(salt('ann') != salt('nobody'), 'a user without a verifier')
    before = salt('nobody')
    for user in 'a,b=c@example.org', 'joe':
        server[user].hash = verifier(PASSWORD, b'y' * 16)
        server.tables()
        server.reload()
        equal(salt('nobody'), before, 'after a new password of ' + user)
    server.stop()
    server.start()
    equal(salt('nobody'), before, 'after a restart')
    check(salt('popd-salts') != before, 'the key itself is no user')
    attempt = server.connect(source='127.0.8.1')
    attempt.ok('USER popd-salts')
    attempt.err('PASS ' + 'k' * 32, 'AUTH')
    attempt.close()


def test_no_key():
    """Without a key, a line says so, and salts stay while popd is running"""
    def salt():
        ex = Exchange(s.connect(), 'nobody')
        ex.first()
        ex.client.close()
        return ex.salt
    s = Server(start=False, users={})
    s.user('joe', PASSWORD, hash=verifier(PASSWORD))
    s.tables()
    s.configure('offer scram-sha-256\n')
    s.start()
    s.wait_log('no key for the salts of unknown users: see popctl encrypt -k')
    salts = {salt() for i in range(8)}
    kill_all(pids_of(s, 'hashpop'))
    s.expect_crash = True
    insist('a login', lambda: s.login('joe', PASSWORD).quit())
    equal(salts | {salt() for i in range(8)}, salts, 'salts')
    equal(len(salts), 1, 'one salt')
    mark = s.mark()
    with open(s.authtab, 'a') as f:
        f.write(s.popctl('encrypt', '-k')[1][0] + '\n')
    s.reload()
    check('no key' not in s.log(mark), 'it has one')
    check(salt() not in salts, 'the key is not used')
    s.stop()


def test_files():
    """With two files, made-up salts do not reveal who is in which"""
    s = Server(start=False, users={'ann': 'secret'})
    with open(s.dir + '/more', 'w') as f:
        f.write('joe %s\nbob %s\n' % (verifier(PASSWORD), bcrypt('x')))
    os.chmod(s.dir + '/more', 0o600)
    s.user('joe', PASSWORD, auth=False)
    s.tables()
    s.configure('table one file:@authtab@\ntable two "file:%s/more"\n'
                'credentials <one> <two>\noffer scram-sha-256\n' % s.dir)
    s.start()
    for user in 'joe', 'bob', 'ann', 'nobody':
        ex = Exchange(s.connect(), user)
        check(ex.first().startswith(b'+ '), user)
        equal(ex.iterations, 4096, user)
        equal(ex.final()[:2], b'+ ' if user == 'joe' else b'-E', user)
        ex.client.close()
    s.stop()


def test_domain():
    """A name without a domain is completed, as with PASS"""
    s = Server(start=False, users={})
    s.user('joe@example.org', PASSWORD, hash=verifier(PASSWORD))
    s.tables()
    s.configure('listen on 127.0.0.1 port @port@ tls domain "example.org"\n'
                'offer scram-sha-256\n')
    s.start()
    for user in 'joe', 'Joe', 'joe@example.org':
        ex = Exchange(s.connect(), user)
        check(ex.all().startswith(b'+OK '), user)
        ex.client.quit()
    ex = Exchange(s.connect(), 'joe', 'wrong')
    ex.first()
    ex.client.err(b64(ex.proof()), 'AUTH')
    ex.client.close()
    s.wait_log('reason=password user="joe@example.org"')
    s.stop()


def test_replay():
    """A proof is valid only in its own exchange"""
    ex = exchange(source='127.0.6.1')
    ex.first()
    proof = ex.proof()
    check(ex.final(proof).startswith(b'+ '), 'the first time')
    ex.client.ok('')
    again = exchange(nonce=ex.nonce, source='127.0.6.2')
    again.first()
    again.client.err(b64(proof))
    check(again.whole != ex.whole, 'the same nonce')
    # With the new nonce in it, it proves nothing.
    again.first()
    equal(again.final(proof.replace(ex.whole, again.whole)),
          b'-ERR [AUTH] wrong user name or password', 'the old proof')
    again.client.close()
    ex.client.quit()


def test_failures():
    """Failures count: three end the connection, and they are delayed"""
    ex = exchange('joe', 'wrong', source='127.0.7.1')
    for i in range(3):
        ex.first()
        equal(ex.final()[:11], b'-ERR [AUTH]', 'reply')
    ex.client.closed()
    rows = [r for r in server.rows('show', 'sources')
            if r.get('source', '').startswith('127.0.7.1')]
    equal([r['failures'] for r in rows], [3], 'counted')


def test_refused():
    """Malformed messages are refused, and the connection goes on"""
    c = server.connect()
    for header, reply in (('p=tls-exporter,,', b'channel binding'),
                          ('p=tls-unique,,', b'channel binding'),
                          ('n,a=ann,', b'authorization identity'),
                          ('x,,', b'not a SCRAM'), ('n,', b'not a SCRAM'),
                          ('', b'not a SCRAM')):
        ex = Exchange(c, header=header)
        got = ex.first()
        check(got.startswith(b'-ERR ') and reply in got, (header, got))
    for bare in ('n=,r=abc', 'r=abc', 'n=joe', 'n=joe,r=', 'n=j=oe,r=abc',
                 'm=x,n=joe,r=abc', 'n=joe,r=a\x01', 'n=joe,r=' + 'a' * 129):
        ex = Exchange(c)
        ex.bare = bare
        check(ex.first().startswith(b'-ERR not a SCRAM'), bare)
    ex = Exchange(c)
    check(ex.all().startswith(b'+OK '), 'after all that')
    c.quit()


def test_bent():
    """A second message that does not match the first is refused"""
    for bend in (lambda t: t.replace('c=biws', 'c=eSws'),
                 lambda t: t.replace(',r=', ',r=x'),
                 lambda t: t.replace(',p=', ',x=y,p='),
                 lambda t: t[:-4], lambda t: t + 'AAAA', lambda t: '',
                 lambda t: t.split(',p=')[0]):
        ex = exchange()
        ex.first()
        reply = ex.final(bend(ex.proof()) or '=')
        check(reply.startswith(b'-ERR not a SCRAM'), reply)
        ex.client.ok('USER joe')
        ex.client.ok('PASS ' + PASSWORD)
        ex.client.quit()


def test_cancel():
    """'*' cancels at any step and leaves no state"""
    ex = exchange()
    equal(ex.client.cmd('AUTH SCRAM-SHA-256'), b'+ ', 'empty')
    ex.client.err('*')
    ex.first()
    ex.client.err('*')
    ex.first()
    check(ex.final().startswith(b'+ '), 'final')
    ex.client.err('*')
    server.no_workers()
    ex.client.err('STAT')
    check(ex.all().startswith(b'+OK '), 'after all')
    ex.client.quit()
    # Gone instead of confirming.
    ex = exchange()
    ex.first()
    check(ex.final().startswith(b'+ '), 'final')
    ex.client.close()
    server.no_workers()


def test_silent():
    """A client that does not confirm the server in time gets no session"""
    slow = Server(start=False, users={'joe': PASSWORD}, shared=True)
    slow['joe'].hash = verifier(PASSWORD)
    slow.tables()
    slow.configure('offer scram-sha-256\ntimeout login 2\n')
    slow.start()
    ex = Exchange(slow.connect())
    ex.first()
    check(ex.final().startswith(b'+ '), 'final')
    slow.worker()
    check(ex.client.closed().startswith(b'-ERR '), 'the end')
    slow.no_workers()
    slow.stop()


def test_late():
    """A new authpop knows no old nonce: the client tries again"""
    server.expect_crash = True
    ex = exchange()
    ex.first()
    kill_all(pids_of(server, 'authpop'))
    end = time.monotonic() + PATIENCE
    while True:
        try:
            server.login('joe', PASSWORD).quit()
            break
        except (Failure, OSError) as why:
            check(time.monotonic() < end, why)
            time.sleep(0.1)
    reply = ex.final()
    check(reply.startswith(b'-ERR [SYS/TEMP]'), reply)
    ex.client.close()


def test_verifier():
    """The output of popctl encrypt -s works"""
    out = server.popctl('encrypt', '-s', '-c', '4096', input=b'pen cil\n')[1]
    check(re.match(r'SCRAM-SHA-256\$4096:\S{24}\$\S{44}:\S{44}$', out[0]),
          out)
    server['ann'].hash = out[0]
    server['ann'].password = 'pen cil'
    server.tables()
    server.reload()
    ex = exchange('ann', 'pen cil')
    check(ex.all().startswith(b'+OK '), 'ann')
    ex.client.quit()
    server.login('ann').quit()


def test_mpop():
    """mpop logs in with it"""
    need('mpop')
    if b'scram-sha-256' not in subprocess.run(
            ['mpop', '--version'], stdout=subprocess.PIPE).stdout:
        raise Skip('mpop was built without SCRAM')
    server['joe'].add(b'Subject: x\n\nhello\n')
    out = subprocess.run(
        ['mpop', '--host=127.0.0.1', '--port=%d' % server.port, '--tls=on',
         '--tls-starttls=off', '--tls-certcheck=off', '--user=joe',
         '--auth=scram-sha-256', '--passwordeval=echo ' + PASSWORD,
         '--uidls-file=' + WORK + '/uidls', '--debug',
         '--deliver=mbox,' + WORK + '/mbox'],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
    equal(out.returncode, 0, out.stdout)
    check(b'AUTH SCRAM-SHA-256' in out.stdout, out.stdout)


def test_not_offered():
    """Without the word in popd.conf it is not offered"""
    server.stop()
    server.configure('')
    server.start()
    c = server.connect()
    check(b'SASL PLAIN' in c.multi('CAPA'), 'CAPA')
    c.err('AUTH SCRAM-SHA-256 ' + b64('n,,n=joe,r=abc'))
    equal(c.multi('AUTH'), [b'PLAIN'], 'AUTH')
    c.close()
    server.stop()


main()
