#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""APOP (RFC 1939) and CRAM-MD5 (RFC 2195): the right secret logs in, with
other programs, too; a wrong, malformed or replayed digest does not."""

import base64
import hashlib
import hmac
import os
import poplib
import re
import ssl
import subprocess
import time

from popdtest.cases import Failure, check, equal, main
from popdtest.env import PATIENCE, WORK
from popdtest.host import need
from popdtest.process import kill_all
from popdtest.server import Configured, Server
from popdtest.targets import pids_of

# Longer than a block of MD5, with what separates fields elsewhere.
SECRET = 'tan:staaf {} ' + 'x' * 70

server = Server(start=False, shared=True)
server.users.clear()
server.user('joe', SECRET, hash='{PLAIN}' + SECRET)
server.user('a.b@example.org', 'tanstaaf', hash='{plain}tanstaaf')
server.user('tim', 'tanstaaftanstaaf', hash='{CRAM-MD5}d06d4e1b26fccaa4b0b618'
            '01132340a354b21152711fb604ca3e035e7015116b')
server.user('ann', 'secret')
server.user('eve', 'secret', hash='!{PLAIN}secret')
server.tables()
OFFER = 'offer apop\noffer cram-md5\n'
server.configure(OFFER)
server.start()
STAMP = rb'<[0-9a-f]{16}\.[0-9a-f]+\.[0-9a-f]{16}@popd>'


def b64(text):
    return base64.b64encode(text.encode()).decode()


def greeted(**more):
    """A connection, and the challenge of its greeting"""
    c = server.connect(**more)
    found = re.fullmatch(rb'\+OK POP3 ready (' + STAMP + rb')', c.greeting)
    check(found, c.greeting)
    return c, found.group(1)


def md5(challenge, secret):
    return hashlib.md5(challenge + secret.encode()).hexdigest()


def apop(user, secret, **more):
    c, challenge = greeted(**more)
    return c, c.cmd('APOP %s %s' % (user, md5(challenge, secret)))


def cram(c, user, secret, bend=lambda text: text):
    reply = c.cmd('AUTH CRAM-MD5')
    check(reply.startswith(b'+ '), reply)
    challenge = base64.b64decode(reply[2:])
    check(re.fullmatch(STAMP, challenge), challenge)
    text = user + ' ' + hmac.new(secret.encode(), challenge,
                                 'md5').hexdigest()
    return c.cmd(b64(bend(text)))


def test_login():
    """The right secret logs in, and the log names the method"""
    mark = server.mark()
    for user in 'joe', 'JOE':
        c, reply = apop(user, SECRET)
        check(reply.startswith(b'+OK '), reply)
        equal(c.stat(), (0, 0), 'STAT')
        c.quit()
    server.wait_log(r'login session=\S+ user="joe" .* method=apop\n', mark)
    for user, secret in (('joe', SECRET), ('a.b@example.org', 'tanstaaf'),
                         ('tim', 'tanstaaftanstaaf')):
        c = server.connect()
        check(cram(c, user, secret).startswith(b'+OK '), user)
        equal(c.stat(), (0, 0), 'STAT')
        c.quit()
    server.wait_log(r'login session=\S+ user="tim" .* method=cram-md5\n',
                    mark)


def test_listed():
    """CAPA and AUTH list CRAM-MD5; no challenge is used twice"""
    c, first = greeted()
    check(b'SASL PLAIN CRAM-MD5' in c.multi('CAPA'), 'CAPA')
    equal(c.multi('AUTH'), [b'PLAIN', b'CRAM-MD5'], 'AUTH')
    seen = {first, greeted()[1]}
    for i in range(3):
        seen.add(base64.b64decode(c.cmd('AUTH CRAM-MD5')[2:]))
        c.err('*')
    equal(len(seen), 5, 'challenges')
    c.close()


def test_password():
    """A secret works as a password; a missing one is logged"""
    for user, password in (('joe', SECRET), ('tim', 'tanstaaftanstaaf'),
                           ('ann', 'secret')):
        server.login(user, password).quit()
    for user, password in (('joe', SECRET + 'x'), ('tim', 'tanstaaf'),
                           ('joe', '{PLAIN}' + SECRET), ('eve', 'secret')):
        c = server.connect(source='127.0.4.1')
        c.ok('USER ' + user)
        c.err('PASS ' + password, 'AUTH')
        c.close()
    server.wait_log(r'authtab: users without a secret for APOP: 2\n')
    server.wait_log(r'authtab: users without a secret for CRAM-MD5: 1\n')


def test_wrong():
    """A wrong secret gets the same answer as a wrong PASS"""
    tries = (('joe', 'wrong', 'password'), ('nobody', SECRET, 'user'),
             ('ann', 'secret', 'hash'), ('eve', 'secret', 'locked'),
             ('tim', 'tanstaaf', 'hash'))
    for i, (user, secret, reason) in enumerate(tries):
        mark = server.mark()
        c, reply = apop(user, secret, source='127.0.5.%d' % (2 * i + 1))
        equal(reply, b'-ERR [AUTH] wrong user name or password', user)
        server.wait_log(r'login failed \S+ source=127\.0\.5\.%d reason=%s '
                        r'user="%s"' % (2 * i + 1, reason, user), mark)
        c.close()
        c = server.connect(source='127.0.5.%d' % (2 * i + 2))
        equal(cram(c, user, secret),
              b'-ERR [AUTH] wrong user name or password', user)
        c.close()


def test_replay():
    """A digest works only once, on this connection or another"""
    c, challenge = greeted(source='127.0.6.1')
    digest = md5(challenge, SECRET)
    c.ok('APOP joe ' + digest)
    c.quit()
    c, _ = greeted(source='127.0.6.2')
    c.err('APOP joe ' + digest, 'AUTH')
    c.close()
    texts = []
    c = server.connect(source='127.0.6.3')
    check(cram(c, 'joe', SECRET, lambda t: texts.append(t) or t)
          .startswith(b'+OK '), 'CRAM-MD5')
    c.quit()
    c = server.connect(source='127.0.6.4')
    check(c.cmd('AUTH CRAM-MD5').startswith(b'+ '), 'challenge')
    c.err(b64(texts[0]), 'AUTH')
    # One for APOP is not valid for CRAM-MD5, nor vice versa.
    c, challenge = greeted(source='127.0.6.5')
    c.err('APOP joe ' + hmac.new(SECRET.encode(), challenge,
                                 'md5').hexdigest(), 'AUTH')
    # The same connection may try again.
    c.ok('APOP joe ' + md5(challenge, SECRET))
    c.quit()


def test_malformed():
    """Malformed digests are refused, and the connection goes on"""
    c, challenge = greeted()
    good = md5(challenge, SECRET)
    for line in ('APOP', 'APOP joe', 'APOP joe ' + good[:-1],
                 'APOP joe ' + good + '0', 'APOP joe ' + good.upper(),
                 'APOP joe ' + 'g' * 32, 'APOP joe x ' + good):
        c.err(line)
        c.ok('CAPA')
        c.body()
    for bend in (str.upper, lambda t: t[:-1], lambda t: t + '0',
                 lambda t: t.replace(' ', ''), lambda t: t[3:],
                 lambda t: '', lambda t: t + ' ', lambda t: '\x01' + t,
                 lambda t: t.replace(' ', '\0 ')):
        equal(cram(c, 'joe', SECRET, bend), b'-ERR not a CRAM-MD5 response',
              bend('joe ' + good))
        c.ok('CAPA')
        c.body()
    for line in 'AUTH CRAM-MD5 =', 'AUTH CRAM-MD5 ' + b64('joe ' + good):
        equal(c.cmd(line), b'-ERR not a CRAM-MD5 response', 'initial')
    check(c.cmd('AUTH CRAM-MD5').startswith(b'+ '), 'challenge')
    c.err('not base64')
    check(cram(c, 'joe', SECRET).startswith(b'+OK '), 'after all that')
    c.quit()


def test_failures():
    """Failures count: three end the connection, and they are delayed"""
    c, challenge = greeted(source='127.0.7.1')
    for wrong in 'one', 'two', 'three':
        c.err('APOP joe ' + md5(challenge, wrong), 'AUTH')
    c.closed()
    rows = [r for r in server.rows('show', 'sources')
            if r.get('source', '').startswith('127.0.7.1')]
    equal([r['failures'] for r in rows], [3], 'counted')


def test_clear():
    """Neither works where logins in clear are refused"""
    kinds = Configured(['tls', 'starttls', 'cleartext'], OFFER, start=False)
    kinds['joe'].hash = '{PLAIN}secret'
    kinds.tables()
    kinds.start()
    c = kinds.reach(1)
    digest = md5(re.search(STAMP, c.greeting).group(), 'secret')
    check(b'TLS is required' in c.cmd('APOP joe ' + digest), 'APOP')
    check(b'TLS is required' in c.cmd('AUTH CRAM-MD5'), 'CRAM-MD5')
    check(b'CRAM-MD5' not in b' '.join(c.multi('CAPA')), 'CAPA')
    c.stls()
    c.ok('APOP joe ' + digest)
    c.quit()
    c = kinds.reach(2)
    c.ok('APOP joe ' + md5(re.search(STAMP, c.greeting).group(), 'secret'))
    c.quit()
    kinds.stop()


def test_late():
    """A new authpop knows no old challenge: the client tries again"""
    server.expect_crash = True
    c, challenge = greeted()
    kill_all(pids_of(server, 'authpop'))
    end = time.monotonic() + PATIENCE
    while True:
        try:
            check(apop('joe', SECRET)[1].startswith(b'+OK '), 'again')
            break
        except (Failure, OSError) as why:
            check(time.monotonic() < end, why)
            time.sleep(0.1)
    c.err('APOP joe ' + md5(challenge, SECRET), 'SYS/TEMP')
    c.close()


def test_encrypt():
    """The output of popctl encrypt -m works"""
    out = server.popctl('encrypt', '-m', input=b'pen cil\n')[1]
    check(re.match(r'\{CRAM-MD5\}[0-9a-f]{64}$', out[0]), out)
    server['ann'].hash = out[0]
    server.tables()
    server.reload()
    c = server.connect()
    check(cram(c, 'ann', 'pen cil').startswith(b'+OK '), 'ann')
    c.quit()
    server.login('ann', 'pen cil').quit()


def fetch(tool, *arguments):
    need(tool)
    out = subprocess.run([tool, *arguments], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=PATIENCE)
    return out.returncode, out.stdout


def programs():
    server['joe'].add(b'Subject: x\n\nhello\n')
    server['joe'].hash = '{PLAIN}tanstaaf'
    server.tables()
    server.reload()
    programs.done = True


def logged(method):
    """Make sure that a program logged in this way"""
    if not hasattr(programs, 'done'):
        programs()
    mark = server.mark()
    return lambda: server.wait_log(r'login session=\S+ user="joe" .* '
                                   r'method=%s\n' % method, mark)


def test_poplib():
    """Python's poplib logs in with APOP"""
    done = logged('apop')
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    p = poplib.POP3_SSL('127.0.0.1', server.port, context=context)
    p.apop('joe', 'tanstaaf')
    equal(p.stat()[0], 1, 'messages')
    p.quit()
    done()


