#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# waits
# timeout: 240
"""testssl.sh on a default listener and on one with TLS 1.2: its checks of
versions, ciphers, keys and server defaults."""

import json
import os
import shutil
import subprocess

from popdtest.ca import Authority, pki
from popdtest.cases import Skip, check, equal, main
from popdtest.env import WORK
from popdtest.host import free_port
from popdtest.server import Server

ca = Authority()
# The authority of a test has no list of what it has revoked.
URL = 'crlDistributionPoints=URI:http://127.0.0.1/crl\n'
pair = ca.issue('localhost', 'DNS:localhost,IP:127.0.0.1', more=URL)
old = free_port()
server = Server(shared=True, pairs=[pair],
                conf=pki(('localhost', pair)) + '''
listen on 127.0.0.1 port @port@ tls
listen on 127.0.0.1 port %d tls protocols "tlsv1.2"
''' % old)


def findings(port, name):
    """What is worse than OK and INFO."""
    out = os.path.join(WORK, name + '.json')
    command = shutil.which('testssl') or shutil.which('testssl.sh')
    if command is None:
        raise Skip('needs testssl.sh')
    result = subprocess.run(
        ['timeout', '100', command, '--quiet', '--color', '0', '--fast',
         '--ip', '127.0.0.1', '--nodns', 'none', '--add-ca', ca.cert,
         '--jsonfile', out, '--protocols', '--fs', '--server-preference',
         '--server-defaults', '--std', '--renegotiation', '--compression',
         '--ticketbleed', 'localhost:%d' % port],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    check(os.path.exists(out), result.stdout)
    with open(out) as f:
        found = json.load(f)
    check(len(found) > 20, result.stdout)
    # That it does not know POP3 is told for debugging.
    return ['%s: %s: %s' % (x['id'], x['severity'], x['finding'])
            for x in found if x['severity'] not in ('OK', 'INFO', 'DEBUG') and
            x['id'] != 'engine_problem']      # of the openssl that it uses


def test_default():
    """Default: no finding"""
    equal(findings(server.port, 'default'), [], 'findings')


def test_tls12():
    """With TLS 1.2: no finding"""
    equal(findings(old, 'tls12'), [], 'findings')


main()
