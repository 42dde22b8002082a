#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Certificates that expired or soon will, and damaged files: a warning or an
error that names the file, at start, at reload and with -n."""

import datetime
import os
import re
import subprocess

from popdtest.cases import Failure, check, equal, main
from popdtest.env import WORK
from popdtest.server import Server

CA = '''[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
[any]
commonName = supplied
'''


def pair_until(name, days):
    """A certificate that ends so many days from now, and its key."""
    directory = os.path.join(WORK, name)
    os.makedirs(directory, exist_ok=True)
    for file, text in (('ca.cnf', CA), ('index.txt', ''), ('serial', '01\n'),
                       ('index.txt.attr', 'unique_subject = no\n')):
        with open(os.path.join(directory, file), 'w') as f:
            f.write(text)
    now = datetime.datetime.now(datetime.timezone.utc)
    end = now + datetime.timedelta(days=days)
    begin = min(now, end) - datetime.timedelta(days=30)

    def openssl(*args):
        subprocess.run(['openssl'] + list(args), cwd=directory, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    openssl('req', '-new', '-nodes', '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:P-256', '-subj', '/CN=localhost', '-keyout',
            'key', '-out', 'request')
    openssl('ca', '-batch', '-selfsign', '-config', 'ca.cnf', '-keyfile',
            'key', '-in', 'request', '-out', 'cert', '-notext',
            '-startdate', begin.strftime('%Y%m%d%H%M%SZ'),
            '-enddate', end.strftime('%Y%m%d%H%M%SZ'))
    cert, key = (os.path.join(directory, n) for n in ('cert', 'key'))
    os.chmod(key, 0o600)
    os.chmod(cert, 0o644)
    return (cert, key), end


def told(text, path, end):
    """A line that names the file and the day."""
    for line in text.splitlines():
        if path in line and end.strftime('%Y') in line and \
                re.search(end.strftime('%b|-%m-'), line):
            return
    raise Failure('no warning of %s, which ends %s: %s' % (path, end, text))


def warned(name, days):
    """At -n, at start and at a reload."""
    pair, end = pair_until(name, days)
    server = Server(start=False, ready=False, pairs=[pair])
    server.own_files()
    status, output = server.run('-n')
    equal(status, 0, 'exit status of -n')
    told(output, pair[0], end)
    # A client that checks the certificate would refuse it.
    server.wait_ready = False
    server.start()
    server.wait_log('started:')
    told(server.log(), pair[0], end)
    told(server.reload(), pair[0], end)
    server.stop()


def test_expired():
    """An expired certificate"""
    warned('expired', -3)


def test_soon():
    """One that expires in five days"""
    warned('soon', 5)


def test_good():
    """One that expires in twenty days is not mentioned"""
    pair, end = pair_until('good', 20)
    server = Server(start=False, pairs=[pair])
    server.own_files()
    status, output = server.run('-n')
    equal(status, 0, 'exit status of -n')
    check(pair[0] not in output, output)


def damaged(which, change):
    pair, end = pair_until('damaged', 20)
    with open(pair[which], 'rb') as f:
        data = f.read()
    with open(pair[which], 'wb') as f:
        f.write(change(data))
    server = Server(start=False, pairs=[pair])
    server.own_files()
    for flag in ('-n', '-d'):
        status, output = server.run(flag)
        check(status != 0, '%s: exit status 0' % flag)
        check(pair[which] in output, '%s does not name the file: %s' %
              (flag, output))
        check('memory' not in output, '%s: %s' % (flag, output))


def test_truncated():
    """A file cut at any place"""
    for which in (0, 1):
        for change in (lambda d: d[:len(d) // 2], lambda d: d[:-30],
                       lambda d: d[:40], lambda d: b''):
            damaged(which, change)


def test_other():
    """A file with something else in it"""
    for which in (0, 1):
        damaged(which, lambda d: b'-----BEGIN CERTIFICATE-----\nAAAA\n'
                b'-----END CERTIFICATE-----\n')
        damaged(which, lambda d: b'\0' * 500)


main()