def test_mpop():
    """mpop logs in with both"""
    for method in 'apop', 'cram-md5':
        done = logged(method)
        status, out = fetch(
            'mpop', '--host=127.0.0.1', '--port=%d' % server.port,
            '--tls=on', '--tls-starttls=off', '--tls-certcheck=off',
            '--user=joe', '--auth=' + method,
            '--passwordeval=echo tanstaaf', '--uidls-file=' + WORK +
            '/uidls-' + method, '--keep=on', '--deliver=mbox,' + WORK +
            '/mbox-' + method)
        equal(status, 0, out)
        done()


def test_curl():
    """curl logs in with both"""
    for options, method in (('+APOP', 'apop'), ('CRAM-MD5', 'cram-md5')):
        done = logged(method)
        status, out = fetch(
            'curl', '-sk', '--login-options', 'AUTH=' + options, '-u',
            'joe:tanstaaf', 'pop3s://127.0.0.1:%d/1' % server.port)
        equal((status, b'hello' in out), (0, True), out)
        done()


def test_fetchmail():
    """fetchmail logs in with both"""
    for words, method in (('apop', 'apop'),
                          ('pop3 auth cram-md5', 'cram-md5')):
        done = logged(method)
        rc = WORK + '/fetchmailrc'
        with open(rc, 'w') as f:
            os.chmod(rc, 0o600)
            f.write('poll 127.0.0.1 port %d protocol %s username joe '
                    'password tanstaaf ssl no sslcertck keep fetchall '
                    'mda "cat >/dev/null"\n' % (server.port, words))
        status, out = fetch('fetchmail', '-v', '-f', rc, '--nosyslog',
                            '--pidfile', WORK + '/pid', '-i', WORK + '/ids')
        equal(status, 0, out)
        done()


