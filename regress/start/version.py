#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Every program says which version it is, and all say the same."""

import os
import re
import subprocess

from popdtest.cases import check, equal, main
from popdtest.env import LIBEXEC, SRC, STAGE


def programs():
    """All that are installed to be run."""
    for directory in (STAGE + '/sbin', LIBEXEC):
        for name in sorted(os.listdir(directory)):
            yield name, os.path.join(directory, name)


def said(path):
    """What -V prints, and nothing else."""
    done = subprocess.run([path, '-V'], stdin=subprocess.DEVNULL, timeout=30,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    equal((done.returncode, done.stderr), (0, b''), path)
    return done.stdout.decode()


def test_version():
    """-V prints the name, the version and the number of the messages"""
    with open(SRC + '/lib/version.h') as f:
        version = re.search(r'POPD_VERSION\s+"(.*)"', f.read()).group(1)
    numbers, count = set(), 0
    for name, path in programs():
        text = said(path)
        found = re.fullmatch(r'(\w+) (\S+?)(?:, messages ([0-9a-f]{8}))?\n',
                             text)
        check(found, '%s: %r' % (name, text))
        equal(found.group(1, 2), (name, version), name)
        # What is started by a mail server has no messages.
        equal(found.group(3) is None, name == 'mda', name)
        numbers.add(found.group(3))
        count += 1
    equal(len(numbers - {None}), 1, 'numbers of messages')
    check(count >= 10, '%d programs' % count)


main()
