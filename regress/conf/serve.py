#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""popd serves what popd.conf says; flags win over it."""

import os
import pwd
import re
import socket
import ssl
import subprocess

from popdtest.ca import certificate
from popdtest.cases import Skip, check, equal, main
from popdtest.client import Client
from popdtest.env import PATIENCE
from popdtest.host import free_port, have_account
from popdtest.server import Server

SECOND = certificate('second.example')


def names(port, sni=None, address='127.0.0.1'):
    """The names of the certificate that a client gets."""
    context = ssl.create_default_context(cafile=None)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((address, port), PATIENCE) as s:
        with context.wrap_socket(s, server_hostname=sni) as t:
            der = t.getpeercert(True)
    out = subprocess.run(['openssl', 'x509', '-inform', 'DER', '-noout',
                          '-subject'], input=der, capture_output=True,
                         check=True).stdout.decode()
    return re.search(r'CN ?= ?(\S+)', out).group(1)


def test_two_domains():
    """Two pki: all of them with SNI by default, or those of the listener"""
    port2, port3 = free_port(), free_port()
    server = Server(conf='''
pki a cert "@cert@"
pki a key "@key@"
pki b cert "%s"
pki b key "%s"
listen on 127.0.0.1 port @port@ tls
listen on 127.0.0.1 port %d tls pki b
listen on 127.0.0.1 port %d tls pki b pki a
''' % (SECOND + (port2, port3)), pairs=[certificate(), SECOND])
    equal(names(server.port), 'localhost', 'default')
    equal(names(server.port, 'second.example'), 'second.example', 'SNI')
    equal(names(port2), 'second.example', 'one pki')
    equal(names(port2, 'localhost'), 'second.example', 'SNI of another')
    equal(names(port3), 'localhost', 'the pki that is named first')
    server.stop()


def test_interface():
    """An interface stands for its addresses"""
    server = Server(conf='listen on lo port @port@ tls\n')
    check('listening on 127.0.0.1 port %d' % server.port in server.log(),
          server.log())
    c = server.connect()
    c.ok('QUIT')
    c.close()
    server.stop()


def test_macros():
    """Macros and include"""
    server = Server(start=False)
    more = os.path.join(server.dir, 'more')
    with open(more, 'w') as f:
        f.write('listen on $lo port @port@ tls\n'.replace(
            '@port@', str(server.port)))
    os.chmod(more, 0o644)
    if server.mode == 'user' and os.getuid() == 0:
        os.chown(more, server.uid, server.gid)
    server.configure('lo = "127.0.0.1"\ninclude "more"\n'
                     '# listen on comes from there\n')
    server.start()
    server.stop()


def test_subdirectory():
    """userbase has a subdirectory, which -e overrides"""
    server = Server(conf='', subdir='Maildir')
    server['joe'].add(b'Subject: x\n\nx\n')
    c = server.connect()
    c.ok('USER joe')
    c.ok('PASS secret')
    check(b' 1 ' in c.ok('STAT'), 'no mail')
    c.close()
    server.stop()
    server.flags = ['-e', 'Elsewhere']
    server.start()
    c = server.connect()
    c.ok('USER joe')
    c.ok('PASS secret')
    check(b' 0 0' in c.ok('STAT'), 'mail of elsewhere')
    c.close()
    server.stop()


def test_flags_win():
    """-l, -p, -c, -k, -a and -u override the file"""
    server = Server(start=False)
    server.configure('table t file:/nonexistent\ncredentials <t>\n'
                     'userbase <t>\npki x cert "/nonexistent"\n'
                     'pki x key "/nonexistent"\n'
                     'listen on 192.0.2.1 port 7 tls pki x\n'
                     'limit per user 1\n')
    status, output = server.run('-n')
    equal(status, 1, output)
    server.flags = ['-a', server.authtab, '-u', server.usertab,
                    '-l', '127.0.0.1', '-p', str(server.port),
                    '-c', server.pairs[0][0], '-k', server.pairs[0][1]]
    server.start()
    check('192.0.2.1' not in server.log(), server.log())
    c = server.connect()
    c.ok('USER joe')
    c.ok('PASS secret')
    d = server.connect()
    d.ok('USER joe')
    d.err('PASS secret', 'IN-USE')
    c.close()
    d.close()
    server.stop()


def test_per_user():
    """A user at the limit can log in again right after QUIT"""
    server = Server(start=False)
    server.configure('limit per user 1\n'
                     'listen on 127.0.0.1 port @port@ cleartext\n')
    server.wait_ready = False
    server.start()
    server.wait_log('started: ')
    for i in range(30):
        c = Client(('127.0.0.1', server.port), tls=False).greet()
        c.login()
        c.quit()
    server.stop()


def test_accounts():
    """Processes run as the accounts of the file"""
    server = Server(start=False)
    if server.mode != 'root':
        raise Skip('popd runs as one user')
    for name in ('popdtest', 'popdtest2'):
        if not have_account(name):
            raise Skip('needs the account ' + name)
    server.configure('user listener popdtest\nuser key "popdtest2"\n')
    server.start()
    for program, user in (('lsnrpop', 'popdtest'), ('keypop', 'popdtest2'),
                          ('authpop', '_popauth'),
                          ('hashpop', '_pophash')):
        found = server.children(program)
        check(found, 'no ' + program)
        equal({uid for _, _, uid in found}, {pwd.getpwnam(user).pw_uid},
              program)
    c = server.connect()
    c.ok('USER joe')
    c.ok('PASS secret')
    c.close()
    server.stop()


def test_limits():
    """limit sessions bounds the number that fits"""
    server = Server(conf='limit sessions 9\n')
    check('up to 9 sessions' in server.log(), server.log())
    server.stop()


main()
