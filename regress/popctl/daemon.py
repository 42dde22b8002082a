#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 240
# waits
"""popctl and a popd with sessions: each command in columns and in JSON, its
exit status, and its effect."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time

from popdtest.ca import certificate
from popdtest.cases import check, equal, main, until
from popdtest.env import PATIENCE, STAGE, WORK
from popdtest.process import (descendants, kill_all, program_of, uid_of,
                              words_of)
from popdtest.server import Server

MAIL = b'Subject: x\n\nhello\n'


def done(server, *arguments, input=b''):
    status, lines, error = server.popctl(*arguments, input=input)
    equal((status, error), (0, ''), ' '.join(arguments))
    return lines


def fails(server, *arguments, status=1, input=b''):
    got, lines, error = server.popctl(*arguments, input=input)
    equal(got, status, 'status of ' + ' '.join(arguments))
    return error or '\n'.join(lines)


SERVER = None


def server():
    global SERVER
    if SERVER is None:
        SERVER = Server({'joe': 'secret', 'ann': 'apple', 'bob': 'pear'},
                        shared=True)
        SERVER['ann'].add(MAIL)
        for i in range(3):
            SERVER['joe'].add(MAIL)
    return SERVER


def test_status():
    """status shows popd, its sockets, processes and limits"""
    s = server()
    c = s.login('joe')
    rows = s.rows('status')
    popd, = [r for r in rows if r['kind'] == 'popd']
    equal((popd['pid'], popd['uid']), (s.pid, uid_of(s.pid)), 'popd')
    check(re.fullmatch(r'\d+\.\d+\S*', popd['version']), popd['version'])
    check(abs(popd['since'] - time.time()) < 600, 'since')
    listens = [r for r in rows if r['kind'] == 'listen']
    equal([(r['address'], r['how']) for r in listens],
          [('127.0.0.1 port %d' % s.port, 'tls')], 'sockets')
    processes = {r['pid']: r for r in rows if r['kind'] == 'process'}
    children = [(p, n, u) for p, n, u in s.children() if n != 'wrkrpop']
    equal(sorted(processes), sorted(p for p, n, u in children), 'pids')
    for pid, name, uid in children:
        row = processes[pid]
        equal(row['process'], name, 'role')
        equal((row['uid'], row['state'], row['restarts']), (uid, 'up', 0),
              name)
    equal(sum(r['sessions'] or 0 for r in processes.values()), 1, 'sessions')
    limits = {r['limit']: r for r in rows if r['kind'] == 'limit'}
    equal(limits['sessions']['used'], 1, 'sessions')
    equal(limits['sessions-of-a-user']['most'], 16, 'of a user')
    lines = done(s, 'status')
    for start in ('VERSION', 'HOW', 'PROCESS', 'LIMIT'):
        check([l for l in lines if l.startswith(start)], start)
    c.ok('QUIT')
    c.close()


def test_down():
    """status shows what is down, and how often a role was restarted"""
    s = Server()
    s.expect_crash = True

    def up():
        return [r for r in s.rows('status', kind='process')
                if r['process'] == 'keypop' and r['state'] == 'up']
    for i in range(2):
        until('keypop', up)
        os.kill(up()[0]['pid'], signal.SIGKILL)
        until('its end', lambda: all(r['restarts'] > i for r in up()))
    until('keypop', up)
    equal(up()[0]['restarts'], 2, 'restarts')
    down = [r for r in s.rows('status', kind='process')
            if r['state'] == 'down']
    check(not down, 'down: %s' % down)
    s.stop()


def test_sessions():
    """show sessions: user, address, start, and process"""
    s = server()
    joe, ann = s.login('joe'), s.login('ann')
    rows = s.rows('show', 'sessions')
    equal(sorted(r['user'] for r in rows), ['ann', 'joe'], 'users')
    row, = s.rows('show', 'sessions', 'JOE')
    equal([row['user'], row['source']], ['joe', '127.0.0.1'], 'row')
    check(abs(row['since'] - time.time()) < 600, 'since')
    equal(program_of(row['pid']), 'wrkrpop', 'pid')
    equal(len(s.rows('show', 'sessions', '127.0.0.1')), 2, 'by address')
    equal(s.rows('show', 'sessions', '127.0.0.2'), [], 'another address')
    equal(s.rows('show', 'sessions', 'nobody'), [], 'another user')
    lines = done(s, 'show', 'sessions')
    words = [line.split() for line in lines]
    equal(words[0][:3], ['SESSION', 'USER', 'SOURCE'], 'titles')
    equal({len(w) for w in words}, {5}, 'words in a line')
    equal(words_of(row['pid'])[:3], ['wrkrpop:', 'joe', '127.0.0.1'], 'title')
    for c in joe, ann:
        c.ok('QUIT')
        c.close()


def test_blocked():
    """A session whose client does not read can be kicked"""
    s = Server()
    s['joe'].add(b'Subject: big\n\n' + b'x' * 70 * 400000)
    c = s.connect(rcvbuf=4096)
    c.login('joe')
    c.send(b'RETR 1\r\nDELE 1\r\nQUIT\r\n')
    check(c.line().startswith(b'+OK'), 'RETR')
    mark = s.mark()
    equal(done(s, 'kick', 'joe'), ['1'], 'kicked')
    s.wait_log(r'session end .* deleted=0 .* reason=kicked', mark, 60)
    s.no_workers()
    check(s['joe'].list('new'), 'the message is gone')
    c.close()
    s.stop()


def test_kick():
    """kick ends a user's sessions, or one, without UPDATE"""
    s = server()
    joe, ann = s.login('joe'), s.login('ann')
    joe.ok('DELE 1')
    before = s['joe'].all()
    row, = s.rows('show', 'sessions', 'joe')
    mark = s.mark()
    equal(done(s, 'kick', row['session']), ['1'], 'kicked')
    check(joe.line().startswith(b'-ERR [SYS/TEMP]'), 'not told')
    joe.closed()
    s.wait_log(r'session end .*user="joe".* kept=1 .*reason=kicked', mark)
    equal(s['joe'].all(), before, 'messages')
    ann.ok('NOOP')
    fails(s, 'kick', row['session'])
    equal(done(s, 'kick', 'ann'), ['1'], 'kicked')
    check(ann.line().startswith(b'-ERR [SYS/TEMP]'), 'not told')
    ann.closed()
    check('no such session' in fails(s, 'kick', 'ann'), 'why')
    s.no_workers()


