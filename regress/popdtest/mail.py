# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Messages: odd ones, their form on the wire, and delivery."""

import os
import re
import subprocess

from popdtest.cases import Skip
from popdtest.env import CORPUS, MDA, SRC


# Where getmail delivers: it misses a child that ends before it waits for it,
# and waits a minute.
GETMAIL_TO = """[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", 'cat >"$(mktemp "$0/XXXXXXXX")" && sleep 0.1', "%s/new")
"""


def wire(data):
    """The octets RETR must send for a file, dots not yet doubled."""
    out = re.sub(rb'(?<!\r)\n', b'\r\n', data)
    if out and not out.endswith(b'\n'):
        out += b'\r\n'
    return out


def wire_top(data, count):
    """The octets TOP must send."""
    lines = wire(data).split(b'\n')
    lines = [line + b'\n' for line in lines[:-1]]
    for i, line in enumerate(lines):
        if line == b'\r\n':
            return b''.join(lines[:i + 1 + count])
    return b''.join(lines)


def odd_messages():
    """Names and contents of messages that no mail program would write."""
    head = b'Subject: odd\n\n'
    return [
        ('empty', b''),
        ('one-octet', b'x'),
        ('only-lf', b'\n'),
        ('only-cr', b'\r'),
        ('only-crlf', b'\r\n'),
        ('two-lf', b'\n\n'),
        ('cr-cr-lf', b'a\r\r\nb\r\r\n'),
        ('lf-cr', b'a\n\rb\n\r'),
        ('cr-at-end', head + b'text\r'),
        ('no-last-newline', head + b'no end'),
        ('crlf', b'Subject: crlf\r\n\r\none\r\ntwo\r\n'),
        ('crlf-no-end', b'Subject: crlf\r\n\r\none\r\ntwo'),
        ('mixed', b'Subject: mixed\r\nTo: x\n\none\r\ntwo\nthree\rfour\n'),
        ('dot', b'.'),
        ('dot-lf', b'.\n'),
        ('dot-crlf', b'.\r\n'),
        ('dots', b'..\n.\n...\n.a\n..b\n'),
        ('dots-crlf', b'..\r\n.\r\n...\r\n.a\r\n..b\r\n'),
        ('dot-after-cr', head + b'a\r.b\r.\r\n.\n'),
        ('end-of-reply', head + b'a\r\n.\r\nb\r\n.\r\n+OK\r\n-ERR\r\n'),
        ('dot-no-end', head + b'a\n.'),
        ('nul', b'Subject: n\0l\n\nbe\0fore\0\n\0\n.\0\nafter'),
        ('only-nul', b'\0' * 1000),
        ('eight-bit', b'Subject: \xe4\xf6\xfc\n\n' + bytes(range(256)) * 8),
        ('all-octets', bytes(range(256))),
        ('headers-only', b'Subject: no body\nTo: x\n'),
        ('headers-only-no-end', b'Subject: no body\nTo: x'),
        ('body-only', b'\nbody\nbody\n'),
        ('blank-with-cr', b'A: b\r\r\nC: d\n\r\nbody\n'),
        ('long-line', head + b'x' * 3000000 + b'\n'),
        ('long-line-no-end', head + b'y' * 1048577),
        ('long-line-dots', head + b'.' * 500000 + b'\n'),
        ('many-headers', b''.join(b'X-%d: value\n' % i for i in range(20000)) +
         b'\nbody\n'),
        ('many-lf', head + b'\n' * 300000),
        ('many-dots', head + b'.\n' * 200000),
        ('many-crs', head + b'\r' * 200000 + b'\n'),
        ('64k-less', head + b'z' * (65536 - len(head) - 1) + b'\n'),
        ('64k', head + b'z' * (65536 - len(head))),
        ('64k-dot', head + b'z' * (65535 - len(head)) + b'\n.\n.x\n'),
        ('64k-cr', head + b'z' * (65535 - len(head)) + b'\r\n.\r\nx'),
        ('many-lines', head + b''.join(b'%d\n' % i for i in range(100000))),
    ]


def corpus():
    """[(name, octets)] of the mail beside the tree, or Skip."""
    for directory in (CORPUS, os.path.join(SRC, '..', 'shared', 'corpus')):
        if os.path.isdir(directory):
            out = []
            for name in sorted(os.listdir(directory)):
                if name.endswith('.eml'):
                    with open(os.path.join(directory, name), 'rb') as f:
                        out.append((name, f.read()))
            return out
    raise Skip('no mail in ../shared/corpus')


def mda(directory, data, uid=None, flags=(), timeout=30, env=None):
    """Deliver as smtpd does: (exit status, last line of standard error)."""
    ids = {}
    if uid is not None and os.getuid() == 0 and uid != 0:
        ids = dict(user=uid, group=uid, extra_groups=[])
    result = subprocess.run([MDA] + list(flags) + [directory], input=data,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            timeout=timeout, cwd='/', env=env, **ids)
    lines = result.stdout.decode('utf-8', 'replace').strip().splitlines()
    return result.returncode, lines[-1] if lines else ''
