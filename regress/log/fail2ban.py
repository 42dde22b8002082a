#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# needs: Linux
# once
"""The fail2ban filter against log lines of a real popd."""

import configparser
import os
import re
import shutil
import subprocess

from popdtest.cases import Skip, check, equal, main
from popdtest.env import SRC, WORK
from popdtest.password import plain
from popdtest.server import Server

FILTER = os.path.join(SRC, 'etc', 'fail2ban.conf')

# What fail2ban puts for these; a prefix as syslog daemons write it.
PREFIX = r'(?:\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ )?popd(?:\[\d+\])?: '
ADDR = r'(?P<addr>[0-9A-Fa-f:.]+)'

NAMES = [b'joe', b'nobody@example.org', b'a b', b'joe"', b'\xff\xc3\xa4',
         b'x" source=192.0.2.1 reason=password user="y',
         b'x\npopd: login failed session=1.1 source=192.0.2.1 '
         b'reason=password user="y"', b'%22', b'a' * 255]


def the_filter(option):
    parser = configparser.RawConfigParser()
    parser.read(FILTER)
    return parser.get('Definition', option)


def the_jail():
    """The example of a jail, which is a comment of the filter."""
    with open(FILTER) as f:
        lines = [l[2:] for l in f if l.startswith('#\t')]
    parser = configparser.RawConfigParser()
    parser.read_string(''.join(lines))
    return parser['popd']


def the_regex():
    text = the_filter('failregex').replace('%%', '%')
    check('%(__prefix_line)s' in text and '<ADDR>' in text, text)
    return text.replace('%(__prefix_line)s', PREFIX).replace('<ADDR>', ADDR)


def syslog(line):
    return 'Nov 21 02:00:00 mail popd[123]: ' + line[len('popd: '):]


def failures():
    """Lines that a server logged, and the addresses that must be found."""
    server = Server(users={'joe': 'secret'}, start=False)
    server.odd_users()
    server.tables()
    server.configure('login-delay 3600\n')
    server.start()
    mark, sources = server.mark(), []
    for i, name in enumerate(NAMES):
        source = '127.0.13.%d' % (i + 1)
        c = server.connect(source=source)
        # A line end is no octet of a name for every command.
        reply = c.cmd('AUTH PLAIN ' + plain('', name, 'x'))
        check(reply.startswith(b'-ERR'), repr(reply))
        c.close()
        if reply.startswith(b'-ERR [AUTH]'):
            sources.append(source)
            server.wait_log('login failed .* source=%s ' % source, mark)
    for i, user in enumerate(('lock', 'hash', 'table', 'toor')):
        source = '127.0.14.%d' % (i + 1)
        c = server.connect(source=source)
        c.ok('USER ' + user)
        c.err('PASS secret', 'AUTH')
        c.close()
        sources.append(source)
        server.wait_log('login failed .* source=%s ' % source, mark)
    for i in range(2):
        server.login().quit()
        server.no_workers()
    server.wait_log('session end', mark)
    # Right, but too soon.
    c = server.connect()
    c.ok('USER joe')
    c.err('PASS secret', 'LOGIN-DELAY')
    c.close()
    server.wait_log('reason=delay', mark)
    lines = server.log(mark).splitlines()
    server.stop()
    check(len(sources) > 9, 'only %d names were tried' % len(sources))
    equal(set(re.findall(r' reason=(\S+) user=', '\n'.join(lines))),
          {'user', 'password', 'locked', 'hash', 'usertab', 'root', 'delay'},
          'reasons')
    return lines, sources


LINES, SOURCES = failures()


def test_regex():
    """The filter matches each failed login with its source, nothing else"""
    regex = re.compile(the_regex())
    for make in (str, syslog):
        found = [m.group('addr') for m in
                 (regex.search(make(line)) for line in LINES) if m]
        equal(found, SOURCES, 'sources')


def test_not_busy():
    """A login that could not be checked is not counted as a failure"""
    regex = re.compile(the_regex())
    line = ('popd: login failed session=1.2 source=2001:db8::1 '
            'reason=%s user="joe"')
    for reason in ('user', 'password', 'locked', 'hash', 'usertab', 'root',
                   'bounds'):
        check(regex.search(line % reason), 'not found: ' + line % reason)
    for reason in ('busy', 'delay', 'route'):
        check(not regex.search(line % reason), 'found: ' + line % reason)


def test_journal():
    """The journal match is for the popd of the unit, as root"""
    match = the_filter('journalmatch').split()
    unit = 'popd.service'
    check(os.path.exists(os.path.join(SRC, 'etc', unit)), unit)
    server = Server()
    with open('/proc/%d/comm' % server.pid) as f:
        comm = f.read().strip()
    server.stop()

    # Fields of journald itself begin with "_": no client can set them.
    def seen(uid, comm, unit, more=()):
        entry = ['_UID=%d' % uid, '_COMM=' + comm, '_SYSTEMD_UNIT=' + unit,
                 'SYSLOG_IDENTIFIER=popd'] + list(more)
        return all(field in entry for field in match)

    check(all(re.fullmatch('_[A-Z_]+=.+', field) for field in match),
          'not only trusted fields: %s' % match)
    check(seen(0, comm, unit), 'the real one is not seen')
    forged = ('UID=0', 'COMM=popd', 'SYSTEMD_UNIT=popd.service')
    for uid, comm, unit in ((1000, 'logger', 'session-1.scope'),
                            (1000, 'popd', 'user@1000.service'),
                            (1000, 'popd', 'popd.service'),
                            (1000, 'wrkrpop', 'popd.service'),
                            (0, 'lsnrpop', 'popd.service'),
                            (0, 'logger', 'cron.service')):
        check(not seen(uid, comm, unit, forged),
              'seen: %s of %d in %s' % (comm, uid, unit))


def test_jail():
    """The example reads the journal and tolerates a few typos"""
    jail = the_jail()
    equal(jail['filter'], 'popd', 'filter')
    equal(jail['backend'], 'systemd', 'backend')
    check('logpath' not in jail, 'a file that others write to')
    check(int(jail['maxretry']) >= 10, 'maxretry ' + jail['maxretry'])


def test_fail2ban():
    """fail2ban-regex agrees"""
    if not shutil.which('fail2ban-regex'):
        raise Skip('fail2ban is not installed')
    log = os.path.join(WORK, 'mail.log')
    with open(log, 'w') as f:
        for line in LINES:
            f.write(syslog(line) + '\n')
    # As installed: the filter beside those that come with fail2ban.
    directory = os.path.join(WORK, 'filter.d')
    shutil.copytree('/etc/fail2ban/filter.d', directory)
    ours = shutil.copy(FILTER, os.path.join(directory, 'popd.conf'))
    out = subprocess.run(['fail2ban-regex', log, ours],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = out.stdout.decode('utf-8', 'replace')
    match = re.search(r'(\d+) matched', text)
    check(match, text)
    equal(int(match.group(1)), len(SOURCES), 'matched lines')


main()