def test_getmail():
    """getmail logs in with APOP"""
    done = logged('apop')
    rc = WORK + '/getmailrc'
    with open(rc, 'w') as f:
        f.write('[retriever]\ntype = SimplePOP3SSLRetriever\n'
                'server = 127.0.0.1\nport = %d\nusername = joe\n'
                'password = tanstaaf\nuse_apop = true\n'
                '[destination]\ntype = MDA_external\npath = /bin/sleep\n'
                'arguments = ("0.1",)\nallow_root_commands = true\n' %
                server.port)
    status, out = fetch('getmail', '--getmaildir', WORK, '--rcfile', rc)
    equal(status, 0, out)
    done()


def test_not_offered():
    """Without the words in popd.conf neither is offered"""
    server.stop()
    server.configure('')
    server.start()
    c = server.connect()
    equal(c.greeting, b'+OK POP3 ready', 'greeting')
    check(b'SASL PLAIN' in c.multi('CAPA'), 'CAPA')
    equal(c.multi('AUTH'), [b'PLAIN'], 'AUTH')
    equal(c.cmd('AUTH CRAM-MD5'), b'-ERR unknown mechanism', 'CRAM-MD5')
    equal(c.cmd('APOP joe ' + '0' * 32), b'-ERR unknown command', 'APOP')
    c.ok('USER joe')
    c.ok('PASS tanstaaf')
    c.quit()
    server.stop()


main()
