#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 300
# waits
"""popctl in maildirs: imports, indexes, and hostile users."""

import glob
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE, SRC, STAGE, UID, UID2
from popdtest.host import need, need_root
from popdtest.inject import call, inject, tool
from popdtest.process import confined, descendants, descriptors
from popdtest.server import Server
from popdtest.worker import Worker

POPCTL = STAGE + '/sbin/popctl'
HEADER = '3 V1000 N99 G0123456789abcdef0123456789abcdef\n'
GONE = 'no listed file exists'


def new(count=5, users=('joe',)):
    """Users with that many messages each and without an index."""
    server = Server({u: 'secret' for u in users}, start=False)
    for user in users:
        for n in range(1, count + 1):
            server[user].add(b'Subject: %d\n\nbody %s\n' % (n, b'x' * n),
                             '%d.M%d.test:2,S' % (1600000000 + n, n), 'cur')
    return server, server[users[0]]


def command(server, *arguments):
    return [POPCTL, '-u', server.usertab] + list(arguments)


def popctl(server, *arguments, timeout=PATIENCE * 2, **more):
    result = subprocess.run(command(server, *arguments),
                            stdin=subprocess.DEVNULL, capture_output=True,
                            timeout=timeout, cwd='/', **{**server.ids(),
                                                         **more})
    return (result.returncode, result.stdout.decode('latin-1'),
            result.stderr.decode('latin-1'))


def put(box, name, text):
    with open(box.sub(name), 'w') as f:
        f.write(text)
    box.own(box.sub(name))


def uidlist(box, text):
    put(box, 'dovecot-uidlist', HEADER + text)


def everything(box):
    """The complete state of a maildir."""
    out = {}
    for top, dirs, files in os.walk(box.path):
        st = os.lstat(top)
        out[top] = st.st_mtime_ns
        for name in files:
            path = os.path.join(top, name)
            st = os.lstat(path)
            data = open(path, 'rb').read() if os.path.isfile(path) else b''
            out[path] = (st.st_ino, st.st_mtime_ns, st.st_mode, data)
    return out


def refused(box, server, why, *arguments, status=1):
    before = everything(box)
    got = popctl(server, *arguments)
    equal(got[0], status, 'status: %s' % (got,))
    check(why in got[2], '%r is not in %r' % (why, got[2]))
    equal(everything(box), before, 'the maildir')
    return got


def names(n):
    return '%d.M%d.test' % (1600000000 + n, n)


def session(box):
    """What a session of the worker answers to UIDL, as a list."""
    c = Worker(box)
    out = [u.decode() if isinstance(u, bytes) else u
           for u in c.uidl().values()]
    c.quit()
    return out


def test_import():
    """An import names what exists, counts what does not, and shows itself"""
    server, box = new()
    uidlist(box, '1 :%s\n2 Pb :%s:2,RS\n7 :gone\n8 Pd O1 :%s\n' %
            (names(1), names(2), names(4)))
    own = session(box)
    want = ['d', '00000001000003e8', 'b', own[2], own[4]]
    before = everything(box)
    status, out, error = popctl(server, 'uidl', 'import', '-n', 'dovecot',
                                'joe')
    equal((status, error), (0, 'joe: 3 of 5 messages keep their unique ids, '
                            '2 not listed get new ones, 1 listed are '
                            'gone\n'), 'dry run')
    equal([line.split()[2] for line in out.splitlines()], want, 'shown')
    equal(everything(box), before, 'the maildir after a dry run')
    status, out, error = popctl(server, 'uidl', 'import', 'dovecot', 'joe')
    equal((status, out), (0, ''), 'import: ' + error)
    st = os.stat(box.sub('popuidl'))
    equal((st.st_uid, st.st_mode & 0o777), (server.uid, 0o600), 'owner')
    equal(session(box), want, 'a session')
    refused(box, server, 'use -f to replace it', 'uidl', 'import', 'dovecot',
            'joe')
    uidlist(box, '1 Pz :%s\n' % names(5))
    status, out, error = popctl(server, 'uidl', 'import', '-f', 'dovecot',
                                'JOE')
    equal(status, 0, error)
    equal(session(box), ['z', own[0], own[1], own[2], own[3]], 'after -f')
    # A session sees what an export says, and vice versa.
    status, out, error = popctl(server, 'uidl', 'export', 'joe')
    equal([line.split()[1] for line in out.splitlines()],
          ['z', own[0], own[1], own[2], own[3]], 'export')
    put(box, 'popuidl', out)
    equal(session(box), ['z', own[0], own[1], own[2], own[3]], 'popuidl')


