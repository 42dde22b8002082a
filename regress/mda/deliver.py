#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""mda: OpenSMTPD's contract."""

import os
import re
import resource
import signal
import subprocess
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import ASAN, MDA, UID, WORK
from popdtest.host import need
from popdtest.mail import corpus, odd_messages, wire
from popdtest.maildir import new_box
from popdtest.worker import Worker

EX_TEMPFAIL = 75


def run(*arguments, data=b'Subject: x\n\n', env=None, box=None, wrap=(),
        preexec=None):
    """(status, last line of standard error) of mda with just these."""
    ids = {}
    if os.getuid() == 0 and not wrap:
        ids = dict(user=UID, group=UID, extra_groups=[])
    result = subprocess.run(list(wrap) + [MDA] + list(arguments), input=data,
                            capture_output=True, timeout=30, cwd='/',
                            env=env or {'PATH': '/usr/bin:/bin'},
                            preexec_fn=preexec, **ids)
    equal(result.stdout, b'', 'standard output')
    lines = result.stderr.decode().strip().splitlines()
    return result.returncode, lines[-1] if lines else ''


def test_content():
    """Every odd message is in new/ as it came, under a unique name"""
    box = new_box('content')
    mail = odd_messages()
    try:
        mail += corpus()
    except Skip:
        pass
    for name, data in mail:
        before = set(box.list('new'))
        status, why = run(box.path, data=data)
        equal(status, 0, '%s: %s' % (name, why))
        equal(why, '', 'said')
        new = set(box.list('new')) - before
        equal(len(new), 1, 'new files')
        path = box.sub('new/' + new.pop())
        with open(path, 'rb') as f:
            equal(f.read(), data, name)
        st = os.stat(path)
        equal((st.st_mode & 0o7777, st.st_uid, st.st_nlink),
              (0o600, box.uid, 1), 'mode, owner, links')
        check(re.fullmatch(r'[0-9]+\.[^/:]+,S=%d,W=%d' % (
            len(data), len(wire(data))), os.path.basename(path)), path)
    equal(box.list('tmp'), [], 'tmp/')
    equal(box.list('cur'), [], 'cur/')
    c = Worker(box)
    equal(c.stat()[0], len(mail), 'messages')
    got = sorted(c.retr(i + 1) for i in range(len(mail)))
    equal(got, sorted(wire(d) for n, d in mail), 'mail')
    c.close()


def test_order():
    """Mail is listed in the order of delivery"""
    box = new_box('order')
    for i in range(30):
        status, why = run(box.path, data=b'Subject: %d\n\n' % i)
        equal(status, 0, why)
        if i == 10:
            Worker(box).close()
    c = Worker(box)
    subjects = [c.top(i + 1, 0).split(b'\r\n')[0] for i in range(30)]
    equal(subjects, [b'Subject: %d' % i for i in range(30)], 'order')
    c.close()


def test_makes_directories():
    """Missing tmp/, new/ and cur/ are created with the right modes"""
    box = new_box('makes')
    for sub in ('tmp', 'new', 'cur'):
        os.rmdir(box.sub(sub))
    status, why = run(box.path)
    equal(status, 0, why)
    for sub in ('tmp', 'new', 'cur'):
        st = os.stat(box.sub(sub))
        equal((st.st_mode & 0o7777, st.st_uid), (0o700, box.uid), sub)
    equal(len(box.list('new')), 1, 'messages')


def test_home():
    """The default directory is $HOME"""
    box = new_box('home')
    status, why = run(env={'HOME': box.path})
    equal(status, 0, why)
    equal(len(box.list('new')), 1, 'messages')
    status, why = run(env={'PATH': '/bin'})
    equal(status, EX_TEMPFAIL, 'without HOME')
    check(why, 'no reason')


