# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A certificate authority."""

import os
import subprocess

from popdtest.env import WORK

NEW = {
    'ec': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    'rsa': ['-newkey', 'rsa:2048'],
}


def openssl(*args, input=None):
    return subprocess.run(['openssl'] + list(args), check=True, input=input,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


class Authority:
    def __init__(self, name='authority'):
        self.dir = os.path.join(WORK, name)
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o755)
        self.cert, self.key = self.path('ca.crt'), self.path('ca.key')
        self.serial = 100
        # Python 3.13 accepts no authority without a key usage.
        openssl('req', '-x509', '-nodes', '-sha256', *NEW['ec'], '-days',
                '300', '-subj', '/CN=' + name, '-addext',
                'keyUsage=critical,keyCertSign,cRLSign', '-keyout', self.key,
                '-out', self.cert)
        os.chmod(self.cert, 0o644)

    def path(self, name):
        return os.path.join(self.dir, name)

    def issue(self, name, san=None, kind='ec', subject=None, more=''):
        """A certificate and its key, mode and all; a second call renews."""
        cert, key = self.path(name + '.crt'), self.path(name + '.key')
        request, ext = self.path(name + '.csr'), self.path(name + '.ext')
        self.serial += 1
        openssl('req', '-nodes', '-sha256', *NEW[kind], '-subj',
                subject or '/CN=' + name, '-keyout', key, '-out', request)
        with open(ext, 'w') as f:
            f.write('subjectAltName=%s\n%s' % (san or 'DNS:' + name, more))
        chain = openssl('x509', '-req', '-sha256', '-in', request, '-CA',
                        self.cert, '-CAkey', self.key, '-set_serial',
                        str(self.serial), '-days', '80', '-extfile', ext)
        with open(cert, 'wb') as f, open(self.cert, 'rb') as ca:
            f.write(chain + ca.read())
        os.chmod(cert, 0o644)
        os.chmod(key, 0o600)
        return cert, key


def pki(*pairs):
    """Lines of popd.conf: (name, (cert, key))."""
    return ''.join('pki %s cert "%s"\npki %s key "%s"\n' % (
        name, cert, name, key) for name, (cert, key) in pairs)


def certificate(name='localhost', kind='ec', directory=None):
    """A self-signed certificate: the paths of it and of its key."""
    directory = directory or WORK
    cert = os.path.join(directory, '%s-%s.crt' % (name, kind))
    key = os.path.join(directory, '%s-%s.key' % (name, kind))
    new = {
        'ec': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
        'ec384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
        'rsa': ['-newkey', 'rsa:2048'],
        'rsa4096': ['-newkey', 'rsa:4096'],
    }[kind]
    if not os.path.exists(cert):
        subprocess.run(['openssl', 'req', '-x509', '-nodes', '-sha256'] + new +
                       ['-days', '30', '-subj', '/CN=' + name, '-addext',
                        'subjectAltName=DNS:%s,IP:127.0.0.1,IP:::1' % name,
                        '-keyout', key, '-out', cert],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
        os.chmod(key, 0o600)
        os.chmod(cert, 0o644)
    return cert, key