def test_bad():
    """Bad lists are refused with file and line"""
    server, box = new(3)
    imp = ('uidl', 'import', 'dovecot', 'joe')
    refused(box, server, 'joe: dovecot-uidlist: No such file', *imp)
    long = 'x' * 71
    for text, why in (
            ('1 :' + names(1), 'joe: dovecot-uidlist:2: no newline'),
            ('1 :%s\n1 :%s\n' % (names(1), names(2)),
             'dovecot-uidlist:3: uids out of order'),
            ('1 :../cur/%s\n' % names(1), ':2: not the name'),
            ('1 :a\n', GONE), ('', GONE),
            ('1 P%s :%s\n' % (long, names(1)),
             'dovecot-uidlist:2: unique id of 71 octets'),
            ('1 P\x80 :%s\n' % names(1), ':2: unique id of'),
            ('1 Pa :%s\n2 :%s\n3 Pa :%s\n' % (names(1), names(2), names(3)),
             'dovecot-uidlist:4: same unique id a as line 2'),
            ('1 :' + 'y' * 1000000 + '\n', ':2: not the name')):
        uidlist(box, text)
        refused(box, server, why, *imp)
    uidlist(box, '1 Pa :%s\n2 P%s :%s\n3 Pa :%s\n' %
            (names(1), long, names(2), names(3)))
    status, out, error = popctl(server, 'uidl', 'import', '-nx', 'dovecot',
                                'joe')
    equal((status, out.split()[2]), (0, 'a'), error)
    check('2 listed are left out' in error, error)
    status, out, error = popctl(server, 'uidl', 'import', '-dnx', 'dovecot',
                                'joe')
    equal([line.split()[2] for line in out.splitlines()][:2], ['a', 'a-2'],
          'equal ones, renamed')
    for arguments, why in (
            (('-F', '%m', 'dovecot', 'joe'), 'md5'),
            (('-F', '%v', 'dovecot', 'joe'), 'the same for all'),
            (('-F', '%u', 'courier', 'joe'), 'does not use a format'),
            (('exchange', 'joe'), 'want dovecot'),
            (('listing', 'joe'), 'needs a file'),
            (('-i', '/dev/null', 'qmail', 'joe'), 'needs no file'),
            (('-i', '/dev/null', 'dovecot', 'joe'), 'not a regular file'),
            (('-i', '/nonexistent', 'dovecot', 'joe'), 'No such file'),
            (('dovecot', 'ann'), 'ann: no such user')):
        refused(box, server, why, 'uidl', 'import', *arguments)
    for arguments in ((), ('dovecot',), ('dovecot', 'joe', 'ann'),
                      ('dovecot', 'joe', '-a'), ('-q', 'dovecot', 'joe')):
        refused(box, server, 'usage:', 'uidl', 'import', *arguments, status=2)


def test_twins():
    """Files of one base name keep their own ids"""
    server, box = new(2)
    box.add(b'Subject: other\n\n', names(2), 'new')
    own = session(box)
    uidlist(box, '1 Pa :%s\n2 Pb :%s\n' % (names(1), names(2)))
    status, out, error = popctl(server, 'uidl', 'import', 'dovecot', 'joe')
    equal(status, 0, error)
    check('several files have that name' in error, error)
    equal(session(box), ['a'] + own[1:], 'a session')


def secret_list(server):
    """A list owned by root, which no user may read."""
    victim = os.path.join(server.dir, 'victim')
    with open(victim, 'w') as f:
        f.write(HEADER + '1 Psecret :%s\n' % names(1))
    os.chmod(victim, 0o600)
    return victim


