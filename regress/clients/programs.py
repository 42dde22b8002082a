# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What the cases for mail programs share.  A Program is one of them with a
home directory, a user and a maildir for the mail it fetches."""

import os
import re
import shutil
import subprocess
import time

from popdtest.cases import Skip, check, equal, main, short
from popdtest.client import together
from popdtest.env import PATIENCE, WORK
from popdtest.server import Configured

TLS, STLS = range(2)

HEAD = b'''From: Ann <ann@example.test>
To: Joe <joe@example.test>
Date: Sun, 22 Nov 2026 10:00:00 +0000
Message-ID: <%d@example.test>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
'''

MAIL = [HEAD % i + text for i, text in enumerate((
    b'Subject: plain\n\nbody\n',
    b'Subject: dots\n\n.\n..\n.a\n...\n\n.\n',
    b'Subject: folded\n header\n\n' + b'line\n' * 5000,
    b'Subject: eight bit\n\n' + '\u00e4\u00f6\u00fc \u2603\n'.encode() * 100,
    b'Subject: empty body\n\n',
    b'Subject: long lines\n\n' + (b'x' * 990 + b'\n') * 300,
    b'Subject: From line\n\nFrom here\n\nFrom there\n\nend\n',
))]


def lines(data):
    """A message with the line ends of a file."""
    return data.replace(b'\r\n', b'\n')


class Program:
    """The defaults are those of a program that keeps every octet."""

    name = tool = None
    # Whether it supports STLS, and remembers what it has fetched.
    stls = caches = True
    # What it says and its exit status if the password is wrong, and if
    # another session is open.
    wrong = busy = None, None

    def __init__(self, server, number=0, kind=TLS):
        self.server, self.kind = server, kind
        self.port = server.ports[kind]
        self.ca = server.pairs[0][0]
        self.home = os.path.join(WORK, '%s%d' % (self.name, number))
        shutil.rmtree(self.home, ignore_errors=True)
        self.out = os.path.join(self.home, 'out')
        for sub in ('', 'tmp', 'new', 'cur'):
            os.makedirs(os.path.join(self.out, sub))

    def run(self, password='secret', delete=False):
        """Fetch what is new, leave it on the server or not: the exit status
        and all that was said."""
        raise NotImplementedError

    def taken(self):
        """The messages fetched since the last call."""
        got = []
        for sub in ('new', 'cur'):
            directory = os.path.join(self.out, sub)
            for name in sorted(os.listdir(directory)):
                path = os.path.join(directory, name)
                with open(path, 'rb') as f:
                    got.append(f.read())
                os.unlink(path)
        return got

    def same(self, got, data):
        """Whether it got data, as far as it preserves octets."""
        return lines(got) == data

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.home, name)
        with open(path, 'w') as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def command(self, *command, text=None, env=None, ids=None):
        result = subprocess.run(
            command, input=text or b'', stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60, cwd=self.home,
            env=dict(os.environ, HOME=self.home, **(env or {})),
            **(ids or {}))
        return result.returncode, result.stdout.decode('utf-8', 'replace')


class Loose(Program):
    """One that adds header lines, or escapes a From in the body."""

    def same(self, got, data):
        got = lines(got).replace(b'\n>From ', b'\nFrom ')
        head, _, body = data.partition(b'\n\n')
        theirs, _, text = got.partition(b'\n\n')
        return text.rstrip(b'\n') == body.rstrip(b'\n') and \
            (b'\n' + head + b'\n') in (b'\n' + theirs + b'\n')


class Cases:
    """The cases for each of some programs, one server for all."""

    def __init__(self, programs):
        self.programs = programs
        self.server = Configured(
            ['tls', 'starttls'], shared=True,
            users={p.name: 'secret' for p in programs})

    def need(self, program):
        if not shutil.which(program.tool):
            raise Skip('needs ' + program.tool)

    def fill(self, program):
        box = self.server[program.name]
        for name in box.all():
            os.unlink(box.sub(name))
        for data in MAIL:
            box.add(data)
        return box

    def good(self, program, password='secret', delete=False):
        """Fetch once: how many messages the server sent whole, and what the
        program said."""
        mark = self.server.mark()
        said = '%s: %s' % program.run(password, delete)
        check('login session=' in self.server.log(mark),
              'no login, it said ' + said)
        self.server.no_workers()
        end = time.monotonic() + PATIENCE
        while True:
            log = self.server.log(mark)
            ends = re.findall(r'session end .* retrieved=(\d+) ', log)
            if len(ends) >= log.count('login session='):
                return sum(map(int, ends)), said
            check(time.monotonic() < end, 'no end in the log: ' + log)
            time.sleep(0.02)

    def compare(self, program, want, said):
        got = program.taken()
        equal(len(got), len(want), 'messages: ' + said)
        for data in want:
            check(any(program.same(one, data) for one in got),
                  'no %s in %s' % (short(data), short(got)))

    def fetch(self, cls):
        self.need(cls)
        box = self.fill(cls)
        program = cls(self.server)
        count, said = self.good(program)
        self.compare(program, MAIL, said)
        equal(len(box.all()), len(MAIL), 'messages left')
        if not cls.caches:
            return
        count, said = self.good(program)
        equal(count, 0, 'messages sent again: ' + said)
        self.compare(program, [], said)
        more = HEAD % 99 + b'Subject: one more\n\nlate\n'
        box.add(more)
        count, said = self.good(program)
        equal(count, 1, 'messages sent: ' + said)
        self.compare(program, [more], said)

    def delete(self, cls):
        self.need(cls)
        box = self.fill(cls)
        program = cls(self.server, 1)
        count, said = self.good(program, delete=True)
        self.compare(program, MAIL, said)
        equal(box.all(), [], 'messages left: ' + said)

    def starttls(self, cls):
        self.need(cls)
        self.fill(cls)
        program = cls(self.server, 2, STLS)
        count, said = self.good(program)
        self.compare(program, MAIL, said)

    def refused(self, cls, number, password, want):
        self.need(cls)
        box = self.fill(cls)
        program = cls(self.server, number)
        status, text = program.run(password)
        check(re.search(want[0], text), 'it said %r' % text)
        equal(status, want[1], 'exit status, it said %r' % text)
        equal(program.taken(), [], 'messages')
        equal(len(box.all()), len(MAIL), 'messages left')

    def wrong(self, cls):
        self.refused(cls, 3, 'wrong', cls.wrong)

    def in_use(self, cls):
        self.need(cls)
        holder = self.server.login(cls.name)
        holder.ok('NOOP')
        self.refused(cls, 4, 'secret', cls.busy)
        holder.quit()

    def all_in_use(self):
        """All at once, as each has to wait for five seconds."""
        programs = [p for p in self.programs if shutil.which(p.tool)]
        if not programs:
            raise Skip('needs one of them')
        for why in together(len(programs),
                            lambda i: self.in_use(programs[i])):
            if isinstance(why, Exception):
                raise why

    def run(self, more=None):
        """Run all cases, and more; does not return."""
        table = dict(more or {})
        for cls in self.programs:
            for name, what in (
                    ('fetch', 'fetches and leaves it there' +
                     (', and fetches none twice' if cls.caches else '')),
                    ('starttls', 'fetches by STLS'),
                    ('wrong', 'says that the password is wrong'),
                    ('delete', 'deletes what it has')):
                if name == 'starttls' and not cls.stls:
                    continue

                def case(name=name, cls=cls):
                    getattr(self, name)(cls)
                case.__doc__ = '%s %s' % (cls.name, what)
                table['test_%s_%s' % (cls.name, name)] = case

        def in_use():
            self.all_in_use()
        in_use.__doc__ = '%s say that the mailbox is open elsewhere' % \
            ', '.join(p.name for p in self.programs)
        table['test_in_use'] = in_use
        main(table)