def test_subdir():
    """-e: a subdirectory, created if missing, never above"""
    box = new_box('subdir')
    status, why = run('-e', 'Mail/Inbox', box.path)
    equal(status, 0, why)
    # As popd reads it.
    status, why = run('-e', './Mail//Inbox/.', box.path)
    equal(status, 0, why)
    equal(len(os.listdir(box.sub('Mail/Inbox/new'))), 2, 'messages')
    equal(box.list('new'), [], 'messages in the directory itself')
    for bad in ('..', '../x', 'a/../../b', '/tmp', ''):
        status, why = run('-e', bad, box.path)
        equal(status, EX_TEMPFAIL, '-e %r' % bad)
        check(why, 'no reason')


def test_temporary():
    """All that may heal is EX_TEMPFAIL with a reason, never a bounce"""
    box = new_box('temporary')
    cases = [(['/nonexistent/dir'], {}), (['-x'], {}), ([''], {}),
             ([box.path, 'more'], {}), (['/etc/passwd'], {}),
             (['/dev/null'], {})]
    for arguments, more in cases:
        status, why = run(*arguments, **more)
        equal(status, EX_TEMPFAIL, '%s: %s' % (arguments, why))
        check(why, '%s: no reason' % arguments)
    # Directories that cannot be written to, links, files in their places.
    for sub in ('tmp', 'new'):
        os.chmod(box.sub(sub), 0o500)
        status, why = run(box.path)
        os.chmod(box.sub(sub), 0o700)
        equal(status, EX_TEMPFAIL, 'read-only %s: %s' % (sub, why))
        check(why, 'no reason')
        os.rmdir(box.sub(sub))
        with open(box.sub(sub), 'w'):
            pass
        status, why = run(box.path)
        equal(status, EX_TEMPFAIL, 'file %s: %s' % (sub, why))
        os.unlink(box.sub(sub))
        os.mkdir(box.sub(sub), 0o700)
        box.own(box.sub(sub))
    if os.getuid() == 0:
        os.chown(box.path, 0, 0)
        os.chmod(box.path, 0)
        status, why = run(box.path)
        equal(status, EX_TEMPFAIL, 'locked out: %s' % why)
    equal(box.list('new') + box.list('tmp'), [], 'files')


def test_limits():
    """File size, memory and descriptor limits: EX_TEMPFAIL, nothing left"""
    box = new_box('limits')
    big = b'Subject: big\n\n' + b'x' * 3000000 + b'\n'

    def limit(what, value):
        return lambda: resource.setrlimit(what, (value, value))

    status, why = run(box.path, data=big,
                      preexec=limit(resource.RLIMIT_FSIZE, 100000))
    check(status in (EX_TEMPFAIL, -signal.SIGXFSZ), '%s %s' % (status, why))
    status, why = run(box.path, data=big,
                      preexec=limit(resource.RLIMIT_NOFILE, 4))
    check(status in (EX_TEMPFAIL, 127, -6, 1) or status < 0 if ASAN else
          status == EX_TEMPFAIL, 'descriptors: %s %s' % (status, why))
    equal(box.list('new'), [], 'visible')


def test_full_disk():
    """A full disk: EX_TEMPFAIL, and nothing is left of the mail"""
    if os.getuid() != 0:
        raise Skip('needs root for a small file system')
    need('unshare', 'setpriv')
    point = os.path.join(WORK, 'full')
    os.makedirs(point, exist_ok=True)
    message = os.path.join(WORK, 'message')
    with open(message, 'wb') as f:
        f.write(b'Subject: big\n\n' + b'x' * 1000000 + b'\n')
    small = os.path.join(WORK, 'small')
    with open(small, 'wb') as f:
        f.write(b'Subject: small\n\nx\n')
    script = '''
        mount -t tmpfs -o size=200k,mode=755 none "$1" || exit 99
        mkdir "$1/m" && chown %d:%d "$1/m" || exit 99
        as="setpriv --reuid %d --regid %d --clear-groups"
        $as "$2" "$1/m" <"$3"
        echo status=$?
        ls "$1/m/tmp" "$1/m/new"
        echo --
        $as "$2" "$1/m" <"$4"
        echo status=$?
        ls "$1/m/new" | wc -l
    ''' % (UID, UID, UID, UID)
    result = subprocess.run(['unshare', '-m', 'sh', '-c', script, 'sh', point,
                             MDA, message, small], capture_output=True,
                            timeout=30)
    if result.returncode == 99 or b'unshare' in result.stderr:
        raise Skip('no mount: ' + result.stderr.decode().strip())
    first, second = result.stdout.decode().split('--')
    check('status=75' in first, result.stdout + result.stderr)
    check(',S=' not in first, 'left on the disk: ' + first)
    check(b'space' in result.stderr, result.stderr)
    check('status=0' in second and second.split()[-1] == '1', second)


