# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What this machine offers: programs, accounts, addresses, ports."""

import atexit
import errno
import os
import pwd
import random
import shutil
import socket
import subprocess

from popdtest.cases import Skip


def need(*what):
    """Skip without one of these: a path, a program, or the name of a system,
    for what no other one can show."""
    for name in what:
        if not (os.path.exists(name) if name.startswith('/') else
                name == os.uname().sysname or
                shutil.which(name, path=os.environ['PATH'] +
                             ':/usr/sbin:/sbin')):
            raise Skip('needs ' + name)


def have_account(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def why_not_root():
    """None if popd can run here as root, else the reason."""
    if os.getuid() != 0:
        return 'needs root'
    for name in ('_popd', '_popkey', '_popauth', '_pophash'):
        if not have_account(name):
            return 'needs the account ' + name
    if not os.path.isdir('/var/empty'):
        return 'needs the directory /var/empty'
    return None


def need_root():
    why = why_not_root()
    if why:
        raise Skip(why)


def user_ids():
    """The uid and gid that popd runs as without root."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    account = have_account('popdtest') or have_account('nobody')
    return account.pw_uid, account.pw_gid


def own(address):
    """Make a loopback address one of this machine, until the test ends; on
    Linux all of 127/8 are.  Returns it."""
    with socket.socket(socket.AF_INET6 if ':' in address else
                       socket.AF_INET) as s:
        try:
            s.bind((address, 0))
        except OSError as why:
            if why.errno != errno.EADDRNOTAVAIL or os.getuid() != 0:
                raise
            need('OpenBSD')
            alias = ['ifconfig', 'lo1', 'inet', address]
            subprocess.run(alias + ['netmask', '255.255.255.255', 'alias'],
                           check=True)
            atexit.register(subprocess.run, alias + ['delete'])
    return address


_ports = set()


def free_port(address='127.0.0.1'):
    """A port that no connection of another test uses."""
    while True:
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        port = random.randrange(20000, 32000)
        with socket.socket(family, socket.SOCK_STREAM) as s:
            try:
                s.bind((address, port))
            except OSError:
                continue
        if port not in _ports:
            _ports.add(port)
            return port


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
            s.bind(('::1', 0))
        return True
    except OSError:
        return False


def few_files(count):
    """A command that starts a server with at most count descriptors."""
    return ['sh', '-c', 'ulimit -n %d && exec "$@"' % count, 'sh']
