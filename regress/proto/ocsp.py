#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""OCSP staples: each certificate with its own, while it is fresh.  A bad one
is logged and stops nothing, except -n if it is no staple at all."""

import os
import re
import subprocess

from popdtest.ca import Authority, pki
from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.server import Server

ca = Authority()
names = ('a', 'b')
pairs = {n: ca.issue(n, 'DNS:%s.example' % n) for n in names}
files = {n: ca.staple(n) for n in names}
server = Server(shared=True, pairs=list(pairs.values()), name='a.example',
                conf=pki(*((n, pairs[n], files[n]) for n in names)) +
                'listen on 127.0.0.1 port @port@ tls\n')


def staple(name):
    """The serial number that the staple is about; None without one."""
    out = subprocess.run(['openssl', 's_client', '-connect',
                          '127.0.0.1:%d' % server.port, '-servername',
                          name + '.example', '-status', '-CAfile', ca.cert],
                         input=b'quit\r\n', stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=PATIENCE).stdout
    check(b'Verify return code: 0' in out, out)
    if b'OCSP response: no response sent' in out:
        return None
    check(b'Cert Status: good' in out, out)
    return int(out.split(b'Serial Number:')[1].split()[0], 16)


def serial(name):
    return ca.serials[name][-1]


def test_given():
    """Each certificate comes with its own staple"""
    for name in names:
        equal(staple(name), serial(name), 'serial number')
    check('OCSP' not in server.log(), server.log())


def test_renewed():
    """A reload uses a new one"""
    ca.staple('a', state='R')
    server.reload()
    equal(staple('a'), None, 'staple')
    ca.staple('a')
    server.reload()
    equal(staple('a'), serial('a'), 'serial number')


def warned(why):
    """One line in the log, no staple; the other certificate has its own."""
    log = server.reload()
    check('configuration reloaded' in log, log)
    lines = [l for l in log.splitlines() if files['a'] in l]
    equal(len(lines), 1, 'lines of %s' % log)
    check(why in lines[0], lines[0])
    equal(staple('a'), None, 'staple')
    equal(staple('b'), serial('b'), 'serial number')
    status, output = server.run('-n')
    equal(status, 0, 'exit status of -n')
    check(why in output, output)


def test_expired():
    """An expired one is logged and not sent"""
    ca.staple('a', expired=True)
    warned('has expired: 2021-')


def test_other():
    """One of the certificate before renewal is logged and not sent"""
    ca.staple('a')
    pairs['a'] = ca.issue('a', 'DNS:a.example')
    server.own_files()
    warned('is for another certificate')


def test_revoked():
    """One that says revoked is logged and not sent"""
    ca.staple('a', state='R')
    warned('revoked')


def test_malformed():
    """A malformed response costs only the staple"""
    for junk in (b'', b'-----BEGIN OCSP RESPONSE-----\n', b'0' * 70000):
        with open(files['a'], 'wb') as f:
            f.write(junk)
        status, output = server.run('-n')
        equal(status, 0, 'exit status of -n')
        check(re.search(re.escape(files['a']) + '.*: no staple', output),
              output)
        log = server.reload()
        check('configuration reloaded' in log and files['a'] in log, log)
        equal(staple('a'), None, 'staple')
        equal(staple('b'), serial('b'), 'serial number')


def test_malformed_start():
    """Nor does it stop popd from starting, or a process from restarting"""
    server.stop()
    server.start()
    server.wait_log(re.escape(files['a']) + '.*: no staple')
    equal(staple('b'), serial('b'), 'serial number')


def test_no_file():
    """Without the file there is no staple, and no other difference"""
    os.unlink(files['a'])
    log = server.reload()
    check('configuration reloaded' in log and files['a'] in log, log)
    equal(staple('a'), None, 'staple')
    equal(staple('b'), serial('b'), 'serial number')


main()