def test_hostile():
    """An import reads only lists that are files of the user"""
    need_root()
    server, box = new(2)
    victim = secret_list(server)
    path = box.sub('dovecot-uidlist')
    imp = ('uidl', 'import', '-f', 'dovecot', 'joe')

    def sparse():
        with open(path, 'w') as f:
            f.truncate(1 << 29)
    for name, make in (
            ('fifo', lambda: os.mkfifo(path)),
            ('link', lambda: os.symlink(victim, path)),
            ('directory', lambda: os.mkdir(path)),
            ('socket', lambda: socket.socket(socket.AF_UNIX).bind(path)),
            ('foreign', lambda: os.link(victim, path)),
            ('large', sparse)):
        make()
        if name not in ('link', 'foreign'):
            box.own(path)
        status, out, error = popctl(server, *imp)
        equal((status, out), (1, ''), name)
        check('secret' not in error, error)
        check(not os.path.exists(box.sub('popuidl')), name)
        (os.rmdir if name == 'directory' else os.unlink)(path)


def test_links():
    """An import writes through no link of the user"""
    need_root()
    server, box = new(2)
    victim = secret_list(server)
    imp = ('uidl', 'import', '-f', 'dovecot', 'joe')
    uidlist(box, '1 Pa :%s\n' % names(1))
    before = open(victim).read()
    for name in ('popuidl.new', 'popuidl'):
        os.symlink(victim, box.sub(name))
        status, out, error = popctl(server, *imp)
        equal(open(victim).read(), before, name)
        if name == 'popuidl.new':
            equal(status, 0, error)
            equal(open(box.sub('popuidl')).read(), names(1) + ' a\n', name)
            os.unlink(box.sub('popuidl'))
        else:
            os.unlink(box.sub(name))
    os.mkdir(box.sub('popuidl.new'))
    status, out, error = popctl(server, *imp)
    equal(status, 1, error)
    os.rmdir(box.sub('popuidl.new'))
    # The maildir itself leads elsewhere.
    other = os.path.join(server.dir, 'other')
    os.rename(box.path, other)
    os.symlink(other, box.path)
    status, out, error = popctl(server, *imp)
    check(status == 1 and 'symbolic link' in error, error)


def test_escapes():
    """File names are shown without control characters"""
    server, box = new(2)
    box.add(b'Subject: x\n\n', '1.\033[2J\n.test', 'new')
    for arguments in (('uidl', 'import', '-fn', 'qmail', 'joe'),
                      ('uidl', 'import', '-fn', '-x', 'qmail', 'joe')):
        status, out, error = popctl(server, *arguments)
        equal(status, 0 if '-x' in arguments else 1, error)
        check('\033' not in error, error)


def test_others():
    """Only root may work in other users' maildirs"""
    need_root()
    server, box = new(2)
    uidlist(box, '1 Pa :%s\n' % names(1))
    # Readable, so that only the owner matters.
    for path in (server.dir, box.path, box.sub('cur'), box.sub('new')):
        os.chmod(path, 0o755)
    ids = dict(user=UID2, group=UID2, extra_groups=[])
    for arguments in (('uidl', 'import', 'dovecot', 'joe'),
                      ('uidl', 'export', 'joe')):
        status, out, error = popctl(server, *arguments, **ids)
        check(status == 1 and 'must be root' in error, (status, out, error))
    equal(os.path.exists(box.sub('popuidl')), False, 'popuidl')
    ids = dict(user=UID, group=UID, extra_groups=[])
    status, out, error = popctl(server, 'uidl', 'import', 'dovecot', 'joe',
                                **ids)
    equal(status, 0, error)
    # Nor may any other user choose the tables.
    os.chmod(server.usertab, 0o666)
    refused(box, server, 'world-writable', 'uidl', 'export', 'joe')