def test_lock():
    """A locked user is told so after the right password, until a reload"""
    s = server()
    ann = s.login('ann')
    check('no such user' in fails(s, 'lock', 'anne'), 'an unknown name')
    equal(done(s, 'lock', 'ANN'), [], 'output')
    ann.ok('NOOP')
    ann.ok('QUIT')
    ann.close()
    mark = s.mark()
    c = s.connect()
    c.ok('USER ann')
    c.err('PASS wrong', 'AUTH')
    c.ok('USER ann')
    c.err('PASS apple', 'SYS/PERM')
    s.wait_log(r'login failed .* reason=locked user="ann"', mark)
    c.close()
    done(s, 'unlock', 'ann')
    check('not locked' in fails(s, 'unlock', 'ann'), 'why')
    s.login('ann').close()
    done(s, 'lock', 'ann')
    done(s, 'reload')
    c = s.connect()
    c.ok('USER ann')
    c.err('PASS apple', 'SYS/PERM')
    c.close()
    mark = s.mark()
    done(s, 'unlock', 'ann')
    s.wait_log('unlocked user="ann"', mark)
    s.login('ann').close()
    s.no_workers()


def test_forgive():
    """show sources lists failures, and forgive clears them"""
    s = server()
    for i in range(6):
        c = s.connect()
        c.cmd('USER ann')
        c.err('PASS wrong%d' % i)
        c.close()
    row, = [r for r in s.rows('show', 'sources')
            if r['source'] == '127.0.0.1']
    check(row['failures'] >= 4 and row['delay'] >= 0.5, row)
    done(s, 'forgive', '127.0.0.1')
    until('no failures', lambda: not [
        r for r in s.rows('show', 'sources')
        if r['source'] == '127.0.0.1' and r['failures'] > 0])
    check('numeric' in fails(s, 'forgive', 'localhost'), 'a name')
    c = s.connect()
    row, = [r for r in s.rows('show', 'sources', '-n', '1')]
    equal((row['source'], row['connections']), ('127.0.0.1', 1), 'source')
    c.close()


