#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The lines of the log against popd.log(5), which is parsed here: each .It is
the form of a line."""

import itertools
import os
import re
import select
import signal

from popdtest.cases import check, equal, main
from popdtest.client import Client
from popdtest.env import PATIENCE, SRC
from popdtest.server import Server

PAGE = os.path.join(SRC, 'man', 'popd.log.5')

# The pattern for any %s of the source.
ANY = '\1'

# What an Ar of the page looks like, by its name.
WORDS = {
    'id': r'\d+\.\d+', 'address': r'(?:[0-9a-f.:]+|unknown)', 'n': r'\d+',
    's.mmm': r'\d+\.\d{3}', 'name': r'[A-Za-z0-9@._+/%-]*',
    'reason': r'[a-z]+(?:-[a-z]+)*', 'text': r'.*', 'error': r'[^:]*',
    'path': r'\S+', 'pid': r'\d+', 'port': r'\d+', 'version': r'\S+',
    'hex': r'[0-9a-f]+', 'file': r'\S+', 'table': r'\S+', 'word': r'\S+',
    'directory': r'\S+', 'date': r'[^,]+', 'place': r'(?:/\S*|)',
    'message': r'[A-Z_]+',
    'program': r'[a-z]+(?: -c)?',
    'call': r'(?:accept|calloc|getpeereid|names|setsockopt)',
    'method': r'[a-z0-9]+(?:-[a-z0-9]+)*', '...': r'.*', 'socket': r'\S+',
    'what': r'.*', 'process': r'[a-z]+(?: -c)?\[\d+\](?: session=\d+\.\d+)?',
}
CLOSING = set(',:;)?!.')
BRACKETS = {'Bo': r'\[', 'Bc': r'\]', 'Po': r' \(', 'Pc': r'\)'}


def items():
    """The words of each .It that is a form, continuation lines joined."""
    with open(PAGE) as f:
        text = f.read().replace('\\\n', '')
    text = text[text.index('.Ss Logins'):text.index('.Sh FILES')]
    for line in text.splitlines():
        if line.startswith('.It ') and not line.startswith('.It Cm'):
            yield line[4:].split()


def form(words):
    """The regular expression of a form, as mdoc would write it."""
    out, tail, glue, arg = '', '', True, False
    for word in words:
        if word in ('Ar', 'No', 'Ns', 'Pq'):
            arg = word == 'Ar'
            if word == 'Pq':
                out, tail, glue = out + r' \(', r'\)', True
            glue = glue or word == 'Ns'
            continue
        if word in BRACKETS:
            out += BRACKETS[word]
            arg, glue = False, word in ('Bo', 'Po')
            continue
        if not glue and word not in CLOSING:
            out += ' '
        glue = False
        if arg and word not in CLOSING:
            out += '(?:%s|%s)' % (WORDS[word], ANY)
            continue
        out += re.escape(word.replace('\\(dq', '"').replace('\\&', ''))
    # Quotes come with what is quoted.
    out = re.sub(r'"\(\?:(.*?)\|%s\)"' % ANY, r'(?:"\1"|%s)' % ANY,
                 out.replace('\\"', '"'))
    # One of them is no plural.
    return re.compile(re.sub(r'\b(message|file|failure)s\b', r'\1s?', out) +
                      tail + '$')


FORMS = [form(words) for words in items()]


def matching(text):
    return {f.pattern for f in FORMS if f.match(text)}


def formats():
    """(file, text) of all that the sources give to the log."""
    call = re.compile(r'\blog_(info|warnx?|debug)\(\s*((?:"(?:[^"\\]|\\.)*"'
                      r'\s*|[A-Z_]+\s*)+)[,)]')
    for top in ('popd', 'lsnrpop', 'keypop', 'authpop', 'hashpop',
                'tabpop', 'wrkrpop', 'lmtppop', 'dlvrpop', 'mail', 'lib'):
        for name in sorted(os.listdir(os.path.join(SRC, top))):
            if not name.endswith('.c') or name == 'log.c':
                continue
            with open(os.path.join(SRC, top, name)) as f:
                for kind, strings in call.findall(f.read()):
                    text = ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"',
                                              strings)).replace('\\"', '"')
                    yield top + '/' + name, \
                        text + (': %s' if kind == 'warn' else '')


def samples(text):
    """What a format may become."""
    text = re.sub(r'%u\.%03u|%lld\.%03lld', '7.007', text)
    text = text.replace('%04o', '0644').replace('%%', '%')
    text = re.sub(r'%(?:ll|z)?[udx]', '7', text)
    parts = text.split('%s')
    name = 'session=1.1 user="a" source=192.0.2.1'
    tls = 'tls="a" cipher="a" sni="a"'
    choice = [ANY, '', name, tls, 'popcache', 'popcache.new', 'popuidl',
              '/etc/popd.conf:1: ', 'tls-failed', 'password']
    for values in itertools.product(choice, repeat=len(parts) - 1):
        yield ''.join(a + b for a, b in zip(parts, values + ('',)))


def test_sources():
    """Each line in the sources has its form"""
    count, missing = 0, []
    for where, text in formats():
        # These pass on what another function has made.
        if not text.replace('%s', '').strip(': '):
            continue
        count += 1
        if not any(matching(sample) for sample in samples(text)):
            missing.append('%s: %s' % (where, text))
    check(not missing, '\n'.join(missing))
    check(count > 100, 'only %d were found' % count)


def read(text):
    """The lines of a log that have a form, and those that have none; what a
    child said without its name."""
    known, strange = [], []
    for line in text.splitlines():
        check(line.startswith('popd: '), line)
        line = line[len('popd: '):]
        own = re.sub('^%s: ' % WORDS['process'], '', line)
        if matching(line):
            known.append(line)
        elif matching(own):
            known.append(own)
        else:
            strange.append(line)
    return known, strange


def wrong_login(server, user, password, n):
    c = server.connect(source='127.0.14.%d' % n)
    c.cmd('USER ' + user)
    reply = c.cmd('PASS ' + password)
    c.close()
    return reply


def failures(server):
    """Every reason of a failed login except busy."""
    equal([wrong_login(server, user, password, n)[:11]
           for n, (user, password) in enumerate((
               ('joe', 'wrong'), ('nobody', 'x'), ('lock', 'secret'),
               ('star', 'secret'), ('hash', 'secret'), ('table', 'secret'),
               ('toor', 'secret')))],
          [b'-ERR [AUTH]'] * 7, 'answers')


def provoke(server):
    box = server['joe']
    for i in range(4):
        box.add(b'Subject: x\n\nx\n')
    failures(server)
    c = server.login()
    c.retr(1)
    c.ok('DELE 1')
    second = server.connect()
    second.ok('USER joe')
    second.err('PASS secret', 'IN-USE')
    second.close()
    c.quit()
    # That one was no login.
    server.login().quit()
    server.login('ann').close()
    check(wrong_login(server, 'joe', 'secret', 20).startswith(b'-ERR [LOGIN-'),
          'a login too soon')
    # Nothing, no TLS, nothing after TLS.
    for data in (b'', b'x\r\n\r\n'):
        c = Client(('127.0.0.1', server.port), tls=False)
        if data:
            c.send_raw(data)
            select.select([c.sock], [], [], PATIENCE)
        c.close()
    server.connect().close()
    # What is no message.
    os.mkdir(server['ann'].sub('new/directory'))
    server.login('ann').quit()


def test_provoked():
    """Lines of a server that is used and abused"""
    server = Server(users={'joe': 'secret', 'ann': 'secret'}, start=False)
    server.odd_users()
    server.user('star', hash='*')
    server.tables()
    server.configure('login-delay 3600\n')
    server.start()
    mark = server.mark()
    provoke(server)
    reasons = set(re.findall(r'login failed .* reason=(\S+)',
                             server.log(mark)))
    equal(reasons, {'password', 'user', 'locked', 'hash', 'usertab', 'root',
                    'delay'}, 'reasons')
    server.wait_log('reason=silent', mark)
    server.wait_log('reason=handshake', mark)
    server.expect_crash = True
    os.kill(server.children('keypop')[0][0], signal.SIGKILL)
    server.wait_log(r'keypop\[\d+\]: killed by signal', mark)
    server.ready()
    server.reload()
    with open(server.authtab, 'a') as f:
        f.write('broken\n')
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('configuration not changed', mark)
    server.stop()
    known, strange = read(server.log())
    check(not strange, 'without a form:\n' + '\n'.join(strange))
    for text in ('login failed session=', 'login waited session=',
                 'login session=', 'session end session=',
                 'connection end source=',
                 'tls-failed count=', 'listening on ', 'started: ',
                 'configuration reloaded', 'configuration not changed: ',
                 'stopping: signal ', 'stopped'):
        check(any(line.startswith(text) for line in known), 'no ' + text)


main()
