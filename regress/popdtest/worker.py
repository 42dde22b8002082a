# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A POP3 session with wrkrpop, without a server."""

import os
import select
import subprocess

from popdtest.cases import Failure, check
from popdtest.client import Client
from popdtest.env import LIBEXEC, PATIENCE


class Worker(Client):
    """A session of wrkrpop -s: POP3 without a server, in clear.  What is in
    wrap starts it, if it is not to be started as it is; flags are its own."""

    def __init__(self, box, timeout=None, greeting=True, wrap=(), flags=()):
        self.timeout = timeout or PATIENCE
        self.buffer = b''
        ids = {}
        if os.getuid() == 0 and box.uid > 0:
            ids = dict(user=box.uid, group=box.gid, extra_groups=[])
        self.process = subprocess.Popen(
            list(wrap) + [LIBEXEC + '/wrkrpop'] + list(flags) +
            ['-s', box.path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, bufsize=0, cwd='/', **ids)
        self.greeting = self.line() if greeting else None

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        try:
            self.process.stdin.write(data)
        except BrokenPipeError:
            pass

    def recv(self, wait=True):
        fd = self.process.stdout
        if not select.select([fd], [], [], self.timeout if wait else 0)[0]:
            if not wait:
                return None
            raise Failure('no answer in %d seconds' % self.timeout)
        return fd.read(1 << 20)

    def half_close(self, notify=True):
        self.process.stdin.close()

    def close(self):
        """End its input; keep its log and exit status."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        self.errors = self.process.stderr.read().decode('utf-8', 'replace')
        self.process.stderr.close()
        status = self.process.wait(self.timeout)
        check(status in (0, 1), 'wrkrpop exited %d: %s' % (status,
                                                           self.errors))
        check('Sanitizer' not in self.errors and
              'runtime error' not in self.errors, self.errors)
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        for f in (self.process.stdin, self.process.stdout,
                  self.process.stderr):
            f.close()
