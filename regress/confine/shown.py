#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What a hostile child can make popctl show: text without terminal escapes."""

import json
import os
import socket
import struct
import subprocess

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE, STAGE, WORK
from popdtest.hostile import message

NASTY = '\x1b[2J\r\n"\'\\ %s\x7f\x9b31m\u202e\u2028e\0'.encode()
MOST = 2 ** 64 - 1


def end(text=b''):
    return message('MSG_CONTROL_END', struct.pack('=II1600s', 1, 1, text))


def session(user, value):
    return message('MSG_CONTROL_SESSION', struct.pack(
        '=QQ24xQII256s', value, value, value, 1, 0, user))


def certificate_row(names, when):
    return message('MSG_ASK_CERT', struct.pack(
        '=qq1024s512s', when, when, names, names))


def shown(answer, *arguments):
    """popctl's (standard output, standard error) if popd answers so."""
    path = os.path.join(WORK, 'liar')
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        process = subprocess.Popen(
            [STAGE + '/sbin/popctl', '-s', path] + list(arguments),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        listening.settimeout(PATIENCE)
        with listening.accept()[0] as c:
            c.recv(4096)
            c.sendall(answer)
            out = process.communicate(timeout=PATIENCE)
    equal(process.returncode, 1, 'status: %r' % (out,))
    for octet in b''.join(out):
        check(octet == 10 or 32 <= octet <= 127, out)
    return out[0].decode(), out[1].decode()


def rows(answer, *arguments):
    """Those of -j, of which there is one line each."""
    return [json.loads(line) for line in
            shown(answer, '-j', *arguments)[0].splitlines()]


def test_words():
    """Control characters of sessions and certificates"""
    for answer, what, name, text in (
            (session(NASTY[:-1], 1), 'sessions', 'user', NASTY),
            (certificate_row(NASTY, 1), 'certificates', 'file', NASTY)):
        row, = rows(answer + end(), 'show', what)
        equal(row[name], text[:-1].decode(), name)
        lines = shown(answer + end(), 'show', what)[0].splitlines()
        equal(len(lines), 2, 'lines')
        # The last one may have blanks in it.
        check(len(lines[1].split()) == len(lines[0].split()) or
              what == 'certificates', lines)


def test_last_words():
    """The same in errors and in the lines of a reload"""
    out, error = shown(message('MSG_CONTROL_TEXT', struct.pack(
        '=1600s', NASTY)) + end(NASTY), 'reload')
    equal((len(out.splitlines()), len(error.splitlines())), (1, 1), 'lines')


def test_numbers():
    """Impossible numbers are the same in both formats"""
    row, = rows(session(b'joe', MOST) + end(), 'show', 'sessions')
    out, error = shown(session(b'joe', MOST) + end(), 'show', 'sessions')
    check(str(MOST) in out, out)
    for when in (-2 ** 63, -1, 2 ** 63 - 1):
        for more in ((), ('-j',)):
            out, error = shown(certificate_row(b'x', when) + end(), *more,
                               'show', 'certificates')
            check('runtime error' not in error, error)
            check('x' in out, out)


main()
