#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
# waits
"""Mail programs on a terminal, with a user who types: mutt, neomutt, alpine;
and s-nail, which a script may drive."""

import os
import re
import shutil
import time

from popdtest.cases import Skip, check, equal
from popdtest.env import PATIENCE
from popdtest.server import Configured
from programs import MAIL, TLS, Cases, Loose, lines
from terminal import Terminal


def mbox(path):
    """The messages of a mailbox of one file, and its end."""
    if not os.path.exists(path):
        return []
    with open(path, 'rb') as f:
        data = f.read()
    os.unlink(path)
    out = re.split(rb'(?:^|\n)From [^\n]*@[^\n]* \d\d:\d\d[^\n]*\n', data)
    # Alpine begins a mailbox with a message of its own.
    return [one for one in out if one and b'FOLDER INTERNAL DATA' not in one]


class Reader(Loose):
    """A program on a terminal: type password once it asks for it."""

    def start(self):
        raise NotImplementedError

    def run(self, password='secret', delete=False):
        t = self.start()
        try:
            t.wait(self.asks)
            return self.typed(t, password, delete)
        finally:
            t.kill()

    def typed_late(self, t):
        """Type the password after the end of the connection."""
        self.typed(t, 'secret')
        equal(len(self.taken()), len(MAIL), 'messages of ' + self.name)

    def typed(self, t, password, delete=False):
        """Go on from there: exit status and what was on the screen."""
        raise NotImplementedError


class Mutt(Reader):
    name = tool = 'mutt'
    asks = 'Password for'
    wrong = r'Login failed.*wrong user name or password', 0
    busy = r'Login failed.*mailbox is open in another session', 0

    def __init__(self, *more):
        super().__init__(*more)
        self.had = set()
        os.makedirs(self.home + '/cache')
        self.rc = self.write('rc', '''
set certificate_file="%s"
set message_cachedir="%s/cache"
set mbox_type=maildir sleep_time=0
set copy=no confirmappend=no folder="%s" ssl_starttls=yes
''' % (self.ca, self.home, self.home))

    def start(self):
        url = '%s://%s@localhost:%d/' % (
            'pops' if self.kind == TLS else 'pop', self.name, self.port)
        return Terminal(self.tool, '-n', '-F', self.rc, '-f', url,
                        cwd=self.home, env={'HOME': self.home})

    def typed(self, t, password, delete=False):
        t.send(password + '\r')
        # It tries the password twice, with AUTH and with PASS.
        found = t.wait(r'Msgs:(\d+)|Login failed')
        if not found.group(1):
            return 0, t.screen.text()
        t.send('T~A\r')
        t.wait('tagged|Tag:')
        t.send(';C')
        t.wait('Copy tagged to mailbox')
        t.send('\025' + self.out + '\r')
        self.copied(t, int(found.group(1)))
        if delete:
            t.send(';dq')
            t.wait('Purge')
            t.send('y')
        else:
            t.send('q')
        return t.end(), t.screen.text()

    def copied(self, t, count):
        end = time.monotonic() + PATIENCE
        while sum(len(os.listdir(self.out + '/' + sub))
                  for sub in ('new', 'cur')) < count:
            check(time.monotonic() < end, 'not copied: ' + t.screen.text())
            t.read(0.1)

    def taken(self):
        """It copies the old ones, too, from its cache."""
        out = []
        for data in super().taken():
            text = lines(data).partition(b'\n\n')[2]
            if text not in self.had:
                self.had.add(text)
                out.append(data)
        return out


class Neomutt(Mutt):
    name = tool = 'neomutt'


class Alpine(Reader):
    name = tool = 'alpine'
    caches = False
    asks = 'PASSWORD|assword:'
    wrong = r'wrong user name or password', 0
    # It calls a mailbox a folder, in our words, too.
    busy = r'\[IN-USE\] folder is open in another session', 0

    def start(self):
        where = '{localhost:%d/pop3%s/user=alpine}INBOX' % (
            self.port, '/ssl' if self.kind == TLS else '/tls')
        os.makedirs(self.home + '/mail')
        rc = self.write('pinerc', 'user-domain=example.test\n'
                        'inbox-path=%s\nlast-version-used=9.99\n' % where)
        return Terminal('alpine', '-p', rc, '-nowrite_password_cache', '-i',
                        cwd=self.home,
                        env={'HOME': self.home, 'SSL_CERT_FILE': self.ca})

    def typed_late(self, t):
        t.send('secret\r')
        t.wait('Preserve password')
        t.press('n', 'timed out waiting for a login')

    def typed(self, t, password, delete=False):
        t.send(password + '\r')
        t.wait('Preserve password')
        if t.press('n', r'\[AUTH\]|\[IN-USE\]|Message 1 of').group() != \
                'Message 1 of':
            return 0, t.screen.text()
        t.send(';a')
        t.wait('messages selected')
        t.send('as')
        t.wait('SAVE')
        t.send('\025' + self.home + '/saved\r')
        t.wait('Create')
        t.press('y', 'saved and deleted|Saving +DONE')
        t.press('q', 'Really quit')
        t.press('y', 'Expunge')
        t.press('y' if delete else 'n', 'Alpine finished')
        return t.end(), t.screen.text()

    def taken(self):
        return mbox(self.home + '/saved')


class Snail(Loose):
    name = tool = 's-nail'
    caches = False
    wrong = r'POP3 error: -ERR \[AUTH\] wrong user name or password', 0
    busy = r'POP3 error: -ERR \[IN-USE\] mailbox is open in another', 0

    def run(self, password='secret', delete=False):
        text = 'copy * %s/saved\n%s\n' % (
            self.home, 'delete *\nquit' if delete else 'quit')
        return self.command(
            's-nail', '-:/', '-#', '-S', 'v15-compat=yes',
            '-S', 'tls-ca-no-defaults', '-S', 'tls-ca-file=' + self.ca,
            *([] if self.kind == TLS else ['-S', 'pop3-use-starttls']),
            '-f', '%s://s-nail:%s@localhost:%d' % (
                'pop3s' if self.kind == TLS else 'pop3', password, self.port),
            text=text.encode())

    def taken(self):
        return mbox(self.home + '/saved')


def late():
    """A password typed too late makes a new connection, or is told why not"""
    server = Configured(['tls', 'starttls'], 'timeout login 5s',
                        users={p.name: 'secret' for p in typing})
    for p in typing:
        for data in MAIL:
            server[p.name].add(data)
    mark = server.mark()
    started = [(p, p.start()) for p in
               (cls(server, 5) for cls in typing if shutil.which(cls.tool))]
    if not started:
        raise Skip('needs mutt, neomutt or alpine')
    try:
        for p, t in started:
            t.wait(p.asks)
        server.wait_log(r'(connection end .* reason=time [^$]*){%d}' %
                        len(started), mark)
        for p, t in started:
            p.typed_late(t)
    finally:
        for p, t in started:
            t.kill()


typing = [Mutt, Neomutt, Alpine]
Cases(typing + [Snail]).run({'test_late': late})
