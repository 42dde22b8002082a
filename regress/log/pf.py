#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""etc/popd-pf with a popctl and a pfctl of this test."""

import os
import subprocess

from popdtest.cases import equal, main
from popdtest.env import SRC, WORK

SCRIPT = os.path.join(SRC, 'etc', 'popd-pf')
TITLES = 'SOURCE FAILURES DELAY CONNECTIONS SESSIONS\n'


def run(rows):
    """The calls of pfctl for these rows of popctl."""
    calls = os.path.join(WORK, 'calls')
    open(calls, 'w').close()
    with open(os.path.join(WORK, 'rows'), 'w') as f:
        f.write(TITLES + ''.join(' '.join(str(w) for w in row) + '\n'
                                 for row in rows))
    for name, line in (('popctl', 'test "$*" = "show sources" && cat "%s/rows"'
                        % WORK),
                       ('pfctl', 'echo "$*" >>"%s"' % calls)):
        path = os.path.join(WORK, name)
        with open(path, 'w') as f:
            f.write('#!/bin/sh\n%s\n' % line)
        os.chmod(path, 0o755)
    subprocess.run(['sh', SCRIPT], check=True,
                   env=dict(os.environ, POPCTL=WORK + '/popctl',
                            PFCTL=WORK + '/pfctl'))
    with open(calls) as f:
        return f.read().splitlines()


EXPIRE = '-q -t popd -T expire 3600'


def test_sources():
    """Sources that only fail are added, others are not"""
    equal(run([('192.0.2.1', 20, '4.000', 3, 0),
               ('192.0.2.2', 19, '4.000', 3, 0),
               ('192.0.2.3', 99, '4.000', 3, 1),
               ('2001:db8::/64', 20, '4.000', 0, 0)]),
          [EXPIRE, '-q -t popd -T add 192.0.2.1 2001:db8::/64'], 'calls')


def test_nothing():
    """Without such sources nothing is added"""
    equal(run([]), [EXPIRE], 'calls')


def test_bound():
    """At most a few are added at once"""
    calls = run([('192.0.2.%d' % i, 50, '4.000', 3, 0) for i in range(200)])
    equal(len(calls), 2, 'calls')
    equal(len(calls[1].split()) - 5, 20, 'sources')


def test_odd():
    """Only addresses are passed to pfctl"""
    equal(run([('-T', 50, '4.000', 3, 0), ('$(id)', 50, '4.000', 3, 0),
               ('192.0.2.1;id', 50, '4.000', 3, 0),
               ('192.0.2.4', 'x50', '4.000', 3, 0)]), [EXPIRE], 'calls')


main()
