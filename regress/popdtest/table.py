# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Table processes: what they know, do, and were asked."""

import json
import os
import shutil

from popdtest.cases import Skip
from popdtest.env import SRC, WORK
from popdtest.host import have_account, user_ids, why_not_root
from popdtest.password import bcrypt
from popdtest.server import Server

PROGRAM = WORK + '/table-test'


def account():
    """The uid and gid of table processes."""
    if why_not_root() is None and not os.environ.get('POPD_MODE') == 'user':
        for name in ('_poplook', '_poptab'):
            if not have_account(name):
                raise Skip('needs the account ' + name)
        pw = have_account('_poptab')
        return pw.pw_uid, pw.pw_gid
    return user_ids()


class Table:
    """What a table process knows and does."""

    def __init__(self, name, offers='credentials userinfo', program=PROGRAM):
        if not os.path.exists(PROGRAM):
            shutil.copy(SRC + '/regress/popdtest/tableprog.py', PROGRAM)
            os.chmod(PROGRAM, 0o755)
        self.name = name
        # popd checks files in its arguments; this hides the path.
        self.dir = '%s/table-%s' % (WORK, name)
        shutil.rmtree(self.dir, ignore_errors=True)
        os.mkdir(self.dir, 0o700)
        self.users = {}
        for name in ('asked', 'pids'):
            open(self.dir + '/' + name, 'w').close()
        self.put('offers', offers)
        self.mode('normal')
        self.line = 'table %s "proc:%s:%s"' % (self.name, program,
                                               '.' + self.dir)
        self.save()

    def put(self, name, text):
        with open(self.dir + '/' + name + '.new', 'w') as f:
            f.write(text)
        os.rename(self.dir + '/' + name + '.new', self.dir + '/' + name)
        self.own()

    def own(self):
        if os.getuid() == 0:
            uid, gid = account()
            os.chown(self.dir, uid, gid)
            for name in os.listdir(self.dir):
                os.chown(self.dir + '/' + name, uid, gid)

    def mode(self, mode):
        self.put('mode', mode)

    def save(self):
        self.put('users', json.dumps(self.users))

    def user(self, server, name, password, hash=None, **more):
        """A user of this table alone."""
        m = server.user(name, password, auth=False, usertab=False, **more)
        self.users[name.lower()] = [hash or bcrypt(password), m.line, None]
        self.save()
        return m

    def asked(self):
        with open(self.dir + '/asked') as f:
            return f.read().splitlines()

    def pids(self):
        with open(self.dir + '/pids') as f:
            return [int(line.split()[0]) for line in f]


def server_with(order, base, *tables, conf='', files='', **more):
    """A popd with these tables, not yet started."""
    s = Server(start=False, **more)
    s.lines = lambda tables, order, base: 'table file file:@authtab@\n' \
        'table homes file:@usertab@\n%s\n%scredentials %s\nuserbase %s\n%s' \
        % ('\n'.join(t.line for t in tables), files, order, base, conf)
    s.configure(s.lines(tables, order, base))
    return s