def test_conf():
    """Users and subdirectory come from popd.conf unless flags are given"""
    server, box = new(2)
    home = os.path.join(server.dir, 'home2')
    os.mkdir(home)
    os.rename(box.path, os.path.join(home, 'Mail'))
    os.chown(home, server.uid, server.gid)
    homes = os.path.join(server.dir, 'homes')
    with open(homes, 'w') as f:
        f.write('ann\t%d:%d:%s\n' % (server.uid, server.gid, home))
    conf = os.path.join(server.dir, 'popd.conf')

    def run(text, *flags):
        with open(conf, 'w') as f:
            f.write(text)
        for path in (conf, homes):
            os.chmod(path, 0o644)
        r = subprocess.run([POPCTL, '-f', conf] + list(flags) +
                           ['uidl', 'export', 'ann'], capture_output=True,
                           timeout=PATIENCE, cwd='/', **server.ids())
        return r.returncode, r.stdout.decode().count('\n'), r.stderr.decode()
    good = 'table homes file:%s\nuserbase <homes> subdirectory "Mail"\n'
    equal(run(good % homes), (0, 2, ''), 'from the file')
    equal(run(good % '/nonexistent', '-u', homes), (0, 2, ''), '-u wins')
    equal(run((good % homes).replace('Mail', 'x'), '-e', 'Mail'), (0, 2, ''),
          '-e wins')
    status, count, error = run('userbase <homes>\n')
    check(status == 1 and 'popd.conf:1: table homes' in error, error)
    status, count, error = run('nonsense\n')
    check(status == 1 and 'popd.conf:1:' in error, error)


def test_several():
    """The first of several tables decides; processes are not asked"""
    server, box = new(1, ('ann', 'bob', 'cid'))
    conf = os.path.join(server.dir, 'popd.conf')
    for name, users in (('one', ('ann',)), ('two', ('ann', 'bob'))):
        with open(os.path.join(server.dir, name), 'w') as f:
            for user in users:
                f.write('%s %s\n' % (user, server[
                    'cid' if (name, user) == ('two', 'ann') else user].line))
        os.chmod(f.name, 0o644)
    os.unlink(server['ann'].sub('cur/' + server['ann'].list('cur')[0]))

    def run(order, *arguments, command=('uidl', 'export')):
        with open(conf, 'w') as f:
            f.write('table one file:%s/one\ntable two file:%s/two\n'
                    'table sql proc:/bin/false\nuserbase %s\n' %
                    (server.dir, server.dir, order))
        os.chmod(conf, 0o644)
        r = subprocess.run([POPCTL, '-f', conf, *command, *arguments],
                           capture_output=True, timeout=PATIENCE, cwd='/',
                           **server.ids())
        return r.returncode, r.stdout.decode().count('\n'), r.stderr.decode()
    equal(run('<one> <two>', 'ann'), (0, 0, ''), 'of the first')
    equal(run('<two> <one>', 'ann'), (0, 1, ''), 'of the second')
    equal(run('<one> <two>', 'bob'), (0, 1, ''), 'of the second')
    equal(run('<one> <two>', 'cid'), (1, 0, 'cid: no such user\n'))
    why = ': no such user in the files before the first table process\n'
    for order, user in (('<sql>', 'ann'), ('<sql> <one>', 'ann'),
                        ('<one> <sql> <two>', 'bob')):
        equal(run(order, user), (1, 0, user + why), order)
    equal(run('<one> <sql> <two>', 'ann'), (0, 0, ''), 'before a process')
    # All: each once, by the table that decides.
    done = ('uidl', 'import', 'dovecot')
    uidlist(server['bob'], '1 Pa :%s\n' % names(1))
    uidlist(server['cid'], '1 Pa :%s\n' % names(1))
    status, count, error = run('<one> <two>', '-a', command=done)
    equal(status, 0, error)
    equal([os.path.exists(server[user].sub('popuidl'))
           for user in ('ann', 'bob', 'cid')], [False, True, False], 'whose')
    os.unlink(server['bob'].sub('popuidl'))
    status, count, error = run('<two> <sql> <one>', '-a', command=done)
    equal(status, 0, error)
    check(error.startswith('popctl: table sql: ignored: is a process\n'
                           'popctl: table one: ignored: follows a process\n'),
          error)
    check(os.path.exists(server['cid'].sub('popuidl')), 'cid')


