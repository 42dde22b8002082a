# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""OpenSMTPD's own table programs, and a PostgreSQL for them."""

import os
import shutil
import signal
import subprocess
import time

from popdtest.cases import Failure, Skip, check
from popdtest.env import WORK
from popdtest.host import have_account, user_ids, why_not_root

CACHE = os.environ.get('POPD_PEERS_CACHE', '/var/tmp/popd-peers')


def programs():
    """The directory of the programs, which regress/packages fills."""
    if not os.path.exists(CACHE + '/table-postgres'):
        raise Skip('needs table-sqlite and table-postgres')
    return CACHE


def account():
    if why_not_root() is not None:
        return user_ids()
    for name in ('_poplook', '_poptab'):
        if not have_account(name):
            raise Skip('needs the account ' + name)
    return have_account('_poptab').pw_uid, have_account('_poptab').pw_gid


def config(text, name='table'):
    """A configuration that only root can write to and its table can read."""
    path = '%s/%s.conf' % (WORK, name)
    with open(path, 'w') as f:
        f.write(text)
    if os.getuid() == 0:
        os.chown(path, 0, account()[1])
    os.chmod(path, 0o640)
    return path


class Postgres:
    """A PostgreSQL of our own, on a socket in WORK."""

    def __init__(self):
        found = [d for d in ('/usr/lib/postgresql/%d/bin' % n
                             for n in range(20, 10, -1))
                 if os.path.exists(d + '/initdb')]
        if not found:
            raise Skip('needs PostgreSQL')
        if os.getuid() != 0 or not have_account('postgres'):
            raise Skip('needs root and the account postgres')
        self.bin, self.dir = found[0], WORK + '/pg'
        shutil.rmtree(self.dir, ignore_errors=True)
        os.mkdir(self.dir, 0o755)
        self.ids = have_account('postgres')
        os.chown(self.dir, self.ids.pw_uid, self.ids.pw_gid)
        self.run([self.bin + '/initdb', '-D', self.dir + '/data', '-E',
                  'UTF8', '-A', 'trust', '-N', '-U', 'postgres'])
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.bin + '/postgres', '-D', self.dir + '/data', '-k', self.dir,
             '-c', 'listen_addresses=', '-c', 'fsync=off'],
            user=self.ids.pw_uid, group=self.ids.pw_gid, extra_groups=[],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd='/')
        end = time.monotonic() + 60
        while True:
            try:
                self.sql('SELECT 1')
                break
            except Failure:
                check(time.monotonic() < end, 'PostgreSQL does not start')
                time.sleep(0.1)

    def run(self, command, input=b''):
        result = subprocess.run(command, user=self.ids.pw_uid,
                                group=self.ids.pw_gid, extra_groups=[],
                                input=input, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, cwd='/', timeout=120)
        check(result.returncode == 0, result.stdout.decode())

    def sql(self, text):
        self.run([self.bin + '/psql', '-q', '-h', self.dir, '-U', 'postgres',
                  '-v', 'ON_ERROR_STOP=1', '-f', '-'], text.encode())

    def stop(self, sig=signal.SIGINT):
        self.process.send_signal(sig)
        self.process.wait(60)
