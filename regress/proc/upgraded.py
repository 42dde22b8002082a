# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A popd with a program file of its own, which other popds follow."""

import os
import shutil
import signal
import subprocess
import time

from popdtest.cases import check, equal
from popdtest.env import PATIENCE, WORK
from popdtest.process import alive, having, kill_all, program_of
from popdtest.server import Server

# Of each build one copy, whose files a case may replace.
OWN = os.path.join(WORK, 'sbin')
os.makedirs(OWN, exist_ok=True)
os.chmod(WORK, 0o755)


class Popd:
    """A popd started by another: not our child."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def poll(self):
        if self.returncode is None and not alive(self.pid):
            self.returncode = 0
        return self.returncode

    def wait(self, timeout=None):
        end = time.monotonic() + (timeout or PATIENCE)
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired('popd', timeout)
            time.sleep(0.02)
        return self.returncode

    def send_signal(self, sig):
        os.kill(self.pid, sig)

    def kill(self):
        kill_all([self.pid])


class Upgraded(Server):
    """A server whose program is a copy of its own."""

    number = 0

    def __init__(self, **more):
        Upgraded.number += 1
        self.program = os.path.join(OWN, 'popd%d' % Upgraded.number)
        shutil.copy(Server.program, self.program)
        self.before = []
        Server.__init__(self, **more)

    def replace(self, text):
        """Replace popd's program; None: restore it."""
        new = self.program + '.new'
        if text is None:
            shutil.copy(Server.program, new)
        else:
            with open(new, 'w') as f:
                f.write(text)
            os.chmod(new, 0o755)
        os.rename(new, self.program)

    def upgrade(self, wait=True):
        """SIGUSR2; the old one is in self.before then."""
        mark = self.mark()
        old = self.process
        old.send_signal(signal.SIGUSR2)
        if not wait:
            return mark
        pid = self.wait_log(r'upgraded: popd\[(\d+)\], version', mark)
        self.before.append(old)
        self.process = Popd(int(pid.group(1)))
        return mark

    def refused(self, why):
        """One that fails with such a line, and nothing has changed."""
        mark = self.upgrade(wait=False)
        self.wait_log(r'upgrade failed: %s.*: nothing has changed$' % why,
                      mark)
        check(self.process.poll() is None, 'the old popd is gone')
        equal(len(popds(self)), 1, 'popds')
        self.connect().ok('QUIT')

    def ended(self):
        """All but the last end by themselves."""
        for process in self.before:
            equal(process.wait(PATIENCE), 0, 'exit status')


def popds(server):
    """The pids of all popds of a server."""
    return [pid for pid in having(server.usertab) if program_of(pid) in
            (os.path.basename(server.program)[:15], 'popd')]