def test_certificates():
    """show certificates lists those being served"""
    s = server()
    row, = s.rows('show', 'certificates')
    check('localhost' in row['names'], row['names'])
    check(28 <= row['days'] <= 30, row)
    equal(row['file'], s.pairs[0][0], 'file')
    equal(len(done(s, 'show', 'certificates')), 2, 'lines')


def test_reload():
    """reload waits, and reports changes or the bad line"""
    os.makedirs(WORK + '/pair', exist_ok=True)
    pair = certificate('first', directory=WORK + '/pair')
    s = Server({'joe': 'secret'}, pairs=[pair], name='first')
    s.user('new')
    s.tables()
    lines = done(s, 'reload')
    check([l for l in lines if 'usertab: 2 users, 1 new' in l], lines)
    check([l for l in lines if 'authtab: 2 users, 1 new' in l], lines)
    s.login('new').close()
    check(not [l for l in lines if 'certificate' in l], lines)
    renewed = certificate('renewed', directory=s.dir)
    for new, old in zip(renewed, pair):
        shutil.copyfile(new, old)
    lines = done(s, 'reload')
    s.name = 'renewed'
    check([l for l in lines if re.fullmatch(
        r'new certificate %s: until \d{4}-\d\d-\d\d, for renewed' % pair[0],
        l)], lines)
    with open(s.usertab, 'a') as f:
        f.write('bad line\n')
    error = fails(s, 'reload')
    check(re.search(r'usertab:3: ', error), error)
    s.login('new').close()
    s.stop()


def test_reload_all():
    """reload reports all errors, warnings, and what needs a restart"""
    s = Server(conf='')
    s.configure('table other file:/x\nuser key nobody\n')
    lines = done(s, 'reload')
    for word in ('warning: table other is not used',
                 'user nobody: stays _popkey until popd is restarted'):
        check([l for l in lines if word in l], (word, lines))
    s.configure('limit per user 0\nlog loud\n')
    status, lines, error = s.popctl('reload')
    said = '\n'.join(lines) + error
    equal(status, 1, said)
    for word in ('limit per user 0: must be from', 'syntax error at "loud"'):
        equal(said.count(word), 1, (word, said))
    s.configure('pki x cert "/nonexistent/x.crt"\n'
                'pki x key "/nonexistent/x.key"\n'
                'pki y cert "@cert@"\npki y key "@key@"\n')
    with open(s.usertab, 'a') as f:
        f.write('ann\nbob\n')
    status, lines, error = s.popctl('reload')
    said = '\n'.join(lines) + error
    equal(status, 1, said)
    for word in ('x.crt: No such', 'x.key: No such', 'usertab:2: no value',
                 'usertab:3: no value'):
        equal(said.count(word), 1, (word, said))
    s.configure('pki x cert "@usertab@"\npki x key "@usertab@"\n')
    s.tables()
    os.chmod(s.usertab, 0o600)
    with open(s.authtab, 'a') as f:
        f.write('ann\nbob\n')
    status, lines, error = s.popctl('reload')
    said = '\n'.join(lines) + error
    equal(status, 1, said)
    for word in ('authtab:2: no value', 'authtab:3: no value', 'usertab: '):
        check(word in said, (word, said))
    s.tables()
    s.configure('')
    done(s, 'reload')
    s.stop()


def test_reload_twice():
    """reload does not mistake another reload's end for its own"""
    s = Server({'joe': 'secret'})
    results = {}

    def reload(name):
        results[name] = s.popctl('reload')
    threads = [threading.Thread(target=reload, args=(name,))
               for name in ('first', 'second')]
    keypop, = [pid for pid, name, uid in s.children() if name == 'keypop']
    os.kill(keypop, signal.SIGSTOP)
    threads[0].start()
    # It waits for keypop; meanwhile it has read what it reads.
    for i in range(5):
        done(s, 'status')
    with open(s.usertab, 'a') as f:
        f.write('bad line\n')
    threads[1].start()
    time.sleep(0.3)
    os.kill(keypop, signal.SIGCONT)
    for thread in threads:
        thread.join(PATIENCE)
    equal(results['first'][0], 0, results['first'])
    equal(results['second'][0], 1, results['second'])
    check('usertab:2: ' in results['second'][2], results['second'])
    s.stop()


