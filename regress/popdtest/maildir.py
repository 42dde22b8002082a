# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Maildirs."""

import os
import shutil
import time

from popdtest.env import UID, WORK


class Maildir:
    """A user's maildir; its files belong to the user."""

    def __init__(self, path, uid=-1, gid=-1, make=True):
        self.path, self.uid, self.gid = path, uid, gid
        self.count = 0
        if make:
            for name in ('', 'tmp', 'new', 'cur'):
                os.makedirs(os.path.join(path, name), 0o700, exist_ok=True)
                os.chmod(os.path.join(path, name), 0o700)
                self.own(os.path.join(path, name))

    def own(self, path):
        if os.getuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def add(self, data, name=None, sub='new', order=None):
        """Put a message in; returns its name."""
        self.count += 1
        if name is None:
            name = '%d.M%06dP%d.test' % (order or 1600000000 + self.count,
                                         self.count, os.getpid())
        tmp = os.path.join(self.path, 'tmp', 'add-' + str(self.count))
        with open(tmp, 'wb') as f:
            f.write(data)
        os.chmod(tmp, 0o600)
        self.own(tmp)
        os.rename(tmp, os.path.join(self.path, sub, name))
        return name

    def sub(self, name):
        return os.path.join(self.path, name)

    def list(self, sub):
        return sorted(os.listdir(os.path.join(self.path, sub)))

    def all(self):
        return [s + '/' + n for s in ('new', 'cur') for n in self.list(s)]

    def state(self):
        """All files below new/ and cur/ with content and inode."""
        out = {}
        for name in self.all():
            path = os.path.join(self.path, name)
            st = os.lstat(path)
            out[name] = (st.st_ino, st.st_size, st.st_mtime_ns, st.st_mode)
        return out

    def popcache(self):
        return os.path.join(self.path, 'popcache')

    def age(self, seconds=3600):
        """Make the directories look old, so that their stamps count."""
        then = time.time() - seconds
        for name in ('new', 'cur'):
            os.utime(os.path.join(self.path, name), (then, then))


def new_box(name):
    """A maildir below WORK without a server, for Worker and mda."""
    uid, gid = (UID, UID) if os.getuid() == 0 else (os.getuid(), os.getgid())
    path = os.path.join(WORK, name)
    shutil.rmtree(path, ignore_errors=True)
    return Maildir(path, uid, gid)