def test_all():
    """-a goes on after a user that fails, and shows progress"""
    server, box = new(2, ('ann', 'bob', 'cid'))
    for user in ('ann', 'cid'):
        uidlist(server[user], '1 Pa :%s\n' % names(1))
    with open(server.usertab, 'a') as f:
        f.write('root\t0:0:/root\n')
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command(server, 'uidl', 'import', 'dovecot', '-a'),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave,
        cwd='/', **server.ids())
    os.close(slave)
    text = b''
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:
            break
        if not data:
            break
        text += data
    os.close(master)
    equal(process.wait(PATIENCE), 1, 'status: %r' % text)
    check(b' of 4 users' in text, text)
    lines = [line.split('\r')[-1] for line in
             text.decode().replace('\r\n', '\n').split('\n')]
    for line in ('ann: 1 of 2 messages', 'cid: 1 of 2 messages',
                 'bob: dovecot-uidlist: No such file', 'root: uid or gid 0',
                 'popctl: 2 of 4 users failed'):
        check(any(l.startswith(line) for l in lines), (line, lines))
    # The others have it; a file each by name, where it is not in maildirs.
    lists = os.path.join(server.dir, 'lists')
    os.mkdir(lists)
    with open(os.path.join(lists, 'bob'), 'w') as f:
        f.write(HEADER + '1 Pb :%s\n' % names(2))
    status, out, error = popctl(server, 'uidl', 'import', '-f', '-i', lists,
                                'dovecot', '-a')
    equal(status, 1, error)
    equal(open(server['bob'].sub('popuidl')).read(), names(2) + ' b\n',
          'bob: ' + error)


def holding(server, box, *arguments, **more):
    """popctl waits for a session to end: (session, process, its child)."""
    holder = Worker(box)
    holder.ok('STAT')
    process = subprocess.Popen(command(server, *arguments),
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd='/',
                               **more, **server.ids())
    end = time.monotonic() + PATIENCE
    while True:
        children = [p for p in descendants(process.pid) if confined(p)]
        if children:
            return holder, process, children[0]
        check(time.monotonic() < end and process.poll() is None,
              'no confined child')
        time.sleep(0.01)


def test_descriptors():
    """A user's process inherits no descriptor of popctl's caller"""
    need_root()
    need('/proc/self')
    server, box = new(1, ('ann', 'bob'))
    listing = server.dir + '/listing'
    with open(listing, 'w') as f:
        f.write('1 x\n')
    with open(server.authtab, 'rb') as f:
        theirs = [os.dup(f.fileno()) for i in range(6)]
        for more in ('export',), ('import', '-i', listing, 'listing'):
            holder, process, child = holding(
                server, box, 'uidl', *more, 'ann', pass_fds=theirs)
            found = set(descriptors(child).values())
            process.kill()
            process.communicate()
            os.kill(child, signal.SIGKILL)
            holder.quit()
            check(server.authtab not in found, found)
            equal(listing in found, 'import' in more, 'its own: %s' % found)
        for fd in theirs:
            os.close(fd)


def test_stopped():
    """A user who stops or kills their process delays no other user"""
    for sig, why in ((signal.SIGSTOP, 'stopped by a signal: killed'),
                     (signal.SIGKILL, 'killed by a signal')):
        server, box = new(1, ('ann', 'bob'))
        for user in ('ann', 'bob'):
            uidlist(server[user], '1 Pa :%s\n' % names(1))
        holder, process, child = holding(server, box, 'uidl', 'import',
                                         'dovecot', '-a')
        os.kill(child, sig)
        out, error = process.communicate(timeout=PATIENCE * 2)
        equal(process.returncode, 1, error)
        check(('ann: ' + why).encode() in error, error)
        check(not os.path.exists(server['ann'].sub('popuidl')), 'ann')
        check(os.path.exists(server['bob'].sub('popuidl')), 'bob')
        holder.kill()


def pipe_of(pid):
    """The descriptor on which a process reports its progress."""
    return min(fd for fd, what in descriptors(pid).items()
               if fd > 2 and what.startswith('pipe'))