def test_log():
    """log verbose and log brief reach all processes, workers too"""
    s = server()
    done(s, 'log', 'brief')
    equal(s.rows('status', kind='popd')[0]['log'], 'brief', 'log')
    mark = s.mark()
    c = s.connect()
    c.close()
    done(s, 'log', 'verbose')
    equal(s.rows('status', kind='popd')[0]['log'], 'verbose', 'log')
    c = s.connect()
    c.close()
    s.wait_log(r'connection end source', mark)
    until('lines', lambda: len(re.findall('connection end', s.log(mark))) == 1)


def test_found():
    """The socket is where popd.conf says"""
    s = Server(conf='')
    # Clients are greeted a moment before that.
    s.wait_log(r'popd: started: ')
    result = subprocess.run([STAGE + '/sbin/popctl', '-j', '-f', s.conf,
                             'status'], stdout=subprocess.PIPE,
                            timeout=PATIENCE, cwd='/', **s.ids())
    equal(result.returncode, 0, 'status')
    check(b'"pid":%d' % s.pid in result.stdout, result.stdout)
    s.stop()


def test_faulty():
    """An order goes to the socket that a faulty file names, or nowhere"""
    s = Server(conf='')
    s.wait_log(r'popd: started: ')
    other = s.dir + '/other.conf'
    with open(s.conf) as f:
        good = f.read()
    unnamed = re.sub(r'(?m)^socket .*\n', '', good)
    for fault in 'soket "/x"\n', 'userbase <none>\n', 'socket "\n':
        for text, status in (good + fault, 0), (unnamed + fault, 2):
            with open(other, 'w') as f:
                f.write(text)
            r = subprocess.run([STAGE + '/sbin/popctl', '-f', other, 'status'],
                               stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, **s.ids())
            equal(r.returncode, status, (text, r.stderr))
            check(other.encode() + b':' in r.stderr, r.stderr)
            equal(b'use -s' in r.stderr, status == 2, r.stderr)
    s.stop()


def test_wrong():
    """Wrong usage exits 2, a bad argument 1, both with a message"""
    s = server()
    for words in (('status', 'x'), ('show', 'sessions', 'a', 'b'),
                  ('kick',), ('lock',), ('reload', 'now'),
                  ('show', 'sources', 'x'), ('show', 'sources', '-x'),
                  ('log',), ('show',), ('forgive',), ('frob',)):
        check('usage' in fails(s, *words, status=2), words)
    fails(s, 'lock', 'x' * 256)
    fails(s, 'show', 'sources', '-n', '0')
    fails(s, 'kick', '1.2')


def test_gone():
    """Without popd: one clear line, and exit status 2"""
    s = Server(start=False)
    check('not running' in fails(s, 'status', status=2), 'no socket')
    for path in s.authtab, s.dir:
        equal(fails(s, '-s', path, 'status', status=2),
              'popctl: %s: not a socket\n' % path, path)
    s.start()
    done(s, 'status')
    s.stop()
    check(not os.path.exists(s.socket), 'the socket stays')
    check('not running' in fails(s, 'status', status=2), 'after its end')
    # A socket that a popd left which was killed.
    s.start()
    s.process.kill()
    s.process.wait()
    kill_all(descendants(s.process.pid))
    s.kill()
    check(os.path.exists(s.socket), 'no socket')
    check('not running' in fails(s, 'status', status=2), 'stale')
    s.start()
    done(s, 'status')
    s.stop()


def test_words():
    """A typo lists similar commands; a missing file is named"""
    s = server()
    error = fails(s, 'show', 'session', status=2)
    equal([l.split()[-1] for l in error.splitlines()[1:2]] +
          [l.split()[2] for l in error.splitlines()[2:]],
          ['certificates', 'sessions', 'sources', 'stats'], error)
    check('uidl' not in error, error)
    result = subprocess.run([STAGE + '/sbin/popctl', '-f', s.dir + '/none',
                             'status'], stderr=subprocess.PIPE, timeout=30)
    equal((result.returncode, result.stderr.decode()),
          (2, 'popctl: %s/none: No such file or directory\npopctl: the file '
           'does not say where the socket is: use -s\n' % s.dir),
          'no such file')


main()
