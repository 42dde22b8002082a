#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""bench/draw makes drawings of a result of bench/run."""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree

from popdtest.cases import Skip, check, main
from popdtest.env import WORK

HEAD = 'popd, a table\n\n# figure, server, median, least, most, rounds\n'
SERVERS = 'popd', 'dovecot-fast', 'dovecot-shared', 'dovecot-default'
AXES = {'growth': ('messages', 'CPU of a session, ms'),
        'peers': ('times what popd needs: CPU, calls, memory',),
        'day': ('hour of the day', 'a second', 'cores busy, all nodes')}


def sample(growth=True):
    lines = []
    for i, server in enumerate(SERVERS):
        for figure in 'handshake_ms', 'login_ms', 'idle_kib':
            lines.append('%s\t%s\t%d\t1\t9\t3\n' % (figure, server, i + 1))
    for what in ('login', 'uidl', 'delivered', 'renamed') if growth else ():
        for count in 10, 1000, 1000000:
            lines.append('growth_%s_%d_ms\tpopd\t2.5\t2\t3\t1\n' %
                         (what, count))
    path = WORK + '/result.txt'
    with open(path, 'w') as f:
        f.write(HEAD + ''.join(lines))
    return path


def draw(*args):
    if shutil.which('gnuplot') is None:
        raise Skip('needs gnuplot')
    return subprocess.run([sys.executable, os.environ['SRC'] + '/bench/draw',
                           *args], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def drawn(path, **more):
    p = draw('-o', path, sample(**more))
    check(p.returncode == 0, p.stdout)
    out = {}
    for name in os.listdir(path):
        with open(path + '/' + name) as f:
            out[name.split('.')[0]] = f.read()
    return out, p.stdout


def test_drawn():
    """Three drawings with named axes, light and dark, reproducible"""
    first, _ = drawn(WORK + '/first')
    check(set(first) == set(AXES), first.keys())
    check(first == drawn(WORK + '/second')[0], 'not the same')
    for name, axes in AXES.items():
        text = ' '.join(xml.etree.ElementTree.fromstring(
            first[name]).itertext())
        for words in axes:
            check(words in text, '%s: no "%s"' % (name, words))
        check('prefers-color-scheme: dark' in first[name], name)
        check('class="paper"' in first[name], name)
        check('patchlevel' not in first[name], name)
        check(len(first[name]) < 100000, '%s: too large' % name)


def test_parts():
    """A section that was not measured is named, the rest is drawn"""
    some, said = drawn(WORK + '/some', growth=False)
    check(set(some) == {'peers', 'day'}, some.keys())
    check('growth: no section growth' in said, said)


def test_wrong():
    """No result, no drawing"""
    for args in (('/dev/null',), ('-x',), ('a', 'b')):
        check(draw(*args).returncode == 1, args)


main()