def test_closed():
    """Nor does a process that closes its pipe and keeps running"""
    injector = tool()
    server, box = new(1, ('ann', 'bob'))
    for user in ('ann', 'bob'):
        uidlist(server[user], '1 Pa :%s\n' % names(1))
    holder, process, child = holding(server, box, 'uidl', 'import',
                                     'dovecot', '-a')
    inject(injector, child, call('close', pipe_of(child)))
    os.kill(child, signal.SIGSTOP)
    out, error = process.communicate(timeout=PATIENCE * 2)
    equal(process.returncode, 1, error)
    check(b'ann: did not end: killed' in error, error)
    check(os.path.exists(server['bob'].sub('popuidl')), 'bob')
    holder.kill()


def test_interrupt():
    """An interrupt leaves the maildir as it was"""
    server, box = new(3, ('ann', 'bob'))
    for user in 'ann', 'bob':
        uidlist(server[user], '1 Pa :%s\n' % names(1))
    holder, process, child = holding(server, box, 'uidl', 'import', 'dovecot',
                                     '-a')
    before = everything(box)
    for pid in (process.pid, child):
        os.kill(pid, signal.SIGINT)
    holder.kill()
    out, error = process.communicate(timeout=PATIENCE * 2)
    equal(process.returncode, 1, error)
    check(b'interrupted: 0 of 2 users done' in error, error)
    equal(everything(box), before, 'the maildir')
    check(not os.path.exists(server['bob'].sub('popuidl')), 'bob has a list')


def test_in_use():
    """A maildir with a session is in use"""
    server, box = new(2)
    uidlist(box, '1 Pa :%s\n' % names(1))
    holder, process, child = holding(server, box, 'uidl', 'import',
                                     'dovecot', 'joe')
    equal(process.wait(PATIENCE * 2), 1, 'status')
    check(b'joe: in use' in process.stderr.read(), 'what it said')
    check(not os.path.exists(box.sub('popuidl')), 'popuidl')
    holder.kill()


def test_diff():
    """uidl diff shows differences, in its status and line by line"""
    server, box = new(5)
    own = session(box)
    listing = os.path.join(server.dir, 'listing')

    def diff(text):
        with open(listing, 'w') as f:
            f.write(text)
        os.chmod(listing, 0o644)
        before = everything(box)
        got = popctl(server, 'uidl', 'diff', listing, 'joe')
        equal(everything(box), before, 'the maildir')
        return got
    lines = ['%d %s' % (i + 1, u) for i, u in enumerate(own)]
    equal(diff('\n'.join(lines) + '\n'), (0, '', ''), 'the same')
    sizes = ['%d %d' % (i + 1, 22 + i) for i in range(5)]
    equal(diff('+OK\r\n' + '\r\n'.join(lines) + '\r\n.\r\n+OK\r\n' +
               '\r\n'.join(sizes) + '\r\n.\r\n'), (0, '', ''), 'with LIST')
    sizes[2] = '3 99'
    equal(diff('\n'.join(lines + sizes) + '\n')[:2],
          (1, '! 3 %s has 24 octets, not 99\n' % own[2]), 'a size')
    moved = [own[4]] + own[1:4] + ['old']
    equal(diff(''.join('%d %s\n' % (i + 1, u)
                       for i, u in enumerate(moved)))[:2],
          (1, '> 1 %s is number 5 now\n- 5 old\n+ 1 %s\n' %
           (own[4], own[0])), 'moved')
    for text in ('1 a\n2 a\n', '1 a\nx\n', '', '1 a'):
        status, out, error = diff(text)
        check(status == 2 and out == '' and 'listing' in error,
              (text, status, out, error))
    equal(popctl(server, 'uidl', 'diff', '/nonexistent', 'joe')[0], 2, 'file')
    equal(popctl(server, 'uidl', 'diff', listing, 'ann')[0], 2, 'user')


