# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Another build of the tree, and the protocol number of a program."""

import glob
import os
import re
import shutil
import subprocess

from popdtest.cases import check, equal
from popdtest.env import LIBEXEC, SRC, WORK
from popdtest.host import need
from popdtest.server import Server


def set_limits(src, limits):
    """Write other numbers into lib/limits.h and its parts, {name: number}."""
    found = []
    for path in glob.glob(src + '/lib/*limits.h'):
        with open(path) as f:
            text = f.read()
        for name, number in limits.items():
            text, n = re.subn(r'(#define %s[ \t]+)\S.*' % name,
                              r'\g<1>%d' % number, text)
            found += [name] * n
        with open(path, 'w') as f:
            f.write(text)
    equal(sorted(found), sorted(limits), 'one place for each limit')


def untie(src):
    """Let popd give nothing up, so that its children can be traced by one."""
    path = src + '/popd/popd.c'
    with open(path) as f:
        text = f.read()
    check('confine_parent() == -1' in text, 'popd.c')
    with open(path, 'w') as f:
        f.write(text.replace('confine_parent() == -1', '0'))


def rebuild(programs, limits, traced=False):
    """Build popd and the named programs with other numbers in lib/limits.h,
    {name: number}; the rest is what was installed.  Servers that are started
    from then on are of that build.  Returns its PREFIX."""
    need('cc')
    src = os.path.join(WORK, 'rebuilt-src')
    prefix = os.path.join(WORK, 'rebuilt')
    for path in (src, prefix):
        shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(SRC, src, ignore=shutil.ignore_patterns(
        '*.o', '.git', 'bench', 'shared'), symlinks=True)
    set_limits(src, limits)
    if traced:
        untie(src)
    targets = ['%s/%s' % (p, p) for p in ['popd'] + list(programs)]
    for target in targets:
        if os.path.exists(os.path.join(src, target)):
            os.unlink(os.path.join(src, target))
    subprocess.run([os.environ.get('MAKE', 'make'), 'PREFIX=' + prefix] +
                   targets, cwd=src, check=True, stdout=subprocess.DEVNULL)
    shutil.copytree(LIBEXEC, prefix + '/libexec/popd')
    os.makedirs(prefix + '/sbin')
    shutil.copy(src + '/popd/popd', prefix + '/sbin/popd')
    for name in programs:
        shutil.copy('%s/%s/%s' % (src, name, name), prefix + '/libexec/popd')
    Server.program = prefix + '/sbin/popd'
    return prefix


def protocol(program=None):
    """The protocol number of a program, as its children get it."""
    said = subprocess.run([program or Server.program, '-V'], check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    return re.fullmatch(r'\w+ [0-9.]+, messages ([0-9a-f]{8})\n',
                        said).group(1)
