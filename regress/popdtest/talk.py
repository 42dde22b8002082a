# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""wrkrpop -s over pipes, and replies parsed strictly."""

import hashlib
import os
import resource
import select
import subprocess
import tempfile

from popdtest.cases import Failure, check, short
from popdtest.env import LIBEXEC, PATIENCE, WORK
from popdtest.maildir import Maildir

WRKRPOP = LIBEXEC + '/wrkrpop'


def maildir(messages=()):
    """A new maildir with these messages, in their order."""
    d = Maildir(tempfile.mkdtemp(prefix='maildir.', dir=WORK))
    for data in messages:
        d.add(data)
    return d


def uidl_of(name):
    return hashlib.sha256(name.split(':')[0].encode()).hexdigest()


class Replies:
    """Replies in a stream of octets; more() may get more of them."""

    def __init__(self, data=b''):
        self.data = data

    def more(self):
        return b''

    def line(self):
        while b'\r\n' not in self.data:
            got = self.more()
            if not got:
                raise Failure('end of replies after ' + short(self.data))
            self.data += got
        line, self.data = self.data.split(b'\r\n', 1)
        check(b'\n' not in line, 'a bare LF in ' + short(line))
        return line

    def status(self):
        line = self.line()
        check(line[:3] == b'+OK' or line[:5] == b'-ERR ',
              'no reply: ' + short(line))
        check(len(line) <= 510, 'a reply of %d octets' % len(line))
        return line.decode('ascii')

    def ok(self):
        line = self.status()
        check(line.startswith('+OK'), 'refused: ' + line)
        return line

    def err(self, code=None):
        line = self.status()
        check(line.startswith('-ERR '), 'accepted: ' + line)
        if code:
            check(line.startswith('-ERR [%s] ' % code), 'no code: ' + line)
        return line

    def body(self):
        """The octets after a +OK, unstuffed."""
        while not self.data.startswith(b'.\r\n') and \
                b'\r\n.\r\n' not in self.data:
            got = self.more()
            if not got:
                raise Failure('no end of the message')
            self.data += got
        if self.data.startswith(b'.\r\n'):
            self.data = self.data[3:]
            return b''
        body, self.data = self.data.split(b'\r\n.\r\n', 1)
        lines = (b'\r\n' + body + b'\r\n').split(b'\n')
        out = []
        for line in lines[1:]:
            if line.startswith(b'.'):
                check(line.startswith(b'..'), 'a dot that is not doubled')
                line = line[1:]
            out.append(line)
        return b'\n'.join(out)

    def lines(self):
        self.ok()
        return self.body().decode('ascii').split('\r\n')[:-1]

    def numbers(self):
        """{number: value} of LIST or UIDL."""
        out = {}
        last = 0
        for line in self.lines():
            number, value = line.split(' ')
            check(int(number) > last, 'not in order: ' + line)
            last = int(number)
            out[last] = value
        return out

    def stat(self):
        word, count, octets = self.ok().split(' ')
        return int(count), int(octets)

    def rest(self):
        """All octets until the end."""
        while True:
            got = self.more()
            if not got:
                return self.data
            self.data += got

    def end(self):
        check(self.rest() == b'', 'more replies: ' + short(self.data))


class Talk(Replies):
    """A session with commands and replies."""

    def __init__(self, d, greeting=True):
        super().__init__()
        self.process = subprocess.Popen(
            [WRKRPOP, '-s', d.path], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.greeting = self.ok() if greeting else None

    def more(self):
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        check(ready, 'no answer, after ' + short(self.data))
        return os.read(self.process.stdout.fileno(), 1 << 20)

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        self.process.stdin.write(data)
        self.process.stdin.flush()
        return self

    def cmd(self, text):
        return self.send(text + '\r\n')

    def wait(self):
        """Close both ends; (exit status, what was logged)."""
        for f in (self.process.stdin, self.process.stdout):
            try:
                f.close()
            except BrokenPipeError:
                pass
        log = self.process.stderr.read().decode()
        status = self.process.wait(PATIENCE)
        self.process.stderr.close()
        check(status == 0, 'exit status %d: %s' % (status, log))
        return log

    def quit(self):
        self.cmd('QUIT').ok()
        self.end()
        return self.wait()


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def batch(d, data, status=0):
    """A session that gets all its input at once: its replies.  One that
    forgets to close what it opens has no more descriptors soon."""
    if isinstance(data, (list, tuple)):
        data = ''.join(line + '\r\n' for line in data)
    if isinstance(data, str):
        data = data.encode()
    result = subprocess.run([WRKRPOP, '-s', d.path], input=data,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=4 * PATIENCE, preexec_fn=few_descriptors)
    check(result.returncode == status, 'exit status %d: %s' %
          (result.returncode, result.stderr.decode()))
    replies = Replies(result.stdout)
    replies.log = result.stderr.decode()
    return replies