def capture(server, messages, tops=()):
    """The answers of an old server: (unique id, octets) of each message, and
    perhaps headers."""
    path = os.path.join(server.dir, 'listing')
    with open(path, 'w') as f:
        for k in range(2):
            f.writelines('%d %s\n' % (i + 1, m[k])
                         for i, m in enumerate(messages))
        f.writelines('TOP %d 0\n+OK\n%s\n.\n' % (i + 1, top)
                     for i, top in enumerate(tops))
    os.chmod(path, 0o644)
    # Not within one tick of what is there.
    os.utime(path, (time.time() + 1,) * 2)
    return ('uidl', 'import', '-n', '-i', path, 'listing', 'joe')


def imported(server, imp, *flags):
    """The unique ids that a dry run shows, in order, and what it says."""
    status, out, error = popctl(server, *imp[:3], *flags, *imp[3:])
    equal(status, 0, error)
    return [line.split()[2] for line in out.splitlines()], error


def test_listing():
    """A listing is matched by size and octets; by order only with -f"""
    server, box = new(3)
    for n, data in ((4, b'a'), (5, b'b'), (6, b'c'), (7, b'c')):
        box.add(b'Subject: 4567\n\n' + data + b'\n', names(n), 'new')
    unsure = 'listing:4: message 4: ambiguous: several files of 20 octets'
    imp = capture(server, (('p', 22), ('q', 23), ('r', 24), ('s', 20),
                           ('t', 20), ('u', 20), ('v', 20)))
    refused(box, server, unsure, *imp)
    equal(imported(server, imp, '-f')[0], list('pqrstuv'), 'by order')
    equal(imported(server, imp, '-x')[0][:3], list('pqr'), 'the others')
    # One gone: three lines cannot be matched to four files.
    imp = capture(server, (('p', 22), ('q', 23), ('r', 24), ('s', 20),
                           ('t', 20), ('u', 20)))
    for flags in ((), ('-f',)):
        refused(box, server, unsure, *imp[:3], *flags, *imp[3:])
    os.unlink(box.sub('new/' + names(4)))
    os.unlink(box.sub('new/' + names(5)))
    # The two that are left have the same octets.
    imp = capture(server, (('p', 22), ('x', 999), ('r', 24), ('s', 20)))
    found, error = imported(server, imp)
    equal(found[:3], ['p', 'r', 's'], 'alike: ' + error)
    check('listing:2: message 2: no remaining file of 999 octets' in error,
          error)
    # Sizes that only one has, but in another order.
    imp = capture(server, (('r', 24), ('p', 22)))
    refused(box, server, 'listing:1: message 1: ambiguous', *imp)
    equal(imported(server, imp, '-f')[0][:2], ['r', 'p'], 'any order')


def test_listing_new():
    """What came after the listing gets no unique id of it"""
    for late in ('both', 'name', 'time', 'neither'):
        for alike in (True, False):
            server, box = new(0)
            for n in range(1, 6):
                box.add(b'Subject: 1\n\n%s\n' %
                        (b'x' * n if not alike else b'%d' % n), names(n))
            sizes = [17 if alike else 16 + n for n in range(1, 6)]
            old = time.time() - 60
            for n in range(1, 6):
                os.utime(box.sub('new/' + names(n)), (old, old))
            imp = capture(server, [('u%d' % n, s) for n, s in
                                   enumerate(sizes, 1)])
            os.utime(os.path.join(server.dir, 'listing'), (old + 30,) * 2)
            os.unlink(box.sub('new/' + names(1)))
            name = box.add(b'Subject: 1\n\n9\n', '%d.M9.new' % (
                time.time() if late in ('both', 'name') else 1600000099))
            if late in ('name', 'neither'):
                os.utime(box.sub('new/' + name), (old, old))
            if alike or late == 'neither':
                # By size alone, only its place says that it is not the first.
                error = refused(box, server, 'ambiguous', *imp)[2]
            else:
                found, error = imported(server, imp)
                equal(found[:4], ['u2', 'u3', 'u4', 'u5'], late)
                check('u1' not in found, '%s: %s, %s' % (late, found, error))
            equal(late != 'neither', '1 files are younger' in error, error)