def test_slow_input():
    """During slow input nothing is visible and no lock is held"""
    box = new_box('slow')
    ids = dict(user=UID, group=UID, extra_groups=[]) if os.getuid() == 0 \
        else {}
    p = subprocess.Popen([MDA, box.path], stdin=subprocess.PIPE,
                         stderr=subprocess.PIPE, cwd='/', **ids)
    p.stdin.write(b'Subject: slow\n\nfirst half\n' * 1000)
    p.stdin.flush()
    time.sleep(0.2)
    equal(box.list('new'), [], 'visible too early')
    began = time.monotonic()
    status, why = run(box.path, data=b'Subject: other\n\n')
    equal(status, 0, why)
    c = Worker(box)
    equal(c.stat()[0], 1, 'messages')
    c.quit()
    check(time.monotonic() - began < 5, 'waited for a lock')
    p.stdin.close()
    equal(p.wait(20), 0, 'exit status')
    p.stderr.close()
    equal(len(box.list('new')), 2, 'messages')


def test_session_open():
    """Delivery into a maildrop with an open session"""
    box = new_box('open')
    run(box.path)
    c = Worker(box)
    status, why = run(box.path, data=b'Subject: later\n\n')
    equal(status, 0, why)
    equal(c.stat()[0], 1, 'the snapshot')
    c.quit()
    c = Worker(box)
    equal(c.stat()[0], 2, 'the next session')
    c.quit()


def test_many_at_once():
    """Many deliveries at once: each message once"""
    box = new_box('many')
    ids = dict(user=UID, group=UID, extra_groups=[]) if os.getuid() == 0 \
        else {}
    running = []
    for i in range(40):
        p = subprocess.Popen([MDA, box.path], stdin=subprocess.PIPE,
                             stderr=subprocess.PIPE, cwd='/', **ids)
        p.stdin.write(b'Subject: %d\n\n' % i)
        running.append(p)
    for p in running:
        p.stdin.close()
    for p in running:
        equal(p.wait(30), 0, 'exit status')
        p.stderr.close()
    c = Worker(box)
    got = sorted(c.retr(i + 1) for i in range(c.stat()[0]))
    equal(got, sorted(b'Subject: %d\r\n\r\n' % i for i in range(40)), 'mail')
    equal(len(set(c.uidl().values())), 40, 'UIDLs')
    c.quit()


def test_popcache_odd():
    """No state of popcache stops a delivery"""
    box = new_box('oddcache')
    for i, make in enumerate((
            lambda p: open(p, 'w').close(), os.mkdir, os.mkfifo,
            lambda p: os.symlink('/nowhere', p),
            lambda p: open(p, 'wb').write(os.urandom(5000)))):
        path = box.popcache()
        if os.path.isdir(path):
            os.rmdir(path)
        elif os.path.lexists(path):
            os.unlink(path)
        make(path)
        box.own(path)
        status, why = run(box.path, data=b'Subject: %d\n\n' % i)
        equal(status, 0, 'popcache %d: %s' % (i, why))
        equal(len(box.list('new')), i + 1, 'messages')
        c = Worker(box)
        reply = c.cmd('UIDL')
        if reply.startswith(b'-ERR [SYS/TEMP]'):
            c.close()
            c = Worker(box)
            reply = c.cmd('UIDL')
        check(reply.startswith(b'+OK'), repr(reply))
        equal(len(c.body().splitlines()), i + 1, 'messages listed')
        c.close()


main()
