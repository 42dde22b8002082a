# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A mail spool beside a maildir, and where its mail ends up."""

import os

from popdtest.cases import check, equal
from popdtest.maildir import new_box
from popdtest.worker import Worker


def quoted(data):
    """A message as it is in a spool: lines end in LF, and > is before
    From."""
    lines = data.split(b'\n')
    return b'\n'.join(b'>' + line if line.lstrip(b'>').startswith(b'From ')
                      else line for line in lines)


def entry(data, date=b'Mon Nov  2 08:00:00 2026'):
    return b'From a@example.org ' + date + b'\n' + quoted(data) + b'\n'


class Spool:
    """A maildir, and the file beside it that a system delivers to."""

    def __init__(self, name, messages=(), box=None):
        self.box = box or new_box(name)
        self.path = self.box.path + '.spool'
        # For dotlocks.
        os.chmod(os.path.dirname(self.path), 0o777)
        for path in (self.path, self.path + '.lock'):
            if os.path.lexists(path):
                os.unlink(path)
        self.write(b''.join(entry(m) for m in messages))

    def write(self, data, mode='wb'):
        with open(self.path, mode) as f:
            f.write(data)
        self.own()

    def own(self):
        os.chmod(self.path, 0o600)
        if os.getuid() == 0 and self.box.uid > 0:
            os.chown(self.path, self.box.uid, self.box.gid)

    def read(self):
        with open(self.path, 'rb') as f:
            return f.read()

    def session(self, locks=None, **more):
        flags = ['-m', self.path] + (['-l', locks] if locks else [])
        return Worker(self.box, flags=flags, **more)

    def octets(self):
        """What is in the maildir, in its order."""
        found = []
        for name in sorted(self.box.all(), key=os.path.basename):
            with open(self.box.sub(name), 'rb') as f:
                found.append(f.read())
        return found

    def moved(self, messages, locks=None):
        """Check that a session moves just these and leaves nothing."""
        c = self.session(locks)
        c.close()
        equal(self.octets(), list(messages), 'messages')
        equal(self.read(), b'', 'the spool')
        self.clean()
        return c.errors

    def clean(self):
        check(not os.path.exists(self.box.path + '/popspool'),
              'popspool is left')
        check(not os.path.exists(self.path + '.lock'), 'a dotlock is left')
