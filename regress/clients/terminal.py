# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A program on a terminal: its screen, and keys for it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from popdtest.cases import Failure
from popdtest.env import PATIENCE

ROWS, COLUMNS = 24, 80


class Screen:
    """As much of a VT100 as curses needs."""

    CONTROL = re.compile(r'\033(?:\[([?\d;]*)([@-~])|[()#].|[^\[()#])')

    def __init__(self):
        self.rows = [[' '] * COLUMNS for i in range(ROWS)]
        self.row = self.column = 0
        self.top, self.bottom = 0, ROWS - 1
        self.pending = ''

    def text(self):
        rows = [''.join(row).rstrip() for row in self.rows]
        return '\n'.join(row for row in rows if row)

    def feed(self, text):
        self.pending += text
        while self.pending:
            if self.pending[0] != '\033':
                self.put(self.pending[0])
                self.pending = self.pending[1:]
                continue
            match = self.CONTROL.match(self.pending)
            if not match:
                return
            self.pending = self.pending[match.end():]
            if match.group(2):
                self.control(match.group(2), match.group(1))
            elif match.group() == '\033M':
                self.up()
            elif match.group() == '\033D':
                self.down()

    def control(self, letter, text):
        numbers = [int(n or 0) for n in text.lstrip('?').split(';')]
        count = max(numbers[0], 1)
        if letter in 'Hf':
            self.row = min(count, ROWS) - 1
            self.column = min(max((numbers + [0])[1], 1), COLUMNS) - 1
        elif letter in 'AB':
            self.row = min(max(self.row + (count if letter == 'B' else
                                           -count), 0), ROWS - 1)
        elif letter in 'CD':
            self.column = min(max(self.column + (
                count if letter == 'C' else -count), 0), COLUMNS - 1)
        elif letter == 'r':
            self.top = count - 1
            self.bottom = min((numbers + [0])[1] or ROWS, ROWS) - 1
            self.row = self.column = 0
        elif letter in 'JK':
            self.clear(letter, numbers[0])

    def clear(self, letter, how):
        """From here to the end, from the beginning to here, or all."""
        row = self.rows[self.row]
        first = self.column if how == 0 else 0
        last = self.column + 1 if how == 1 else COLUMNS
        row[first:last] = [' '] * (last - first)
        if letter == 'J':
            for i in range(ROWS):
                if (how != 1 and i > self.row) or (how and i < self.row):
                    self.rows[i] = [' '] * COLUMNS

    def up(self):
        if self.row == self.top:
            del self.rows[self.bottom]
            self.rows.insert(self.top, [' '] * COLUMNS)
        elif self.row > 0:
            self.row -= 1

    def down(self):
        if self.row == self.bottom:
            del self.rows[self.top]
            self.rows.insert(self.bottom, [' '] * COLUMNS)
        elif self.row < ROWS - 1:
            self.row += 1

    def put(self, c):
        if c == '\r':
            self.column = 0
        elif c == '\n':
            self.down()
        elif c == '\b':
            self.column = max(self.column - 1, 0)
        elif c == '\t':
            self.column = min(self.column // 8 * 8 + 8, COLUMNS - 1)
        elif c >= ' ':
            self.rows[self.row][self.column] = c
            self.column = min(self.column + 1, COLUMNS - 1)


class Terminal:
    """A program that believes it has a user at a terminal."""

    def __init__(self, *command, cwd='/', env=None):
        self.screen = Screen()
        self.seen = ''
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command,
                       dict(os.environ, TERM='vt100', **(env or {})))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack('HHHH', ROWS, COLUMNS, 0, 0))

    def read(self, seconds):
        """Read what it writes within a time; False at its end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b''
        text = data.decode('utf-8', 'replace')
        self.screen.feed(text)
        self.seen += text
        return data != b''

    def wait(self, pattern, seconds=PATIENCE):
        """Wait for a match on the screen or in what is written."""
        end = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.screen.text()) or \
                re.search(pattern, self.seen)
            if match:
                self.seen = ''
                return match
            left = end - time.monotonic()
            if left <= 0 or not self.read(left):
                raise Failure('no /%s/ on the screen:\n%s' %
                              (pattern, self.screen.text()))

    def send(self, keys):
        self.seen = ''
        os.write(self.fd, keys.encode())

    def press(self, key, pattern, seconds=PATIENCE):
        """Press a key until that comes: a program may throw away what is
        typed while it draws a question."""
        end = time.monotonic() + seconds
        while True:
            self.send(key)
            try:
                return self.wait(pattern, 2)
            except Failure:
                if time.monotonic() > end:
                    raise

    def end(self, seconds=PATIENCE):
        """Read to its end; its exit status, or minus the signal."""
        end = time.monotonic() + seconds
        while self.read(max(0, end - time.monotonic())):
            if time.monotonic() >= end:
                raise Failure('no end; on the screen:\n' + self.screen.text())
        return self.reap()

    def reap(self):
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(
                os.waitpid(self.pid, 0)[1])
            os.close(self.fd)
        return self.status

    def kill(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.reap()
