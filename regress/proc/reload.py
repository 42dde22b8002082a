#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""SIGHUP: all new or all old, and sessions go on."""

from popdtest import *

server = Server(users={'joe': 'secret', 'ann': 'secret'}, shared=True)
for name in ('joe', 'ann'):
    server[name].add(b'Subject: x\n\n')


def good():
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('configuration reloaded', mark)


def bad(*words):
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('configuration not changed', mark)
    for word in words:
        check(word in server.log(mark), '%s: %s' % (word, server.log(mark)))


def can(user, password='secret', source=None):
    c = server.connect(source=source)
    c.ok('USER ' + user)
    reply = c.cmd('PASS ' + password)
    if reply.startswith(b'+OK'):
        c.quit()
        return True
    c.close()
    check(reply.startswith(b'-ERR [AUTH]'), repr(reply))
    return False


def test_tables():
    """New users and passwords count, old ones do not; sessions go on"""
    session = server.login('ann')
    server.user('new', 'fresh')
    server['joe'].hash = bcrypt('changed')
    del server.users['ann']
    server.tables()
    good()
    check(can('new', 'fresh'), 'new user')
    check(can('joe', 'changed'), 'new password')
    check(not can('joe', 'secret', '127.0.13.1'), 'old password')
    check(not can('ann', 'secret', '127.0.13.2'), 'removed user')
    equal(session.retr(1), b'Subject: x\r\n\r\n', 'session of before')
    session.quit()


def test_bad_table():
    """A bad table changes nothing, and the log says why"""
    session = server.login('joe', 'changed')
    for path in (server.usertab, server.authtab):
        with open(path, 'rb') as f:
            keep = f.read()
        # What stands before the bad line does not count either.
        with open(path, 'wb') as f:
            f.write(b'broken\n')
        bad(path + ':1')
        check(can('new', 'fresh'), 'a login afterwards')
        with open(path, 'wb') as f:
            f.write(keep)
    os.rename(server.authtab, server.authtab + '.away')
    bad(server.authtab)
    check(can('new', 'fresh'), 'a login afterwards')
    os.rename(server.authtab + '.away', server.authtab)
    session.ok('NOOP')
    session.quit()
    good()


def test_all_or_nothing():
    """A good authtab beside a bad usertab is not used"""
    keep = server['joe'].hash
    server['joe'].hash = bcrypt('never')
    server.tables()
    with open(server.usertab, 'ab') as f:
        f.write(b'broken\n')
    bad(server.usertab)
    check(can('joe', 'changed'), 'the old password')
    check(not can('joe', 'never', '127.0.13.3'), 'the new password')
    server['joe'].hash = keep
    server.tables()
    good()


def test_certificate():
    """A renewed certificate is served after a reload, to new connections"""
    cert, key = server.pairs[0]
    before = server.login('joe', 'changed')
    old = open(cert, 'rb').read()
    new_cert, new_key = certificate('renewed')
    # First with the old key: that does not match.
    shutil.copyfile(new_cert, cert)
    bad(key)
    c = Client(('127.0.0.1', server.port), name='localhost',
               cafile=write(old))
    c.quit()
    shutil.copyfile(new_key, key)
    good()
    c = Client(('127.0.0.1', server.port), name='renewed', cafile=cert)
    c.quit()
    before.ok('NOOP')
    before.quit()
    server.pairs = [(cert, key)]
    good()


def write(data):
    path = os.path.join(WORK, 'old.crt')
    with open(path, 'wb') as f:
        f.write(data)
    return path


def test_many():
    """Many SIGHUPs at once end in the last state"""
    def sessions():
        return Client(('127.0.0.1', server.port), name='renewed',
                      cafile=server.pairs[0][0])
    pids = [p for p, n, u in server.children()]
    for i in range(100):
        os.kill(server.pid, signal.SIGHUP)
        if i % 10 == 0:
            time.sleep(0.01)
    server['joe'].hash = bcrypt('last')
    server.tables()
    good()
    end = time.monotonic() + 20
    while True:
        c = sessions()
        c.ok('USER joe')
        reply = c.cmd('PASS last')
        c.close()
        if reply.startswith(b'+OK'):
            break
        check(time.monotonic() < end, repr(reply))
        time.sleep(0.2)
    equal([p for p, n, u in server.children() if n != 'wrkrpop'], pids,
          'the same processes')
    for pid in pids:
        n = len(descriptors(pid))
        check(n < 40, '%s has %d descriptors' % (program_of(pid), n))


main()