def test_listing_top():
    """Answers to TOP tell messages of one size apart, in any order"""
    server, box = new(0)
    for n in range(1, 6):
        box.add(b'Subject: %d\nX: ..\n\nbody\n' % n, names(n))
    octets = len(b'Subject: 1\r\nX: ..\r\n\r\nbody\r\n')
    order = [3, 1, 5, 2, 4]
    imp = capture(server, [('u%d' % n, octets) for n in order],
                  ['Subject: %d\nX: ..\n' % n for n in order])
    os.unlink(box.sub('new/' + names(3)))
    box.add(b'Subject: 9\nX: ..\n\nbody\n', '1600000000.M9.new')
    found, error = imported(server, imp)
    equal(sorted(found[:4]), ['u1', 'u2', 'u4', 'u5'], error)
    check('listing:1: message 3' not in error and 'listing:1: message 1: no '
          'remaining file' in error, error)
    equal(popctl(server, *imp[:2], *imp[3:])[0], 0, 'import')
    equal(popctl(server, 'uidl', 'export', 'joe')[1].splitlines()[:4],
          ['%s u%d' % (names(n), n) for n in (1, 5, 2, 4)], 'who has which')


def test_encrypt():
    """encrypt prints a valid hash, and no password"""
    server = Server(start=False)
    def run(data, *arguments):
        r = subprocess.run([POPCTL, 'encrypt'] + list(arguments), input=data,
                           capture_output=True, timeout=60)
        return r.returncode, r.stdout, r.stderr
    for data, word in ((b'secret\n', b'secret'), (b'a b\xff', b'a b\xff'),
                       (b'x' * 72 + b'\n', b'x' * 72)):
        status, out, error = run(data, '-c', '4')
        equal((status, error), (0, b''), 'status')
        check(re.fullmatch(rb'\$2b\$04\$[./A-Za-z0-9]{53}\n', out), out)
        server.user('joe', hash=out.decode().strip())
        server.tables()
        server.start()
        server.login(password=word).quit()
        server.stop()
    status, out, error = run(b'secret\n')
    check(re.match(rb'\$2b\$(08|09|10)\$', out), out)
    for data, arguments in ((b'', ()), (b'\n', ()), (b'x' * 73, ()),
                            (b'a\0b\n', ()), (b'x\n', ('-c', '3')),
                            (b'x\n', ('-c', '16')), (b'x\n', ('-c', 'a')),
                            (b'x\n', ('y',))):
        status, out, error = run(data, *arguments)
        check(status != 0 and out == b'' and error, (data, arguments))
        check(not data.strip() or data.strip() not in error, error)
    for words, want in (('secret secret', 0), ('secret other', 1),
                        ('secret other secret secret', 0), ('', 1)):
        pid, master = pty.fork()
        if pid == 0:
            os.execv(POPCTL, [POPCTL, 'encrypt', '-c', '4'])
        text = b''
        # After the words an end of file, if it still asks.
        for i, word in enumerate(words.split() + ['\4'] * want):
            while len(re.findall(b'(Password|Again): ', text)) <= i:
                check(select.select([master], [], [], PATIENCE)[0],
                      'no prompt: %r' % text)
                text += os.read(master, 4096)
            os.write(master, word.encode() + b'\n' * (word != '\4'))
        data = text
        while data:
            try:
                data = os.read(master, 4096)
            except OSError:
                data = b''
            text += data
        os.close(master)
        equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), want, text)
        check(b'secret' not in text and b'other' not in text, text)
        equal(b'$2b$04$' in text, want == 0, text)


def test_examples():
    """No example adds a line if encrypt fails"""
    found = 0
    for path in (glob.glob(SRC + '/man/*') + glob.glob(SRC + '/README') +
                 glob.glob(SRC + '/etc/**/README*', recursive=True)):
        with open(path) as f:
            for line in f:
                if '$(' in line and 'popctl encrypt' in line:
                    check(re.search(r'hash=\$\([^)]*encrypt[^)]*\) && ', line),
                          path + ': ' + line)
                    found += 1
    check(found > 5, 'examples: %d' % found)


main()
